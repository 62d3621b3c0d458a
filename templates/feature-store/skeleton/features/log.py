"""What happened lately, outside of any process: windows survive a restart, workers share them.

Feast keeps the newest value of a feature. The events a window is counted from are kept
here: in a SQLite file, or in the Redis that serves as the online store.
"""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import redis

Event = tuple[datetime, str]
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
#: Seconds a worker waits for another one, and after which one that died is given up.
_PATIENCE = 30.0


class EventLog(Protocol):
    """The events of users, each stream for itself."""

    def turn(self, user: str) -> AbstractContextManager[None]:
        """Let nobody else, in whichever process, work on this user inside the block."""

    def add(self, stream: str, user: str, event: Event, keep: timedelta) -> list[Event]:
        """Keep an event; return all that are kept, in order of time.

        Args:
            stream: Which events.
            user: Whose.
            event: When it happened, and what as text.
            keep: Events that are this much older than the newest are forgotten.
        """


class SqliteLog:
    """Events in a file, for the processes of one machine.

    Args:
        path: The file; it is made when it is not there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with closing(self._open()) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(
                "CREATE TABLE IF NOT EXISTS events (stream TEXT, user TEXT, at INTEGER, what TEXT)"
            )
            connection.execute("CREATE INDEX IF NOT EXISTS by_time ON events (stream, user, at)")

    def _open(self, path: Path | None = None) -> sqlite3.Connection:
        return sqlite3.connect(path or self._path, timeout=_PATIENCE, isolation_level=None)

    @contextmanager
    def turn(self, user: str) -> Iterator[None]:
        """Let one user after another in: a file has one lock, of a file of its own."""
        del user
        with closing(self._open(self._path.with_suffix(".lock"))) as connection:
            connection.execute("BEGIN EXCLUSIVE")
            yield

    def add(self, stream: str, user: str, event: Event, keep: timedelta) -> list[Event]:
        """Keep an event; return all that are kept, in order of time."""
        whose = (stream, user)
        with closing(self._open()) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(
                "INSERT INTO events VALUES (?, ?, ?, ?)", (*whose, _number(event[0]), event[1])
            )
            connection.execute(
                "DELETE FROM events WHERE stream = ?1 AND user = ?2 AND at < ?3 +"
                " (SELECT max(at) FROM events WHERE stream = ?1 AND user = ?2)",
                (*whose, -(keep // _MICROSECOND)),
            )
            found = connection.execute(
                "SELECT at, what FROM events WHERE stream = ? AND user = ? ORDER BY at, what", whose
            ).fetchall()
            connection.execute("COMMIT")
        return [(_moment(at), what) for at, what in found]


class RedisLog:
    """Events in Redis, for any number of machines.

    Args:
        address: redis://host:port[/db]
    """

    def __init__(self, address: str) -> None:
        self._redis = redis.Redis.from_url(address, decode_responses=True)

    @contextmanager
    def turn(self, user: str) -> Iterator[None]:
        """Hold the lock of one user; a worker that died loses it after a while."""
        with self._redis.lock(f"turn:{user}", timeout=_PATIENCE, blocking_timeout=_PATIENCE):
            yield

    def add(self, stream: str, user: str, event: Event, keep: timedelta) -> list[Event]:
        """Keep an event; return all that are kept, in order of time."""
        key = f"events:{stream}:{user}"
        # Two equal events are two; the members of a set have to differ.
        member = json.dumps([event[1], uuid.uuid4().hex], ensure_ascii=False)
        with self._redis.pipeline() as pipe:
            pipe.zadd(key, {member: _number(event[0])})
            pipe.zrange(key, 0, -1, withscores=True)
            found = pipe.execute()[1]
        oldest = int(found[-1][1]) - keep // _MICROSECOND
        self._redis.zremrangebyscore(key, "-inf", f"({oldest}")
        self._redis.pexpire(key, keep * 2)
        return [(_moment(int(at)), json.loads(what)[0]) for what, at in found if at >= oldest]


def _number(moment: datetime) -> int:
    """Return microseconds since 1970, exactly; Redis' numbers hold them until 2255."""
    return (moment - _BEGINNING) // _MICROSECOND


def _moment(number: int) -> datetime:
    return _BEGINNING + number * _MICROSECOND
