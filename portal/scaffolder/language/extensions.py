"""What Backstage adds to the templating language: filters for addresses and refs."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from functools import partial
from typing import Any

from portal.integrations.hosts import Integrations
from portal.integrations.repo_urls import parse_repo_url
from portal.integrations.repo_urls import project_slug
from portal.kernel.errors import InputError
from portal.model.refs import parse_ref
from portal.scaffolder.expressions.javascript import UNDEFINED
from portal.scaffolder.expressions.javascript import to_text
from portal.scaffolder.expressions.javascript import widen

#: The forges that everybody knows.
_KNOWN = Integrations()
#: Paths of ``pick``: what makes one deep, its parts, and an index; longer ones are a key.
_DEEP = re.compile(r"\.|\[[^\[\]]*\]|\[[\"']")
_PART = re.compile(
    r"""[^.\[\]]+|\[(?:(-?[0-9]+(?:\.[0-9]+)?)|(["'])((?:(?!\2)[^\\]|\\.)*?)\2)\]"""
    r"""|(?=(?:\.|\[\])(?:\.|\[\]|$))"""
)
_INDEX = re.compile("0|[1-9][0-9]{0,9}")
_LONGEST_PATH = 1_000


def _parse_repo_url(
    text: Any, *_ignored: Any, integrations: Integrations = _KNOWN
) -> dict[str, str]:
    return parse_repo_url(to_text(text), integrations)


def _project_slug(text: Any, *_ignored: Any, integrations: Integrations = _KNOWN) -> str:
    return project_slug(to_text(text), integrations)


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


def pick(value: Any, path: Any = UNDEFINED, *_ignored: Any) -> Any:
    """Return the member at a path such as ``a.b[0]``, undefined when there is none.

    A path is read as lodash's ``get`` does: a key with a dot goes before its parts, and
    texts and arrays have a ``length``.
    """
    for key in _keys(value, path):
        value = _member(value, key)
    return value


def _keys(value: Any, path: Any) -> list[str]:
    if isinstance(path, list):
        return [to_text(key) for key in path]
    text = to_text(path)
    is_plain = not _DEEP.search(text) or (isinstance(value, dict) and text in value)
    if is_plain or len(text) > _LONGEST_PATH:
        return [text]
    found = [
        re.sub(r"\\(.)", r"\1", part[3]) if part[2] else part[1] or part[0]
        for part in _PART.finditer(text)
    ]
    return ["", *found] if text.startswith(".") else found


def _member(value: Any, key: str) -> Any:
    if isinstance(value, dict):
        return value.get(key, UNDEFINED)
    if not isinstance(value, (str, list)):
        return UNDEFINED
    items = widen(value) if isinstance(value, str) else value
    if key == "length":
        return len(items)
    return items[int(key)] if _INDEX.fullmatch(key) and int(key) < len(items) else UNDEFINED


#: The filters, for the forges that are known without configuration.
FILTERS: Mapping[str, Callable[..., Any]] = {
    "parseEntityRef": parse_entity_ref,
    "parseRepoUrl": _parse_repo_url,
    "pick": pick,
    "projectSlug": _project_slug,
}


@dataclass(frozen=True, slots=True)
class Extensions:
    """Additions to the templating language: filters, and values by name."""

    filters: Mapping[str, Callable[..., Any]] = field(default_factory=lambda: FILTERS)
    values: Mapping[str, Any] = field(default_factory=dict)


#: The extensions without any configuration; there is no ``portalUrl``.
KNOWN = Extensions()


def extensions_of(integrations: Integrations, portal_url: str = "") -> Extensions:
    """Return the extensions of a portal: its forges, and its own address if it is known."""
    filters: dict[str, Callable[..., Any]] = {
        **FILTERS,
        "parseRepoUrl": partial(_parse_repo_url, integrations=integrations),
        "projectSlug": partial(_project_slug, integrations=integrations),
    }
    return Extensions(filters, {"portalUrl": portal_url} if portal_url else {})
