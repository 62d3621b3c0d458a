"""A shop to analyse: three years of customers, orders, marketing and behaviour logs.

The same seed gives the same shop. Its truths are planted here, so that what the warehouse answers
can be compared with them.
"""

import csv
import math
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

OPENED = date(2023, 7, 1)
# From this day on customers of that time are invited to become "pro", one after another.
INVITED_FROM = date(2025, 10, 1)
RELEASED = date(2026, 3, 1)
TODAY = date(2026, 10, 1)
SIGNUPS_A_DAY = 14


@dataclass(frozen=True)
class Channel:
    """A way by which customers come.

    Attributes:
        share: of all new customers.
        loyal: share of its customers who stay.
        cost: marketing money for each new customer.
    """

    share: float
    loyal: float
    cost: int


CHANNELS = {
    "search_ads": Channel(share=0.45, loyal=0.20, cost=24000),
    "social_ads": Channel(share=0.25, loyal=0.10, cost=14000),
    "organic": Channel(share=0.20, loyal=0.22, cost=1500),
    "referral": Channel(share=0.10, loyal=0.50, cost=6000),
}
MOST_PROFITABLE = "referral"

# Share of sales, price and unit cost; two of them change over time, see _weights.
CATEGORIES = {
    "kitchen": (0.30, 30000, 18000),
    "books": (0.25, 15000, 9000),
    "home": (0.20, 25000, 15000),
    "outdoor": (0.17, 28000, 17000),
    "refill": (0.08, 22000, 12000),
}
FASTEST_GROWING = "refill"
SEASONAL = "outdoor"
PRODUCTS_A_CATEGORY = 8

WITH_EFFECT = "use wishlist"
WITHOUT_EFFECT = "use theme"
USES_FIRST_DAY = 0.4
USES_LATER = 0.1

BUYS = 0.12
BUYS_WITH_WISHLIST = 0.18
LIFE_WITH_WISHLIST = 2.0


@dataclass
class Shop:
    """Everything that happened, each row with its time; `land` writes what is known on a day.

    Attributes:
        customers: id, country, channel, time of signing up, time of becoming "pro" or None.
        order_lines: rows as in the raw table, and the customer's segment at that time.
        events: rows as in the raw table.
    """

    customers: list[tuple[int, str, str, datetime, datetime | None]] = field(default_factory=list)
    order_lines: list[tuple[Any, ...]] = field(default_factory=list)
    events: list[tuple[int, int, str, datetime]] = field(default_factory=list)

    def land(self, folder: Path, today: date) -> None:
        """Write the files that the sources would have delivered before `today` began."""
        folder.mkdir(parents=True, exist_ok=True)
        now = datetime.combine(today, time())
        customers = [_as_of(customer, now) for customer in self.customers if customer[3] < now]
        lines = [row[:-1] for row in self.order_lines if row[5] < now]
        events = [row for row in self.events if row[3] < now]
        # One event in a hundred is delivered twice, as logs are.
        _write(folder / "events.csv", EVENTS, events + events[::100])
        _write(folder / "customers.csv", CUSTOMERS, customers)
        _write(folder / "products.csv", PRODUCTS, _products())
        _write(folder / "order_lines.csv", ORDER_LINES, lines)
        _write(folder / "marketing_spend.csv", MARKETING_SPEND, _spend(self.customers, today))


CUSTOMERS = "customer_id,country,segment,channel,signed_up_on,updated_at"
PRODUCTS = "product_id,name,category,unit_cost"
ORDER_LINES = "order_id,line,customer_id,product_id,session_id,ordered_at,quantity,unit_price"
MARKETING_SPEND = "month,channel,amount"
EVENTS = "event_id,customer_id,event,happened_at"


def _write(file: Path, header: str, rows: Iterable[tuple[Any, ...]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(header.split(","))
        writer.writerows(rows)


def _as_of(
    customer: tuple[int, str, str, datetime, datetime | None], now: datetime
) -> tuple[Any, ...]:
    number, country, channel, signed_up, pro_since = customer
    is_pro = pro_since is not None and pro_since < now
    changed = pro_since if is_pro else signed_up
    return number, country, "pro" if is_pro else "basic", channel, signed_up.date(), changed


def _products() -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    for category, (_, _, cost) in CATEGORIES.items():
        for _ in range(PRODUCTS_A_CATEGORY):
            rows.append((len(rows) + 1, f"{category}-{len(rows) + 1:02}", category, cost))
    return rows


def _spend(
    customers: Iterable[tuple[int, str, str, datetime, datetime | None]], today: date
) -> list[tuple[Any, ...]]:
    spend: dict[tuple[date, str], int] = {}
    for _, _, channel, signed_up, _ in customers:
        month = signed_up.date().replace(day=1)
        if signed_up.date() < today:
            spend[month, channel] = spend.get((month, channel), 0) + CHANNELS[channel].cost
    return [(month, channel, amount) for (month, channel), amount in sorted(spend.items())]


def make_shop(seed: int = 22) -> Shop:
    """Let all customers live their lives."""
    rng = random.Random(seed)  # noqa: S311 - repeatable, not secret
    shop = Shop()
    for day in range((TODAY - OPENED).days):
        for _ in range(SIGNUPS_A_DAY):
            _live(shop, rng, OPENED + timedelta(days=day))
    return shop


def _live(shop: Shop, rng: random.Random, day: date) -> None:
    """Sign up on a day, and visit again and again until life as a customer is over."""
    channel = rng.choices(list(CHANNELS), [each.share for each in CHANNELS.values()])[0]
    is_loyal = rng.random() < CHANNELS[channel].loyal
    signed_up = datetime.combine(day, time()) + timedelta(seconds=rng.randrange(8 * 3600))
    pro_since = None
    if is_loyal and day < INVITED_FROM:
        invited = INVITED_FROM + timedelta(days=rng.randrange(300))
        pro_since = datetime.combine(invited, time(3))
    number = len(shop.customers) + 1
    country = rng.choice(("KR", "KR", "US", "DE"))
    shop.customers.append((number, country, channel, signed_up, pro_since))

    first = {each for each in (WITH_EFFECT, WITHOUT_EFFECT) if rng.random() < USES_FIRST_DAY}
    helped = day >= RELEASED and WITH_EFFECT in first
    life = rng.expovariate(1 / (400 if is_loyal else 20)) * (LIFE_WITH_WISHLIST if helped else 1)
    buys = BUYS_WITH_WISHLIST if helped else BUYS
    at = signed_up
    while at < signed_up + timedelta(days=life) and at.date() < TODAY:
        is_first = at == signed_up
        bought = rng.random() < buys
        if bought:
            _order(shop, rng, number, at, pro_since)
        if day >= RELEASED:
            later = {each for each in (WITH_EFFECT, WITHOUT_EFFECT) if rng.random() < USES_LATER}
            used = sorted(first if is_first else later)
            for event in ("visit", *used, *(["purchase"] if bought else [])):
                shop.events.append((len(shop.events) + 1, number, event, at))
        at += timedelta(days=rng.expovariate(0.1 if is_loyal else 0.4))


def _order(
    shop: Shop, rng: random.Random, customer: int, at: datetime, pro_since: datetime | None
) -> None:
    segment = "pro" if pro_since is not None and pro_since <= at else "basic"
    session = f"{rng.getrandbits(128):032x}"
    number = shop.order_lines[-1][0] + 1 if shop.order_lines else 1
    for line in range(1, rng.choice((1, 1, 2, 3)) + 1):
        category = rng.choices(list(CATEGORIES), _weights(at.date()))[0]
        first = list(CATEGORIES).index(category) * PRODUCTS_A_CATEGORY
        product = first + rng.randint(1, PRODUCTS_A_CATEGORY)
        quantity = rng.randint(1, 3) + (2 if segment == "pro" else 0)
        price = CATEGORIES[category][1]
        row = (number, line, customer, product, session, at, quantity, price, segment)
        shop.order_lines.append(row)


def _weights(day: date) -> list[float]:
    """Say how well each category sells on a day: refill grows, outdoor sells in summer."""
    years = (day - OPENED).days / 365
    summer = math.cos(2 * math.pi * (day.timetuple().tm_yday - 213) / 365)
    change = {FASTEST_GROWING: 1.6**years, SEASONAL: 1 + 0.75 * summer}
    return [share * change.get(name, 1) for name, (share, _, _) in CATEGORIES.items()]
