"""Transform: join orders with users and products, clean them, and sort out what is wrong.

Everything here is pure: rows in, rows out. That is what makes a run repeatable.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date
from typing import cast
from zoneinfo import ZoneInfo

from shopdata.days import business_day
from shopdata.source import Extract, Order, Product, User

UNKNOWN_COUNTRY = "??"


@dataclass(frozen=True)
class Sale:
    """One row of the warehouse: an order that is understood.

    Attributes:
        day: business day, by the shop's clock.
        ordered_at: UTC, without an offset, as warehouses keep it.
        amount: quantity times price, in the smallest unit of the currency.
    """

    day: date
    order_id: int
    ordered_at: str
    country: str
    category: str
    product: str
    quantity: int
    amount: int


@dataclass(frozen=True)
class Rejected:
    """An order that is kept aside, and the first reason why."""

    day: date
    order_id: int
    reason: str


@dataclass(frozen=True)
class Batch:
    """What one business day became; every order is in exactly one of the two lists."""

    sales: list[Sale]
    rejected: list[Rejected]


class TooManyRejectedError(Exception):
    """The share of bad rows says that the source is broken, not a few rows of it."""


class VolumeDropError(Exception):
    """So many orders of a day are gone that the source is empty or cut off, not corrected."""


@dataclass
class _Known:
    """What an order is checked against."""

    users: Mapping[int | None, User]
    products: Mapping[int | None, Product]
    checkouts: set[str]


# The first rule that an order breaks is its reason.
RULES: tuple[tuple[str, Callable[[Order, _Known], bool]], ...] = (
    ("double_submit", lambda order, known: order.checkout in known.checkouts),
    ("unknown_user", lambda order, known: order.user_id not in known.users),
    ("unknown_product", lambda order, known: order.product_id not in known.products),
    ("bad_quantity", lambda order, _: order.quantity is None or order.quantity <= 0),
    ("bad_price", lambda order, _: order.unit_price is None or order.unit_price < 0),
)


def transform(extract: Extract, zone: ZoneInfo) -> Batch:
    """Turn a day as the shop has it into a day as analysts need it."""
    users: dict[int | None, User] = {user.id: user for user in extract.users}
    products: dict[int | None, Product] = {product.id: product for product in extract.products}
    known = _Known(users, products, set())
    batch = Batch([], [])
    for order in sorted(extract.orders, key=lambda order: order.id):
        day = business_day(order.ordered_at, zone)
        reason = next(_broken_rules(order, known), None)
        known.checkouts.add(order.checkout)
        if reason:
            batch.rejected.append(Rejected(day, order.id, reason))
        else:
            user, product = users[order.user_id], products[order.product_id]
            batch.sales.append(_sale(day, order, user, product))
    return batch


def _broken_rules(order: Order, known: _Known) -> Iterator[str]:
    return (reason for reason, is_broken in RULES if is_broken(order, known))


def _sale(day: date, order: Order, user: User, product: Product) -> Sale:
    # No order comes here without the two: the rules have kept it aside.
    quantity, price = cast("int", order.quantity), cast("int", order.unit_price)
    return Sale(
        day=day,
        order_id=order.id,
        ordered_at=order.ordered_at.astimezone(UTC).replace(tzinfo=None).isoformat(),
        country=(user.country or UNKNOWN_COUNTRY).strip().upper(),
        category=product.category.strip().lower(),
        product=product.name,
        quantity=quantity,
        amount=quantity * price,
    )


def check_quality(batch: Batch, max_rejected_percent: int) -> None:
    """Let a few bad rows pass aside, but not a broken source.

    Raises:
        TooManyRejectedError: when more than the allowed share was rejected.
    """
    rejected, total = len(batch.rejected), len(batch.sales) + len(batch.rejected)
    if rejected * 100 > max_rejected_percent * total:
        message = f"{rejected} of {total} orders were rejected"
        raise TooManyRejectedError(f"{message}, more than {max_rejected_percent} %")


def check_volume(day: date, known: int, found: int, max_drop_percent: int) -> None:
    """Let some orders of a day be cancelled, but not the day itself.

    An empty source breaks no rule of quality: there is no bad row in nothing.

    Args:
        day: for the message.
        known: orders of the day that the warehouse has, bad ones included.
        found: orders of the day that the source has now.
        max_drop_percent: the share that may be gone; 100 turns this off.

    Raises:
        VolumeDropError: when more is gone.
    """
    if (known - found) * 100 > max_drop_percent * known:
        message = f"{day} has {found} orders, and {known} are in the warehouse"
        raise VolumeDropError(f"{message}: more than {max_drop_percent} % are gone")
