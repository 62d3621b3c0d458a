"""One follower of the shop's changes in a process of its own.

``python -m streaming.follow search-indexer | cache-invalidator``. For every change it writes a
line of JSON: the product, what it knew before and knows now, and the milliseconds since the
change was made.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import IO, Any

from confluent_kafka import KafkaException, Message

from streaming import messages
from streaming.capture import TOPIC
from streaming.consumer import Subscription
from streaming.replicas import PriceCache, SearchIndex
from streaming.settings import load_settings

#: Applies a change, and says what is known of its product.
Apply = Callable[[Message], None]
Known = Callable[[int], Any]


def search_indexer(given: argparse.Namespace) -> tuple[Apply, Known]:
    """Follow with the search index; what it knows of a product is its name."""
    given.database.parent.mkdir(parents=True, exist_ok=True)
    index = SearchIndex(given.database)
    return index.handle, index.name


def cache_invalidator(given: argparse.Namespace) -> tuple[Apply, Known]:
    """Follow with the cache, which is in this process; what it knows is the price."""
    cache = PriceCache(lambda product: _price(given.shop, product))
    return cache.handle, cache.price


_FOLLOWERS = {"search-indexer": search_indexer, "cache-invalidator": cache_invalidator}


class Follower:
    """Applies changes and tells of each how late it is.

    Args:
        apply: Applies a change.
        known: Returns what is known of a product.
        told: Where the lines go.
    """

    def __init__(self, apply: Apply, known: Known, told: IO[str]) -> None:
        self._apply = apply
        self._known = known
        self._told = told
        self.messages = 0

    def handle(self, message: Message) -> None:
        """Apply a message, and tell of it unless it is a tombstone."""
        value = message.value()
        change = None if value is None else json.loads(value)
        product = None if change is None else (change["after"] or change["before"])["id"]
        before = None if product is None else self._known(product)
        self._apply(message)
        self.messages += 1
        if change is not None and product is not None:
            late = max(0, round(time.time() * 1000 - change["ts_ms"]))
            line = {"product": product, "before": before, "after": self._known(product)}
            self._told.write(json.dumps({**line, "late_ms": late}, ensure_ascii=False) + "\n")
            self._told.flush()


def _price(shop: Path, product: int) -> int | None:
    with contextlib.closing(sqlite3.connect(shop)) as connection:
        found = connection.execute("select price from product where id = ?", (product,)).fetchone()
    return found[0] if found else None


def main() -> int:
    """Follow until told to end, or until so many messages are in."""
    given = _parser().parse_args()
    ended = Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: ended.set())
    follower = Follower(*_FOLLOWERS[given.follower](given), sys.stdout)
    reading = Subscription(
        given.bootstrap, given.follower, given.topic, load_settings().commit_every
    )
    try:
        reading.consume(
            follower.handle, lambda: ended.is_set() or 0 < given.until <= follower.messages
        )
    except KafkaException as error:
        sys.stderr.write(f"{error.args[0].str()}\n")
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m streaming.follow")
    parser.add_argument("follower", choices=_FOLLOWERS, help=messages.HELP_SYSTEM)
    parser.add_argument("--bootstrap", required=True, help=messages.HELP_BOOTSTRAP)
    parser.add_argument("--topic", default=TOPIC, help=messages.HELP_TOPIC)
    parser.add_argument("--shop", type=Path, default=Path("var/shop.db"), help=messages.HELP_SHOP)
    database = Path("var/index.db")
    parser.add_argument("--database", type=Path, default=database, help=messages.HELP_DATABASE)
    parser.add_argument("--until", type=int, default=0, help=messages.HELP_UNTIL)
    return parser


if __name__ == "__main__":
    sys.exit(main())
