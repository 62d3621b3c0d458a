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
_USER_REF = re.compile(r"user:[a-z0-9._-]{1,63}/[a-z0-9._-]{1,63}")
_PUBLIC_ADDRESS = re.compile(
    r"https?://[A-Za-z0-9.-]+(:\d{1,5})?|https?://\[[0-9a-f:]+\](:\d{1,5})?"
)


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
        is_optional: Whether a target that matches nothing is no problem.
        entity_name: What the Location made of its target is called; empty names it
            after the target.
        is_web: Whether the url is a plain web server, of which single files are read.
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
    is_optional: bool = False
    entity_name: str = ""
    is_web: bool = False

    @property
    def is_local(self) -> bool:
        """Whether the url is a path of this machine."""
        return "://" not in self.url and not re.match(r"[\w.-]+@[\w.-]+:", self.url)


@dataclass(frozen=True, slots=True)
class Provider:
    """An owner at a forge, each of whose repositories is a source.

    Attributes:
        name: What the names of its sources begin with.
        type: The forge: ``github``, ``gitlab`` or ``gitea``.
        api: The base address of its API, such as ``https://api.github.com``.
        owner: The organisation, group or user.
        git: Where its repositories are cloned from, as ``https://host[:port]``;
            empty derives it from ``api``. The token is sent there and to ``api``.
        ref: The branch or tag to follow; empty follows each repository's ``HEAD``.
        targets: See ``Source``; one that matches nothing is no problem here.
        allow: See ``Source``.
        token_env: The environment variable that holds the access token.
        include: Globs on names of repositories.
        exclude: Globs on names that are left out nevertheless.
        archived: Whether archived repositories are read, too.
        forks: Whether forks are.
    """

    name: str
    type: str
    api: str
    owner: str
    git: str = ""
    ref: str = ""
    targets: tuple[str, ...] = ("catalog-info.yaml",)
    allow: tuple[str, ...] = ()
    token_env: str = ""
    include: tuple[str, ...] = ("*",)
    exclude: tuple[str, ...] = ()
    archived: bool = False
    forks: bool = False


@dataclass(frozen=True, slots=True)
class Integration:
    """A forge that templates name and publish to.

    Attributes:
        host: Its name in addresses, with ``:port`` where it matters.
        type: One of ``INTEGRATION_TYPES``.
        api: The base address of its API; empty derives it from ``host``.
        token_env: The environment variable that holds the token for publishing there.
    """

    host: str
    type: str
    api: str = ""
    token_env: str = ""

    @property
    def api_base(self) -> str:
        """The base address of its API; empty when such forges have none we speak."""
        if self.api or self.type not in _API_PATHS:
            return self.api
        return f"https://{self.host}{_API_PATHS[self.type]}"


#: What a forge can be.
INTEGRATION_TYPES = (
    "github",
    "gitlab",
    "gitea",
    "bitbucket",
    "bitbucket-server",
    "azure",
    "gerrit",
)
_API_PATHS = {"github": "/api/v3", "gitlab": "/api/v4", "gitea": "/api/v1"}
#: The forges everybody knows; a setting for the same host replaces one.
KNOWN_INTEGRATIONS = (
    Integration("github.com", "github", "https://api.github.com"),
    Integration("gitlab.com", "gitlab"),
    Integration("bitbucket.org", "bitbucket"),
    Integration("dev.azure.com", "azure"),
)


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
        raise ValueError(msg)
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
        raise ValueError(msg)
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


#: Who sends webhooks; ``gitea`` is Forgejo, too.
WEBHOOK_FORGES = ("github", "gitlab", "gitea", "bitbucket")


def _webhook_secrets(value: Any) -> dict[str, str]:
    if isinstance(value, str):
        value = yaml12.read_one(value.encode())
    if (
        not isinstance(value, dict)
        or not set(WEBHOOK_FORGES).issuperset(value)
        or not all(isinstance(name, str) and _VARIABLE.fullmatch(name) for name in value.values())
    ):
        msg = f"must map {', '.join(WEBHOOK_FORGES)} to names of variables, not to secrets"
        raise ValueError(msg)
    return value


def _user_ref(value: Any) -> str:
    ref = _text(value).lower()
    if not _USER_REF.fullmatch(ref):
        msg = "must be the full ref of a user, such as user:default/guest"
        raise ValueError(msg)
    return ref


def _public_address(value: Any) -> str:
    address = _text(value).rstrip("/")
    if address and not _PUBLIC_ADDRESS.fullmatch(address):
        msg = "must be http(s)://host or http(s)://host:port, nothing after it"
        raise ValueError(msg)
    return address


def _task_key(value: Any) -> str:
    text = _text(value)
    if text and len(text) < MIN_TASK_KEY:
        msg = f"must be {MIN_TASK_KEY} or more random characters"
        raise ValueError(msg)
    return text


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


def _members(
    item: Mapping[Any, Any], index: int, keys: Mapping[str, Callable[[Any], Any]]
) -> dict[str, Any]:
    values = {}
    for key, value in item.items():
        if key not in keys:
            msg = f"entry {index}: unknown key '{key}'; known: {', '.join(keys)}"
            raise ValueError(msg)
        try:
            values[key] = keys[key](value)
        except ValueError as error:
            msg = f"entry {index}: {key} {error}"
            raise ValueError(msg) from None
    return values


def _source(item: Any, index: int) -> Source:
    if not isinstance(item, dict) or not {"name", "url"} <= item.keys():
        msg = f"entry {index}: a source needs name and url"
        raise ValueError(msg)
    source = Source(**_members(item, index, _SOURCE_KEYS))
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


#: What discovers repositories.
PROVIDER_TYPES = ("github", "gitlab", "gitea")
_ADDRESS = re.compile(
    r"https://[\w.-]+(:\d{1,5})?(/[\w.~-]+)*|http://(127\.0\.0\.1|localhost)(:\d{1,5})?(/[\w.~-]+)*"
)
_OWNER = re.compile(r"\w[\w.-]*(/\w[\w.-]*)*")


def _one_of(*choices: str) -> Callable[[Any], str]:
    def parse(value: Any) -> str:
        if value not in choices:
            msg = f"must be one of {', '.join(choices)}"
            raise ValueError(msg)
        return str(value)

    return parse


def _web_address(value: Any) -> str:
    address = _text(value).rstrip("/")
    if not _ADDRESS.fullmatch(address):
        msg = (
            "must be https://host[:port][/path] without credentials; plain http is "
            "accepted for this machine only"
        )
        raise ValueError(msg)
    return address


def _like(form: re.Pattern[str], meaning: str) -> Callable[[Any], str]:
    def parse(value: Any) -> str:
        text = _text(value)
        if not form.fullmatch(text):
            msg = f"must be {meaning}"
            raise ValueError(msg)
        return text

    return parse


_PROVIDER_KEYS: dict[str, Callable[[Any], Any]] = {
    "name": _like(_SOURCE_NAME, "lower-case letters, digits and hyphens"),
    "type": _one_of(*PROVIDER_TYPES),
    "api": _web_address,
    "owner": _like(_OWNER, "the path of an organisation, group or user"),
    "git": _web_address,
    "ref": _text,
    "targets": _texts,
    "allow": _texts,
    "token_env": _like(_VARIABLE, "the name of a variable, not a token"),
    "include": _texts,
    "exclude": _texts,
    "archived": _switch,
    "forks": _switch,
}
_PROVIDER_NEEDS = ("name", "type", "api", "owner")


def _provider(item: Any, index: int) -> Provider:
    if not isinstance(item, dict) or not item.keys() >= set(_PROVIDER_NEEDS):
        msg = f"entry {index}: a provider needs {', '.join(_PROVIDER_NEEDS)}"
        raise ValueError(msg)
    return Provider(**_members(item, index, _PROVIDER_KEYS))


def _providers(value: Any) -> tuple[Provider, ...]:
    if isinstance(value, str):
        value = yaml12.read_one(value.encode())
    if not isinstance(value, list):
        msg = "must be a list of providers"
        raise ValueError(msg)
    providers = tuple(_provider(item, index) for index, item in enumerate(value))
    starts = sorted(f"{provider.name}-" for provider in providers)
    starts.append("location-")
    for index, start in enumerate(starts):
        if any(other.startswith(start) for other in starts[:index] + starts[index + 1 :]):
            msg = (
                f"the name '{start[:-1]}' begins another provider's name or is 'location', "
                "so their sources could have the same names"
            )
            raise ValueError(msg)
    return providers


_HOST_AND_PORT = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?")
_INTEGRATION_KEYS: dict[str, Callable[[Any], Any]] = {
    "host": _like(_HOST_AND_PORT, "a host in lower case, with :port where it matters"),
    "type": _one_of(*INTEGRATION_TYPES),
    "api": _web_address,
    "token_env": _like(_VARIABLE, "the name of a variable, not a token"),
}


def _integration(item: Any, index: int) -> Integration:
    if not isinstance(item, dict) or not {"host", "type"} <= item.keys():
        msg = f"entry {index}: an integration needs host and type"
        raise ValueError(msg)
    return Integration(**_members(item, index, _INTEGRATION_KEYS))


def _integrations(value: Any) -> tuple[Integration, ...]:
    if isinstance(value, str):
        value = yaml12.read_one(value.encode())
    if not isinstance(value, list):
        msg = "must be a list of integrations, each with at least host and type"
        raise ValueError(msg)
    found = tuple(_integration(item, index) for index, item in enumerate(value))
    if len({integration.host for integration in found}) < len(found):
        msg = "two integrations have the same host"
        raise ValueError(msg)
    return found


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
        "sources_at_once",
        8,
        _whole(1, 64),
        "Sources that are asked at the same time; only one is written at a time.",
    ),
    Setting(
        "providers",
        (),
        _providers,
        "Organisations, groups or users of a forge whose repositories are sources.",
    ),
    Setting(
        "discovery_interval",
        300.0,
        _number(1, 86_400),
        "Seconds between two looks at each provider's list of repositories.",
    ),
    Setting(
        "webhook_secrets",
        {},
        _webhook_secrets,
        "Forge (github, gitlab, gitea, bitbucket) to the name of the variable that "
        "holds the secret its webhooks are signed with.",
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
        "streams_at_once",
        64,
        _whole(1, 1_000),
        "Clients that may wait for events of tasks at the same time; they take no threads "
        "from other requests.",
    ),
    Setting(
        "tasks_at_once",
        4,
        _whole(0, 64),
        "Tasks a worker runs at the same time; 0 runs none.",
    ),
    Setting(
        "task_timeout",
        86_400.0,
        _number(1, 2_592_000),
        "Seconds a task may take before it is ended.",
    ),
    Setting(
        "task_retention",
        90.0,
        _number(0, 36_500),
        "Days after their end for which tasks are kept, with all they told; 0 keeps them for good.",
    ),
    Setting(
        "task_files_retention",
        7.0,
        _number(0, 36_500),
        "Days after its end for which the files of a task can be downloaded; 0 keeps them as "
        "long as the task.",
    ),
    Setting(
        "task_key",
        "",
        _task_key,
        "What the secrets of tasks are encrypted with while these run; empty keeps a key "
        "in data_dir. Best set as PORTAL_TASK_KEY.",
    ),
    Setting(
        "cache_bytes",
        16 * 1024 * 1024,
        _whole(0, 2**34),
        "Memory for answers of the current generation.",
    ),
    Setting(
        "search_engine",
        "whoosh",
        _one_of("whoosh", "sqlite"),
        "What the search index is made of.",
    ),
    Setting(
        "search_analyzer",
        "suffixes",
        _one_of("suffixes", "mecab"),
        "How Korean words lose their particles and endings.",
    ),
    Setting(
        "location_hosts",
        ("github.com", "gitlab.com", "bitbucket.org", "dev.azure.com", "codeberg.org"),
        _texts,
        "Hosts (with :port where it matters) that registered locations may be read from.",
    ),
    Setting(
        "reading_allow",
        (),
        _texts,
        "Plain web servers (with :port where it matters), without git, that single "
        "files may be read from, as locations and by placeholders.",
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
        "Host to the name of the variable that holds the token for reading from it, and for "
        "publishing where no integration has one.",
    ),
    Setting(
        "publish_hosts",
        ("github.com", "gitlab.com", "bitbucket.org", "dev.azure.com", "codeberg.org"),
        _texts,
        "Hosts (with :port where it matters) that templates may publish to.",
    ),
    Setting(
        "integrations",
        (),
        _integrations,
        "Forges beside the known ones: host, type, api and the token for publishing.",
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
        "base_url",
        "",
        _public_address,
        "Address at which clients reach the portal, such as https://portal.example.org; "
        "empty means http on host and port. User tokens are good for this address only.",
    ),
    Setting(
        "guest_access",
        "auto",
        _one_of("auto", "always", "never"),
        "Who may sign in as guest: auto lets anybody, but only on loopback and without a "
        "service_token; always; never.",
    ),
    Setting(
        "guest_user",
        "user:development/guest",
        _user_ref,
        "Ref of the user that guests are; one of the catalog brings its groups along.",
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
    database_url: str = field(default="", repr=False)
    sources: tuple[Source, ...] = ()
    sync_interval: float = 60.0
    sources_at_once: int = 8
    providers: tuple[Provider, ...] = ()
    discovery_interval: float = 300.0
    webhook_secrets: Mapping[str, str] = field(default_factory=dict)
    git_timeout: float = 120.0
    removal_share: float = 0.2
    threads: int = 4
    streams_at_once: int = 64
    tasks_at_once: int = 4
    task_timeout: float = 86_400.0
    task_retention: float = 90.0
    task_files_retention: float = 7.0
    task_key: str = field(default="", repr=False)
    cache_bytes: int = 16 * 1024 * 1024
    search_engine: str = "whoosh"
    search_analyzer: str = "suffixes"
    location_hosts: tuple[str, ...] = (
        "github.com",
        "gitlab.com",
        "bitbucket.org",
        "dev.azure.com",
        "codeberg.org",
    )
    reading_allow: tuple[str, ...] = ()
    location_kinds: tuple[str, ...] = ("Component", "API", "Location")
    host_tokens: Mapping[str, str] = field(default_factory=dict)
    publish_hosts: tuple[str, ...] = (
        "github.com",
        "gitlab.com",
        "bitbucket.org",
        "dev.azure.com",
        "codeberg.org",
    )
    integrations: tuple[Integration, ...] = ()
    readonly: bool = False
    cors_origins: tuple[str, ...] = ()
    base_url: str = ""
    guest_access: str = "auto"
    guest_user: str = "user:development/guest"
    service_token: str = field(default="", repr=False)

    @property
    def database(self) -> str:
        """The SQLAlchemy URL of the database in force."""
        return self.database_url or f"sqlite:///{self.data_dir / 'portal.db'}"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the portal."""
        return self.host in _LOOPBACK

    @property
    def public_url(self) -> str:
        """Where clients reach the portal, without a last slash."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.base_url or f"http://{host}:{self.port}"

    def integration(self, host: str) -> Integration | None:
        """Return what is known of a forge; ``None`` when nothing is."""
        known = (*self.integrations, *KNOWN_INTEGRATIONS)
        return next((found for found in known if found.host == host.lower()), None)

    @property
    def lets_guests_in(self) -> bool:
        """Whether anybody may sign in as guest."""
        if self.guest_access == "auto":
            # Behind a proxy on this machine, too, the service token says: not for anybody.
            return self.is_loopback and not self.service_token
        return self.guest_access == "always"

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


#: The shortest key for the secrets of tasks.
MIN_TASK_KEY = 32
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
    parsed["data_dir"] = Path(parsed["data_dir"]) if "data_dir" in parsed else folder / ".portal"
    parsed["sources"] = tuple(_anchored(source, folder) for source in parsed.get("sources", ()))
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
