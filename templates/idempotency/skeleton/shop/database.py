"""Transactions, in SQLite and PostgreSQL alike."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

import psycopg

SCHEMA = """
CREATE TABLE IF NOT EXISTS idempotency_keys
    (name TEXT PRIMARY KEY, record TEXT, expires DOUBLE PRECISION NOT NULL);
CREATE INDEX IF NOT EXISTS idempotency_keys_expires ON idempotency_keys (expires);
CREATE TABLE IF NOT EXISTS payments
    (id TEXT PRIMARY KEY, amount INTEGER NOT NULL, currency TEXT NOT NULL, charge TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS users
    (id TEXT PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL);
"""


class Rows(Protocol):
    """What a statement gives."""

    @property
    def rowcount(self) -> int:
        """How many rows it changed."""

    def fetchone(self) -> tuple[Any, ...] | None:
        """Return the next row."""


# A statement with "?" where its values go, and the values.
Execute = Callable[..., Rows]


class Database(Protocol):
    """A place for tables."""

    def transaction(self) -> AbstractContextManager[Execute]:
        """Begin; commit at the end of the block, or take everything back when it raises."""


class SqliteDatabase:
    """A database in a file of this machine."""

    def __init__(self, file: Path) -> None:
        self._file = file
        file.parent.mkdir(parents=True, exist_ok=True)
        with closing(self._connect()) as connection:
            # Readers go on while one writes.
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(SCHEMA)

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._file, timeout=30, isolation_level=None)

    @contextmanager
    def transaction(self) -> Iterator[Execute]:
        """Begin; commit at the end of the block, or take everything back when it raises."""
        with closing(self._connect()) as connection:
            # IMMEDIATE: what is read cannot have changed when it is written.
            connection.execute("BEGIN IMMEDIATE")
            yield lambda sql, *values: connection.execute(sql, values)
            connection.execute("COMMIT")


class PostgresDatabase:
    """A database on a PostgreSQL server."""

    def __init__(self, address: str) -> None:
        self._address = address
        with psycopg.connect(address) as connection:
            # One at a time: CREATE TABLE IF NOT EXISTS fails when two do it at once.
            connection.execute("SELECT pg_advisory_xact_lock(20100501)")
            connection.execute(SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[Execute]:
        """Begin; commit at the end of the block, or take everything back when it raises."""
        with psycopg.connect(self._address) as connection:
            yield lambda sql, *values: connection.execute(sql.replace("?", "%s").encode(), values)


def open_database(address: str) -> Database:
    """Return the database at the address, with its tables."""
    if address.startswith("sqlite:"):
        return SqliteDatabase(Path(address.removeprefix("sqlite:")))
    return PostgresDatabase(address)
