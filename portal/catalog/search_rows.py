"""An entity becomes the rows that filters, facets and orders look at.

For instance::

    spec: {arr: [c, {d: 1}]}   ->   spec.arr = c
                                    spec.arr.c = true
                                    spec.arr.d = 1

Rules: docs/reference/wire-contract.md, "Search rows" (Backstage's ``buildEntitySearch``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from portal.model.entity import Entity
from portal.model.refs import DEFAULT_NAMESPACE

#: Longer keys are dropped, longer values only count as being there.
MAX_LENGTH = 200
_SKIPPED = frozenset(
    {
        "attachments",
        "relations",
        "status",
        "metadata.name",
        "metadata.namespace",
        "metadata.uid",
        "metadata.etag",
    }
)

#: Key, value and value in its original letter case; ``None`` only exists.
Row = tuple[str, str | None, str | None]


def flatten(entity: Entity) -> list[Row]:
    """Return the rows of a final entity, without doubles."""
    rows: dict[tuple[str, str | None], Row] = {}
    for key, value in _pairs(entity):
        row = _row(key, value)
        if row is not None:
            rows.setdefault((row[0], row[1]), row)
    return list(rows.values())


def _pairs(entity: Entity) -> Iterator[tuple[str, Any]]:
    yield from _traverse("", entity)
    metadata = entity["metadata"]
    yield "metadata.name", metadata["name"]
    yield "metadata.namespace", metadata.get("namespace") or DEFAULT_NAMESPACE
    yield "metadata.uid", metadata.get("uid")
    for relation in entity.get("relations", ()):
        yield f"relations.{relation['type']}", relation["targetRef"]


def _traverse(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            below = f"{path}.{key}" if path else key
            if below not in _SKIPPED:
                yield from _traverse(below, item)
    elif isinstance(value, list):
        seen: set[str] = set()
        for item in value:
            yield from _traverse(path, item)
            if isinstance(item, str) and item.lower() not in seen:
                seen.add(item.lower())
                yield f"{path}.{item}", True
    else:
        yield path, value


def _row(key: str, value: Any) -> Row | None:
    if len(key) > MAX_LENGTH:
        return None
    text = _text(value)
    if text is None or len(text) > MAX_LENGTH:
        return key.lower(), None, None
    return key.lower(), text.lower(), text


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def casing_clash(entity: Entity) -> str | None:
    """Return a key that another one equals but for letter case, if there is one."""
    seen: dict[str, str] = {}
    for key, _value in _pairs(entity):
        if seen.setdefault(key.lower(), key) != key:
            return key
    return None
