"""Keeps the index at the catalog's generation: updates it, or rebuilds it if needed.

The index is derived: losing it loses nothing. The catalog is committed first; if the
process dies before the index follows, the next ``follow`` catches up.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator

from portal.model.entity import Entity
from portal.search.documents import IndexableDocument
from portal.search.documents import SearchEngine
from portal.search.indexing.collators import collate

_LOG = logging.getLogger(__name__)
#: Returns the final entities of refs.
LoadSome = Callable[[Collection[str]], Iterable[Entity]]
#: Yields every final entity.
LoadAll = Callable[[], Iterable[Entity]]
#: Returns the refs that changed, and those that were removed, after a generation.
ChangesSince = Callable[[int], tuple[Collection[str], Collection[str]]]


class IndexBuilder:
    """Brings a search engine to the catalog's generation.

    Args:
        engine: The search engine.
        load_some: Reads entities by ref.
        load_all: Reads all entities.
        changes_since: Reads the catalog's history.
    """

    def __init__(
        self,
        engine: SearchEngine,
        load_some: LoadSome,
        load_all: LoadAll,
        changes_since: ChangesSince,
    ) -> None:
        self._engine = engine
        self._load_some = load_some
        self._load_all = load_all
        self._changes_since = changes_since

    def follow(self, catalog: str, generation: int) -> bool:
        """Bring the index to a generation of a catalog; return whether it changed.

        The entities that changed since the index's own generation are updated; an index
        that is missing, broken, ahead or of another catalog is rebuilt. A catalog without
        a generation has nothing to index yet, which is another answer than "nothing found".

        Args:
            catalog: The id of the catalog.
            generation: Its generation.
        """
        indexed = self._engine.generation
        is_own = self._engine.catalog == catalog
        if (is_own and indexed == generation) or (generation == 0 and indexed < 1):
            return False
        is_updated = is_own and 0 < indexed < generation and self._update(indexed, generation)
        if not is_updated:
            self._engine.rebuild(generation, collated(self._load_all()), catalog)
        return True

    def _update(self, indexed: int, generation: int) -> bool:
        """Update the index; return whether that was possible, or it has to be rebuilt.

        Raises:
            OSError: When the index cannot be written, now or at all.
        """
        changed, removed = self._changes_since(indexed)
        documents = [*collated(self._load_some(changed))]
        try:
            self._engine.update(generation, documents, removed)
        except OSError:  # a full disk, for instance, is not the index's fault
            raise
        except Exception:  # noqa: BLE001 - writing to a broken index may raise anything
            _LOG.warning("the search index cannot be updated; it is built anew", exc_info=True)
            return False
        return True


def collated(entities: Iterable[Entity]) -> Iterator[IndexableDocument]:
    """Yield the documents of entities."""
    for entity in entities:
        yield from collate(entity)
