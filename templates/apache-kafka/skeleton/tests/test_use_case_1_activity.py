"""User activity tracking: one log, independent readers, nothing lost or counted twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from confluent_kafka import Producer

from streaming import activity
from streaming.activity import Activity, EventError, read_activity
from streaming.consumer import Subscription
from streaming.producer import DeliveryError, Sender
from streaming.systems import SYSTEMS, RealtimeAnalytics, RecommendationTraining, Warehouse

ROOT = Path(__file__).parent.parent
COMMIT_EVERY = 10
#: A member that died is replaced after this long; a real cluster allows no less than 6.
SESSION = 6.0 if os.environ.get("KAFKA_BOOTSTRAP_SERVERS") else 1.0
#: Seconds after which a reader that gets nothing is started again, as whoever runs it would.
RESTART = 10
#: Seconds after which something is wrong.
PATIENCE = 60


def events(count, users=7):
    return [Activity(f"사용자-{n % users}", "click", f"/상품/{n}", 60.0 * n) for n in range(count)]


def read(address, group, handle, until):
    """Read as a group until something holds; fail when it never does."""
    limit = time.monotonic() + PATIENCE
    while not until() and time.monotonic() < limit:
        restart = time.monotonic() + RESTART
        reading = Subscription(address, group, activity.TOPIC, COMMIT_EVERY, SESSION)
        reading.consume(handle, lambda restart=restart: until() or time.monotonic() > restart)
    assert until()


def read_into(system, address, group, count):
    read(address, group, system.handle, lambda: system.count() >= count)


def test_three_systems_each_get_every_event(address, send, tmp_path):
    send(events(100))
    for group, make in SYSTEMS.items():
        system = make(tmp_path / f"{group}.db")
        read_into(system, address, group, 100)
        assert system.count() == 100


def test_each_system_makes_its_own_of_the_events(address, send, tmp_path):
    send(
        [
            Activity("kim", "click", "/a", 0.0),
            Activity("kim", "page_view", "/a", 30.0),
            Activity("lee", "search", "차", 61.0),
        ]
    )
    made = {}
    for name, make, query in (
        ("r", RealtimeAnalytics, "select minute, kind, n from counts order by 1, 2"),
        ("t", RecommendationTraining, "select user, target, weight from interest order by 1"),
        ("w", Warehouse, "select user, kind, target, at from events order by at"),
    ):
        system = make(tmp_path / f"{name}.db")
        read_into(system, address, name, 3)
        made[name] = system.rows(query)
    assert made["r"] == [(0, "click", 1), (0, "page_view", 1), (1, "search", 1)]
    assert made["t"] == [("kim", "/a", 4.0), ("lee", "차", 0.5)]
    assert made["w"][2] == ("lee", "search", "차", 61.0)


def test_events_of_one_user_stay_in_order(address, send):
    send(events(200))
    seen: dict[str, list[float]] = {}

    def handle(message):
        event = read_activity(message.value())
        seen.setdefault(event.user, []).append(event.at)

    read(address, "order", handle, lambda: sum(map(len, seen.values())) >= 200)
    assert len(seen) == 7
    assert all(times == sorted(times) for times in seen.values())


def test_a_group_that_stopped_goes_on_where_it_was(address, send, tmp_path):
    send(events(50))
    handled = []
    read(address, "resume", handled.append, lambda: len(handled) >= 50)
    send(events(30))
    again = []
    read(address, "resume", again.append, lambda: len(again) >= 30)
    assert len(again) == 30


def test_a_stopped_group_does_not_hold_up_another(address, send, tmp_path):
    send(events(40))
    slow = []
    read(address, "slow", slow.append, lambda: len(slow) >= 5)
    fast = []
    read(address, "fast", fast.append, lambda: len(fast) >= 40)
    assert len(slow) < 40


def test_a_new_group_replays_from_the_beginning(address, send):
    send(events(60))
    for group in ("first", "second"):
        handled = []
        read(address, group, handled.append, lambda handled=handled: len(handled) >= 60)
        assert len(handled) == 60


def test_a_crash_repeats_events_and_the_result_has_each_once(address, send, tmp_path):
    """A process is gone in the middle, without a goodbye; another one takes over."""
    send(events(100))
    database = tmp_path / "warehouse.db"
    crash = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from streaming.consumer import Subscription\n"
        "from streaming.systems import Warehouse\n"
        "system = Warehouse(Path(sys.argv[2]))\n"
        "def handle(message):\n"
        "    system.handle(message)\n"
        "    if system.count() == 25: os._exit(9)\n"
        f"Subscription(sys.argv[1], 'dwh', sys.argv[3], {COMMIT_EVERY}, {SESSION})"
        ".consume(handle, lambda: False)\n"
    )
    command = [sys.executable, "-c", crash, address, str(database), activity.TOPIC]
    assert subprocess.run(command, cwd=ROOT, timeout=60, check=False).returncode == 9

    system = Warehouse(database)
    assert system.count() == 25
    handled = []

    def handle(message):
        handled.append(message)
        system.handle(message)

    read(address, "dwh", handle, lambda: system.count() >= 100)
    again = len(handled) - 75
    assert 0 < again <= COMMIT_EVERY
    assert system.rows("select count(*), count(distinct id) from events") == [(100, 100)]


def test_two_members_of_one_group_share_the_work(address, send, tmp_path, settings):
    if settings.partitions < 2:
        pytest.skip("a topic of one partition cannot be shared")
    databases = [tmp_path / "a.db", tmp_path / "b.db"]
    member = (
        "import sys\n"
        "from pathlib import Path\n"
        "from streaming.consumer import Subscription\n"
        "from streaming.systems import Warehouse\n"
        "system = Warehouse(Path(sys.argv[2]))\n"
        "Subscription(sys.argv[1], 'pair', sys.argv[3], 5).consume(system.handle, lambda: False)\n"
    )
    command = [sys.executable, "-c", member, address]
    systems = [Warehouse(path) for path in databases]
    running = [
        subprocess.Popen([*command, str(path), activity.TOPIC], cwd=ROOT) for path in databases
    ]
    sent = 0
    limit = time.monotonic() + PATIENCE
    try:
        while not all(system.count() for system in systems) and time.monotonic() < limit:
            send(events(40, users=40))
            sent += 40
            time.sleep(0.2)
        while sum(system.count() for system in systems) < sent and time.monotonic() < limit:
            time.sleep(0.1)
    finally:
        for process in running:
            process.kill()
            process.wait()
    ids = [{row[0] for row in system.rows("select id from events")} for system in systems]
    assert all(ids)
    assert len(ids[0] | ids[1]) == sent


def test_a_system_runs_as_a_process_of_its_own(address, send, tmp_path):
    send(events(20))
    database = tmp_path / "var" / "realtime.db"
    command = [sys.executable, "-m", "streaming", "realtime-analytics", "--bootstrap", address]
    command += ["--topic", activity.TOPIC, "--database", str(database), "--until", "20"]
    assert subprocess.run(command, cwd=ROOT, timeout=60, check=False).returncode == 0
    assert RealtimeAnalytics(database).count() == 20


def test_the_systems_as_processes_are_groups_of_their_own(address, send, tmp_path):
    """In one group they would share the events: none would have them all."""
    send(events(60))
    running = []
    for name in SYSTEMS:
        command = [sys.executable, "-m", "streaming", name, "--bootstrap", address]
        command += ["--topic", activity.TOPIC, "--database", str(tmp_path / f"{name}.db")]
        running.append(subprocess.Popen([*command, "--until", "60"], cwd=ROOT))
    try:
        assert [process.wait(PATIENCE) for process in running] == [0] * len(SYSTEMS)
    finally:
        for process in running:
            process.kill()
    assert [make(tmp_path / f"{name}.db").count() for name, make in SYSTEMS.items()] == [60] * 3


def test_the_producer_is_idempotent(address, monkeypatch):
    """The broker gives it a number, by which it recognises what is sent again."""
    states = []

    def keep(text):
        states.append(json.loads(text).get("eos", {}).get("idemp_state"))

    def watched(configuration):
        watching = {"statistics.interval.ms": 50, "stats_cb": keep}
        return Producer({**configuration, **watching})

    monkeypatch.setattr("streaming.producer.Producer", watched)
    sender = Sender(address)
    sender.send(activity.TOPIC, "key", b"value")
    sender.flush()
    limit = time.monotonic() + PATIENCE
    while "Assigned" not in states and time.monotonic() < limit:
        sender._producer.poll(0.1)
    assert "Assigned" in states


def test_what_the_broker_did_not_take_is_an_error(monkeypatch):
    monkeypatch.setattr("streaming.producer._SECONDS", 0.5)
    sender = Sender("127.0.0.1:1")
    sender.send("nowhere", "key", b"value")
    with pytest.raises(DeliveryError, match="1 messages did not arrive"):
        sender.flush()


def test_an_event_survives_the_wire():
    event = Activity("김", "search", "따뜻한 차", 1.5)
    assert read_activity(event.to_json()) == event


@pytest.mark.parametrize("value", [b"", b"[]", b"{}", b'{"kind": "jump"}', "차".encode("cp949")])
def test_what_is_no_event_is_refused(value):
    with pytest.raises(EventError):
        read_activity(value)
