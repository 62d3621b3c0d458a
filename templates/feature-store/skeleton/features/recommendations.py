"""Personalised recommendations: what a visitor looked at decides what is shown next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
from sklearn.linear_model import LogisticRegression

from features.definitions import INTERESTS, RECOMMENDATIONS
from features.interests import CATEGORIES, WINDOW, View, interest_features
from features.store import FeatureStore


@dataclass(frozen=True)
class Product:
    """Something to show.

    Args:
        name: As visitors read it.
        category: One of ``CATEGORIES``.
        popularity: From 0 to 1.
    """

    name: str
    category: str
    popularity: float


@dataclass(frozen=True)
class Impression:
    """A product that was shown, and whether it was clicked."""

    at: datetime
    user: str
    product: Product
    is_clicked: bool


def backfill(store: FeatureStore, views: Sequence[View], moments: Iterable[datetime]) -> None:
    """Write the history of every user's interests, one row for each moment."""
    by_user: dict[str, list[View]] = {}
    for view in views:
        by_user.setdefault(view.user, []).append(view)
    store.write_history(
        INTERESTS,
        (
            {"user": user, "event_timestamp": at, **interest_features(seen, at)}
            for at in moments
            for user, seen in by_user.items()
        ),
    )


def moments(start: datetime, days: int, ttl: timedelta) -> list[datetime]:
    """Return when interests are to be computed: every day, or oftener when they expire sooner."""
    step = min(ttl, timedelta(days=1))
    first, last = start + timedelta(days=1), start + timedelta(days=days + 1)
    return [first + number * step for number in range(-((first - last) // step))]


def labels(impressions: Iterable[Impression]) -> pd.DataFrame:
    """Return what is to be learned: what was clicked."""
    return pd.DataFrame(
        {
            "user": one.user,
            "event_timestamp": one.at,
            "category": one.product.category,
            "popularity": one.product.popularity,
            "clicked": one.is_clicked,
        }
        for one in impressions
    )


class Recommender:
    """Ranks products for a visitor."""

    def __init__(self) -> None:
        self._model = LogisticRegression()

    def train(self, training_set: pd.DataFrame) -> None:
        """Learn from impressions with the features of their moment."""
        inputs = [
            _inputs(row["category"], row["popularity"], row)
            for row in training_set.to_dict("records")
        ]
        self._model.fit(inputs, training_set["clicked"])

    def rank(self, products: Iterable[Product], features: dict[str, Any]) -> list[Product]:
        """Return the products, the most likely to be clicked first."""
        known = list(products)
        inputs = [_inputs(one.category, one.popularity, features) for one in known]
        scores = self._model.predict_proba(inputs)[:, 1]
        ranked = sorted(zip(scores, known, strict=True), key=lambda pair: (-pair[0], pair[1].name))
        return [product for _score, product in ranked]


def _inputs(category: str, popularity: float, features: Mapping[Any, Any]) -> list[float]:
    """Return how much a user cares for a product's category, and how popular it is."""
    interest = features[f"interest_{category}"]
    # What is missing is None online and NaN, which counts as true, in a training set.
    return [0.0 if interest is None or pd.isna(interest) else float(interest), popularity]


class Shop:
    """Shows visitors what suits them.

    Args:
        store: Where interests are pushed to and read from.
        recommender: Trained.
        products: What there is.
        size: How many are shown.
    """

    def __init__(
        self,
        store: FeatureStore,
        recommender: Recommender,
        products: Sequence[Product],
        size: int,
    ) -> None:
        self._store = store
        self._recommender = recommender
        self._products = products
        self._size = size

    def look(self, view: View, at: datetime) -> None:
        """Take in that a visitor looked at something, and bring their interests online."""
        if view.category not in CATEGORIES:
            raise ValueError(f"there is no category {view.category!r}")
        with self._store.log.turn(view.user):
            kept = self._store.log.add(INTERESTS, view.user, (view.at, view.category), WINDOW)
            seen = [View(moment, view.user, category) for moment, category in kept]
            row = {"user": view.user, "event_timestamp": at, **interest_features(seen, at)}
            self._store.push(INTERESTS, row)

    def list_for(self, user: str, at: datetime) -> list[Product]:
        """Return what a visitor is shown now; popular things for somebody unknown."""
        features = self._store.online(RECOMMENDATIONS, user, at)
        return self._recommender.rank(self._products, features)[: self._size]
