"""The features of what users look at: how much each category has of their interest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

CATEGORIES = ("tea", "coffee", "books", "garden")
WINDOW = timedelta(days=7)


@dataclass(frozen=True)
class View:
    """A user looks at a product.

    Args:
        at: When, with a time zone.
        user: Who.
        category: The product's; one of ``CATEGORIES``.
    """

    at: datetime
    user: str
    category: str


def interest_features(views: Iterable[View], at: datetime) -> dict[str, float]:
    """Return the share of each category in one user's views of the past week.

    Views at ``at`` or later are left out.
    """
    seen = [view.category for view in views if at - WINDOW <= view.at < at]
    total = len(seen) or 1
    return {f"interest_{name}": seen.count(name) / total for name in CATEGORIES}
