"""Extract: read one business day from the shop's own database, and never write to it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import psycopg

SCHEMA = (
    "CREATE TABLE users (id INTEGER PRIMARY KEY, country TEXT)",
    "CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT, category TEXT)",
    """CREATE TABLE orders (
        id INTEGER PRIMARY KEY, checkout TEXT, user_id INTEGER, product_id INTEGER,
        quantity INTEGER, unit_price INTEGER, status TEXT, ordered_at {timestamp})""",
    "CREATE INDEX orders_by_time ON orders (ordered_at)",
)

ORDERS = """
    SELECT id, checkout, user_id, product_id, quantity, unit_price, ordered_at FROM orders
    WHERE status = 'paid' AND ordered_at >= {start} AND ordered_at < {end} ORDER BY id
"""
USERS = """
    SELECT id, country FROM users WHERE id IN (
        SELECT user_id FROM orders WHERE ordered_at >= {start} AND ordered_at < {end})
"""
PRODUCTS = """
    SELECT id, name, category FROM products WHERE id IN (
        SELECT product_id FROM orders WHERE ordered_at >= {start} AND ordered_at < {end})
"""
QUERIES = (ORDERS, USERS, PRODUCTS)

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Order:
    """A paid order as the shop has it: anything but its id and time may be missing or wrong.

    Attributes:
        checkout: one press of the buy button; two orders with the same one are a double submit.
        unit_price: in the smallest unit of the currency.
        ordered_at: with its offset.
    """

    id: int
    checkout: str
    user_id: int | None
    product_id: int | None
    quantity: int | None
    unit_price: int | None
    ordered_at: datetime


@dataclass(frozen=True)
class User:
    """A customer; not everyone says where they live."""

    id: int
    country: str | None


@dataclass(frozen=True)
class Product:
    """A thing that is sold; its category was typed in by hand."""

    id: int
    name: str
    category: str


@dataclass(frozen=True)
class Extract:
    """All that belongs to one business day."""

    orders: list[Order]
    users: list[User]
    products: list[Product]


class Source(Protocol):
    """What the two databases have in common."""

    def extract(self, start: datetime, end: datetime) -> Extract:
        """Read the paid orders of start <= t < end, with their users and products."""


class SQLiteSource:
    """The shop's database as a file: times are ISO 8601 texts in UTC, which sort by time."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Open a read-only transaction, so that the three tables fit together."""
        uri = f"{self._path.resolve().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            connection.execute("BEGIN")
            yield connection

    def extract(self, start: datetime, end: datetime) -> Extract:
        """Read the paid orders of start <= t < end, with their users and products."""
        span = (start.isoformat(), end.isoformat())
        queries = (query.format(start="?1", end="?2") for query in QUERIES)
        with self.reading() as connection:
            orders, users, products = (connection.execute(q, span).fetchall() for q in queries)
        timed = [(*row[:-1], datetime.fromisoformat(row[-1])) for row in orders]
        return _extract(timed, users, products)


class PostgreSQLSource:
    """The shop's database as a server."""

    def __init__(self, url: str) -> None:
        self._url = url

    @contextmanager
    def reading(self) -> Iterator[psycopg.Connection]:
        """Open a read-only snapshot: the shop goes on selling meanwhile."""
        with psycopg.connect(self._url) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            yield connection

    def extract(self, start: datetime, end: datetime) -> Extract:
        """Read the paid orders of start <= t < end, with their users and products."""
        span = {"start": start, "end": end}
        queries = (query.format(start="%(start)s", end="%(end)s") for query in QUERIES)
        with self.reading() as connection:
            orders, users, products = (connection.execute(q, span).fetchall() for q in queries)
        return _extract(orders, users, products)


def _extract(orders: Rows, users: Rows, products: Rows) -> Extract:
    return Extract(
        [Order(*row) for row in orders],
        [User(*row) for row in users],
        [Product(*row) for row in products],
    )


def open_source(url: str) -> Source:
    """Choose by the scheme of the address.

    Raises:
        ValueError: when it is neither SQLite nor PostgreSQL.
    """
    if url.startswith("sqlite:///"):
        return SQLiteSource(url.removeprefix("sqlite:///"))
    if url.startswith(("postgresql://", "postgres://")):
        return PostgreSQLSource(url)
    raise ValueError("SOURCE_URL must begin with sqlite:/// or postgresql://")
