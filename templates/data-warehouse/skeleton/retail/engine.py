"""The engine below the warehouse: takes landed files into raw tables, answers questions."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import duckdb
import psycopg2

# What the sources deliver: one CSV file for each table, with these columns in this order.
RAW = {
    "customers": {
        "customer_id": "bigint",
        "country": "text",
        "segment": "text",
        "channel": "text",
        "signed_up_on": "date",
        "updated_at": "timestamp",
    },
    "products": {
        "product_id": "bigint",
        "name": "text",
        "category": "text",
        "unit_cost": "bigint",
    },
    "order_lines": {
        "order_id": "bigint",
        "line": "bigint",
        "customer_id": "bigint",
        "product_id": "bigint",
        "session_id": "text",
        "ordered_at": "timestamp",
        "quantity": "bigint",
        "unit_price": "bigint",
    },
    "marketing_spend": {"month": "date", "channel": "text", "amount": "bigint"},
    "events": {
        "event_id": "bigint",
        "customer_id": "bigint",
        "event": "text",
        "happened_at": "timestamp",
    },
}


class Engine(Protocol):
    """What the engines have in common."""

    def load(self, landing: Path) -> None:
        """Put the landed files in the place of the raw tables, all of them or none."""

    def ask(self, question: str) -> list[tuple[Any, ...]]:
        """Answer a question in SQL."""

    def variables(self) -> dict[str, str]:
        """Say how dbt finds this engine: the variables that profiles.yml reads."""


@dataclass(frozen=True)
class DuckDB:
    """A warehouse in one file."""

    path: Path

    def load(self, landing: Path) -> None:
        """Replace the raw tables in one transaction."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with closing(duckdb.connect(str(self.path))) as connection:
            connection.begin()
            connection.execute("CREATE SCHEMA IF NOT EXISTS raw")
            for table, columns in RAW.items():
                connection.execute(_create(table, columns))
                connection.execute(f"DELETE FROM raw.{table}")  # noqa: S608 - own names
                connection.execute(
                    f"INSERT INTO raw.{table} SELECT * FROM read_csv(?, columns = ?)",  # noqa: S608
                    [str(landing / f"{table}.csv"), columns],
                )
            connection.commit()

    def ask(self, question: str) -> list[tuple[Any, ...]]:
        """Answer without being able to change anything."""
        with closing(duckdb.connect(str(self.path), read_only=True)) as connection:
            return connection.execute(question).fetchall()

    def variables(self) -> dict[str, str]:
        """Name the file."""
        return {"WAREHOUSE_TARGET": "duckdb", "WAREHOUSE_FILE": str(self.path)}


@dataclass(frozen=True)
class PostgreSQL:
    """A warehouse on a server that speaks PostgreSQL."""

    url: str

    def load(self, landing: Path) -> None:
        """Replace the raw tables in one transaction."""
        with closing(psycopg2.connect(self.url)) as connection:
            cursor = connection.cursor()
            cursor.execute("CREATE SCHEMA IF NOT EXISTS raw")
            for table, columns in RAW.items():
                cursor.execute(_create(table, columns))
                cursor.execute(f"TRUNCATE raw.{table}")
                with (landing / f"{table}.csv").open(encoding="utf-8") as file:
                    cursor.copy_expert(f"COPY raw.{table} FROM STDIN CSV HEADER", file)
            connection.commit()

    def ask(self, question: str) -> list[tuple[Any, ...]]:
        """Answer without being able to change anything."""
        with closing(psycopg2.connect(self.url)) as connection:
            connection.set_session(readonly=True)
            with connection.cursor() as cursor:
                cursor.execute(question)
                rows: list[tuple[Any, ...]] = cursor.fetchall()
                return rows

    def variables(self) -> dict[str, str]:
        """Name the server, the database and the user."""
        parts = urlsplit(self.url)
        return {
            "WAREHOUSE_TARGET": "postgres",
            "WAREHOUSE_HOST": parts.hostname or "127.0.0.1",
            "WAREHOUSE_PORT": str(parts.port or 5432),
            "WAREHOUSE_USER": parts.username or "postgres",
            "WAREHOUSE_PASSWORD": parts.password or "",
            "WAREHOUSE_DATABASE": parts.path.strip("/") or "postgres",
        }


def _create(table: str, columns: Mapping[str, str]) -> str:
    fields = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    return f"CREATE TABLE IF NOT EXISTS raw.{table} ({fields})"


def open_engine(url: str) -> Engine:
    """Choose by the scheme of the address.

    Raises:
        ValueError: when it is neither DuckDB nor PostgreSQL.
    """
    if url.startswith("duckdb:///"):
        return DuckDB(Path(url.removeprefix("duckdb:///")))
    if url.startswith(("postgresql://", "postgres://")):
        return PostgreSQL(url)
    raise ValueError("WAREHOUSE_URL must begin with duckdb:/// or postgresql://")
