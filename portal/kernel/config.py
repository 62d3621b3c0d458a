"""Settings: one table says each name, default and meaning.

A value comes from the command line, else from ``PORTAL_<NAME>`` in the
environment, else from ``portal.yaml``, else from the table. ``docs/operators/
configuration.md`` is held to this table by a test.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any

from portal.kernel import yaml12
from portal.kernel.errors import ConfigError

#: Where settings are looked for when no ``--config`` is given.
CONFIG_FILE = "portal.yaml"
_PREFIX = "PORTAL_"
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SOURCE_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


@dataclass(frozen=True, slots=True)
class Source:
    """One git repository the catalog is read from.

    Attributes:
        name: How logs, reports and the command line call it.
        url: An ``https://`` or ``ssh://`` remote, or the path of a local
            repository (relative to the configuration file).
        ref: The branch or tag to follow; empty follows the remote's ``HEAD``.
        targets: Globs, from the repository's root, of the descriptors to read.
        location: What the entities' ``managed-by-location`` begins with, as
            ``<type>:<address>``; empty derives it from the url.
        allow: The kinds the source may define; empty allows all.
        token_env: The environment variable that holds its access token.
        token_user: The user name that goes with the token.
        ssh_key: The private key file for an ssh remote.
        origin: For a registered location, the location ref that was registered.
    """

    name: str
    url: str
    ref: str = ""
    targets: tuple[str, ...] = ("catalog-info.yaml",)
    location: str = ""
    allow: tuple[str, ...] = ()
    token_env: str = ""
    token_user: str = "x-access-token"
    ssh_key: str = ""
    origin: str = ""

    @property
    def is_local(self) -> bool:
        """Whether the url is a path of this machine."""
        return "://" not in self.url and not re.match(r"[\w.-]+@[\w.-]+:", self.url)


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table: how to read a setting, and what it is for."""

    name: str
    default: Any
    parse: Callable[[Any], Any]
    help: str


def _text(value: Any) -> str:
    if not isinstance(value, str):
        msg = "must be text"
        raise ValueError(msg)  # noqa: TRY004
    return value


def _number(low: float, high: float) -> Callable[[Any], float]:
    def parse(value: Any) -> float:
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = float("nan")
        if isinstance(value, bool) or not low <= number <= high:
            msg = f"must be a number from {low:g} to {high:g}"
            raise ValueError(msg)
        return number

    return parse


def _whole(low: int, high: int) -> Callable[[Any], int]:
    def parse(value: Any) -> int:
        number = _number(low, high)(value)
        if number != int(number):
            msg = "must be a whole number"
            raise ValueError(msg)
        return int(number)

    return parse


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        value = [item.strip() for item in value.split(",") if item.strip()]
    if not isinstance(value, list) or not all(isinstance(x, str) for x in value):
        msg = "must be a list of texts"
        raise ValueError(msg)
    return tuple(value)


def _sources(value: Any) -> tuple[Source, ...]:
    if isinstance(value, str):
        value = yaml12.read_one(value.encode())
    if not isinstance(value, list):
        msg = "must be a list of sources, each with at least name and url"
        raise ValueError(msg)  # noqa: TRY004
    sources = tuple(_source(item, index) for index, item in enumerate(value))
    names = [source.name for source in sources]
    if len(set(names)) < len(names):
        msg = "two sources have the same name"
        raise ValueError(msg)
    return sources


def _switch(value: Any) -> bool:
    texts = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    if isinstance(value, bool):
        return value
    if not isinstance(value, str) or value.lower() not in texts:
        msg = "must be true or false"
        raise ValueError(msg)
    return texts[value.lower()]


def _token_variables(value: Any) -> dict[str, str]:
    if isinstance(value, str):
        value = yaml12.read_one(value.encode())
    if not isinstance(value, dict) or not all(
        isinstance(name, str) and _VARIABLE.fullmatch(name) for name in value.values()
    ):
        msg = "must map hosts to names of variables, not to tokens"
        raise ValueError(msg)
    return value


_SOURCE_KEYS: dict[str, Callable[[Any], Any]] = {
    "name": _text,
    "url": _text,
    "ref": _text,
    "targets": _texts,
    "location": _text,
    "allow": _texts,
    "token_env": _text,
    "token_user": _text,
    "ssh_key": _text,
}


def _source(item: Any, index: int) -> Source:
    if not isinstance(item, dict) or not {"name", "url"} <= item.keys():
        msg = f"entry {index}: a source needs name and url"
        raise ValueError(msg)
    values = {}
    for key, value in item.items():
        if key not in _SOURCE_KEYS:
            msg = f"entry {index}: unknown key '{key}'; known: {', '.join(_SOURCE_KEYS)}"
            raise ValueError(msg)
        try:
            values[key] = _SOURCE_KEYS[key](value)
        except ValueError as error:
            msg = f"entry {index}: {key} {error}"
            raise ValueError(msg) from None
    source = Source(**values)
    if not _SOURCE_NAME.fullmatch(source.name):
        msg = f"entry {index}: name must be lower-case letters, digits and hyphens"
        raise ValueError(msg)
    if source.token_env and not _VARIABLE.fullmatch(source.token_env):
        msg = f"entry {index}: token_env must be the name of a variable, not a token"
        raise ValueError(msg)
    if source.location and not re.match(r"(url|file):.", source.location):
        msg = f"entry {index}: location must begin with 'url:' or 'file:'"
        raise ValueError(msg)
    return source


#: Every setting there is, in the order ``portal.yaml`` is best written in.
SETTINGS: tuple[Setting, ...] = (
    Setting("host", "127.0.0.1", _text, "Address to listen on."),
    Setting("port", 7007, _whole(0, 65535), "Port to listen on; 0 takes a free one."),
    Setting(
        "data_dir",
        ".portal",
        _text,
        "Folder for the database, the git mirrors and the search index.",
    ),
    Setting(
        "database_url",
        "",
        _text,
        "SQLAlchemy URL, such as postgresql+psycopg://user@host/db; "
        "empty keeps a SQLite file in data_dir.",
    ),
    Setting(
        "sources",
        (),
        _sources,
        "Git repositories to read; empty means the checkout the portal runs from, "
        "else the glossary bundled with it.",
    ),
    Setting(
        "sync_interval",
        60.0,
        _number(1, 86_400),
        "Seconds between two looks at each source.",
    ),
    Setting(
        "git_timeout",
        120.0,
        _number(1, 3_600),
        "Seconds one git command may take before it is ended.",
    ),
    Setting(
        "removal_share",
        0.2,
        _number(0, 1),
        "A commit that would remove a larger share of a source's entities is held "
        "until it is confirmed; a single removal never is.",
    ),
    Setting(
        "threads",
        4,
        _whole(1, 256),
        "Requests answered at the same time by one process.",
    ),
    Setting(
        "cache_bytes",
        16 * 1024 * 1024,
        _whole(0, 2**34),
        "Memory for answers of the current generation.",
    ),
    Setting(
        "location_hosts",
        ("github.com", "gitlab.com", "bitbucket.org", "dev.azure.com", "codeberg.org"),
        _texts,
        "Hosts (with :port where it matters) that registered locations may be read from.",
    ),
    Setting(
        "location_kinds",
        ("Component", "API", "Location"),
        _texts,
        "Kinds that registered locations may define; empty allows all.",
    ),
    Setting(
        "host_tokens",
        {},
        _token_variables,
        "Host to the name of the variable that holds the token for reading from it.",
    ),
    Setting(
        "readonly",
        False,
        _switch,
        "Refuse to register, change or remove locations.",
    ),
    Setting(
        "cors_origins",
        (),
        _texts,
        "Origins (globs) of browser apps that may call the API.",
    ),
    Setting(
        "service_token",
        "",
        _text,
        "Token callers must show; needed to listen on anything but loopback. "
        "Best set as PORTAL_SERVICE_TOKEN.",
    ),
)
_TABLE = {setting.name: setting for setting in SETTINGS}


@dataclass(frozen=True, slots=True)
class Config:
    """The settings in force; see ``SETTINGS`` for what each one means."""

    host: str = "127.0.0.1"
    port: int = 7007
    data_dir: Path = Path(".portal")
    database_url: str = ""
    sources: tuple[Source, ...] = ()
    sync_interval: float = 60.0
    git_timeout: float = 120.0
    removal_share: float = 0.2
    threads: int = 4
    cache_bytes: int = 16 * 1024 * 1024
    location_hosts: tuple[str, ...] = (
        "github.com",
        "gitlab.com",
        "bitbucket.org",
        "dev.azure.com",
        "codeberg.org",
    )
    location_kinds: tuple[str, ...] = ("Component", "API", "Location")
    host_tokens: Mapping[str, str] = field(default_factory=dict)
    readonly: bool = False
    cors_origins: tuple[str, ...] = ()
    service_token: str = field(default="", repr=False)

    @property
    def database(self) -> str:
        """The SQLAlchemy URL of the database in force."""
        return self.database_url or f"sqlite:///{self.data_dir / 'portal.db'}"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the portal."""
        return self.host in _LOOPBACK

    def check_exposure(self) -> None:
        """Refuse to be reachable from elsewhere without a token.

        Raises:
            ConfigError: When ``host`` is not loopback and ``service_token`` is empty.
        """
        if not self.is_loopback and len(self.service_token) < MIN_TOKEN:
            msg = (
                f"host {self.host} can be reached from other machines, so a token is "
                f"needed: set PORTAL_SERVICE_TOKEN to {MIN_TOKEN} or more characters, "
                "or listen on 127.0.0.1"
            )
            raise ConfigError(msg)


#: The shortest service token, as Backstage's ``externalAccess`` demands it.
MIN_TOKEN = 8


def load_config(
    path: Path | None = None,
    env: Mapping[str, str] = os.environ,
    **overrides: Any,
) -> Config:
    """Read the settings.

    Args:
        path: The configuration file; ``None`` takes ``portal.yaml`` of the
            current folder when there is one.
        env: Where ``PORTAL_*`` variables are looked up.
        overrides: Values of the command line; ``None`` means not given.

    Raises:
        ConfigError: When the file cannot be read, a name is unknown or a value
            is out of range; the message says which and what is allowed.
    """
    values = {
        **_from_file(path),
        **_from_env(env),
        **{name: value for name, value in overrides.items() if value is not None},
    }
    folder = path.parent if path else Path()
    parsed: dict[str, Any] = {}
    for name, (value, where) in (
        (name, value if isinstance(value, tuple) else (value, f"--{name}"))
        for name, value in values.items()
    ):
        try:
            parsed[name] = _TABLE[name].parse(value)
        except ValueError as error:
            msg = f"{where}: {name} {error}"
            raise ConfigError(msg) from None
    parsed["data_dir"] = Path(parsed.get("data_dir", ".portal"))
    if parsed["data_dir"] == Path(".portal"):
        parsed["data_dir"] = folder / ".portal"
    parsed["sources"] = tuple(
        _anchored(source, folder) for source in parsed.get("sources", ())
    )
    return Config(**parsed)


def _anchored(source: Source, folder: Path) -> Source:
    """Make a local path absolute: it is relative to the configuration file."""
    if not source.is_local:
        return source
    values = {key: getattr(source, key) for key in _SOURCE_KEYS}
    return Source(**{**values, "url": str((folder / source.url).resolve())})


def _from_file(path: Path | None) -> dict[str, tuple[Any, str]]:
    if path is None:
        path = Path(CONFIG_FILE)
        if not path.exists():
            return {}
    try:
        content = yaml12.read_one(path.read_bytes())
    except OSError as error:
        msg = f"cannot read the configuration file {path.name}: {error.strerror}"
        raise ConfigError(msg) from None
    except ValueError as error:
        msg = f"{path.name}, {error}"
        raise ConfigError(msg) from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        msg = f"{path.name}: a mapping of settings is expected"
        raise ConfigError(msg)
    for name in content:
        if name not in _TABLE:
            msg = f"{path.name}: unknown setting '{name}'; known: {', '.join(_TABLE)}"
            raise ConfigError(msg)
    return {name: (value, path.name) for name, value in content.items()}


def _from_env(env: Mapping[str, str]) -> dict[str, tuple[Any, str]]:
    return {
        setting.name: (env[variable], variable)
        for setting in SETTINGS
        if (variable := f"{_PREFIX}{setting.name.upper()}") in env
    }
