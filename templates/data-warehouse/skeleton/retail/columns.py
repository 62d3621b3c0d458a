"""Why a warehouse stores columns: how many bytes a question has to read."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

QUESTION = "SELECT product_id, sum(revenue), sum(margin) FROM fct GROUP BY product_id"
EVERYTHING = "SELECT * FROM fct"


@dataclass(frozen=True)
class Reading:
    """What the engine says it read.

    Attributes:
        columns: names of the columns it took from the file.
        size: bytes.
    """

    columns: tuple[str, ...]
    size: int


def export(warehouse: Path, file: Path) -> None:
    """Write the fact table as a Parquet file, the form in which cloud warehouses share tables."""
    with closing(duckdb.connect(str(warehouse), read_only=True)) as connection:
        connection.table("fct_order_lines").write_parquet(str(file), row_group_size=20000)


def read(file: Path, question: str) -> Reading:
    """Ask the question, and let the engine tell what it read for it."""
    with closing(duckdb.connect()) as connection:
        connection.execute("SET threads = 1")
        connection.from_parquet(str(file)).create_view("fct")
        rows = connection.execute(f"EXPLAIN (ANALYZE, FORMAT json) {question}").fetchall()
    plan = json.loads(rows[0][1])
    scans = [each["extra_info"] for each in _operators(plan) if each["type"] == "TABLE_SCAN"]
    projected = scans[0]["Projections"]
    columns = [projected] if isinstance(projected, str) else projected
    return Reading(tuple(columns), plan["io"]["total_bytes_read"])


def _operators(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for operator in plan.get("operator", []) + plan.get("children", []):
        yield operator
        yield from _operators(operator)
