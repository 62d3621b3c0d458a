"""The history of an entity, with differences by word."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.catalog.reading.entities_catalog import EntitiesCatalog
from portal.kernel.errors import NotFoundError
from portal.kernel.json_text import Json
from portal.model.refs import EntityRef

#: The greatest number of changes beside an entity.
MOST_CHANGES = 5
KEPT, ADDED, REMOVED = "", "ins", "del"
_WORD = re.compile(r"\s+|[^\s]+")
#: Longer texts (in characters) are compared as a whole.
_LONGEST = 8_000


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a text, and what became of it: ``KEPT``, ``ADDED`` or ``REMOVED``."""

    text: str
    fate: str = KEPT


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field that changed: its path, and its text before and after in pieces."""

    path: str
    pieces: tuple[Piece, ...]


def history_of(catalog: EntitiesCatalog, ref: EntityRef) -> list[dict[str, Any]]:
    """Return the changes of an entity, the newest first; empty when it has no history."""
    try:
        items: list[dict[str, Any]] = catalog.history(ref)["items"]
    except NotFoundError:
        return []
    return items


def last_changes(catalog: EntitiesCatalog, ref: EntityRef) -> list[dict[str, Any]]:
    """Return the newest changes of an entity."""
    return history_of(catalog, ref)[:MOST_CHANGES]


def differences(change: Mapping[str, Any]) -> tuple[FieldChange, ...]:
    """Return the fields that a change touched, by word."""
    return tuple(
        FieldChange(
            str(one["path"]).lstrip("/").replace("/", ".").replace("~1", "/").replace("~0", "~"),
            tuple(_pieces(_text(one.get("from")), _text(one.get("to")))),
        )
        for one in change.get("diff") or ()
    )


def _text(value: Json) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _pieces(old: str, new: str) -> Iterator[Piece]:
    if len(old) + len(new) > _LONGEST or not old or not new:
        yield from (Piece(text, fate) for text, fate in ((old, REMOVED), (new, ADDED)) if text)
        return
    before, after = _WORD.findall(old), _WORD.findall(new)
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            yield Piece("".join(before[a:b]))
            continue
        if a < b:
            yield Piece("".join(before[a:b]), REMOVED)
        if c < d:
            yield Piece("".join(after[c:d]), ADDED)
