"""Data to play with: a shop with a few days of orders, and web servers with a few hours of logs.

The same seed gives the same data. What is wrong in it is put there on purpose and is told, so
that what the pipelines find can be compared with it.
"""

import json
import random
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from shopdata.days import bounds, nightly_days
from shopdata.settings import read_places, read_settings
from shopdata.source import SCHEMA

USERS = [(number, ("KR", "kr ", "US", "DE", None)[number % 5]) for number in range(1, 61)]
CATEGORIES = ("Books", " books", "Kitchen", "Garden", "GARDEN ", "Music")
PRODUCTS = [(number, f"P-{number:03}", CATEGORIES[number % 6]) for number in range(1, 25)]
ORDERS_A_DAY = 250

SERVERS = ("web-1", "web-2")
PATHS = ("/", "/products", "/cart", "/checkout", "/help")
REQUESTS_AN_HOUR = 2000
WRONG_LINES = (
    ('{"ts": "2026-', "broken_json"),
    ('{"ts": "2026-11-02T10:00:00Z", "path": "/"}', "incomplete"),
    ('{"ts": "soon", "user_id": "u1", "path": "/"}', "incomplete"),
    ('{"ts": "1999-01-01T00:00:00Z", "user_id": "u1", "path": "/"}', "other_hour"),
)


@dataclass
class Shop:
    """The orders of a shop.

    Attributes:
        orders: rows of the table `orders`, with real times.
        planted: id of each wrong order, and the reason for which it should be kept aside.
    """

    orders: list[tuple[Any, ...]] = field(default_factory=list)
    planted: dict[int, str] = field(default_factory=dict)

    def open_day(self, day: date, zone: ZoneInfo) -> None:
        """Sell for a day: good orders, and one of each kind that is not."""
        rng = random.Random(str(day))  # noqa: S311 - repeatable, not secret
        start, end = bounds(day, zone)
        length = int((end - start).total_seconds())
        for _ in range(ORDERS_A_DAY):
            self.add(
                start + timedelta(seconds=rng.randrange(length)),
                user=rng.randint(1, len(USERS)),
                product=rng.randint(1, len(PRODUCTS)),
                quantity=rng.randint(1, 4),
                price=rng.randrange(1000, 50000, 100),
            )
        self._plant(start + timedelta(hours=12), self.orders[-1][1])

    def add(  # noqa: PLR0913 - the columns of a row
        self,
        ordered_at: datetime,
        *,
        user: int | None = 1,
        product: int | None = 1,
        quantity: int | None = 1,
        price: int | None = 1000,
        checkout: str = "",
    ) -> int:
        """Add a paid order and give its id."""
        number = len(self.orders) + 1
        name = checkout or f"c{number}"
        self.orders.append((number, name, user, product, quantity, price, "paid", ordered_at))
        return number

    def _plant(self, noon: datetime, checkout: str) -> None:
        self.planted |= {
            self.add(noon, user=None): "unknown_user",
            self.add(noon, product=999): "unknown_product",
            self.add(noon, quantity=0): "bad_quantity",
            self.add(noon, price=-500): "bad_price",
            self.add(noon, checkout=checkout): "double_submit",
        }


def fill(url: str, shop: Shop) -> None:
    """Make the shop's tables, in SQLite or PostgreSQL, and fill them.

    Raises:
        sqlite3.OperationalError: when there are such tables already; so does PostgreSQL.
    """
    if url.startswith("sqlite:///"):
        _fill_sqlite(Path(url.removeprefix("sqlite:///")), shop)
    else:
        _fill_postgresql(url, shop)


def _fill_sqlite(file: Path, shop: Shop) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(file)) as connection, connection:
        for statement in SCHEMA:
            connection.execute(statement.format(timestamp="TEXT"))
        connection.executemany("INSERT INTO users VALUES (?, ?)", USERS)
        connection.executemany("INSERT INTO products VALUES (?, ?, ?)", PRODUCTS)
        timed = [(*row[:-1], row[-1].astimezone(UTC).isoformat()) for row in shop.orders]
        connection.executemany("INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?)", timed)


def _fill_postgresql(url: str, shop: Shop) -> None:
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        for statement in SCHEMA:
            cursor.execute(statement.format(timestamp="TIMESTAMPTZ"))
        cursor.executemany("INSERT INTO users VALUES (%s, %s)", USERS)
        cursor.executemany("INSERT INTO products VALUES (%s, %s, %s)", PRODUCTS)
        marks = ", ".join(["%s"] * 8)
        cursor.executemany(f"INSERT INTO orders VALUES ({marks})", shop.orders)  # noqa: S608


def write_logs(logs: Path, hour: datetime) -> None:
    """Write what the servers logged in an hour: requests, and one wrong line of each kind."""
    rng = random.Random(str(hour))  # noqa: S311 - repeatable, not secret
    for server in SERVERS:
        seconds = sorted(rng.uniform(0, 3599) for _ in range(REQUESTS_AN_HOUR))
        lines = [_line(hour + timedelta(seconds=each), rng) for each in seconds]
        wrong = [line for line, _ in WRONG_LINES]
        file = logs / server / f"{hour:%Y-%m-%dT%H}.jsonl"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(lines + wrong) + "\n", encoding="utf-8")


def _line(ts: datetime, rng: random.Random) -> str:
    entry = {
        "ts": ts.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "user_id": f"u{rng.randrange(300)}",
        "path": rng.choice(PATHS),
        "status": 200,
        "agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
    }
    return json.dumps(entry)


def main() -> None:
    """Fill SOURCE_URL with the last days and the log folder with the last hours."""
    settings, places, now = read_settings(), read_places(), datetime.now(UTC)
    shop = Shop()
    for day in nightly_days(now, settings.timezone, settings.lookback_days):
        shop.open_day(day, settings.timezone)
    try:
        fill(places.source, shop)
    except (sqlite3.OperationalError, psycopg.errors.DuplicateTable) as problem:
        raise SystemExit(f"The shop was not filled: {problem}") from None
    this = now.replace(minute=0, second=0, microsecond=0)
    for back in (3, 2, 1, 0):
        write_logs(places.logs, this - timedelta(hours=back))


if __name__ == "__main__":
    main()
