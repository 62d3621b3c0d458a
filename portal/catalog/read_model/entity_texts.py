"""Entities as JSON texts: those that were asked for, as long as there is room."""

from __future__ import annotations

from collections.abc import Iterable
from sys import getsizeof
from threading import Lock

from pyroaring import BitMap

#: The id of an entity, and its JSON text.
IdentifiedText = tuple[int, str]
#: Bytes that an entity takes beside its text: its ref, its entries and what they hold.
_ENTRY = 350


class EntityTexts:
    """The texts of one generation; those kept the longest go when there are too many.

    Args:
        max_bytes: About how much memory they may take.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._of_ids: dict[int, tuple[str, str]] = {}
        self._of_refs: dict[str, IdentifiedText] = {}
        self._bytes = 0
        self._changing = Lock()

    def of_ids(self, ids: Iterable[int]) -> dict[int, str]:
        """Return the texts of those of some entities that are kept."""
        known = self._of_ids.get
        return {entity_id: entry[1] for entity_id in ids if (entry := known(entity_id))}

    def of_refs(self, refs: Iterable[str]) -> dict[str, IdentifiedText]:
        """Return the ids and the texts of those of some refs whose entities are kept."""
        known = self._of_refs.get
        return {ref: entry for ref in refs if (entry := known(ref))}

    def keep(self, entities: Iterable[tuple[int, str, str]]) -> None:
        """Keep the ids, refs and texts of entities."""
        with self._changing:
            for entity_id, ref, text in entities:
                if entity_id not in self._of_ids:
                    self._of_ids[entity_id] = ref, text
                    self._of_refs[ref] = entity_id, text
                    self._bytes += getsizeof(text) + _ENTRY
            while self._bytes > self._max_bytes:
                entity_id = next(iter(self._of_ids))
                ref, text = self._of_ids.pop(entity_id)
                del self._of_refs[ref]
                self._bytes -= getsizeof(text) + _ENTRY

    def without(self, touched: BitMap) -> EntityTexts:
        """Return the texts of all entities but some."""
        kept = EntityTexts(self._max_bytes)
        with self._changing:
            entries = list(self._of_ids.items())
        kept.keep((at, *entry) for at, entry in entries if at not in touched)
        return kept
