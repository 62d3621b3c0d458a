"""Old tasks: what is removed when, what is not, and what is said of it afterwards."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from portal.kernel.errors import NotFoundError
from portal.scaffolder.running.action import ActionContext
from portal.scaffolder.running.action import ActionResult
from portal.scaffolder.tasks.model import store
from portal.scaffolder.tasks.model import tables as t
from portal.scaffolder.tasks.model.task import now
from portal.scaffolder.tasks.running.retention import Retention
from portal.scaffolder.workspace.tree import File
from portal.scaffolder.workspace.tree import Tree
from tests.task_bench import Bench
from tests.task_bench import action
from tests.task_bench import template

DAY = 86_400_000_000
STEPS = "[{id: a, action: test:write}, {id: b, action: test:bad}]"


@pytest.fixture
def bench(shared_database: sa.Engine, tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(shared_database, tmp_path, retention=Retention(tasks=90, files=7))
    bench.templates = [
        template("t", "- {id: a, action: test:write}"),
        template("f", STEPS),
    ]
    bench.actions["test:write"] = action("test:write", write)
    bench.actions["test:bad"] = action("test:bad", fail)
    yield bench
    with shared_database.begin() as connection:
        for table in t.METADATA.sorted_tables:
            connection.execute(sa.delete(table))


def write(context: ActionContext) -> ActionResult:
    return ActionResult({**context.tree, "made": File(b"x" * 1000)})


def fail(_context: ActionContext) -> None:
    raise NotFoundError("not yet")


def grow_old(bench: Bench, task: str, days: float) -> None:
    """Make everything of a task so many days older."""
    earlier = {name: t.tasks.c[name] - int(days * DAY) for name in ("created_at", "ended_at")}
    with bench.database.begin() as connection:
        connection.execute(sa.update(t.tasks).where(t.tasks.c.id == task).values(earlier))


def tables_with(bench: Bench, task: str) -> set[str]:
    """Return the tables that still know of a task."""
    found = set()
    with bench.database.connect() as connection:
        for name, table in t.METADATA.tables.items():
            column = table.c["task_id" if "task_id" in table.c else "id"]
            if connection.execute(sa.select(column).where(column == task)).first():
                found.add(name)
    return found


def clean(bench: Bench) -> int:
    """Remove all that is old; return how many removals there were."""
    count = 0
    while found := bench.janitor.remove_some():
        count += found
    return count


# --- files -------------------------------------------------------------------------


def test_files_go_before_the_task_does(bench: Bench) -> None:
    task = bench.run("t")
    grow_old(bench, task, 8)
    assert clean(bench) == 1
    assert bench.status(task) == "completed"
    assert bench.messages(task)[-1] == "Run completed with status: completed"
    with pytest.raises(NotFoundError) as refused:
        bench.tasks.files(task)
    assert refused.value.message == (
        f"The files of task {task} are gone; files are removed 7 days after the end "
        "(task_files_retention)"
    )


def test_they_stay_until_then(bench: Bench) -> None:
    task = bench.run("t")
    grow_old(bench, task, 6.9)
    assert clean(bench) == 0
    assert "made" in bench.tasks.files(task)


def test_a_failed_task_without_its_files_starts_over(bench: Bench) -> None:
    seen: list[Tree] = []
    task = bench.run("f")
    grow_old(bench, task, 8)
    assert clean(bench) == 1
    bench.actions["test:bad"] = action("test:bad", lambda context: seen.append(context.tree))
    del bench.execution
    bench.tasks.retry(task, {})
    bench.go_on()
    assert bench.status(task) == "completed"
    assert [list(tree) for tree in seen] == [["made"]]
    assert "made" in bench.tasks.files(task)


def test_the_files_of_a_task_that_is_tried_again_stay(bench: Bench) -> None:
    task = bench.run("f")
    grow_old(bench, task, 8)
    bench.tasks.retry(task, {})
    assert clean(bench) == 0
    assert "task_workspaces" in tables_with(bench, task)


# --- tasks -------------------------------------------------------------------------


def test_nothing_of_an_old_task_is_left(bench: Bench) -> None:
    tasks = [bench.run(name) for name in ("t", "f")]
    young = bench.run("t")
    for task in tasks:
        grow_old(bench, task, 91)
    assert tables_with(bench, tasks[1]) >= {"tasks", "task_events", "task_steps"}
    clean(bench)
    assert [tables_with(bench, task) for task in tasks] == [set(), set()]
    assert "tasks" in tables_with(bench, young)


@pytest.mark.parametrize("status", ["open", "processing"])
def test_what_is_not_over_is_never_removed(bench: Bench, status: str) -> None:
    task = bench.ask("t")
    if status == "processing":
        assert bench.broker().claim()
    grow_old(bench, task, 1000)
    assert clean(bench) == 0
    assert bench.status(task) == status


def test_an_old_task_that_was_tried_again_and_ended_just_now_stays(bench: Bench) -> None:
    task = bench.run("t")
    grow_old(bench, task, 100)
    bench.tasks.retry(task, {})
    bench.go_on()
    assert clean(bench) == 0
    assert "made" in bench.tasks.files(task)


def test_one_that_is_tried_again_at_the_last_moment_stays(bench: Bench) -> None:
    task = bench.run("t")
    grow_old(bench, task, 91)
    before = now() - 90 * DAY
    with bench.database.connect() as connection:
        assert store.ended_before(connection, before, 10) == [task]
    bench.tasks.retry(task, {})
    with bench.database.begin() as connection:
        assert not store.remove_ended(connection, task, before)
        assert not store.lock_ended(connection, task, before)
    assert bench.status(task) == "open"


def test_a_request_that_made_it_can_be_sent_anew(bench: Bench) -> None:
    first = bench.ask("t", key="k")
    bench.go_on()
    grow_old(bench, first, 91)
    clean(bench)
    assert bench.ask("t", key="k") != first


def test_many_are_removed_a_few_at_a_time(bench: Bench) -> None:
    tasks = [bench.run("t") for _ in range(25)]
    for task in tasks:
        grow_old(bench, task, 91)
    assert bench.janitor.remove_some() == 40
    # Five tasks are left, and the files of those whose files were not among the first twenty.
    assert 5 <= clean(bench) <= 10
    assert bench.tasks.totals().by_status == {}


@pytest.mark.parametrize(
    ("retention", "left"),
    [
        (Retention(), {"tasks", "task_events", "task_workspaces"}),
        (Retention(tasks=0, files=7), {"tasks", "task_events", "task_workspaces"}),
        (Retention(tasks=90, files=0), set()),
    ],
)
def test_zero_keeps_for_good(bench: Bench, retention: Retention, left: set[str]) -> None:
    task = bench.run("t")
    grow_old(bench, task, 5000)
    bench.retention = retention
    clean(bench)
    assert tables_with(bench, task) == left
    assert (bench.tasks.totals().file_bytes > 0) is (retention == Retention())


# --- when -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("retention", "seconds"),
    [
        (Retention(90, 7), 600),
        (Retention(0, 0.01), 86.4),
        (Retention(0.00001, 0), 1),
        (Retention(), 600),
    ],
)
def test_the_shorter_it_is_kept_the_more_often_it_is_looked(
    retention: Retention, seconds: float
) -> None:
    assert retention.interval == pytest.approx(seconds)


def test_the_janitor_works_on_until_it_is_told_to_stop(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.scaffolder.tasks.running.retention._PAUSE_SECONDS", 0.01)
    task = bench.run("t")
    grow_old(bench, task, 91)
    is_over = threading.Event()
    working = threading.Thread(target=bench.janitor.run, args=(is_over,))
    working.start()
    end = time.monotonic() + 20
    while tables_with(bench, task) and time.monotonic() < end:
        time.sleep(0.01)
    assert tables_with(bench, task) == set()
    is_over.set()
    working.join(10)
    assert not working.is_alive()


def test_who_keeps_all_needs_none(bench: Bench) -> None:
    bench.retention = Retention()
    bench.janitor.run(threading.Event())
