"""Fraud detection: each transaction is judged by what its user did right before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

from features.definitions import FRAUD
from features.store import FeatureStore
from features.windows import TRANSACTIONS, Stream, Transaction, batch_features

_COLUMNS = ["amount", "tx_count_1h", "avg_amount_24h"]
_SEED = 7


@dataclass(frozen=True)
class Decision:
    """What became of a transaction.

    Args:
        probability: Of fraud.
        is_held: Whether somebody has to look at it first.
    """

    probability: float
    is_held: bool


def backfill(store: FeatureStore, transactions: Iterable[Transaction]) -> None:
    """Write the history of the features, as a nightly job would."""
    store.write_history(
        TRANSACTIONS,
        (
            {"user": one.user, "event_timestamp": one.at, **asdict(features)}
            for one, features in batch_features(transactions)
        ),
    )


def labels(transactions: Iterable[Transaction]) -> pd.DataFrame:
    """Return what is to be learned: which transactions turned out to be fraud."""
    return pd.DataFrame(
        {"user": one.user, "event_timestamp": one.at, "amount": one.amount, "fraud": one.is_fraud}
        for one in transactions
    )


class FraudModel:
    """Says how likely fraud is."""

    def __init__(self) -> None:
        self._model = HistGradientBoostingClassifier(max_iter=60, random_state=_SEED)

    def train(self, training_set: pd.DataFrame) -> None:
        """Learn from labels with the features of their moment."""
        self._model.fit(training_set[_COLUMNS], training_set["fraud"])

    def probability(self, amount: float, features: dict[str, Any]) -> float:
        """Return the probability of fraud; missing features are allowed."""
        row = pd.DataFrame([{"amount": amount, **features}])[_COLUMNS].astype(float)
        return float(self._model.predict_proba(row)[0, 1])


class FraudCheck:
    """Judges transactions as they come.

    Args:
        store: Where features are pushed to and read from.
        model: Trained.
        threshold: The probability from which a transaction is held.
    """

    def __init__(self, store: FeatureStore, model: FraudModel, threshold: float) -> None:
        self._store = store
        self._model = model
        self._threshold = threshold
        self._stream = Stream(store.log)

    def judge(self, transaction: Transaction) -> Decision:
        """Compute the features, bring them online, read them back and decide.

        The way through the store is the point: any other service that asks for this
        user's features gets the same ones. Any number of processes may judge: a user's
        transactions take turns.
        """
        with self._store.log.turn(transaction.user):
            features = self._stream.take(transaction)
            row = {"user": transaction.user, "event_timestamp": transaction.at, **asdict(features)}
            self._store.push(TRANSACTIONS, row)
            online = self._store.online(FRAUD, transaction.user, transaction.at)
        probability = self._model.probability(transaction.amount, online)
        return Decision(probability, probability >= self._threshold)
