"""The formats of names, tags, labels and links: one table.

Rules: Backstage ADR002 and the validators of its catalog-model.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from portal.model.entity import Entity
from portal.model.entity import JsonPath

_NAME = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_NAMESPACE = re.compile(r"[a-z0-9]+(?:-+[a-z0-9]+)*")
_TAG = re.compile(r"[a-z0-9:+#]+(-[a-z0-9:+#]+)*")
_KIND = re.compile(r"[a-zA-Z][a-z0-9A-Z]*")
_VERSION_SUFFIX = re.compile(r"[a-z0-9A-Z]+")
_ADR = (
    "To learn more about catalog file format, visit: https://github.com/backstage/"
    "backstage/blob/master/docs/architecture-decisions/"
    "adr002-default-catalog-file-format.md"
)
_LONGEST = 63
_LONGEST_PREFIX = 253
#: Schemes that a browser executes, and characters that it drops from addresses before.
_LINK_SCRIPTS = re.compile(r"(javascript|data|vbscript):", re.IGNORECASE)
_DROPPED = re.compile(r"[\s\x00-\x20]+")


@dataclass(frozen=True, slots=True)
class FormatError:
    """A value that does not match its format."""

    path: JsonPath
    message: str


def _sized(pattern: re.Pattern[str]) -> Callable[[Any], bool]:
    return lambda value: len(value) <= _LONGEST and bool(pattern.fullmatch(value))


_is_name = _sized(_NAME)
_is_namespace = _sized(_NAMESPACE)
_is_tag = _sized(_TAG)
_is_kind = _sized(_KIND)


def _is_subdomain(text: str) -> bool:
    return len(text) <= _LONGEST_PREFIX and all(map(_is_namespace, text.split(".")))


def _is_api_version(text: str) -> bool:
    prefix, slash, suffix = text.rpartition("/")
    return (not slash or _is_subdomain(prefix)) and (
        len(suffix) <= _LONGEST and bool(_VERSION_SUFFIX.fullmatch(suffix))
    )


def _is_key(text: str) -> bool:
    prefix, slash, suffix = text.rpartition("/")
    return (not slash or _is_subdomain(prefix)) and _is_name(suffix)


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text.strip())
    except ValueError:
        return False
    return bool(parts.scheme) and bool(parts.netloc or parts.path)


def is_safe_link(text: str) -> bool:
    """Return whether ``text`` is an address that runs no script in a browser."""
    return _LINK_SCRIPTS.match(_DROPPED.sub("", text)) is None


_OBJECT_NAME = (
    "a string that is sequences of [a-zA-Z0-9] separated by any of [-_.], "
    "at most 63 characters in total"
)
_EXPECTED = {
    "name": _OBJECT_NAME,
    "namespace": (
        "a string that is sequences of [a-z0-9] separated by [-], at most 63 characters in total"
    ),
    "tag": (
        "a string that is sequences of [a-z0-9+#] separated by [-], at most 63 characters in total"
    ),
    "kind": ("a string that is a sequence of [a-zA-Z][a-z0-9A-Z], at most 63 characters in total"),
    "apiVersion": "a string that is a valid apiVersion, [<domain>/]<version>",
    "key": "a valid prefix and/or suffix",
    "label": _OBJECT_NAME,
    "url": "a string that is a valid url",
    "link": "a url that is not a script",
}


def format_errors(entity: Entity) -> Iterator[FormatError]:
    """Yield the values of envelope and metadata that do not match their formats.

    The entity must have no ``schema.entity_violations``.
    """
    for where, path, value, kind, is_valid in _values(entity):
        if not is_valid(value):
            message = (
                f'"{where}" is not valid; expected {_EXPECTED[kind]} but found "{value}". {_ADR}'
            )
            yield FormatError(path, message)


def _values(
    entity: Entity,
) -> Iterator[tuple[str, JsonPath, str, str, Callable[[str], bool]]]:
    metadata = entity["metadata"]
    yield "apiVersion", ("apiVersion",), entity["apiVersion"], "apiVersion", _is_api_version
    yield "kind", ("kind",), entity["kind"], "kind", _is_kind
    yield "metadata.name", ("metadata", "name"), metadata["name"], "name", _is_name
    if "namespace" in metadata:
        path: JsonPath = ("metadata", "namespace")
        yield "metadata.namespace", path, metadata["namespace"], "namespace", _is_namespace
    for key, value in metadata.get("labels", {}).items():
        path = ("metadata", "labels", key)
        yield f"labels.{key}", path, key, "key", _is_key
        yield f"labels.{key}", path, value, "label", _is_label_value
    for key in metadata.get("annotations", {}):
        yield f"annotations.{key}", ("metadata", "annotations", key), key, "key", _is_key
    for index, tag in enumerate(metadata.get("tags", ())):
        yield f"tags.{index}", ("metadata", "tags", index), tag, "tag", _is_tag
    for index, link in enumerate(metadata.get("links", ())):
        path = ("metadata", "links", index, "url")
        yield f"links.{index}.url", path, link["url"], "url", _is_url
        yield f"links.{index}.url", path, link["url"], "link", is_safe_link


def _is_label_value(text: str) -> bool:
    return not text or _is_name(text)
