"""The limiter: windows are shared, limits are kept, and what it says of waiting is true."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine as Database

from portal.config.quotas import Quota
from portal.kernel.database import open_file
from portal.quotas.limiter import Limiter
from portal.quotas.tables import METADATA
from portal.quotas.window_store import WindowStore

ADA, BOB = "user:default/ada", "user:default/bob"


class Clock:
    """A clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        """Return the seconds since the epoch."""
        return self.now


def process_of(
    database: Database, clock: Clock, by_identity: dict[Quota, int], **in_all: int
) -> Limiter:
    """Return the limiter of one of several processes on a database."""
    of_all = {Quota(name): limit for name, limit in in_all.items()}
    return Limiter(by_identity, of_all, lambda: WindowStore(database, clock), clock)


def test_a_limit_is_of_all_processes_together(database: Database) -> None:
    clock = Clock()
    one, other = (process_of(database, clock, {Quota.TASKS: 3}) for _ in range(2))
    waits = [each.wait(Quota.TASKS, ADA) for each in (one, other, one, other, one)]
    assert waits == [0, 0, 0, 60, 60]


def test_after_the_seconds_that_are_told_requests_pass(database: Database) -> None:
    clock = Clock()
    limiter = process_of(database, clock, {Quota.TASKS: 1})
    assert limiter.wait(Quota.TASKS, ADA) == 0
    clock.now += 20.5
    seconds = limiter.wait(Quota.TASKS, ADA)
    assert seconds == 40
    clock.now += seconds
    assert limiter.wait(Quota.TASKS, ADA) == 0


def test_nobody_is_held_up_by_others_and_no_kind_by_another(database: Database) -> None:
    limiter = process_of(database, Clock(), {Quota.TASKS: 1, Quota.SEARCHES: 1})
    asked = [(Quota.TASKS, ADA), (Quota.TASKS, ADA), (Quota.TASKS, BOB), (Quota.SEARCHES, ADA)]
    assert [limiter.wait(*each) for each in asked] == [0, 60, 0, 0]
    assert limiter.wait(Quota.DRY_RUNS, ADA) == 0


def test_all_together_have_a_limit_too(database: Database) -> None:
    limiter = process_of(database, Clock(), {Quota.TASKS: 2}, tasks=3)
    assert [limiter.wait(Quota.TASKS, who) for who in (ADA, ADA, BOB, BOB)] == [0, 0, 0, 60]


def test_an_ordinary_request_does_not_ask_the_database(database: Database) -> None:
    asked = []
    sa.event.listen(database, "before_cursor_execute", lambda *given: asked.append(given[2]))
    limiter = process_of(database, Clock(), {Quota.REQUESTS: 6_400})
    assert {limiter.wait(Quota.REQUESTS, ADA) for _ in range(6_400)} == {0}
    counted = [statement for statement in asked if statement.startswith("INSERT")]
    assert len(counted) == 64
    assert limiter.wait(Quota.REQUESTS, ADA) == 60
    asked.clear()
    assert {limiter.wait(Quota.REQUESTS, ADA) for _ in range(100)} == {60}
    assert asked == []


def test_windows_that_have_ended_are_removed(database: Database) -> None:
    clock = Clock()
    limiter = process_of(database, clock, {Quota.TASKS: 5})
    for number in range(5):
        limiter.wait(Quota.TASKS, f"user:default/u{number}")
    clock.now += 121
    limiter.wait(Quota.TASKS, ADA)
    with database.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM quota_windows")) == 1


def test_a_store_that_fails_limits_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    without_table = open_file(tmp_path / "quotas.db", 0.1)
    clock = Clock()
    limiter = process_of(without_table, clock, {Quota.TASKS: 1})
    assert [limiter.wait(Quota.TASKS, ADA) for _ in range(3)] == [0, 0, 0]
    assert "requests cannot be counted" in caplog.text
    METADATA.create_all(without_table)
    clock.now += 2
    assert [limiter.wait(Quota.TASKS, ADA) for _ in range(2)] == [0, 60]
