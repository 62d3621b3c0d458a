"""Both use cases, from end to end: ``make run``."""

from __future__ import annotations

import contextlib
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
import uuid
from functools import partial
from pathlib import Path

from confluent_kafka import Message

from streaming import activity, capture, messages
from streaming.activity import KINDS, Activity
from streaming.broker import BrokerError, cluster
from streaming.consumer import Subscription
from streaming.producer import Sender
from streaming.replicas import PriceCache, SearchIndex
from streaming.settings import Settings, load_settings
from streaming.shop import open_shop
from streaming.systems import SYSTEMS, RealtimeAnalytics

_HERE = Path(__file__).parent
#: On a cluster that lives longer than this story, its topics are its own.
_RUN = f"-{uuid.uuid4().hex[:8]}" if os.environ.get("KAFKA_BOOTSTRAP_SERVERS") else ""
_ACTIVITY = activity.TOPIC + _RUN
_CHANGES_OF_SHOP = capture.TOPIC + _RUN
_EVENTS = 3_000
_SEED = 20
#: Three products added, one changed, one deleted, and the tombstone of that one.
_MESSAGES = 6
#: Seconds after which something is wrong.
_PATIENCE = 60


def track_activity(address: str, folder: Path, settings: Settings) -> tuple[bool, str]:
    """Send what users do; three systems read it, one of them with a break."""
    dice = random.Random(_SEED)  # noqa: S311 - the same story every time
    events = [
        Activity(f"user-{dice.randrange(50)}", dice.choice(KINDS), f"/p/{dice.randrange(20)}", n)
        for n in range(_EVENTS)
    ]
    first, second = events[: _EVENTS // 2], events[_EVENTS // 2 :]
    *others, late = SYSTEMS
    _send(address, first)
    print(messages.DEMO_SENT.format(count=len(first), topic=_ACTIVITY))
    _run(address, folder, [*others, late], len(first))
    print(messages.DEMO_STOPPED.format(system=late))
    _send(address, second)
    _run(address, folder, others, _EVENTS)
    missing = _EVENTS - _count(folder, late)
    print(messages.DEMO_BEHIND.format(system=late, missing=missing))
    _run(address, folder, [late], _EVENTS)
    counts = {name: _count(folder, name) for name in SYSTEMS}
    for name, count in counts.items():
        print(messages.DEMO_COUNT.format(system=name, count=count))
    replayed = _replay(address, folder / "replay.db", settings)
    print(messages.DEMO_REPLAYED.format(count=replayed))
    is_whole = set(counts.values()) == {replayed} == {_EVENTS} and missing == len(second)
    fact = messages.DEMO_TRACKED.format(count=_EVENTS, system=late, missing=missing)
    return is_whole, fact


def _send(address: str, events: list[Activity]) -> None:
    with Sender(address) as sender:
        for event in events:
            sender.send(_ACTIVITY, event.user, event.to_json())


def _run(address: str, folder: Path, names: list[str], until: int) -> None:
    """Run systems, each in a process of its own, until they have so many events."""
    command = [sys.executable, "-m", "streaming", "--bootstrap", address]
    command += ["--topic", _ACTIVITY, "--until", str(until)]
    running = [
        subprocess.Popen([*command, "--database", str(folder / f"{name}.db"), name], cwd=_HERE)
        for name in names
    ]
    try:
        for process in running:
            process.wait(_PATIENCE)
    finally:
        for process in running:
            process.kill()
            process.wait()


def _count(folder: Path, name: str) -> int:
    system = SYSTEMS[name](folder / f"{name}.db")
    try:
        return system.count()
    finally:
        system.close()


def _replay(address: str, database: Path, settings: Settings) -> int:
    """Read everything again from the beginning, as a new group, and return how much it was."""
    system = RealtimeAnalytics(database)
    reading = Subscription(address, "replay", _ACTIVITY, settings.commit_every)
    limit = time.monotonic() + _PATIENCE
    reading.consume(system.handle, lambda: system.count() >= _EVENTS or time.monotonic() > limit)
    found = system.count()
    system.close()
    return found


def follow_changes(address: str, folder: Path, settings: Settings) -> tuple[bool, str]:
    """Change the shop's database; the index and the cache follow."""
    shop = open_shop(folder / "shop.db")
    shop.executemany("insert into product values (?, ?, ?)", messages.PRODUCTS)
    cache = PriceCache(lambda product: _price(folder / "shop.db", product))
    index = SearchIndex(folder / "index.db")
    before = cache.price(1)
    shop.execute("update product set price = price + 500 where id = 1")
    stale = cache.price(1)
    shop.execute("delete from product where id = 2")
    with contextlib.suppress(sqlite3.IntegrityError), shop:
        shop.execute("begin")
        shop.execute("insert into product values (9, ?, 1)", (messages.GHOST,))
        shop.execute("insert into product values (9, ?, 1)", (messages.GHOST,))
    print(messages.DEMO_CHANGED.format(before=before, stale=stale))
    with Sender(address) as sender:
        sent = capture.relay(shop, sender, _CHANGES_OF_SHOP)
    print(messages.DEMO_RELAYED.format(count=sent, topic=_CHANGES_OF_SHOP))
    shop.close()
    _follow(address, index, cache, settings)
    after = cache.price(1)
    print(messages.DEMO_FOLLOWED.format(after=after))
    words = [messages.FOUND, messages.DELETED, messages.GHOST]
    hits = [index.search(word) for word in words]
    index.close()
    for word, hit in zip(words, hits, strict=True):
        print(messages.DEMO_SEARCHED.format(word=word, hit=hit))
    is_right = hits == [[1], [], []] and before == stale and after == (before or 0) + 500
    fact = messages.DEMO_CAPTURED.format(count=sent, stale=stale, after=after)
    return is_right, fact


def _price(database: Path, product: int) -> int | None:
    with contextlib.closing(sqlite3.connect(database)) as connection:
        found = connection.execute("select price from product where id = ?", (product,)).fetchone()
    return found[0] if found else None


def _follow(address: str, index: SearchIndex, cache: PriceCache, settings: Settings) -> None:
    """Let both services read all there is; changes of different products come in any order."""
    limit = time.monotonic() + _PATIENCE
    for group, service in (("search-indexer", index), ("cache-invalidator", cache)):
        read: list[Message] = []
        reading = Subscription(address, group, _CHANGES_OF_SHOP, settings.commit_every)
        reading.consume(
            partial(_take, service, read),
            lambda read=read: len(read) >= _MESSAGES or time.monotonic() > limit,  # type: ignore[misc]
        )


def _take(service: SearchIndex | PriceCache, read: list[Message], message: Message) -> None:
    service.handle(message)
    read.append(message)


def main() -> int:
    """Play both use cases and return 0 when both showed what they should."""
    settings = load_settings()
    topics = dict.fromkeys((_ACTIVITY, _CHANGES_OF_SHOP), settings.partitions)
    try:
        with tempfile.TemporaryDirectory() as name, cluster(topics) as address:
            print(messages.DEMO_CLUSTER.format(address=address, partitions=settings.partitions))
            results = [
                track_activity(address, Path(name), settings),
                follow_changes(address, Path(name), settings),
            ]
    except BrokerError as error:
        sys.exit(str(error))
    for number, (is_ok, fact) in enumerate(results, 1):
        verdict = "OK" if is_ok else "FAILED"
        print(f"[{number}/2] {verdict} {messages.USE_CASES[number - 1]}: {fact}")
    return 0 if all(is_ok for is_ok, _ in results) else 1


if __name__ == "__main__":
    sys.exit(main())
