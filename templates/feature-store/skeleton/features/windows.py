"""The features of a user's transactions: one function, for batch and for stream.

Training reads years of history, serving sees one transaction at a time. When each
computes its features in its own way, the model is served something it never
learned from (training-serving skew). Both call ``window_features``.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from features.log import EventLog

TRANSACTIONS = "transactions"
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
    """Transactions as they come, and the features of each: the online side.

    Args:
        log: Where the transactions are kept. The process may end at any moment, and others
            take in transactions of the same users.
    """

    def __init__(self, log: EventLog) -> None:
        self._log = log

    def take(self, transaction: Transaction) -> TransactionFeatures:
        """Return the features right before a transaction, and remember it.

        A late one is put where it belongs, so that the next features count it.
        """
        event = (transaction.at, repr(transaction.amount))
        kept = self._log.add(TRANSACTIONS, transaction.user, event, 2 * _DAY)
        history = [Transaction(at, transaction.user, float(amount)) for at, amount in kept]
        return window_features(history, transaction.at)


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
