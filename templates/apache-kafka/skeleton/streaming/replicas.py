"""Two services that follow the shop's changes: a search index and a cache.

Each remembers the ``lsn`` it has applied for a key and ignores what is not newer, so
that a change that comes twice, or late, never brings an old value back.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from confluent_kafka import Message

Row = Mapping[str, Any]


def read_change(message: Message) -> tuple[int, int, Row | None] | None:
    """Return id, lsn and the new row of a change; ``None`` for a tombstone."""
    key, value = message.key(), message.value()
    if key is None or value is None:
        return None
    change = json.loads(value)
    identity = json.loads(key)
    # Debezium wraps both when it is told to send schemas along.
    change, identity = change.get("payload", change), identity.get("payload", identity)
    return identity["id"], change["source"]["lsn"] or 0, change["after"]


class SearchIndex:
    """Finds products by the words of their names.

    Args:
        database: The index's own file; it is made when there is none.
    """

    def __init__(self, database: Path) -> None:
        self._connection = sqlite3.connect(database, isolation_level=None)
        self._connection.executescript(
            "pragma journal_mode = wal; pragma busy_timeout = 5000;"
            "create table if not exists applied (id integer primary key, lsn integer);"
            "create virtual table if not exists names using fts5(name);"
        )

    def handle(self, message: Message) -> None:
        """Apply a change."""
        change = read_change(message)
        if change is None:
            return
        product, lsn, row = change
        with self._connection:
            self._connection.execute("begin immediate")
            if self._is_new(product, lsn):
                self._connection.execute("delete from names where rowid = ?", (product,))
                if row is not None:
                    self._connection.execute(
                        "insert into names (rowid, name) values (?, ?)", (product, row["name"])
                    )

    def _is_new(self, product: int, lsn: int) -> bool:
        changed = self._connection.execute(
            "insert into applied values (?, ?) on conflict do update set lsn = excluded.lsn "
            "where excluded.lsn > lsn",
            (product, lsn),
        )
        return changed.rowcount > 0

    def search(self, word: str) -> list[int]:
        """Return the ids of the products whose name has a word."""
        quoted = '"' + word.replace('"', '""') + '"'
        query = "select rowid from names where names match ? order by rowid"
        return [row[0] for row in self._connection.execute(query, (quoted,))]

    def name(self, product: int) -> str | None:
        """Return a product's name; ``None`` when it is not in the index."""
        query = "select name from names where rowid = ?"
        found = self._connection.execute(query, (product,)).fetchone()
        return found[0] if found else None

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()


class PriceCache:
    """Answers from memory, and asks the database for what it does not have.

    Args:
        load: Asks the database for a price.
    """

    def __init__(self, load: Callable[[int], int | None]) -> None:
        self._load = load
        self._prices: dict[int, int | None] = {}
        self._applied: dict[int, int] = {}
        self.misses = 0

    def price(self, product: int) -> int | None:
        """Return a product's price; ``None`` when there is no such product."""
        if product not in self._prices:
            self.misses += 1
            self._prices[product] = self._load(product)
        return self._prices[product]

    def handle(self, message: Message) -> None:
        """Forget what a change made wrong."""
        change = read_change(message)
        if change is not None:
            product, lsn, _row = change
            if lsn > self._applied.get(product, -1):
                self._applied[product] = lsn
                self._prices.pop(product, None)
