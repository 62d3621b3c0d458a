"""Made-up history with a pattern in it, the same every time."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from features.interests import CATEGORIES, View
from features.recommendations import Impression, Product
from features.windows import Transaction

START = datetime(2026, 1, 5, tzinfo=UTC)
_SEED = 11


def transactions(users: int = 60, days: int = 20) -> list[Transaction]:
    """Return transactions; fraud comes in bursts, with amounts the user never pays."""
    dice = random.Random(_SEED)
    found = []
    for number in range(users):
        user, usual = f"user-{number}", dice.uniform(10, 60)
        for day in range(days):
            for _ in range(dice.randint(0, 3)):
                at = START + timedelta(days=day, minutes=dice.randrange(8 * 60, 22 * 60))
                found.append(Transaction(at, user, round(usual * dice.uniform(0.5, 2), 2)))
        if number % 4 == 0:
            found += _burst(dice, user, usual, dice.randrange(2, days))
    return sorted(found)


def _burst(dice: random.Random, user: str, usual: float, day: int) -> list[Transaction]:
    begin = START + timedelta(days=day, hours=3, minutes=dice.randrange(60))
    return [
        Transaction(
            begin + timedelta(minutes=4 * number),
            user,
            round(usual * dice.uniform(2, 6), 2),
            # The first ones look like any other.
            is_fraud=number > 1,
        )
        for number in range(10)
    ]


def products(names: dict[str, list[str]]) -> list[Product]:
    """Return products of every category; earlier names are more popular."""
    return [
        Product(name, category, round(0.9 - 0.1 * position - 0.02 * CATEGORIES.index(category), 2))
        for category, found in names.items()
        for position, name in enumerate(found)
    ]


def visits(shelf: list[Product], users: int = 40) -> tuple[list[View], list[Impression]]:
    """Return what users looked at, and what they clicked: mostly what they care for."""
    dice = random.Random(_SEED)
    views, impressions = [], []
    for number in range(users):
        user, favourite = f"visitor-{number}", CATEGORIES[number % len(CATEGORIES)]
        for day in range(10):
            for _ in range(4):
                at = START + timedelta(days=day, minutes=dice.randrange(1440))
                liked = favourite if dice.random() < 0.8 else dice.choice(CATEGORIES)  # noqa: PLR2004
                views.append(View(at, user, liked))
        for _ in range(25):
            product = dice.choice(shelf)
            at = START + timedelta(days=10, minutes=dice.randrange(1440))
            chance = 0.3 * product.popularity + (0.6 if product.category == favourite else 0)
            impressions.append(Impression(at, user, product, dice.random() < chance))
    return sorted(views, key=lambda view: view.at), impressions
