"""The database: engine, pragmas and migrations.

SQLite (in WAL mode: readers never wait for the writer) is the embedded default,
PostgreSQL the server database; all other modules use SQLAlchemy Core for both.
"""

from __future__ import annotations

import logging
import re
import sqlite3
import threading
import time
from collections.abc import Iterable
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any
from typing import TypeVar
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool

from portal.kernel.blocking import may_block
from portal.kernel.causes import cause_of
from portal.kernel.errors import BusyError
from portal.kernel.errors import ConfigError
from portal.kernel.errors import ServiceUnavailableError
from portal.kernel.files import make_folder
from portal.kernel.files import private_file
from portal.kernel.telemetry import statements

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection
    from sqlalchemy.engine import Engine
    from sqlalchemy.pool import PoolProxiedConnection

T = TypeVar("T")
_LOG = logging.getLogger(__name__)

#: The newest migration in ``portal/kernel/migrations/versions``.
HEAD = "0023"
_MIGRATIONS = Path(__file__).parent / "migrations"
#: The number of the advisory lock of writers in PostgreSQL; arbitrary, but constant.
_ADVISORY_LOCK = 7007
#: The files of open databases, with what tells each from another one of its path.
_FILES: WeakKeyDictionary[Engine, tuple[Path, tuple[int, int]]] = WeakKeyDictionary()
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
#: How statements begin that write nothing; ``WITH`` may begin one that does.
_READING = ("SELECT", "PRAGMA")
#: Begins a transaction that waits for nobody until it writes.
_BEGIN = "BEGIN"
#: Seconds a request waits while another process writes to SQLite; clients and proxies
#: mostly time out then, too.
REQUEST_PATIENCE = 30.0
#: Seconds between two looks for a database server that does not answer, at first and at most.
_FIRST_PAUSE, _LAST_PAUSE = 0.5, 5.0
#: Seconds a process that serves or works waits for the database server at its start.
START_PATIENCE = 60.0
#: Seconds a worker waits; no client waits for it.
WORKER_PATIENCE = 60.0


def open_database(
    url: str, pool_size: int = 8, patience: float = REQUEST_PATIENCE, wait: float = 0
) -> Engine:
    """Open the database at ``url`` and bring its tables up to date.

    Args:
        url: SQLAlchemy's database URL.
        pool_size: The number of pooled connections.
        patience: Seconds a write waits for that of another process on SQLite.
        wait: Seconds to wait for a server that does not answer yet.

    Raises:
        ConfigError: When the url is none, or its driver is not installed.
        ServiceUnavailableError: When the database does not answer.
    """
    try:
        parsed = sa.make_url(url)
        engine = _create_engine(parsed, pool_size, patience)
    except (SQLAlchemyError, ImportError) as error:
        kind = type(error).__name__
        msg = (
            f"database_url cannot be used ({kind}); "
            "expected sqlite:///path or postgresql+psycopg://…"
        )
        raise ConfigError(msg) from None
    statements.follow(engine)
    _migrate_when_it_answers(engine, time.monotonic() + wait)
    _remember_file(engine)
    return engine


def is_replaced(engine: Engine) -> bool:
    """Return whether the file of a database was deleted, or replaced, since it was opened.

    Connections that are open go on with a file that nobody finds any more: what they write is
    lost with the last of them.
    """
    if engine not in _FILES:
        return False
    path, opened = _FILES[engine]
    return _identity(path) != opened


def _remember_file(engine: Engine) -> None:
    """Remember which file was opened; no connection is made to another one in its place."""
    path = Path(engine.url.database or "")
    if engine.dialect.name != "sqlite" or (opened := _identity(path)) is None:
        return
    _FILES[engine] = path, opened
    event.listen(engine, "do_connect", partial(_refuse_another, path, opened))


def _refuse_another(path: Path, opened: tuple[int, int], *_arguments: Any) -> None:
    if _identity(path) != opened:
        error = sqlite3.OperationalError("its file is gone, or another one")
        error.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
        raise error


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from others of its path; ``None`` when there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def open_file(path: Path, patience: float) -> Engine:
    """Open a file of SQLite beside the database, for what may be lost; it has no migrations."""
    return _create_engine(sa.make_url(f"sqlite:///{path}"), 1, patience)


def _migrate_when_it_answers(engine: Engine, deadline: float) -> None:
    """Migrate, once the server answers.

    Raises:
        ServiceUnavailableError: When it does not until then, or has another fault.
    """
    pause = _FIRST_PAUSE
    while True:
        try:
            return _migrate(engine)
        except SQLAlchemyError as error:
            cause = cause_of(error)
            is_away = engine.dialect.name != "sqlite" and bool(cause)
            if not is_away or time.monotonic() + pause > deadline:
                is_file = engine.dialect.name == "sqlite"
                place = engine.url.database if is_file else engine.url.host
                words = str(getattr(error, "orig", error)).strip().partition("\n")[0]
                reason = (cause if is_file else "") or words
                msg = f"the database at {place} cannot be opened: {reason}"
                raise ServiceUnavailableError(msg) from error
            if pause == _FIRST_PAUSE:
                _LOG.warning("%s; waiting for it", cause)
            time.sleep(pause)
            pause = min(2 * pause, _LAST_PAUSE)


def _create_engine(url: sa.URL, pool_size: int, patience: float) -> Engine:
    if url.get_backend_name() != "sqlite":
        return sa.create_engine(url, poolclass=_ServerPool, pool_size=pool_size, pool_pre_ping=True)
    engine = sa.create_engine(url, poolclass=_FilePool, pool_size=pool_size, max_overflow=pool_size)
    event.listen(engine, "before_cursor_execute", _before_statement)
    if url.database and url.database != ":memory:":
        make_folder(Path(url.database).parent)  # perhaps one that others use, too
        # SQLite gives the files beside it, of its log and its memory, the same mode.
        with suppress(OSError):  # what is wrong with it, SQLite says
            private_file(Path(url.database))
    event.listen(engine, "connect", partial(_set_pragmas, patience))
    return engine


class _ServerPool(QueuePool):
    """Connections to a server, which may not answer."""

    def connect(self) -> PoolProxiedConnection:
        """Return a connection."""
        may_block()
        return super().connect()


class _FilePool(QueuePool):
    """Connections to a file: whoever reads waits for nobody, once there is a connection."""

    def connect(self) -> PoolProxiedConnection:
        """Return a connection."""
        if not self.checkedin():
            may_block()
        return super().connect()


def _before_statement(_connection: Connection, _cursor: Any, statement: str, *_rest: Any) -> None:
    """Whoever writes waits for another writer."""
    if statement != _BEGIN and not statement.startswith(_READING):
        may_block()


def _set_pragmas(patience: float, connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={int(patience * 1000)}")  # the next ones may have to wait
    if not cursor.execute("PRAGMA page_count").fetchone()[0]:
        # Free pages of a new file can be given back. In any other one this would be a write.
        cursor.execute("PRAGMA auto_vacuum=INCREMENTAL")
    for pragma in (
        "journal_mode=WAL",
        "journal_size_limit=67108864",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "cache_size=-8192",
        "temp_store=MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def unavailability(error: DBAPIError) -> ServiceUnavailableError | None:
    """Return the error for a transient failure of the database; ``None`` for others."""
    if isinstance(error.orig, sqlite3.Error):
        # The low byte is the error, what is above it says in which case.
        code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
        if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            return BusyError("The database is busy with a long write; try again in a moment")
        cause = cause_of(error)
        return ServiceUnavailableError(f"{cause[0].upper()}{cause[1:]}") if cause else None
    if isinstance(error, sa.exc.OperationalError):
        return BusyError("The database does not answer; try again in a moment")
    return None


class CommitCounter:
    """Tells whether anybody has written to a database, much cheaper than a query does.

    SQLite counts the commits that a connection has not made itself (``PRAGMA data_version``).
    Each thread has a connection for it, which is opened at its first question. Numbers of
    different threads cannot be compared.

    Args:
        database: The database.
    """

    def __init__(self, database: Engine) -> None:
        name = database.url.database
        is_file = database.dialect.name == "sqlite" and name not in {None, "", ":memory:"}
        self._path = name if is_file else None
        self._connections = threading.local()

    def count(self) -> int | None:
        """Return a number that changes with each commit; ``None`` where nobody counts."""
        if self._path is None:
            return None
        connection = getattr(self._connections, "own", None)
        if connection is None:
            connection = self._connections.own = sqlite3.connect(self._path)
        try:
            found: tuple[int] = connection.execute("PRAGMA data_version").fetchone()
        except sqlite3.Error:
            # A query by the usual way says what is wrong.
            self._connections.own = None
            connection.close()
            return None
        return found[0]


def is_storable(text: str) -> bool:
    """Return whether both databases can store a text: without NUL and lone surrogates."""
    return _UNSTORABLE.search(text) is None


def batches(values: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield ``values`` in lists of at most ``size``."""
    remaining = iter(values)
    while batch := list(islice(remaining, size)):
        yield batch


def begin_reading(connection: Connection) -> None:
    """Begin a transaction whose reads all see the same state."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(_BEGIN)
    else:
        connection.execution_options(isolation_level="REPEATABLE READ")


def lock_writers(connection: Connection) -> None:
    """Make this transaction the only writer until it ends.

    SQLite takes its write lock at the first write, which is too late if the transaction
    has read before; PostgreSQL has no lock of the whole database, so an advisory one.
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:n)"), {"n": _ADVISORY_LOCK})


def _migrate(engine: Engine) -> None:
    with engine.connect() as connection:
        current = _current(connection)
    if current == HEAD:
        return
    if current is not None and current > HEAD:
        msg = (
            f"the database is of a newer portal (its tables are {current}, this one knows "
            f"{HEAD}): upgrade this one, or go back to a backup"
        )
        raise ConfigError(msg)
    # Alembic costs 100 ms and 15 MB: only those who migrate load it.
    from alembic import command
    from alembic.config import Config as AlembicConfig

    config = AlembicConfig()
    config.set_main_option("script_location", str(_MIGRATIONS))
    with engine.begin() as connection:
        lock_writers(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _current(connection: Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return version
