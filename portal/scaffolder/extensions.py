"""What Backstage adds to the templating language: filters for addresses and refs."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs
from urllib.parse import urlsplit

from portal.kernel.errors import InputError
from portal.model.refs import parse_ref
from portal.scaffolder.expressions.javascript import UNDEFINED
from portal.scaffolder.expressions.javascript import to_text

#: What a repository's address must say, by its forge's host.
FORGE_HOSTS: Mapping[str, tuple[str, ...]] = {
    "github.com": ("repo", "owner"),
    "gitlab.com": ("repo", "owner"),
    "bitbucket.org": ("workspace", "project", "repo"),
    "dev.azure.com": ("project", "repo"),
}
_PARTS = ("owner", "repo", "organization", "workspace", "project")


def parse_repo_url(text: Any, *_ignored: Any) -> dict[str, str]:
    """Return the parts of ``host?owner=…&repo=…``, as a repository picker writes it.

    Raises:
        InputError: When the host is not known or a part it needs is missing.
    """
    parsed = urlsplit(f"https://{to_text(text)}")
    host = parsed.hostname or ""
    if host not in FORGE_HOSTS:
        raise InputError(
            f"No matching integration configuration for host {host}, "
            "please check your integrations config"
        )
    query = parse_qs(parsed.query)
    given = {name: query[name][0].strip("/") for name in _PARTS if query.get(name)}
    needed = FORGE_HOSTS[host]
    if host == "gitlab.com" and "project" in given:
        needed = ()
    for name in needed:
        if not given.get(name):
            msg = f"Invalid repo URL passed to publisher: {parsed.geturl()}, missing {name}"
            raise InputError(msg)
    return {"host": host, **given}


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


def project_slug(text: Any, *_ignored: Any) -> str:
    """Return ``owner/repo`` of a repository's address.

    Raises:
        InputError: When the address is not one.
    """
    parts = parse_repo_url(text)
    return f"{parts.get('owner', 'undefined')}/{parts.get('repo', 'undefined')}"


FILTERS: Mapping[str, Callable[..., Any]] = {
    "parseEntityRef": parse_entity_ref,
    "parseRepoUrl": parse_repo_url,
    "pick": pick,
    "projectSlug": project_slug,
}
