"""Change data capture: what is committed in the database is known everywhere, in order."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from streaming import capture
from streaming.consumer import Subscription
from streaming.producer import DeliveryError, Sender
from streaming.replicas import PriceCache, SearchIndex
from streaming.shop import open_shop

ROOT = Path(__file__).parent.parent


@pytest.fixture
def shop(tmp_path):
    connection = open_shop(tmp_path / "shop.db")
    yield connection
    connection.close()


@pytest.fixture
def follow(address):
    """Let handlers read what a topic has, each as a group of its own."""

    def read(group, handle, count, seconds=60):
        handled = []
        limit = time.monotonic() + seconds

        def keep(message):
            handle(message)
            handled.append(message)

        while len(handled) < count and time.monotonic() < limit:
            # A reader that gets nothing is started again, as whoever runs it would.
            restart = time.monotonic() + 15
            Subscription(address, group, capture.TOPIC, 10).consume(
                keep,
                lambda restart=restart: len(handled) >= count or time.monotonic() > restart,
            )
        assert len(handled) == count
        return [(json.loads(m.key()), m.value() and json.loads(m.value())) for m in handled]

    return read


@pytest.fixture
def relay(address, shop):
    def send():
        with Sender(address) as sender:
            return capture.relay(shop, sender, capture.TOPIC)

    return send


def test_every_change_is_an_event_in_the_envelope_of_debezium(shop, relay, follow):
    shop.execute("insert into product values (1, '녹차', 4000)")
    shop.execute("update product set price = 4500 where id = 1")
    shop.execute("delete from product where id = 1")
    assert relay() == 3
    found = follow("envelopes", lambda _message: None, 4)
    assert {key["id"] for key, _value in found} == {1}
    created, updated, deleted = (value for _key, value in found[:3])
    tea, dearer = ({"id": 1, "name": "녹차", "price": price} for price in (4000, 4500))
    assert [value["op"] for value in (created, updated, deleted)] == ["c", "u", "d"]
    assert (created["before"], created["after"]) == (None, tea)
    assert (updated["before"], updated["after"]) == (tea, dearer)
    assert (deleted["before"], deleted["after"]) == (dearer, None)
    assert created["source"]["lsn"] < updated["source"]["lsn"] < deleted["source"]["lsn"]
    assert abs(created["ts_ms"] / 1000 - time.time()) < 3600
    assert found[3] == ({"id": 1}, None)  # the tombstone


def test_what_is_rolled_back_is_never_told(shop, relay):
    shop.execute("begin")
    shop.execute("insert into product values (1, 'ghost', 1)")
    shop.execute("rollback")
    assert relay() == 0


def test_the_index_and_the_cache_follow(shop, relay, follow, tmp_path):
    index = SearchIndex(tmp_path / "index.db")
    cache = PriceCache(
        lambda key: (
            shop.execute("select price from product where id = ?", (key,)).fetchone() or (None,)
        )[0]
    )
    shop.execute("insert into product values (1, '따뜻한 녹차', 4000), (2, 'cold brew', 5000)")
    assert (cache.price(1), cache.price(2)) == (4000, 5000)
    shop.execute("update product set price = 4500, name = '따뜻한 홍차' where id = 1")
    shop.execute("delete from product where id = 2")
    assert (cache.price(1), cache.price(2)) == (4000, 5000)  # stale
    relay()
    follow("search-indexer", index.handle, 5)
    follow("cache-invalidator", cache.handle, 5)
    assert (index.search("홍차"), index.search("녹차"), index.search("brew")) == ([1], [], [])
    assert (cache.price(1), cache.price(2)) == (4500, None)


def test_only_what_changed_is_asked_for_again(shop, relay, follow):
    cache = PriceCache(lambda key: key * 100)
    assert (cache.price(1), cache.price(2), cache.misses) == (100, 200, 2)
    shop.execute("insert into product values (2, 'tea', 1)")
    relay()
    follow("cache", cache.handle, 1)
    assert (cache.price(1), cache.price(2), cache.misses) == (100, 200, 3)


def test_a_crash_of_the_relay_sends_again_and_changes_nothing(shop, address, follow, tmp_path):
    """The broker has the changes, the outbox was not emptied: they come twice."""
    index = SearchIndex(tmp_path / "index.db")
    shop.execute("insert into product values (1, 'tea', 1)")
    shop.execute("update product set name = 'coffee' where id = 1")
    outbox = shop.execute("select * from outbox").fetchall()
    for _ in range(2):
        with Sender(address) as sender:
            assert capture.relay(shop, sender, capture.TOPIC) == 2
        shop.executemany("insert or ignore into outbox values (?, ?, ?, ?, ?, ?)", outbox)
    names = []

    def handle(message):
        index.handle(message)
        names.append("coffee" if index.search("coffee") else "tea")

    follow("index", handle, 4)
    assert names == ["tea", "coffee", "coffee", "coffee"]  # never back to tea


def test_what_the_broker_did_not_take_stays_in_the_outbox(shop, monkeypatch):
    monkeypatch.setattr("streaming.producer._SECONDS", 0.5)
    shop.execute("insert into product values (1, 'tea', 1)")
    with pytest.raises(DeliveryError):
        capture.relay(shop, Sender("127.0.0.1:1"))
    assert shop.execute("select count(*) from outbox").fetchone() == (1,)


def test_changes_of_one_product_stay_in_order(shop, relay, follow):
    for key in range(1, 6):
        shop.execute("insert into product values (?, 'x', 0)", (key,))
    for price in range(1, 41):
        shop.execute("update product set price = ?", (price,))
    assert relay() == 205
    last: dict[int, int] = {}
    for key, change in follow("order", lambda _message: None, 205):
        assert change["after"]["price"] >= last.get(key["id"], -1)
        last[key["id"]] = change["after"]["price"]
    assert last == dict.fromkeys(range(1, 6), 40)


@pytest.fixture
def processes(address, tmp_path):
    """Start relay, index and cache, each in a process; give what one has told so far."""
    common = ["--bootstrap", address, "--topic", capture.TOPIC]
    common += ["--shop", str(tmp_path / "shop.db")]
    commands = {
        "relay": ["streaming.feed", "relay", *common, "--every", "0.02"],
        **{
            name: ["streaming.follow", name, *common, "--database", str(tmp_path / "index.db")]
            for name in ("search-indexer", "cache-invalidator")
        },
    }
    started = []
    for name, command in commands.items():
        with (tmp_path / name).open("w") as output:
            line = [sys.executable, "-m", *command]
            started.append(subprocess.Popen(line, cwd=ROOT, stdout=output))

    def told(name, count):
        limit = time.monotonic() + 60
        lines = []
        while len(lines) < count and time.monotonic() < limit:
            time.sleep(0.02)
            lines = (tmp_path / name).read_text().splitlines()
        return [json.loads(line) for line in lines]

    yield told
    for process in started:
        process.terminate()
    assert [process.wait(60) for process in started] == [0, 0, 0]


def test_three_processes_follow_the_shop_and_say_how_late_they_are(shop, processes):
    shop.execute("insert into product values (1, 'tea', 4000)")
    followers = ("search-indexer", "cache-invalidator")
    assert [len(processes(name, 1)) for name in followers] == [1, 1]
    began = time.time()
    shop.execute("update product set price = 4500, name = 'coffee' where id = 1")
    names, prices = (processes(name, 2) for name in followers)
    took = (time.time() - began) * 1000
    assert (names[1]["before"], names[1]["after"]) == ("tea", "coffee")
    assert (prices[1]["before"], prices[1]["after"]) == (4000, 4500)  # it was stale until then
    assert all(0 <= line["late_ms"] <= took + 2 for line in (names[1], prices[1]))
