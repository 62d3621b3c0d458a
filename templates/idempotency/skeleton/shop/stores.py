"""Where records are kept: in the database (SQLite or PostgreSQL), or in Redis."""

import base64
import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Protocol, TypeVar

from redis import Redis
from redis.client import Pipeline

from shop.clock import Clock
from shop.database import Database
from shop.idempotency import Answer, Record
from shop.settings import SAME, Settings

T = TypeVar("T")
PURGE_SECONDS = 60.0

# Takes the record of a key as it is, says what it becomes, and whatever the caller wants to know.
Change = Callable[[Record | None], tuple[Record | None, T]]


class Store(Protocol):
    """Keeps a record for each key."""

    def change(self, name: str, change: Change[T]) -> T:
        """Read a record, change it and write it, as if nobody else was there meanwhile."""


class DatabaseStore:
    """Records in a table, next to the data of the shop."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._purge_at = 0.0

    def change(self, name: str, change: Change[T]) -> T:
        """Read a record, change it and write it, as if nobody else was there meanwhile."""
        with self._database.transaction() as execute:
            # Makes sure that there is a row, and locks it: who comes second waits here.
            row = execute(
                "INSERT INTO idempotency_keys (name, expires) VALUES (?, 0)"
                " ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING record",
                name,
            ).fetchone()
            record, outcome = change(load(row[0]) if row and row[0] else None)
            if record:
                execute(
                    "UPDATE idempotency_keys SET record = ?, expires = ? WHERE name = ?",
                    dump(record),
                    record.expires,
                    name,
                )
        self._purge()
        return outcome

    def _purge(self) -> None:
        """Remove what has expired, now and then."""
        now = self._clock().timestamp()
        if now >= self._purge_at:
            self._purge_at = now + PURGE_SECONDS
            with self._database.transaction() as execute:
                execute("DELETE FROM idempotency_keys WHERE expires <= ?", now)


class RedisStore:
    """Records in Redis, which removes those that have expired by itself."""

    def __init__(self, client: Redis, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    def change(self, name: str, change: Change[T]) -> T:
        """Read a record, change it and write it, as if nobody else was there meanwhile."""
        key = f"idempotency:{name}"

        outcomes: list[T] = []

        def attempt(pipe: Pipeline) -> None:
            found = pipe.get(key)
            record, outcome = change(load(found) if found else None)
            pipe.multi()
            if record:
                seconds = record.expires - self._clock().timestamp()
                pipe.set(key, dump(record), px=max(1, int(1000 * seconds)))
            outcomes.append(outcome)

        # Watches the key, and begins anew when another has written it before this one did.
        self._client.transaction(attempt, key)
        return outcomes[-1]


def open_store(settings: Settings, database: Database, clock: Clock) -> Store:
    """Return the store that the settings name."""
    if settings.store == SAME:
        return DatabaseStore(database, clock)
    return RedisStore(Redis.from_url(settings.store, socket_timeout=5), clock)


def dump(record: Record) -> str:
    """Return the record as JSON."""
    fields = asdict(record)
    if record.answer:
        fields["answer"]["body"] = base64.b64encode(record.answer.body).decode()
    return json.dumps(fields)


def load(text: str | bytes) -> Record:
    """Return the record that was dumped."""
    fields = json.loads(text)
    answer = fields.pop("answer")
    if answer is None:
        return Record(**fields)
    headers = tuple((name, value) for name, value in answer["headers"])
    body = base64.b64decode(answer["body"])
    return Record(**fields, answer=Answer(answer["status"], headers, body))
