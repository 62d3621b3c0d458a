"""The database: engine, pragmas and migrations.

SQLite (in WAL mode: readers never wait for the writer) is the embedded
default, PostgreSQL the server database; everything above speaks SQLAlchemy Core
and does not know which.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool

from portal.kernel.errors import BusyError
from portal.kernel.errors import ConfigError
from portal.kernel.errors import ServiceUnavailableError
from portal.kernel.files import private_folder

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection
    from sqlalchemy.engine import Engine

T = TypeVar("T")

#: The newest migration in ``portal/kernel/migrations/versions``.
HEAD = "0005"
_MIGRATIONS = Path(__file__).parent / "migrations"
#: Any number: writers of one PostgreSQL database agree on it.
_ADVISORY_LOCK = 7007
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
#: How long a request waits while another process writes to SQLite, in seconds: clients
#: and proxies mostly give up then, too.
REQUEST_PATIENCE = 30.0
#: How long a worker does, which nobody waits for.
WORKER_PATIENCE = 60.0


def open_database(url: str, pool_size: int = 8, patience: float = REQUEST_PATIENCE) -> Engine:
    """Open the database at ``url`` and bring its tables up to date.

    Args:
        url: As SQLAlchemy writes it.
        pool_size: How many connections are kept.
        patience: How many seconds a write waits for another process's on SQLite.

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
    try:
        _migrate(engine)
    except SQLAlchemyError as error:
        msg = f"the database does not answer ({type(error).__name__})"
        raise ServiceUnavailableError(msg) from error
    return engine


def _create_engine(url: sa.URL, pool_size: int, patience: float) -> Engine:
    if url.get_backend_name() != "sqlite":
        return sa.create_engine(url, pool_size=pool_size, pool_pre_ping=True)
    if url.database and url.database != ":memory:":
        private_folder(Path(url.database).parent)
    engine = sa.create_engine(url, poolclass=QueuePool, pool_size=pool_size, max_overflow=pool_size)
    event.listen(engine, "connect", partial(_set_pragmas, patience))
    return engine


def _set_pragmas(patience: float, connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={int(patience * 1000)}",  # first: the next one may have to wait
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "cache_size=-8192",
        "temp_store=MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def unavailability(error: DBAPIError) -> ServiceUnavailableError | None:
    """Return what an error of the database means to those who can try again later.

    ``None`` is returned for one that would come again.
    """
    if isinstance(error.orig, sqlite3.Error):
        # The low byte is the error, what is above it says in which case.
        code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
        if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            return BusyError("The database is busy with a long write; try again in a moment")
        return None
    if isinstance(error, sa.exc.OperationalError):
        return BusyError("The database does not answer; try again in a moment")
    return None


def is_storable(text: str) -> bool:
    """Whether every database takes the text: PostgreSQL has no NUL, UTF-8 no surrogates."""
    return _UNSTORABLE.search(text) is None


def batches(values: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield ``values`` in lists of at most ``size``."""
    remaining = iter(values)
    while batch := list(islice(remaining, size)):
        yield batch


def begin_reading(connection: Connection) -> None:
    """Let all this connection reads from now on be of one moment."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN")
    else:
        connection.execution_options(isolation_level="REPEATABLE READ")


def lock_writers(connection: Connection) -> None:
    """Let this transaction be the only writer until it ends.

    SQLite takes its write lock at the first write, too late when the
    transaction has read before; PostgreSQL has none for the whole database.
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
