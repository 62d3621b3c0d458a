"""Three systems that read the same events, each for its own purpose.

Each keeps what it made of an event and the event's id in one transaction of its own
database. An event that comes again after a crash is recognised: at least once on
the wire is exactly once in the result.
"""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path

from confluent_kafka import Message

from streaming.activity import Activity, read_activity


class System(ABC):
    """Keeps something about events, once for each of them.

    Args:
        database: The system's own file; it is made when there is none.
    """

    #: The tables of the system.
    SCHEMA = ""

    def __init__(self, database: Path) -> None:
        self._connection = sqlite3.connect(database, isolation_level=None)
        self._connection.executescript(
            "pragma journal_mode = wal; pragma busy_timeout = 5000;"
            "create table if not exists seen (id text primary key);" + self.SCHEMA
        )

    def handle(self, message: Message) -> None:
        """Take an event in, unless it is in already."""
        value = message.value()
        if value is None:
            return
        event = read_activity(value)
        with self._connection:
            self._connection.execute("begin immediate")
            added = self._connection.execute("insert or ignore into seen values (?)", (event.id,))
            if added.rowcount:
                self._keep(event)

    @abstractmethod
    def _keep(self, event: Activity) -> None:
        """Write what the system makes of an event."""

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """Return what the system knows."""
        return self._connection.execute(query).fetchall()

    def count(self) -> int:
        """Return how many events are in."""
        found: int = self._connection.execute("select count(*) from seen").fetchone()[0]
        return found

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()


class RealtimeAnalytics(System):
    """Counts what happens, by the minute: for the dashboard."""

    SCHEMA = """
        create table if not exists counts
            (minute integer, kind text, n integer, primary key (minute, kind))
    """

    def _keep(self, event: Activity) -> None:
        self._connection.execute(
            "insert into counts values (?, ?, 1) on conflict do update set n = n + 1",
            (int(event.at // 60), event.kind),
        )


class RecommendationTraining(System):
    """Collects who was interested in what: for the next model."""

    SCHEMA = """
        create table if not exists interest
            (user text, target text, weight real, primary key (user, target))
    """
    _WEIGHTS: Mapping[str, float] = {"page_view": 1.0, "click": 3.0, "search": 0.5}

    def _keep(self, event: Activity) -> None:
        self._connection.execute(
            "insert into interest values (?, ?, ?) "
            "on conflict do update set weight = weight + excluded.weight",
            (event.user, event.target, self._WEIGHTS[event.kind]),
        )


class Warehouse(System):
    """Keeps every event as it was: for questions nobody has asked yet."""

    SCHEMA = """
        create table if not exists events
            (id text primary key, user text, kind text, target text, at real)
    """

    def _keep(self, event: Activity) -> None:
        self._connection.execute(
            "insert into events values (?, ?, ?, ?, ?)",
            (event.id, event.user, event.kind, event.target, event.at),
        )


#: Each system is a consumer group of its own, which is all that keeps them apart.
SYSTEMS: Mapping[str, type[System]] = {
    "realtime-analytics": RealtimeAnalytics,
    "recommendation-training": RecommendationTraining,
    "warehouse-etl": Warehouse,
}
