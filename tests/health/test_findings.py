"""What an observation means, at each limit."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from portal.health.findings import findings
from portal.health.heartbeats import Heartbeat
from portal.health.heartbeats import Role
from portal.health.observation import Observation

NOW = dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC)


def ago(seconds: float) -> str:
    return (NOW - dt.timedelta(seconds=seconds)).isoformat(timespec="milliseconds")


def process(role: Role, heard: float = 1, worked: float = 1) -> Heartbeat:
    return Heartbeat(role, role, "host", 7, ago(9_000), ago(heard), ago(worked))


GOOD = Observation(
    generation=3,
    indexed=3,
    processes=(process(Role.WEB), process(Role.WORKER), process(Role.TASKS)),
    waiting_since=ago(2),
    read_at=ago(50),
    disk_free=2**40,
    disk_total=2**41,
)


def found(seen: Observation) -> list[tuple[str, str]]:
    return [(each.check, each.since) for each in findings(seen, NOW, 60)]


def test_nothing_is_found_where_all_is_well() -> None:
    assert found(GOOD) == []


def test_nothing_is_expected_of_a_portal_that_begins() -> None:
    assert found(Observation(indexed=0, disk_free=2**40, disk_total=2**41)) == []


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"processes": (process(Role.WORKER, heard=61),)}, ("worker", ago(61))),
        ({"processes": (process(Role.TASKS, heard=61),)}, ("tasks", ago(61))),
        ({"processes": (process(Role.WORKER, worked=601),)}, ("worker", ago(601))),
        ({"processes": (process(Role.TASKS, worked=601),)}, ("tasks", ago(601))),
        ({"unwritable": (ago(61), "the disk is full")}, ("database", ago(61))),
        ({"indexed": -1}, ("index", "")),
        ({"indexed": 2, "behind_since": ago(61)}, ("index", ago(61))),
        ({"are_pages_pending": True}, ("pages", "")),
        ({"waiting_since": ago(601)}, ("tasks", ago(601))),
        ({"read_at": ago(601)}, ("sources", ago(601))),
        ({"disk_free": 2**30 - 1, "disk_total": 2**40}, ("disk", "")),
        ({"disk_free": 4, "disk_total": 100}, ("disk", "")),
    ],
)
def test_each_thing_is_told_since_when(changed: dict[str, object], told: tuple[str, str]) -> None:
    assert found(replace(GOOD, **changed)) == [told]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changed",
    [
        {"processes": (process(Role.WORKER, heard=59, worked=599),)},
        {"processes": (process(Role.WORKER, heard=300), process(Role.WORKER))},
        {"unwritable": (ago(30), "the database is busy with a long write")},
        {"indexed": 2, "behind_since": ago(59)},
        {"disk_free": 6, "disk_total": 100},
    ],
)
def test_what_passes_by_itself_is_not_told(changed: dict[str, object]) -> None:
    assert found(replace(GOOD, **changed)) == []  # type: ignore[arg-type]


def test_the_interval_decides_when_sources_count_as_unread() -> None:
    seen = replace(GOOD, read_at=ago(4 * 3600))
    assert [*findings(seen, NOW, 3600)] == []
