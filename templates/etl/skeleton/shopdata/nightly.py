"""The three steps of the daily sales report; files pass from one step to the next.

A step reads what the step before it wrote and overwrites what it wrote itself the last time.
So each of them can be repeated alone, as a scheduler does after a failure.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from shopdata.days import bounds
from shopdata.sales import check_quality, check_volume, transform
from shopdata.source import Extract, Order, Product, Source, User
from shopdata.warehouse import Warehouse

TABLES = ("sales", "quarantine")


def extract_days(source: Source, staging: Path, days: Iterable[date], zone: ZoneInfo) -> None:
    """Copy the days' orders, and the users and products they name, out of the shop."""
    for day in days:
        extract = source.extract(*bounds(day, zone))
        for kind, rows in vars(extract).items():
            _write(staging / day.isoformat() / f"{kind}.jsonl", rows)


def transform_days(
    staging: Path, days: Iterable[date], zone: ZoneInfo, max_rejected_percent: int
) -> None:
    """Make the rows of the warehouse out of the copies.

    Raises:
        TooManyRejectedError: when a day is too bad to load.
    """
    for day in days:
        folder = staging / day.isoformat()
        batch = transform(_read(folder), zone)
        check_quality(batch, max_rejected_percent)
        _write(folder / "sales.jsonl", batch.sales)
        _write(folder / "quarantine.jsonl", batch.rejected)


def load_days(
    warehouse: Warehouse, staging: Path, days: Iterable[date], max_drop_percent: int
) -> None:
    """Replace the days in the warehouse.

    Raises:
        VolumeDropError: when a day would lose too many of the orders that are known of it.
    """
    folders = {day: staging / day.isoformat() for day in days}
    for day, folder in folders.items():
        found = sum(_count(folder / f"{table}.jsonl") for table in TABLES)
        check_volume(day, warehouse.orders(day), found, max_drop_percent)
    warehouse.replace_days(
        {
            day: {table: folder / f"{table}.jsonl" for table in TABLES}
            for day, folder in folders.items()
        }
    )


def _write(file: Path, rows: Iterable[Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = (json.dumps(asdict(row), default=str, ensure_ascii=False) for row in rows)
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _count(file: Path) -> int:
    with file.open(encoding="utf-8") as lines:
        return sum(1 for _ in lines)


def _read(folder: Path) -> Extract:
    return Extract(
        [_order(row) for row in _rows(folder / "orders.jsonl")],
        [User(**row) for row in _rows(folder / "users.jsonl")],
        [Product(**row) for row in _rows(folder / "products.jsonl")],
    )


def _rows(file: Path) -> list[dict[str, Any]]:
    with file.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _order(row: dict[str, Any]) -> Order:
    return Order(**{**row, "ordered_at": datetime.fromisoformat(row["ordered_at"])})
