"""What fills the topics, each in a process of its own, as the containers run it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

from confluent_kafka import Consumer

from streaming import activity, capture
from streaming.activity import read_activity
from streaming.broker import create_missing
from streaming.shop import open_shop

ROOT = Path(__file__).parent.parent


def feed(command, address, *arguments):
    line = [sys.executable, "-m", "streaming.feed", command, "--bootstrap", address, *arguments]
    return subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def read(address, topic, count):
    consumer = Consumer(
        {
            "bootstrap.servers": address,
            "group.id": f"test-{topic}",
            "auto.offset.reset": "earliest",
        }
    )
    consumer.subscribe([topic])
    found, until = [], time.monotonic() + 60
    while len(found) < count and time.monotonic() < until:
        message = consumer.poll(0.2)
        if message is not None and message.error() is None:
            found.append(message.value())
    consumer.close()
    return found


def test_users_who_click_are_played_until_enough(address):
    with feed(
        "produce", address, "--topic", activity.TOPIC, "--count", "20", "--every", "0"
    ) as process:
        assert process.wait(60) == 0
    events = [read_activity(value) for value in read(address, activity.TOPIC, 20)]
    assert len({event.id for event in events}) == 20


def test_the_relay_goes_on_sending_changes_and_ends_when_told(address, tmp_path):
    path = tmp_path / "shop.db"
    with feed(
        "relay", address, "--topic", capture.TOPIC, "--shop", str(path), "--every", "0.05"
    ) as process:
        shop = open_shop(path)
        shop.execute("insert into product values (1, 'tea', 100)")
        assert len(read(address, capture.TOPIC, 1)) == 1
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert shop.execute("select count(*) from outbox").fetchone() == (0,)


def test_topics_that_are_there_are_left_alone(address):
    create_missing(address, {activity.TOPIC: 1, capture.TOPIC: 1})
