"""Entities as JSON texts: those that were asked for, as long as there is room."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock

from pyroaring import BitMap

#: The id of an entity, and its JSON text.
IdentifiedText = tuple[int, str]
#: Bytes that an entity takes beside its text: of the text as an object, its ref and its entries.
_ENTRY = 400


class EntityTexts:
    """The texts of one generation; those kept the longest go when there are too many.

    Args:
        max_bytes: About how much memory they may take.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._texts: dict[int, tuple[str, str]] = {}
        self._ids: dict[str, int] = {}
        self._bytes = 0
        self._changing = Lock()

    def of_id(self, entity_id: int) -> str | None:
        """Return the text of an entity; ``None`` when it is not kept."""
        entry = self._texts.get(entity_id)
        return entry and entry[1]

    def of_ref(self, ref: str) -> IdentifiedText | None:
        """Return the id and the text of an entity; ``None`` when they are not kept."""
        entity_id = self._ids.get(ref)
        entry = None if entity_id is None else self._texts.get(entity_id)
        return None if entity_id is None or entry is None else (entity_id, entry[1])

    def keep(self, entities: Iterable[tuple[int, str, str]]) -> None:
        """Keep the ids, refs and texts of entities."""
        with self._changing:
            for entity_id, ref, text in entities:
                if entity_id not in self._texts:
                    self._texts[entity_id] = ref, text
                    self._ids[ref] = entity_id
                    self._bytes += len(text) + _ENTRY
            while self._bytes > self._max_bytes:
                entity_id = next(iter(self._texts))
                ref, text = self._texts.pop(entity_id)
                del self._ids[ref]
                self._bytes -= len(text) + _ENTRY

    def without(self, touched: BitMap) -> EntityTexts:
        """Return the texts of all entities but some."""
        kept = EntityTexts(self._max_bytes)
        with self._changing:
            entries = list(self._texts.items())
        kept.keep((at, *entry) for at, entry in entries if at not in touched)
        return kept
