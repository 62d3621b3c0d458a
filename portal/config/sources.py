"""The settings that are lists of mappings: sources, providers and integrations.

Each class is one entry of such a list in ``portal.yaml``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from portal.config.values import SWITCH
from portal.config.values import TEXT
from portal.config.values import TEXTS
from portal.config.values import VARIABLE
from portal.config.values import WEB_ADDRESS
from portal.config.values import ValueType
from portal.config.values import entries
from portal.config.values import matching
from portal.config.values import one_of
from portal.config.values import optional
from portal.config.values import variables
from portal.forges import FORGES

_NAME = matching(r"[a-z0-9][a-z0-9-]{0,62}", "lower-case letters, digits and hyphens")


def _read_labels(value: Any) -> tuple[str, ...] | None:
    labels = TEXTS.read(value)
    is_good = labels is not None and all(_NAME.read(each) for each in labels)
    return labels if is_good else None


#: Labels of workers, which sources and providers name.
LABELS = ValueType(f"{TEXTS.allowed}, each of {_NAME.allowed}", _read_labels)


@dataclass(frozen=True, slots=True)
class Source:
    """A git repository that the catalog is read from.

    Attributes:
        name: Its name in logs, reports and on the command line.
        url: An ``https://`` or ``ssh://`` remote, or the path of a local
            repository (relative to the configuration file).
        ref: The branch or tag to follow; empty follows the remote's ``HEAD``.
        targets: Globs, from the repository's root, of the descriptors to read.
        location: The beginning of the entities' ``managed-by-location``, as
            ``<type>:<address>``; empty derives it from the url.
        allow: The kinds the source may define; empty allows all.
        token_env: The environment variable that holds its access token.
        token_user: The user name that is sent with the token; empty takes that of the
            host's forge.
        ssh_key: The private key file for an ssh remote.
        origin: For a registered location, the location ref that was registered.
        is_optional: Whether a target may match nothing without a problem being reported.
        entity_name: The name of the Location entity that is generated for its target;
            empty derives it from the target.
        is_web: Whether the url is a plain web server, of which single files are read.
        worker: The label of the workers that read it; empty lets any.
    """

    name: str
    url: str
    ref: str = ""
    targets: tuple[str, ...] = ("catalog-info.yaml",)
    location: str = ""
    allow: tuple[str, ...] = ()
    token_env: str = ""
    token_user: str = ""
    ssh_key: str = ""
    origin: str = ""
    is_optional: bool = False
    entity_name: str = ""
    is_web: bool = False
    worker: str = ""

    @property
    def is_local(self) -> bool:
        """Whether the url is a path in the local file system."""
        return "://" not in self.url and not re.match(r"[\w.-]+@[\w.-]+:", self.url)


def _check_sources(sources: Sequence[Source]) -> None:
    if len({source.name for source in sources}) < len(sources):
        msg = "two sources have the same name"
        raise ValueError(msg)


#: The members of a source that an operator can set.
SOURCE_KEYS: dict[str, ValueType[Any]] = {
    "name": _NAME,
    "url": TEXT,
    "ref": TEXT,
    "targets": TEXTS,
    "location": optional(matching(r"(url|file):.+", "a text that begins with 'url:' or 'file:'")),
    "allow": TEXTS,
    "token_env": optional(VARIABLE),
    "token_user": TEXT,
    "ssh_key": TEXT,
    "worker": optional(_NAME),
}
SOURCES = entries(Source, "a source", SOURCE_KEYS, ("name", "url"), _check_sources)


@dataclass(frozen=True, slots=True)
class Provider:
    """An owner at a forge, each of whose repositories is a source.

    Attributes:
        name: The prefix of its sources' names.
        type: The type of forge: ``github``, ``gitlab`` or ``gitea``.
        api: The base URL of its API, such as ``https://api.github.com``.
        owner: The organisation, group or user.
        git: The server its repositories are cloned from, as ``https://host[:port]``;
            empty derives it from ``api``. The token is sent to both.
        ref: The branch or tag to follow; empty follows each repository's ``HEAD``.
        targets: As in ``Source``, but every target is optional.
        allow: As in ``Source``.
        token_env: The environment variable that holds the access token.
        include: Globs of names of repositories that are read.
        exclude: Globs of names that are left out of these.
        archived: Whether archived repositories are read.
        forks: Whether forks are read.
        worker: The label of the workers that list its repositories and read them; empty lets any.
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
    worker: str = ""


def _check_providers(providers: Sequence[Provider]) -> None:
    """Refuse a provider's name that is a prefix of another's: names of sources could clash.

    Raises:
        ValueError: When there is one, or when a provider's name is ``location``.
    """
    starts = [*sorted(f"{provider.name}-" for provider in providers), "location-"]
    for index, start in enumerate(starts):
        if any(other.startswith(start) for other in starts[:index] + starts[index + 1 :]):
            msg = (
                f"the name '{start[:-1]}' begins another provider's name or is 'location', "
                "so their sources could have the same names"
            )
            raise ValueError(msg)


#: The types of forges whose repositories can be listed.
PROVIDER_TYPES = tuple(kind for kind, forge in FORGES.items() if forge.listings)
_PROVIDER_KEYS: dict[str, ValueType[Any]] = {
    "name": _NAME,
    "type": one_of(*PROVIDER_TYPES),
    "api": WEB_ADDRESS,
    "owner": matching(r"\w[\w.-]*(/\w[\w.-]*)*", "the path of an organisation, group or user"),
    "git": WEB_ADDRESS,
    "ref": TEXT,
    "targets": TEXTS,
    "allow": TEXTS,
    "token_env": VARIABLE,
    "include": TEXTS,
    "exclude": TEXTS,
    "archived": SWITCH,
    "forks": SWITCH,
    "worker": optional(_NAME),
}
PROVIDERS = entries(
    Provider, "a provider", _PROVIDER_KEYS, ("name", "type", "api", "owner"), _check_providers
)


@dataclass(frozen=True, slots=True)
class Integration:
    """A forge that templates can name and publish to.

    Attributes:
        host: Its host in addresses, with ``:port`` if it is not the usual one.
        type: A key of ``portal.forges.FORGES``.
        api: The base URL of its API; empty derives it from ``host``.
        token_env: The environment variable that holds the token for publishing.
        user: The user to whom that token belongs, where the forge asks for the name:
            Gerrit, and Bitbucket for tokens of people.
        templates: Globs of the refs of templates that get the operator's tokens for the host;
            empty means all that are from the operator's sources.
        targets: Globs of what these tokens are for, as ``host/owner/repository``; empty means
            all.
        user_token: Whether templates need a token of the user, and never get the operator's.
    """

    host: str
    type: str
    api: str = ""
    token_env: str = ""
    user: str = ""
    templates: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    user_token: bool = False


def _check_integrations(integrations: Sequence[Integration]) -> None:
    if len({integration.host for integration in integrations}) < len(integrations):
        msg = "two integrations have the same host"
        raise ValueError(msg)


_INTEGRATION_KEYS: dict[str, ValueType[Any]] = {
    "host": matching(
        r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?",
        "a host in lower case, with :port where it matters",
    ),
    "type": one_of(*FORGES),
    "api": WEB_ADDRESS,
    "token_env": VARIABLE,
    "user": matching(r"[!-9;-~]{1,100}", "a user name without blanks and colons"),
    "templates": TEXTS,
    "targets": TEXTS,
    "user_token": SWITCH,
}
INTEGRATIONS = entries(
    Integration, "an integration", _INTEGRATION_KEYS, ("host", "type"), _check_integrations
)


@dataclass(frozen=True, slots=True)
class Proxy:
    """A server that templates may send requests to, below ``proxy/<name>/``.

    Attributes:
        name: Its name in templates.
        target: The base URL; nothing outside of its path can be reached.
        methods: The methods that are allowed.
        token_env: The environment variable that holds the server's token.
        token_header: The header that the token is sent in.
        templates: Globs of the refs of templates that may use it; empty means all, but with a
            token only those from the operator's sources.
    """

    name: str
    target: str
    methods: tuple[str, ...] = ("GET", "HEAD")
    token_env: str = ""
    token_header: str = "Authorization"
    templates: tuple[str, ...] = ()


def _check_proxies(proxies: Sequence[Proxy]) -> None:
    if len({proxy.name for proxy in proxies}) < len(proxies):
        msg = "two proxies have the same name"
        raise ValueError(msg)
    for proxy in proxies:
        if unknown := set(proxy.methods) - set(HTTP_METHODS):
            msg = f"'{min(unknown)}' is no method; known: {', '.join(HTTP_METHODS)}"
            raise ValueError(msg)


#: The methods of requests that templates can send.
HTTP_METHODS = ("GET", "HEAD", "OPTIONS", "POST", "UPDATE", "DELETE", "PUT", "PATCH")
_PROXY_KEYS: dict[str, ValueType[Any]] = {
    "name": _NAME,
    "target": WEB_ADDRESS,
    "methods": TEXTS,
    "token_env": VARIABLE,
    "token_header": matching(r"[A-Za-z][A-Za-z0-9-]{0,60}", "the name of a header"),
    "templates": TEXTS,
}
PROXIES = entries(Proxy, "a proxy", _PROXY_KEYS, ("name", "target"), _check_proxies)

#: The types of forges that send webhooks; ``gitea`` includes Forgejo.
WEBHOOK_FORGES = tuple(kind for kind, forge in FORGES.items() if forge.webhook)
WEBHOOK_SECRETS = variables(", ".join(WEBHOOK_FORGES), *WEBHOOK_FORGES)
HOST_TOKENS = variables("hosts")
