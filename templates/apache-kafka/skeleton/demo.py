"""Both use cases, from end to end: ``make run``."""

from __future__ import annotations

import contextlib
import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from streaming import activity, capture, messages
from streaming.activity import KINDS, Activity
from streaming.broker import BrokerError, cluster
from streaming.consumer import Subscription
from streaming.producer import Sender
from streaming.replicas import SearchIndex
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
_FOLLOWERS = ("search-indexer", "cache-invalidator")
#: Three products added, one changed, one deleted.
_CHANGES = 5
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


def follow_changes(address: str, folder: Path) -> tuple[bool, str]:
    """Change the shop's database; relay, index and cache follow, each in a process of its own."""
    shop = open_shop(folder / "shop.db")
    with _followers(address, folder) as told:
        shop.executemany("insert into product values (?, ?, ?)", messages.PRODUCTS)
        _wait(lambda: all(len(_lines(path)) >= len(messages.PRODUCTS) for path in told))
        shop.execute("update product set price = price + 500 where id = 1")
        shop.execute("delete from product where id = 2")
        with contextlib.suppress(sqlite3.IntegrityError), shop:
            shop.execute("begin")
            shop.execute("insert into product values (9, ?, 1)", (messages.GHOST,))
            shop.execute("insert into product values (9, ?, 1)", (messages.GHOST,))
        _wait(lambda: all(len(_lines(path)) >= _CHANGES for path in told))
        lines = [line for path in told for line in _lines(path)]
    shop.close()
    price = [line for line in lines if line["product"] == 1 and isinstance(line["after"], int)][-1]
    before, after = price["before"], price["after"]
    late = max(line["late_ms"] for line in lines)
    print(messages.DEMO_CHANGED.format(before=before))
    print(messages.DEMO_FOLLOWED.format(after=after))
    index = SearchIndex(folder / "index.db")
    words = [messages.FOUND, messages.DELETED, messages.GHOST]
    hits = [index.search(word) for word in words]
    index.close()
    for word, hit in zip(words, hits, strict=True):
        print(messages.DEMO_SEARCHED.format(word=word, hit=hit))
    print(messages.DEMO_LATE.format(late=late))
    is_right = hits == [[1], [], []] and after == before + 500 and len(lines) == 2 * _CHANGES
    fact = messages.DEMO_CAPTURED.format(count=_CHANGES, before=before, after=after, late=late)
    return is_right, fact


@contextlib.contextmanager
def _followers(address: str, folder: Path) -> Iterator[list[Path]]:
    """Run relay, index and cache, and give the files in which the last two say what they did."""
    told = [folder / f"{name}.jsonl" for name in _FOLLOWERS]
    common = ["--bootstrap", address, "--topic", _CHANGES_OF_SHOP, "--shop", folder / "shop.db"]
    database = ["--database", folder / "index.db"]
    commands = [
        ["streaming.feed", "relay", *common, "--every", "0.05"],
        *(["streaming.follow", name, *common, *database] for name in _FOLLOWERS),
    ]
    with contextlib.ExitStack() as stack:
        for command, path in zip(commands, [folder / "relay.log", *told], strict=True):
            output = stack.enter_context(path.open("w"))
            line = [sys.executable, "-m", *map(str, command)]
            process = stack.enter_context(subprocess.Popen(line, cwd=_HERE, stdout=output))
            stack.callback(process.terminate)
        print(messages.DEMO_PROCESSES.format(topic=_CHANGES_OF_SHOP))
        yield told


def _lines(path: Path) -> list[dict[str, Any]]:
    """Return the lines that are whole."""
    *whole, _rest = path.read_text().split("\n")
    return [json.loads(line) for line in whole]


def _wait(is_done: Callable[[], bool]) -> None:
    limit = time.monotonic() + _PATIENCE
    while not is_done() and time.monotonic() < limit:
        time.sleep(0.02)


def main() -> int:
    """Play both use cases and return 0 when both showed what they should."""
    settings = load_settings()
    topics = dict.fromkeys((_ACTIVITY, _CHANGES_OF_SHOP), settings.partitions)
    try:
        with tempfile.TemporaryDirectory() as name, cluster(topics) as address:
            print(messages.DEMO_CLUSTER.format(address=address, partitions=settings.partitions))
            results = [
                track_activity(address, Path(name), settings),
                follow_changes(address, Path(name)),
            ]
    except BrokerError as error:
        sys.exit(str(error))
    for number, (is_ok, fact) in enumerate(results, 1):
        verdict = "OK" if is_ok else "FAILED"
        print(f"[{number}/2] {verdict} {messages.USE_CASES[number - 1]}: {fact}")
    return 0 if all(is_ok for is_ok, _ in results) else 1


if __name__ == "__main__":
    sys.exit(main())
