"""The search engine made of SQLite: FTS5 tables in one file of the index folder.

``sqlite.json`` names the file. A rebuild writes a new file and then changes that name; an
update is one transaction in the file itself. Nothing in it is a pickle: a damaged file
raises an error of SQLite, it never runs code. Nothing of it is mapped into memory either,
which is why it has a rollback journal: the index of a write-ahead log is a mapped file, and
one that is cut short in place ends the process (SIGBUS).
"""

from __future__ import annotations

import json
import os
import re
import secrets
import sqlite3
from collections.abc import Callable
from collections.abc import Hashable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import closing
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TypeVar

from portal.kernel.blocking import may_block
from portal.kernel.errors import MissingIndexError
from portal.kernel.files import atomic_write
from portal.kernel.files import mark_of
from portal.search.analysis.words import KOREAN
from portal.search.documents import EVERYTHING
from portal.search.documents import IndexableDocument
from portal.search.documents import ResultSet
from portal.search.documents import SearchQuery
from portal.search.documents import Suggestion
from portal.search.documents import Visibility
from portal.search.engines.index_folder import MISSING
from portal.search.engines.index_folder import Damage
from portal.search.engines.index_folder import is_own
from portal.search.engines.index_folder import writing
from portal.search.engines.sqlite_index import SqliteIndex
from portal.search.engines.sqlite_index import tables
from portal.search.ranking import answers
from portal.search.ranking.entry import CONCEPT_TYPES
from portal.search.ranking.entry import entry
from portal.search.ranking.ranking import Ranker

_T = TypeVar("_T")
STATE_FILE = "sqlite.json"
#: The version of the file's format; raised whenever it changes.
FORMAT = 8
_FILE_NAME = re.compile(r"[0-9a-f]{16}\.db")
_BUSY_SECONDS = 30.0
#: Errors (their low byte) that tell of this moment, not of the file.
_PASSING = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_READONLY,
    }
)
_STATE_TABLES = """
CREATE TABLE state (generation INTEGER NOT NULL, edition INTEGER NOT NULL);
CREATE TABLE kinds (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
INSERT INTO state VALUES (-1, 0);
"""


@dataclass(slots=True)
class _Opened:
    """An open file, and its indexes as of one edition."""

    mark: tuple[int, ...]
    build: str
    catalog: str
    connection: sqlite3.Connection
    edition: int
    generation: int
    indexes: Mapping[str, Ranker[SqliteIndex]]


class SqliteEngine:
    """A search index in ``folder``, with many readers and one writer at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock()
        self._damage = Damage(folder, STATE_FILE)
        self._opened: _Opened | None = None

    @property
    def generation(self) -> int:
        """The catalog generation of the index; -1 when it has to be built."""
        return self._told(lambda opened: opened.generation, -1)

    @property
    def catalog(self) -> str:
        """The id of the catalog whose generation that is; empty when it has to be built."""
        return self._told(lambda opened: opened.catalog, "")

    @property
    def build(self) -> str:
        """A random id of the last rebuild."""
        return self._told(lambda opened: opened.build, "")

    def _told(self, tell: Callable[[_Opened], _T], missing: _T) -> _T:
        """Return what is told of the current index, or ``missing`` without one."""
        try:
            with self._reading() as opened:
                is_current = opened.mark == mark_of(self._folder / STATE_FILE)
                return tell(opened) if is_current else missing
        except MissingIndexError:
            return missing

    @property
    def edition(self) -> Hashable:
        """A value that changes whenever results may change."""
        try:
            with self._reading() as opened:
                return opened.mark, opened.edition
        except MissingIndexError:
            return ()

    def reopen(self) -> None:
        """Do nothing: whoever reads opens the newest index first."""

    def rebuild(
        self, generation: int, documents: Iterable[IndexableDocument], catalog: str = ""
    ) -> None:
        """Build a new index beside the old one, then replace that atomically."""
        with writing(self._folder):
            path = self._folder / f"{secrets.token_hex(8)}.db"
            try:
                _write_file(path, generation, documents)
            except BaseException:
                _remove(path)
                raise
            self._swap(path, catalog)

    def update(
        self,
        generation: int,
        changed: Iterable[IndexableDocument],
        removed: Iterable[str],
    ) -> None:
        """Add or replace documents, and remove those of the ``removed`` refs.

        Raises:
            MissingIndexError: When there is no index to update, or it is damaged.
            sqlite3.Error: When it cannot be written just now.
        """
        documents = list(changed)
        with writing(self._folder):
            path = _file_of(self._folder)[0]
            if path is None or self.generation < 0:
                raise MissingIndexError(MISSING)
            try:
                _update_file(path, generation, documents, removed)
            except sqlite3.Error as error:
                if _is_passing(error):
                    raise
                (self._folder / STATE_FILE).unlink(missing_ok=True)
                raise MissingIndexError(MISSING) from error

    def search(self, query: SearchQuery) -> ResultSet:
        """Return a page of results.

        Raises:
            MissingIndexError: When the index has not been built.
        """
        with self._searching() as opened:
            return answers.answer(opened.indexes, query)

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
        with self._searching() as opened:
            return tuple(answers.suggest(opened.indexes, term, limit, types, visibility))

    @contextmanager
    def _searching(self) -> Iterator[_Opened]:
        """Yield the open file like ``_reading``, once it has a state of the catalog.

        Raises:
            MissingIndexError: Before that.
        """
        with self._reading() as opened, self._damage.doubting(opened.mark):
            if opened.generation < 1:
                raise MissingIndexError(MISSING)
            yield opened

    @contextmanager
    def _reading(self) -> Iterator[_Opened]:
        """Yield the open file inside a read transaction, to one thread at a time.

        Raises:
            MissingIndexError: When there is no index, or it is damaged.
        """
        may_block()
        with self._lock:
            mark = mark_of(self._folder / STATE_FILE)
            try:
                opened = self._current()
                with _transaction(opened.connection):
                    _refresh(opened)
                    yield opened
            except sqlite3.Error as error:
                self._close()
                if not _is_passing(error):
                    self._damage.discard(mark)
                raise MissingIndexError(MISSING) from error

    def _current(self) -> _Opened:
        while True:
            mark = mark_of(self._folder / STATE_FILE)
            if self._opened is not None and self._opened.mark == mark:
                return self._opened
            path, catalog = _file_of(self._folder)
            if path is None and self._opened is not None:
                return self._opened  # until another one is built
            self._close()
            if path is None:
                raise MissingIndexError(MISSING)
            try:
                connection = _connect(path, readonly=True)
            except sqlite3.DatabaseError:
                if mark == mark_of(self._folder / STATE_FILE):
                    raise
                continue
            self._opened = _Opened(mark, path.stem, catalog, connection, -1, -1, {})

    def _close(self) -> None:
        if self._opened is not None:
            self._opened.connection.close()
            self._opened = None

    def _swap(self, path: Path, catalog: str) -> None:
        """Make ``path`` the current file and delete the others; open ones stay readable."""
        made_of = {"analyzer": KOREAN.name, "catalog": catalog}
        state = {"format": FORMAT, **made_of, "file": path.name}
        atomic_write(self._folder / STATE_FILE, json.dumps(state).encode())
        for other in self._folder.iterdir():
            if _FILE_NAME.fullmatch(other.name) and other != path:
                _remove(other)


def _write_file(path: Path, generation: int, documents: Iterable[IndexableDocument]) -> None:
    with closing(_connect(path, new=True)) as connection, _transaction(connection):
        _add(connection, documents)
        connection.execute("UPDATE state SET generation = ?", (generation,))
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _update_file(
    path: Path,
    generation: int,
    changed: Iterable[IndexableDocument],
    removed: Iterable[str],
) -> None:
    with closing(_connect(path)) as connection, _transaction(connection):
        sql = "UPDATE state SET generation = ?, edition = edition + 1"
        connection.execute(sql, (generation,))
        indexes = _indexes(connection).values()
        for ref in removed:
            for index in indexes:
                index.remove(ref)
        _add(connection, changed)


def _is_passing(error: sqlite3.Error) -> bool:
    """Return whether an error is of this moment; others tell of a damaged file."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _PASSING


def _add(connection: sqlite3.Connection, documents: Iterable[IndexableDocument]) -> None:
    indexes = _indexes(connection)
    edition = _edition(connection)
    for document in documents:
        if document.type not in indexes:
            sql = "INSERT INTO kinds (name) VALUES (?)"
            number = connection.execute(sql, (document.type,)).lastrowid or 0
            _run_all(connection, tables(number))
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
    """Reload what updates have changed since; the first read of a transaction."""
    sql = "SELECT generation, edition FROM state"
    generation, edition = opened.connection.execute(sql).fetchone()
    if edition != opened.edition:
        opened.indexes = {
            kind: Ranker(index, has_concepts=kind in CONCEPT_TYPES)
            for kind, index in _indexes(opened.connection, opened.indexes).items()
        }
        opened.generation, opened.edition = generation, edition


def _connect(path: Path, *, readonly: bool = False, new: bool = False) -> sqlite3.Connection:
    """Open a file.

    Raises:
        sqlite3.DatabaseError: When it is not ``new`` and has another format.
    """
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


def _file_of(folder: Path) -> tuple[Path | None, str]:
    """Return the file that the state names, and the id of its catalog.

    The file is ``None`` when there is none, or others can write to the folder.
    """
    try:
        state = json.loads((folder / STATE_FILE).read_bytes())
        made = state["format"], state["analyzer"]
        sound = is_own(folder) and made == (FORMAT, KOREAN.name)
        is_named = sound and _FILE_NAME.fullmatch(state["file"])
        return (folder / state["file"] if is_named else None), str(state["catalog"])
    except (OSError, ValueError, KeyError, TypeError):
        return None, ""


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
