"""The thread that looks for events of tasks, for everybody who waits for some."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from portal.scaffolder.tasks.model import tables as t
from portal.scaffolder.tasks.model.task import COMPLETION
from portal.scaffolder.tasks.serving.feed import Watch
from tests.task_bench import Bench
from tests.task_bench import template


@pytest.fixture
def bench(shared_database: sa.Engine, tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(shared_database, tmp_path)
    bench.templates = [template("t", "- {id: a, action: debug:log}")]
    yield bench
    with shared_database.begin() as connection:
        for table in t.METADATA.sorted_tables:
            connection.execute(sa.delete(table))


def test_whatever_fails_while_looking_is_told_once_and_events_arrive_afterwards(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    task_id = bench.ask("t")
    failures = 0
    failed_often = threading.Event()

    def fail(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        nonlocal failures
        if threading.current_thread().name == "events" and "max(" in statement:
            failures += 1
            if failures == 3:
                failed_often.set()
            raise RuntimeError("no database error at all")

    watch = bench.feed.enter(task_id, 0)
    event.listen(bench.database, "before_cursor_execute", fail)
    try:
        assert failed_often.wait(20)
    finally:
        event.remove(bench.database, "before_cursor_execute", fail)
    bench.go_on()
    kinds: list[str] = []
    while COMPLETION not in kinds:
        arrived = bench.feed.wait(watch, 20)
        assert arrived
        kinds += [one.type for one in arrived]
    bench.feed.leave(watch)

    told = [record.getMessage() for record in caplog.records]
    assert told == ["cannot look for events of tasks: RuntimeError: no database error at all"]


def test_what_arrives_while_a_client_comes_hides_nothing_from_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    task_id = bench.ask("t")
    bench.go_on()
    stored = bench.feed.events(task_id, 0)
    assert len(stored) > 2
    fill = bench.feed._fill

    def while_others_are_told(watch: Watch) -> None:
        bench.feed._hand_on(stored[-1:])
        fill(watch)

    monkeypatch.setattr(bench.feed, "_fill", while_others_are_told)
    watch = bench.feed.enter(task_id, 0)
    assert bench.feed.wait(watch, 20) == stored
    bench.feed.leave(watch)
