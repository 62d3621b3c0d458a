"""Reads the settings, in this precedence: command line, environment, file, default."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from portal.config.declaring import PREFIX
from portal.config.protection import AUTO
from portal.config.settings import SETTINGS
from portal.config.settings import Config
from portal.config.sources import Source
from portal.kernel import yaml12
from portal.kernel.errors import ConfigError

#: The configuration file when no ``--config`` is given.
CONFIG_FILE = "portal.yaml"
#: Variables that are no settings: those of the portal's tests, and those that Kubernetes sets
#: for a service named "portal".
_NOT_SETTINGS = re.compile(
    rf"{PREFIX}(TEST_\w+|SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_\w+)?)"
)


@dataclass(frozen=True, slots=True)
class GivenValue:
    """A value of a setting before it is parsed; ``origin`` names its file, variable or option."""

    name: str
    value: Any
    origin: str


def load_config(
    path: Path | None = None,
    env: Mapping[str, str] = os.environ,
    **overrides: Any,
) -> Config:
    """Read the settings.

    Args:
        path: The configuration file; ``None`` takes ``portal.yaml`` of the
            current folder when there is one.
        env: The environment, with its ``PORTAL_*`` variables.
        overrides: Values of the command line by setting; ``None`` means not given.

    Raises:
        ConfigError: When the file cannot be read, a name is unknown or a value
            is invalid; the message names the setting, its origin and what is allowed.
    """
    given = (*_from_file(path), *_from_environment(env), *_from_command_line(overrides))
    parsed = {one.name: _parse(one) for one in {one.name: one for one in given}.values()}
    config = Config(**parsed)
    _refuse_unknown(env, config)
    folder = path.parent if path else Path()
    return replace(
        config,
        data_dir=config.data_dir if "data_dir" in parsed else folder / config.data_dir,
        sources=tuple(_anchored(source, folder) for source in config.sources),
        policy=_anchored_path(config.policy, folder),
        policy_conditions=_anchored_path(config.policy_conditions, folder),
        audit_file=_anchored_path(config.audit_file, folder),
    )


def read_setting(name: str, env: Mapping[str, str] = os.environ) -> Any:
    """Return a setting from the environment, else its default; no file is read.

    For clients of a portal that runs elsewhere: its ``portal.yaml`` does not apply to them.

    Raises:
        ConfigError: When the value is invalid.
    """
    given = {one.name: one for one in _from_environment(env)}
    return _parse(given[name]) if name in given else SETTINGS[name].default


def _parse(given: GivenValue) -> Any:
    if given.name not in SETTINGS:
        msg = f"{given.origin}: unknown setting '{given.name}'{_nearest(given.name)}"
        raise ConfigError(msg)
    try:
        return SETTINGS[given.name].parse(given.value)
    except ValueError as error:
        msg = f"{given.origin}: {given.name} {error}"
        raise ConfigError(msg) from None


def _refuse_unknown(env: Mapping[str, str], config: Config) -> None:
    """Refuse ``PORTAL_*`` variables that are no settings.

    Raises:
        ConfigError: With the name of the variable and of a similar setting.
    """
    known = {one.variable for one in SETTINGS.values()} | set(variables_of_secrets(config))
    for variable in env:
        is_ours = variable.startswith(PREFIX) and not _NOT_SETTINGS.fullmatch(variable)
        if is_ours and variable not in known:
            name = variable.removeprefix(PREFIX).lower()
            msg = f"{variable}: unknown setting '{name}'{_nearest(name)}"
            raise ConfigError(msg)


def variables_of_secrets(config: Config) -> Iterator[str]:
    """Yield the variables that, according to the settings, hold tokens and secrets."""
    yield from (one.token_env for one in config.sources)
    yield from (one.token_env for one in config.providers)
    yield from (one.token_env for one in config.integrations)
    yield from (one.token_env for one in config.proxies)
    yield from (one.client_secret_env for one in config.oidc_providers)
    yield from config.host_tokens.values()
    yield from config.webhook_secrets.values()


def _nearest(name: str) -> str:
    """Return the end of a message: the setting with a similar name, else all settings."""
    near = get_close_matches(str(name), SETTINGS, 1, 0.75)
    return f"; did you mean '{near[0]}'?" if near else f"; known: {', '.join(SETTINGS)}"


#: Values of settings for files that are no paths.
_NO_PATHS = frozenset({"", AUTO, "open", "company", "locked", "-"})


def _anchored_path(path: str, folder: Path) -> str:
    """Resolve a path, which is relative to the folder of the configuration file."""
    return path if path in _NO_PATHS else str(folder / path)


def _anchored(source: Source, folder: Path) -> Source:
    """Resolve a local path, which is relative to the folder of the configuration file."""
    if not source.is_local:
        return source
    return replace(source, url=str((folder / source.url).resolve()))


def _from_command_line(overrides: Mapping[str, Any]) -> Iterator[GivenValue]:
    for name, value in overrides.items():
        if value is not None:
            yield GivenValue(name, value, f"--{name.replace('_', '-')}")


def _from_environment(env: Mapping[str, str]) -> Iterator[GivenValue]:
    for setting in SETTINGS.values():
        if setting.variable in env:
            yield GivenValue(setting.name, env[setting.variable], setting.variable)


def _from_file(path: Path | None) -> Iterator[GivenValue]:
    if path is None and not Path(CONFIG_FILE).exists():
        return
    file = path or Path(CONFIG_FILE)
    try:
        content = yaml12.read_one(file.read_bytes())
    except OSError as error:
        msg = f"cannot read the configuration file {file.name}: {error.strerror}"
        raise ConfigError(msg) from None
    except ValueError as error:
        msg = f"{file.name}, {error}"
        raise ConfigError(msg) from None
    if not isinstance(content, dict | None):
        msg = f"{file.name}: a mapping of settings is expected"
        raise ConfigError(msg)
    for name, value in (content or {}).items():
        yield GivenValue(name, value, file.name)
