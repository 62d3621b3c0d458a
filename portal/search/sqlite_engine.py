"""The search engine made of SQLite: FTS5 tables in one file of the index folder.

``sqlite.json`` names the file. A rebuild writes another one and names it then; an
update is one transaction in the file itself, which readers see whole or not at all.
Nothing in it is a pickle: a damaged file is an error of SQLite, never code.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import sqlite3
from collections.abc import Hashable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import closing
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from portal.kernel.errors import MissingIndexError
from portal.kernel.files import atomic_write
from portal.search import answers
from portal.search.analysis import KOREAN
from portal.search.documents import EVERYTHING
from portal.search.documents import IndexableDocument
from portal.search.documents import ResultSet
from portal.search.documents import SearchQuery
from portal.search.documents import Sight
from portal.search.documents import Suggestion
from portal.search.entry import entry
from portal.search.index_folder import is_own
from portal.search.index_folder import mark_of
from portal.search.index_folder import writing
from portal.search.ranking import Ranker
from portal.search.sqlite_index import TABLES
from portal.search.sqlite_index import SqliteIndex

STATE_FILE = "sqlite.json"
#: Rises whenever what is written changes.
FORMAT = 3
_FILE_NAME = re.compile(r"[0-9a-f]{16}\.db")
_MISSING = "The search index has not been built yet."
_BUSY_SECONDS = 30.0
_STATE_TABLES = """
CREATE TABLE state (generation INTEGER NOT NULL, edition INTEGER NOT NULL);
CREATE TABLE kinds (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
INSERT INTO state VALUES (-1, 0);
"""


@dataclass(slots=True)
class _Opened:
    """A file, open, and what was read of it at one edition."""

    mark: tuple[int, ...]
    connection: sqlite3.Connection
    edition: int
    generation: int
    indexes: Mapping[str, Ranker[SqliteIndex]]


class SqliteEngine:
    """A search index in ``folder``; for many readers, and one writer at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock()
        self._opened: _Opened | None = None

    @property
    def generation(self) -> int:
        """The catalog generation the next answers come from; -1 when it has to be built."""
        try:
            with self._reading() as opened:
                return opened.generation
        except MissingIndexError:
            return -1

    @property
    def edition(self) -> Hashable:
        """What differs as soon as the next answers may differ."""
        try:
            with self._reading() as opened:
                return opened.mark, opened.edition
        except MissingIndexError:
            return ()

    def rebuild(self, generation: int, documents: Iterable[IndexableDocument]) -> None:
        """Replace the whole index, beside the old one, then swap."""
        with writing(self._folder):
            path = self._folder / f"{secrets.token_hex(8)}.db"
            try:
                _write_file(path, generation, documents)
            except BaseException:
                _remove(path)
                raise
            self._swap(path)

    def update(
        self,
        generation: int,
        changed: Iterable[IndexableDocument],
        removed: Iterable[str],
    ) -> None:
        """Add or replace documents and drop those of the removed entity refs.

        Raises:
            MissingIndexError: When there is no index to update.
        """
        with writing(self._folder):
            path = _file_of(self._folder)
            if path is None or self.generation < 0:
                raise MissingIndexError(_MISSING)
            with closing(_connect(path)) as connection, _transaction(connection):
                sql = "UPDATE state SET generation = ?, edition = edition + 1"
                connection.execute(sql, (generation,))
                indexes = _indexes(connection).values()
                for ref in removed:
                    for index in indexes:
                        index.remove(ref)
                _add(connection, changed)

    def search(self, query: SearchQuery) -> ResultSet:
        """Answer a query.

        Raises:
            MissingIndexError: When the index has not been built.
        """
        with self._reading() as opened:
            return answers.answer(opened.indexes, query)

    def suggest(
        self,
        term: str,
        limit: int = 10,
        types: tuple[str, ...] = (),
        sight: Sight = EVERYTHING,
    ) -> tuple[Suggestion, ...]:
        """Return names that may be meant by what was typed so far, the best first.

        Raises:
            MissingIndexError: When the index has not been built.
        """
        with self._reading() as opened:
            return tuple(answers.suggest(opened.indexes, term, limit, types, sight))

    @contextmanager
    def _reading(self) -> Iterator[_Opened]:
        """Give what is open, in one transaction, to one thread at a time."""
        with self._lock:
            try:
                opened = self._current()
                with _transaction(opened.connection):
                    _refresh(opened)
                    yield opened
            except sqlite3.DatabaseError as error:
                self._close()
                if type(error) is sqlite3.DatabaseError:
                    # Damaged, not merely busy: without its name it is built anew.
                    (self._folder / STATE_FILE).unlink(missing_ok=True)
                raise MissingIndexError(_MISSING) from error

    def _current(self) -> _Opened:
        while True:
            mark = mark_of(self._folder / STATE_FILE)
            if self._opened is not None and self._opened.mark == mark:
                return self._opened
            self._close()
            path = _file_of(self._folder)
            if path is None:
                raise MissingIndexError(_MISSING)
            try:
                connection = _connect(path, readonly=True)
            except sqlite3.DatabaseError:
                if mark == mark_of(self._folder / STATE_FILE):
                    raise
                continue
            self._opened = _Opened(mark, connection, -1, -1, {})

    def _close(self) -> None:
        if self._opened is not None:
            self._opened.connection.close()
            self._opened = None

    def _swap(self, path: Path) -> None:
        """Make a file the one to read; the others go, though who has one open keeps it."""
        state = {"format": FORMAT, "analyzer": KOREAN.name, "file": path.name}
        atomic_write(self._folder / STATE_FILE, json.dumps(state).encode())
        for other in self._folder.iterdir():
            if _FILE_NAME.fullmatch(other.name) and other != path:
                _remove(other)


def _write_file(path: Path, generation: int, documents: Iterable[IndexableDocument]) -> None:
    with closing(_connect(path, new=True)) as connection:
        with _transaction(connection):
            _add(connection, documents)
            connection.execute("UPDATE state SET generation = ?", (generation,))
        connection.execute("PRAGMA journal_mode = WAL")
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _add(connection: sqlite3.Connection, documents: Iterable[IndexableDocument]) -> None:
    indexes = _indexes(connection)
    edition = _edition(connection)
    for document in documents:
        if document.type not in indexes:
            sql = "INSERT INTO kinds (name) VALUES (?)"
            number = connection.execute(sql, (document.type,)).lastrowid or 0
            _run_all(connection, TABLES.format(number))
            indexes[document.type] = SqliteIndex(connection, number, edition)
        indexes[document.type].add(entry(document))


def _edition(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT edition FROM state").fetchone()[0])


def _indexes(
    connection: sqlite3.Connection, before: Mapping[str, Ranker[SqliteIndex]] | None = None
) -> dict[str, SqliteIndex]:
    edition, last = _edition(connection), before or {}
    kinds = connection.execute("SELECT name, number FROM kinds").fetchall()
    return {
        name: SqliteIndex(connection, number, edition, last[name].index if name in last else None)
        for name, number in kinds
    }


def _refresh(opened: _Opened) -> None:
    """Read anew what an update has changed; begins the reading of a transaction."""
    sql = "SELECT generation, edition FROM state"
    generation, edition = opened.connection.execute(sql).fetchone()
    if edition != opened.edition:
        opened.indexes = {
            kind: Ranker(index)
            for kind, index in _indexes(opened.connection, opened.indexes).items()
        }
        opened.generation, opened.edition = generation, edition


def _connect(path: Path, *, readonly: bool = False, new: bool = False) -> sqlite3.Connection:
    """Open a file, which must be one of ours unless it is ``new``."""
    address = f"{path.absolute().as_uri()}?mode={'rwc' if new else 'rw'}"
    connection = sqlite3.connect(
        address, uri=True, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    try:
        if new:
            connection.execute("PRAGMA journal_mode = OFF")
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute(f"PRAGMA user_version = {FORMAT}")
            _run_all(connection, _STATE_TABLES)
        elif connection.execute("PRAGMA user_version").fetchone()[0] != FORMAT:
            msg = "the index was written by another version"
            raise sqlite3.DatabaseError(msg)
        connection.execute(f"PRAGMA query_only = {int(readonly)}")
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN")
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def _run_all(connection: sqlite3.Connection, script: str) -> None:
    """Run statements without the commit that ``executescript`` begins with."""
    for statement in script.split(";\n"):
        connection.execute(statement)


def _file_of(folder: Path) -> Path | None:
    """Return the file the state names, when the folder is the portal's own."""
    try:
        state = json.loads((folder / STATE_FILE).read_bytes())
        made = state["format"], state["analyzer"]
        sound = is_own(folder) and made == (FORMAT, KOREAN.name)
        return folder / state["file"] if sound and _FILE_NAME.fullmatch(state["file"]) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
