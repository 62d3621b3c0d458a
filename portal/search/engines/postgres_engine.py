"""The search engine made of PostgreSQL: tables in a schema of the catalog's own database.

Whoever writes the catalog writes the index in the same transaction (``write``), so that no
process is ever behind. A rebuild fills new tables, and names them in the state as it ends; the
old ones are dropped after that. A process keeps nothing but what it has read.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from collections.abc import Hashable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from contextlib import suppress
from dataclasses import replace
from threading import Lock
from typing import TypeVar

from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine as Database
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import ProgrammingError

from portal.kernel.database import batches
from portal.kernel.database import begin_reading
from portal.kernel.database import lock_writers
from portal.kernel.errors import MissingIndexError
from portal.kernel.errors import PortalError
from portal.search.documents import EVERYTHING
from portal.search.documents import IndexableDocument
from portal.search.documents import ResultSet
from portal.search.documents import SearchQuery
from portal.search.documents import Suggestion
from portal.search.documents import Visibility
from portal.search.engines import postgres_state
from portal.search.engines.index_folder import MISSING
from portal.search.engines.postgres_index import KEYS
from portal.search.engines.postgres_index import TABLES
from portal.search.engines.postgres_index import PostgresIndex
from portal.search.engines.postgres_state import NONE
from portal.search.engines.postgres_state import State
from portal.search.engines.postgres_state import run_all
from portal.search.ranking import answers
from portal.search.ranking.entry import CONCEPT_TYPES
from portal.search.ranking.entry import entry
from portal.search.ranking.ranking import Ranker

_LOG = logging.getLogger(__name__)
_T = TypeVar("_T")
#: The schema of the tables.
SCHEMA = "portal_search"
#: The number of the advisory lock of those who build; arbitrary, but constant.
_BUILDING = 7008
_BATCH = 500
#: What a search tries before the index counts as damaged: the one it read of may just have been
#: replaced, and its tables dropped.
_TRIES = 3
#: Seconds between two rebuilds because a search failed in a way that nobody foresaw.
_DOUBT_SECONDS = 600.0


Indexes = Mapping[str, Ranker[PostgresIndex]]


class PostgresEngine:
    """A search index in a database of PostgreSQL, with many readers in many processes.

    Args:
        database: The database of the catalog.
        schema: The schema of the tables, which is made when an index is built.
    """

    def __init__(self, database: Database, schema: str = SCHEMA) -> None:
        self._database = database
        self.schema = schema
        self._lock = Lock()
        self._connection: Connection | None = None
        self._known: State = NONE
        self._indexes: Indexes = {}
        self._doubted_at = -_DOUBT_SECONDS

    @property
    def generation(self) -> int:
        """The catalog generation of the index; -1 when it has to be built."""
        return self._state().generation

    @property
    def catalog(self) -> str:
        """The id of the catalog whose generation that is; empty when it has to be built."""
        return self._state().catalog

    @property
    def build(self) -> str:
        """A random id of the last rebuild."""
        return self._state().build

    @property
    def edition(self) -> Hashable:
        """A value that changes whenever results may change."""
        state = self._state()
        return state.build, state.edition

    def reopen(self) -> None:
        """Do nothing: every search reads what was committed last."""

    def _state(self) -> State:
        with self._database.connect() as connection:
            return self.state_in(connection)

    def state_in(self, connection: Connection) -> State:
        """Return the state that a transaction sees."""
        return postgres_state.read(connection, self.schema)

    def rebuild(
        self,
        generation: int,
        documents: Iterable[IndexableDocument],
        catalog: str = "",
        catch_up: Callable[[Connection], object] | None = None,
    ) -> None:
        """Build a new index beside the old one, then replace that; one process at a time.

        Args:
            generation: The generation that the documents are of, or later.
            documents: All documents.
            catalog: The id of the catalog.
            catch_up: Writes what has changed since, in the transaction that replaces the index,
                while nobody else writes the catalog.
        """
        before = self.build
        self._prepare()
        with self._database.begin() as connection:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_BUILDING})")
            old = self.state_in(connection)
            if catch_up and old.build != before and old.catalog == catalog:
                return  # another process has just built it
            state = State(catalog, secrets.token_hex(8), generation, 0, {})
            state = self._add(connection, state, documents, is_new=True)
            for number in state.kinds.values():
                run_all(connection, KEYS.format(self._tables(state.build, number)))
            lock_writers(connection)
            postgres_state.save(connection, self.schema, state)
            if catch_up:
                catch_up(connection)
        self._drop_others()

    def update(
        self,
        generation: int,
        changed: Iterable[IndexableDocument],
        removed: Iterable[str],
    ) -> None:
        """Add or replace documents, and remove those of the ``removed`` refs.

        Raises:
            MissingIndexError: When there is no index to update.
        """
        documents = list(changed)
        with self._database.begin() as connection:
            self.write(connection, generation, documents, removed)

    def write(
        self,
        connection: Connection,
        generation: int,
        changed: Iterable[IndexableDocument],
        removed: Iterable[str],
    ) -> None:
        """Update the index in the transaction of a connection.

        Its generation never goes back: pages are written with the one that was read before.

        Raises:
            MissingIndexError: When there is no index to update.
        """
        state = postgres_state.read(connection, self.schema, locked=True)
        if not state.is_there:
            raise MissingIndexError(MISSING)
        newest = max(generation, state.generation)
        state = replace(state, generation=newest, edition=state.edition + 1)
        gone = list(removed)
        for index in self._opened(lambda: connection, state).values() if gone else ():
            index.remove(gone)
        postgres_state.save(connection, self.schema, self._add(connection, state, changed))

    def search(self, query: SearchQuery) -> ResultSet:
        """Return a page of results.

        Raises:
            MissingIndexError: When the index has not been built.
        """
        return self._ask(lambda indexes: answers.answer(indexes, query))

    def suggest(
        self,
        term: str,
        limit: int = 10,
        types: tuple[str, ...] = (),
        visibility: Visibility = EVERYTHING,
    ) -> tuple[Suggestion, ...]:
        """Return completions of a typed text, the best first.

        Raises:
            MissingIndexError: When the index has not been built.
        """
        return self._ask(
            lambda indexes: tuple(answers.suggest(indexes, term, limit, types, visibility))
        )

    def _ask(self, ask: Callable[[Indexes], _T]) -> _T:
        """Return what is found; an index that cannot be read is discarded, to be built anew.

        Raises:
            MissingIndexError: When there is none.
            PortalError: What was raised on purpose.
            OperationalError: When the database does not answer.
        """
        build = ""
        for _ in range(_TRIES):
            try:
                with self._reading() as (state, indexes):
                    build = state.build
                    return ask(indexes)
            except (PortalError, OperationalError):
                raise
            except ProgrammingError:
                continue  # its tables are gone
            except Exception as error:
                if not isinstance(error, DBAPIError) and not self._may_doubt():
                    raise
                _LOG.exception("the search index cannot be read")
                break
        self._discard(build)
        raise MissingIndexError(MISSING)

    def _may_doubt(self) -> bool:
        is_long_ago = time.monotonic() >= self._doubted_at + _DOUBT_SECONDS
        if is_long_ago:
            self._doubted_at = time.monotonic()
        return is_long_ago

    def _discard(self, build: str) -> None:
        with suppress(DBAPIError), self._database.begin() as connection:
            postgres_state.discard(connection, self.schema, build)
            _LOG.warning("the search index is damaged; it is built anew")

    @contextmanager
    def _reading(self) -> Iterator[tuple[State, Indexes]]:
        """Yield the index inside a transaction that sees one state, to one thread at a time.

        Raises:
            MissingIndexError: When there is none of a catalog that has something.
        """
        with self._lock, self._database.connect() as connection:
            begin_reading(connection)
            state = self.state_in(connection)
            if state.generation < 1:
                raise MissingIndexError(MISSING)
            self._connection = connection
            try:
                self._refresh(state)
                yield state, self._indexes
            except BaseException:
                self._known = NONE  # what was read half is read again
                raise
            finally:
                self._connection = None

    def _refresh(self, state: State) -> None:
        """Make the open indexes those of a state; what did not change is not read again."""
        if (state.build, state.edition) == (self._known.build, self._known.edition):
            return
        is_same = state.build == self._known.build
        before = {kind: ranker.index for kind, ranker in self._indexes.items()} if is_same else {}
        self._indexes = {
            kind: Ranker(index, has_concepts=kind in CONCEPT_TYPES)
            for kind, index in self._opened(self._connected, state, before).items()
        }
        self._known = state

    def _connected(self) -> Connection:
        if self._connection is None:
            raise MissingIndexError(MISSING)
        return self._connection

    def _opened(
        self,
        connected: Callable[[], Connection],
        state: State,
        before: Mapping[str, PostgresIndex] | None = None,
    ) -> dict[str, PostgresIndex]:
        last = before or {}
        return {
            kind: PostgresIndex(
                connected, self._tables(state.build, number), state.edition, last.get(kind)
            )
            for kind, number in state.kinds.items()
        }

    def _tables(self, build: str, number: int) -> str:
        return f"{self.schema}.b{build}_{number:d}_"

    def _add(
        self,
        connection: Connection,
        state: State,
        documents: Iterable[IndexableDocument],
        *,
        is_new: bool = False,
    ) -> State:
        """Add documents; return the state, with the types that are new."""
        for batch in batches(documents, _BATCH):
            for kind in dict.fromkeys(document.type for document in batch):
                if kind not in state.kinds:
                    kinds = {**state.kinds, kind: len(state.kinds) + 1}
                    state = replace(state, kinds=kinds)
                    tables = self._tables(state.build, kinds[kind])
                    run_all(connection, TABLES.format(tables))
                    if not is_new:
                        run_all(connection, KEYS.format(tables))
                index = self._opened(lambda: connection, state)[kind]
                index.add(entry(document) for document in batch if document.type == kind)
        return state

    def _prepare(self) -> None:
        with self._database.begin() as connection:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_BUILDING})")
            postgres_state.prepare(connection, self.schema)

    def _drop_others(self) -> None:
        """Drop the tables of earlier builds; those that somebody reads are left for next time."""
        find = "SELECT tablename FROM pg_tables WHERE schemaname = %s AND tablename ~ '^b[0-9a-f]'"
        with suppress(OperationalError), self._database.begin() as connection:
            # With the lock of those who build, no newer build is among what is found.
            connection.exec_driver_sql("SET LOCAL lock_timeout = '500ms'")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_BUILDING})")
            current = f"b{self.state_in(connection).build}_"
            for (name,) in connection.exec_driver_sql(find, (self.schema,)).all():
                if not name.startswith(current):
                    connection.exec_driver_sql(f"DROP TABLE {self.schema}.{name}")
