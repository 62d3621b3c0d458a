"""Load: replace whole business days in the warehouse, so that a second run changes nothing."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

import duckdb

from shopdata.bigquery import BigQueryWarehouse

COLUMNS = {
    "sales": {
        "day": "DATE",
        "order_id": "BIGINT",
        "ordered_at": "TIMESTAMP",
        "country": "VARCHAR",
        "category": "VARCHAR",
        "product": "VARCHAR",
        "quantity": "BIGINT",
        "amount": "BIGINT",
    },
    "quarantine": {"day": "DATE", "order_id": "BIGINT", "reason": "VARCHAR"},
}
REPORT = """
    CREATE OR REPLACE VIEW daily_report AS
    SELECT day, category, count(*) AS orders, sum(quantity) AS items, sum(amount) AS revenue
    FROM sales GROUP BY day, category
"""


class Warehouse(Protocol):
    """What the warehouses have in common."""

    def replace_days(self, files: Mapping[date, Mapping[str, Path]]) -> None:
        """Put the rows of each table's file (JSON lines) in the place of that day's rows."""

    def orders(self, day: date) -> int:
        """Count the orders known of a day, those that were kept aside included."""


@dataclass(frozen=True)
class DuckDBWarehouse:
    """A warehouse in one file. While it is being loaded, no other process can open it."""

    path: Path

    def replace_days(self, files: Mapping[date, Mapping[str, Path]]) -> None:
        """Replace all days in one transaction: readers see the old days or the new ones."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with closing(duckdb.connect(str(self.path))) as connection:
            _create(connection)
            connection.begin()
            for day, tables in files.items():
                for table, file in tables.items():
                    _replace(connection, table, day, file)
            connection.commit()

    def orders(self, day: date) -> int:
        """Count the orders known of a day, those that were kept aside included."""
        if not self.path.exists():
            return 0
        with closing(duckdb.connect(str(self.path))) as connection:
            _create(connection)
            counted = connection.execute(
                "SELECT count(*) FROM (SELECT day FROM sales UNION ALL SELECT day FROM quarantine)"
                " WHERE day = ?",
                [day],
            ).fetchone()
        return int(counted[0]) if counted else 0


def _create(connection: duckdb.DuckDBPyConnection) -> None:
    for table, columns in COLUMNS.items():
        fields = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        connection.execute(f"CREATE TABLE IF NOT EXISTS {table} ({fields})")
    connection.execute(REPORT)


def _replace(connection: duckdb.DuckDBPyConnection, table: str, day: date, file: Path) -> None:
    connection.execute(f"DELETE FROM {table} WHERE day = ?", [day])  # noqa: S608 - own names
    rows = "read_json(?, format = 'newline_delimited', columns = ?)"
    connection.execute(
        f"INSERT INTO {table} BY NAME SELECT * FROM {rows}",  # noqa: S608 - own names
        [str(file), COLUMNS[table]],
    )


def open_warehouse(url: str) -> Warehouse:
    """Choose by the scheme of the address.

    Raises:
        ValueError: when it is neither DuckDB nor BigQuery.
    """
    if url.startswith("duckdb:///"):
        return DuckDBWarehouse(Path(url.removeprefix("duckdb:///")))
    if url.startswith("bigquery://"):
        return BigQueryWarehouse.at(url)
    raise ValueError("WAREHOUSE_URL must begin with duckdb:/// or bigquery://")
