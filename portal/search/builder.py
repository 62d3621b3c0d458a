"""Keeps the index at the catalog's generation: by difference, or anew when it must be.

The index is derived: losing it loses nothing. The catalog is committed first;
should the process die before the index follows, ``heal`` notices at the start.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator

from portal.model.entity import Entity
from portal.search.collators import collate
from portal.search.documents import IndexableDocument
from portal.search.documents import SearchEngine

#: The final entities of some refs.
LoadSome = Callable[[Collection[str]], Iterable[Entity]]
#: Every final entity, one after the other.
LoadAll = Callable[[], Iterable[Entity]]


class IndexBuilder:
    """Brings an engine to the catalog's generation.

    Args:
        engine: The index.
        load_some: Reads entities by ref.
        load_all: Reads them all.
    """

    def __init__(self, engine: SearchEngine, load_some: LoadSome, load_all: LoadAll) -> None:
        self._engine = engine
        self._load_some = load_some
        self._load_all = load_all

    def on_stitched(
        self, generation: int, changed: Collection[str], removed: Collection[str]
    ) -> None:
        """Follow one generation of the catalog."""
        if self._engine.generation == generation - 1 and self._engine.generation > 0:
            documents = _collated(self._load_some(changed))
            self._engine.update(generation, documents, removed)
        else:
            self._engine.rebuild(generation, _collated(self._load_all()))

    def heal(self, generation: int) -> bool:
        """Build the index anew unless it is at ``generation``; return whether it was."""
        if self._engine.generation == generation:
            return False
        self._engine.rebuild(generation, _collated(self._load_all()))
        return True


def _collated(entities: Iterable[Entity]) -> Iterator[IndexableDocument]:
    for entity in entities:
        yield from collate(entity)
