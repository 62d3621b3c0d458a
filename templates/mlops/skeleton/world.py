"""A small invented world in place of your data: shoppers with tastes, payments, some of them fraud.

Used by the demo and the tests, never by modelops. The seasons matter: what is liked together
in summer is not what is liked together in autumn, so a model learned in summer grows stale.
"""

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from modelops.fraud import FEATURES, LABEL

ITEMS = 40
TASTES = 4
CLICKS_PER_NIGHT = 6
CLICK_WHEN_LIKED = 0.30
CLICK_OTHERWISE = 0.03
FRAUD_SHARE = 0.03

# Sends a JSON body to a path of the serving application and returns its answer.
Post = Callable[[str, dict[str, Any]], Any]

SUMMER = "summer"
AUTUMN = "autumn"


class Shoppers:
    """Users who click on what their taste likes this season, and now and then on something else."""

    def __init__(self, season: str, seed: int) -> None:
        self._season = season
        self._random = np.random.default_rng(seed)

    def likes(self, user: str, item: str) -> bool:
        """Tell whether an item is to a user's taste this season."""
        return item in self._liked(_taste(user))

    def histories(self, count: int, first: int = 0) -> dict[str, list[str]]:
        """Let so many users click: nine times in ten on something they like."""
        clicks = CLICKS_PER_NIGHT
        found = {}
        for number in range(first, first + count):
            user = f"user-{number:05}"
            liked = self._liked(_taste(user))
            picks = [str(item) for item in self._random.choice(liked, clicks, replace=False)]
            strays = self._random.random(clicks) < 0.1  # noqa: PLR2004
            found[user] = [
                self._any_item() if is_stray else pick
                for pick, is_stray in zip(picks, strays, strict=True)
            ]
        return found

    def clicks(self, shown: Mapping[str, str]) -> dict[str, bool]:
        """Show each user an item and see who clicks."""
        chances = [
            CLICK_WHEN_LIKED if self.likes(user, item) else CLICK_OTHERWISE
            for user, item in shown.items()
        ]
        did_click = self._random.random(len(chances)) < np.array(chances)
        return {user: bool(click) for user, click in zip(shown, did_click, strict=True)}

    def _liked(self, taste: int) -> list[str]:
        per_taste = ITEMS // TASTES
        if self._season == SUMMER:
            return [f"item-{n:02}" for n in range(taste * per_taste, (taste + 1) * per_taste)]
        return [f"item-{n:02}" for n in range(taste, ITEMS, TASTES)]

    def _any_item(self) -> str:
        return f"item-{self._random.integers(ITEMS):02}"


def visit(post: Post, shoppers: Shoppers, histories: Mapping[str, Sequence[str]]) -> None:
    """Let users come to the shop: each is shown an item and clicks on it or not."""
    answer = post("/recommendations", {"histories": histories})
    shown = {user: choice["item"] for user, choice in answer["users"].items()}
    post("/outcomes", {"test": answer["test"], "clicked": shoppers.clicks(shown)})


def users_needed(minimum_users: int, challenger_percent: int) -> int:
    """Return how many users fill both arms, with some to spare: the split is a draw."""
    smaller_share = min(challenger_percent, 100 - challenger_percent) / 100
    return int(1.2 * minimum_users / smaller_share) + 200


def write_log(path: Path, histories: Mapping[str, Sequence[str]]) -> None:
    """Write a night's events as the shop would log them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    events = [{"user": user, "item": item} for user, items in histories.items() for item in items]
    path.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")


def scrambled(histories: Mapping[str, Sequence[str]], seed: int) -> dict[str, list[str]]:
    """Damage a log the way a bad join does: each click with an item of somebody else."""
    items = [item for history in histories.values() for item in history]
    np.random.default_rng(seed).shuffle(items)
    left = iter(items)
    return {user: [next(left) for _ in history] for user, history in histories.items()}


def write_payments(path: Path, count: int, seed: int) -> None:
    """Write payments, three in a hundred of them fraud: far away, in a burst, often at night."""
    path.parent.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed)
    is_fraud = random.random(count) < FRAUD_SHARE
    columns = {
        "amount": random.lognormal(np.where(is_fraud, 4.2, 3.4), 1.0),
        "hour": np.where(is_fraud & (random.random(count) < 0.5), 3, random.integers(0, 24, count)),  # noqa: PLR2004
        "km_from_home": random.exponential(np.where(is_fraud, 60.0, 12.0)),
        "payments_last_hour": random.poisson(np.where(is_fraud, 2.2, 0.6)),
        "account_days": random.gamma(np.where(is_fraud, 1.2, 3.0), 200.0),
        LABEL: is_fraud.astype(int),
    }
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*FEATURES, LABEL])
        table = np.column_stack([columns[name] for name in (*FEATURES, LABEL)])
        writer.writerows([[f"{value:.6g}" for value in row] for row in table])


def _taste(user: str) -> int:
    return int(user.rsplit("-", 1)[1]) % TASTES
