"""A small invented world in place of your data: a housing market, shoppers and an inventory.

Used by the demo and the tests, never by driftwatch. What matters: when interest rates rise, the
houses on offer stay the same, but people pay less for a square metre and mind age and distance
more. That is concept drift: the inputs look as before, what they mean has changed.
"""

import csv
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np

from driftwatch.housing import FEATURES, PRICE

FIRST_MONTH = date(2022, 1, 1)
MONTHS = 44
RISE_BEGINS, RISE_ENDS = 24, 30
SALES_A_MONTH = 80
# Price per unit of area, age and minutes to the station, and the base price.
BEFORE = np.array([9.0, -3.0, -2.0, 100.0])
AFTER = np.array([6.0, -5.0, -4.0, 100.0])

FIRST_DAY = date(2026, 1, 1)
DAYS = 330
SURGE_DAY, END_DAY, PROMOTION_DAY = 180, 260, 200
STABLE, TRENDY, PROMOTED = "ramen", "sunscreen", "tumbler"
SURGE = 2.2
USUAL = {STABLE: 100.0, TRENDY: 120.0, PROMOTED: 80.0}
_WEEK = (1.0, 0.9, 0.9, 1.0, 1.1, 1.3, 0.8)

LEAD_DAYS, SAFETY_DAYS = 4, 2


def month_name(number: int) -> str:
    """Name a month by its number, the first one being 0."""
    years, month = divmod(FIRST_MONTH.month - 1 + number, 12)
    return f"{FIRST_MONTH.year + years}-{month + 1:02}"


def rate_rise(number: int) -> float:
    """Tell how much of the change has reached the market: 0 before, 1 after."""
    return min(max((number - RISE_BEGINS + 1) / (RISE_ENDS - RISE_BEGINS), 0.0), 1.0)


def write_sales(path: Path, number: int, change: float, *, area: float = 85.0) -> None:
    """Write the sales of a month in which so much of the change has happened."""
    random = np.random.default_rng([1, number])
    features = np.column_stack(
        [
            np.maximum(random.normal(area, 15, SALES_A_MONTH), 30),
            random.uniform(0, 30, SALES_A_MONTH),
            random.uniform(1, 25, SALES_A_MONTH),
        ]
    )
    weights = BEFORE + change * (AFTER - BEFORE)
    prices = features @ weights[:-1] + weights[-1] + random.normal(0, 20, SALES_A_MONTH)
    table = np.column_stack([features, prices])
    _write_csv(path, (*FEATURES, PRICE), [[f"{value:.1f}" for value in row] for row in table])


def demand(surge: float = SURGE, seed: int = 6) -> dict[str, list[int]]:
    """Let three products sell: one as ever, one in fashion for a while, one on offer for a day."""
    random = np.random.default_rng(seed)
    sold: dict[str, list[int]] = {product: [] for product in USUAL}
    for number in range(DAYS):
        factors = {
            STABLE: 1.0,
            TRENDY: surge if SURGE_DAY <= number < END_DAY else 1.0,
            PROMOTED: 3.0 if number == PROMOTION_DAY else 1.0,
        }
        for product, usual in USUAL.items():
            mean = usual * _WEEK[day_of(number).weekday()] * factors[product]
            sold[product].append(int(random.poisson(mean * random.gamma(60, 1 / 60))))
    return sold


def day_of(number: int) -> date:
    """Return a day by its number, the first one being 0."""
    return FIRST_DAY + timedelta(days=number)


def write_demand(path: Path, sold: Mapping[str, Sequence[int]], days: int) -> None:
    """Write what was sold on the first so many days."""
    rows = [
        [str(day_of(number)), product, str(units[number])]
        for number in range(days)
        for product, units in sold.items()
    ]
    _write_csv(path, ("day", "product", "units"), rows)


class Stock:
    """One product in the warehouse, ordered up to what lead time and safety ask for."""

    def __init__(self, expected: float) -> None:
        self.expected = expected
        self.days_sold_out = 0
        self._on_hand = expected * SAFETY_DAYS
        self._ordered = [expected] * LEAD_DAYS

    def day(self, demand: int) -> None:
        """Receive, sell, order."""
        self._on_hand += self._ordered.pop(0)
        self.days_sold_out += demand > self._on_hand
        self._on_hand = max(self._on_hand - demand, 0.0)
        wanted = self.expected * (LEAD_DAYS + SAFETY_DAYS)
        self._ordered.append(max(wanted - self._on_hand - sum(self._ordered), 0.0))


class Inventory:
    """The inventory system: takes alerts over HTTP and plans with the new demand."""

    def __init__(self) -> None:
        self.received: list[dict[str, Any]] = []
        self.expected: dict[str, float] = {}
        self.is_down = False

    def take(self, alert: dict[str, Any]) -> None:
        """Plan with the demand an alert tells of."""
        self.received.append(alert)
        self.expected[alert["product"]] = alert["after"]


@contextmanager
def inventory_system() -> Iterator[tuple[Inventory, str]]:
    """Run an inventory system on a free port; yield it and the address of its webhook."""
    inventory = Inventory()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if not inventory.is_down:
                inventory.take(json.loads(body))
            self.send_response(503 if inventory.is_down else 204)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Keep the demo's output readable."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield inventory, f"http://127.0.0.1:{server.server_port}/alerts"
    finally:
        server.shutdown()
        server.server_close()


def _write_csv(path: Path, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
