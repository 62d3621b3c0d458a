"""The features of a user's transactions: one function, for batch and for stream.

Training reads years of history, serving sees one transaction at a time. When each
computes its features in its own way, the model is served something it never
learned from (training-serving skew). Both call ``window_features``.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

_HOUR = timedelta(hours=1)
_DAY = timedelta(hours=24)


@dataclass(frozen=True, order=True)
class Transaction:
    """A user pays.

    Args:
        at: When, with a time zone.
        user: Who.
        amount: How much.
        is_fraud: What turned out later; nobody knows it when the user pays.
    """

    at: datetime
    user: str
    amount: float
    is_fraud: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class TransactionFeatures:
    """What is known about a user right before a transaction.

    Args:
        tx_count_1h: Transactions in the past hour.
        avg_amount_24h: Mean amount of the last 24 hours; 0 when there was none.
    """

    tx_count_1h: int
    avg_amount_24h: float


def window_features(history: list[Transaction], at: datetime) -> TransactionFeatures:
    """Return the features of one user at a moment.

    Args:
        history: The user's transactions in order of time. What is not before ``at``
            is left out: the transaction to be judged says nothing about itself.
        at: The moment.
    """
    end = bisect_left(history, at, key=lambda transaction: transaction.at)
    day = bisect_left(history, at - _DAY, key=lambda transaction: transaction.at)
    hour = bisect_left(history, at - _HOUR, key=lambda transaction: transaction.at)
    amounts = [transaction.amount for transaction in history[day:end]]
    mean = sum(amounts) / len(amounts) if amounts else 0.0
    return TransactionFeatures(end - hour, mean)


class Stream:
    """Transactions as they come, and the features of each: the online side."""

    def __init__(self) -> None:
        self._histories: dict[str, list[Transaction]] = {}

    def take(self, transaction: Transaction) -> TransactionFeatures:
        """Return the features right before a transaction, and remember it.

        A late one is put where it belongs, so that the next features count it.
        """
        history = self._histories.setdefault(transaction.user, [])
        found = window_features(history, transaction.at)
        insort(history, transaction)
        newest = history[-1].at
        while history[0].at < newest - 2 * _DAY:
            history.pop(0)
        return found


def batch_features(
    transactions: Iterable[Transaction],
) -> Iterator[tuple[Transaction, TransactionFeatures]]:
    """Yield every transaction with its features: the offline side."""
    histories: dict[str, list[Transaction]] = {}
    ordered = sorted(transactions)
    for transaction in ordered:
        histories.setdefault(transaction.user, []).append(transaction)
    for transaction in ordered:
        yield transaction, window_features(histories[transaction.user], transaction.at)
