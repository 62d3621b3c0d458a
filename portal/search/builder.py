"""Keeps the index at the catalog's generation: by difference, or anew when it must be.

The index is derived: losing it loses nothing. The catalog is committed first;
should the process die before the index follows, the next ``follow`` makes up for it.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from itertools import chain

from portal.model.entity import Entity
from portal.search.collators import collate
from portal.search.documents import IndexableDocument
from portal.search.documents import SearchEngine

#: The final entities of some refs.
LoadSome = Callable[[Collection[str]], Iterable[Entity]]
#: Every final entity, one after the other.
LoadAll = Callable[[], Iterable[Entity]]
#: The refs that changed, and those that went, after a generation.
ChangesSince = Callable[[int], tuple[Collection[str], Collection[str]]]


class IndexBuilder:
    """Brings an engine to the catalog's generation.

    Args:
        engine: The index.
        load_some: Reads entities by ref.
        load_all: Reads them all.
        changes_since: Reads the catalog's change log.
        load_more: Reads what is indexed besides entities, for an index built anew.
    """

    def __init__(
        self,
        engine: SearchEngine,
        load_some: LoadSome,
        load_all: LoadAll,
        changes_since: ChangesSince,
        load_more: Callable[[], Iterable[IndexableDocument]] = tuple,
    ) -> None:
        self._engine = engine
        self._load_some = load_some
        self._load_all = load_all
        self._changes_since = changes_since
        self._load_more = load_more

    def follow(self, generation: int) -> bool:
        """Bring the index to ``generation``; return whether there was anything to do.

        What changed since the index's own generation is read from the catalog's
        log; an index that is missing, broken or ahead is built anew.
        """
        indexed = self._engine.generation
        if indexed == generation:
            return False
        if not 0 < indexed < generation:
            entities = _collated(self._load_all())
            self._engine.rebuild(generation, chain(entities, self._load_more()))
            return True
        changed, removed = self._changes_since(indexed)
        self._engine.update(generation, _collated(self._load_some(changed)), removed)
        return True


def _collated(entities: Iterable[Entity]) -> Iterator[IndexableDocument]:
    for entity in entities:
        yield from collate(entity)
