"""Keeps an index in the catalog's database at the catalog: written in the same transaction.

What ``IndexBuilder`` does after a commit is the last part of the transaction here. Only an index
that has to be built anew is built beside the catalog, which goes on meanwhile.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from collections.abc import Iterable
from typing import Any

from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine as Database
from sqlalchemy.exc import OperationalError

from portal.catalog.transactions import writing
from portal.search.engines.postgres_engine import PostgresEngine
from portal.search.indexing.builder import LoadAll
from portal.search.indexing.builder import collated

_LOG = logging.getLogger(__name__)
#: Returns the catalog's id and generation, as a transaction sees them.
OriginIn = Callable[[Connection], tuple[str, int]]
#: Returns the entities that changed after a generation, and the refs of those that are gone.
ChangesIn = Callable[[Connection, int], tuple[Iterable[dict[str, Any]], Iterable[str]]]


class TransactionBuilder:
    """Writes the index in the transactions of the catalog.

    Args:
        database: The database of the catalog.
        engine: The index in it.
        origin_in: Reads the catalog's id and generation.
        changes_in: Reads what changed.
        load_all: Reads all entities.
    """

    def __init__(
        self,
        database: Database,
        engine: PostgresEngine,
        origin_in: OriginIn,
        changes_in: ChangesIn,
        load_all: LoadAll,
    ) -> None:
        self._database = database
        self._engine = engine
        self._origin_in = origin_in
        self._changes_in = changes_in
        self._load_all = load_all

    def before_commit(self, connection: Connection) -> None:
        """Write what a transaction has changed; a failure never fails the transaction.

        An index that could not be written is behind, which ``follow`` mends after the commit.
        """
        try:
            with connection.begin_nested():
                self._write(connection)
        except Exception:  # noqa: BLE001 - of a lost connection the commit tells
            _LOG.warning("the search index stays behind a commit of the catalog", exc_info=True)

    def follow(self, catalog: str, generation: int) -> bool:
        """Bring the index to the catalog's generation; return whether it changed.

        Args:
            catalog: The id of the catalog.
            generation: Its generation.
        """
        indexed = self._engine.generation
        is_own = self._engine.catalog == catalog
        if (is_own and indexed == generation) or (generation == 0 and indexed < 1):
            return False
        if not (is_own and 0 < indexed < generation and self._catch_up()):
            documents = collated(self._load_all())
            self._engine.rebuild(generation, documents, catalog, self._write)
        return True

    def _catch_up(self) -> bool:
        """Write what is missing; return whether that was possible, or it has to be rebuilt.

        Raises:
            OperationalError: When the database does not answer.
        """
        try:
            with writing(self._database) as connection:
                self._write(connection)
        except OperationalError:
            raise
        except Exception:  # noqa: BLE001 - writing to a broken index may raise anything
            _LOG.warning("the search index cannot be updated; it is built anew", exc_info=True)
            return False
        return True

    def _write(self, connection: Connection) -> None:
        """Write what changed since the index's generation, if it is one of this catalog."""
        catalog, generation = self._origin_in(connection)
        state = self._engine.state_in(connection)
        if state.catalog == catalog and 0 < state.generation < generation:
            changed, removed = self._changes_in(connection, state.generation)
            self._engine.write(connection, generation, collated(changed), removed)
