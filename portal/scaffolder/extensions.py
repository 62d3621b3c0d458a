"""What Backstage adds to the templating language: filters for addresses and refs."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from functools import partial
from typing import Any
from urllib.parse import SplitResult
from urllib.parse import parse_qs
from urllib.parse import urlsplit

from portal.kernel.config import Config
from portal.kernel.config import Integration
from portal.kernel.errors import InputError
from portal.model.refs import parse_ref
from portal.scaffolder.expressions.javascript import UNDEFINED
from portal.scaffolder.expressions.javascript import to_text

#: What a repository's address must say, by the type of its forge.
_NEEDED: Mapping[str, tuple[str, ...]] = {
    "github": ("repo", "owner"),
    "gitlab": ("repo", "owner"),
    "gitea": ("repo",),
    "gerrit": ("repo",),
    "bitbucket": ("workspace", "project", "repo"),
    "bitbucket-server": ("project", "repo"),
    "azure": ("project", "repo"),
}
_PARTS = ("owner", "repo", "organization", "workspace", "project")
#: Returns what is known of a forge by its host.
FindIntegration = Callable[[str], Integration | None]
_find_known: FindIntegration = Config().integration


def parse_repo_url(
    text: Any, *_ignored: Any, find: FindIntegration = _find_known
) -> dict[str, str]:
    """Return the parts of ``host?owner=…&repo=…``, as a repository picker writes it.

    Raises:
        InputError: When the host is not known or a part it needs is missing.
    """
    parsed = _split(f"https://{to_text(text)}")
    host = parsed.netloc.rpartition("@")[2].lower()
    integration = find(host)
    if integration is None:
        raise InputError(
            f"No matching integration configuration for host {host}, "
            "please check your integrations config"
        )
    query = parse_qs(parsed.query)
    given = {name: query[name][0].strip("/") for name in _PARTS if query.get(name)}
    needed = _NEEDED[integration.type]
    if integration.type == "gitlab" and "project" in given:
        needed = ()
    for name in needed:
        if not given.get(name):
            msg = f"Invalid repo URL passed to publisher: {parsed.geturl()}, missing {name}"
            raise InputError(msg)
    return {"host": host, **given}


def _split(text: str) -> SplitResult:
    try:
        return urlsplit(text)
    except ValueError:
        raise InputError("Invalid repo URL passed to publisher: it is no address") from None


def parse_entity_ref(ref: Any, *arguments: Any) -> dict[str, str]:
    """Return kind, namespace and name of an entity ref, written as text or object.

    Raises:
        InputError: When it is no ref, or its defaults are no object.
    """
    options = arguments[0] if arguments and arguments[0] is not UNDEFINED else {}
    if not isinstance(options, dict):
        raise InputError("The defaults of an entity reference must be an object")
    namespace = to_text(options.get("defaultNamespace") or "default")
    kind = to_text(options.get("defaultKind") or "")
    if isinstance(ref, dict):
        parts = {"kind": kind, "namespace": namespace, **ref}
        return {name: to_text(parts.get(name) or "") for name in ("kind", "namespace", "name")}
    if not isinstance(ref, str):
        raise InputError("Entity reference must be a text or an object")
    try:
        found = parse_ref(ref, kind, namespace)
    except ValueError as error:
        raise InputError(str(error)) from None
    return {"kind": found.kind, "namespace": found.namespace, "name": found.name}


def pick(value: Any, path: Any = "", *_ignored: Any) -> Any:
    """Return the member at a path such as ``a.b[0]``, undefined when there is none."""
    for key in to_text(path).replace("[", ".").replace("]", "").split("."):
        if isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        elif isinstance(value, dict) and key in value:
            value = value[key]
        else:
            return UNDEFINED
    return value


def project_slug(text: Any, *_ignored: Any, find: FindIntegration = _find_known) -> str:
    """Return ``owner/repo`` of a repository's address.

    Raises:
        InputError: When the address is not one.
    """
    parts = parse_repo_url(text, find=find)
    return f"{parts.get('owner', 'undefined')}/{parts.get('repo', 'undefined')}"


#: The filters, for those forges that everybody knows.
FILTERS: Mapping[str, Callable[..., Any]] = {
    "parseEntityRef": parse_entity_ref,
    "parseRepoUrl": parse_repo_url,
    "pick": pick,
    "projectSlug": project_slug,
}


@dataclass(frozen=True, slots=True)
class Extensions:
    """What templates have beside the language: filters, and values by name."""

    filters: Mapping[str, Callable[..., Any]] = field(default_factory=lambda: FILTERS)
    values: Mapping[str, Any] = field(default_factory=dict)


#: Those of a portal nobody configured, without its address.
KNOWN = Extensions()


def extensions_of(config: Config) -> Extensions:
    """Return the extensions of a portal: its forges, and its own address if it is known."""
    find = config.integration
    filters: dict[str, Callable[..., Any]] = {
        **FILTERS,
        "parseRepoUrl": partial(parse_repo_url, find=find),
        "projectSlug": partial(project_slug, find=find),
    }
    # Where the system chose the port and nobody told which one, there is no address.
    is_known = bool(config.base_url or config.port)
    return Extensions(filters, {"portalUrl": config.public_url} if is_known else {})
