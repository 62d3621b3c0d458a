"""A run: steps in order, what happens after one failed, and how cancelling ends it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from portal.kernel.database import open_database
from portal.kernel.errors import ConflictError
from portal.scaffolder.running.action import Action
from portal.scaffolder.running.action import ActionResult
from portal.scaffolder.tasks.running.task_journal import TaskJournal
from portal.scaffolder.workspace.tree import File
from tests.task_bench import Bench
from tests.task_bench import PinnedTree
from tests.task_bench import action
from tests.task_bench import template

FAILING = """
- {id: one, name: One, action: debug:log, input: {message: one}}
- {id: bad, name: Bad, action: fs:delete, input: {files: notarray}}
- {id: after, name: After, action: debug:log, input: {message: after}}
- {id: on, name: On, if: "${{ failure() }}", action: debug:log, input: {message: on}}
- {id: al, name: Al, if: "${{ always() }}", action: debug:log, input: {message: al}}
"""
REASON = "Invalid input passed to action fs:delete, instance.files is not of a type(s) array"


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.Engine]:
    engine = open_database(f"sqlite:///{tmp_path_factory.mktemp('runner') / 'test.db'}")
    yield engine
    engine.dispose()


@pytest.fixture
def bench(sqlite: sa.Engine, tmp_path: Path) -> Bench:
    return Bench(sqlite, tmp_path)


def with_steps(bench: Bench, steps: str, *actions: Action, **spec: Any) -> Bench:
    bench.templates.append(template("t", steps, **spec))
    bench.actions |= {one.id: one for one in actions}
    return bench


def statuses(bench: Bench, task: str) -> list[tuple[str, str]]:
    """Return each step's status events, in their order."""
    return [(e["stepId"], e["status"]) for e in bench.events(task) if "status" in e]


# --- failing -------------------------------------------------------------------


def test_after_a_failure_only_steps_that_ask_for_it_run(bench: Bench) -> None:
    task = with_steps(bench, FAILING).run("t")
    assert statuses(bench, task) == [
        ("one", "processing"),
        ("one", "completed"),
        ("bad", "processing"),
        ("bad", "failed"),
        ("after", "skipped"),
        ("on", "processing"),
        ("on", "completed"),
        ("al", "processing"),
        ("al", "completed"),
    ]
    assert "Skipping step after because a previous step failed" in bench.messages(task)


def test_the_task_ends_with_the_first_error(bench: Bench) -> None:
    task = with_steps(bench, FAILING).run("t")
    assert bench.status(task) == "failed"
    assert bench.events(task)[-1] == {
        "type": "completion",
        "message": "Run completed with status: failed",
        "error": {"name": "InputError", "message": REASON},
    }


def test_a_failed_step_tells_its_error_and_no_stack(bench: Bench) -> None:
    task = with_steps(bench, FAILING).run("t")
    [told] = [e["message"] for e in bench.events(task) if e.get("status") == "failed"]
    assert told == f"InputError: {REASON}"


def test_without_a_failure_nothing_waits_for_one(bench: Bench) -> None:
    steps = """
- {id: on, name: On, if: "${{ failure() }}", action: debug:log, input: {message: on}}
- {id: al, name: Al, if: "${{ always() }}", action: debug:log, input: {message: al}}
"""
    task = with_steps(bench, steps).run("t")
    assert dict(statuses(bench, task)) == {"on": "skipped", "al": "completed"}
    assert bench.status(task) == "completed"


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ("${{ failure() and parameters.flag }}", "skipped"),
        ("${{ parameters.flag and failure() }}", "skipped"),
        ("${{ true }}", "skipped"),
        ("${{ not failure() }}", "skipped"),
        ("${{ failure() or parameters.flag }}", "completed"),
    ],
)
def test_whether_a_step_runs_after_a_failure_is_what_its_condition_calls_and_comes_to(
    bench: Bench, condition: str, status: str
) -> None:
    steps = f"""
- {{id: bad, action: fs:delete, input: {{files: notarray}}}}
- {{id: x, if: "{condition}", action: debug:log, input: {{message: x}}}}
"""
    task = with_steps(bench, steps).run("t", flag=False)
    assert dict(statuses(bench, task))["x"] == status


def test_a_second_error_is_told_and_not_the_tasks(bench: Bench) -> None:
    def fail(_context: Any) -> None:
        raise ConflictError("the second")

    steps = """
- {id: bad, action: fs:delete, input: {files: notarray}}
- {id: two, name: Two, if: "${{ always() }}", action: test:fail, input: {}}
"""
    task = with_steps(bench, steps, action("test:fail", fail)).run("t")
    assert "Additional error occurred: the second" in bench.messages(task)
    assert bench.events(task)[-1]["error"]["message"] == REASON


def test_a_failed_step_leaves_the_files_as_they_were(bench: Bench) -> None:
    def fail(_context: Any) -> None:
        raise ConflictError("no")

    def write(context: Any) -> ActionResult:
        return ActionResult({**context.tree, "a": File(b"A")})

    steps = """
- {action: test:write}
- {action: test:fail}
"""
    bench = with_steps(bench, steps, action("test:fail", fail), action("test:write", write))
    task = bench.run("t")
    assert sorted(bench.tasks.files(task)) == [".portal/provenance.yaml", "a"]


def test_what_nobody_foresaw_is_told_without_its_words(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_context: Any) -> None:
        raise RuntimeError("/srv/secret/path")

    task = with_steps(bench, "- {action: test:fail}", action("test:fail", fail)).run("t")
    error = bench.events(task)[-1]["error"]
    assert error["message"].startswith("An internal error occurred logId=")
    assert error["message"].rpartition("=")[2] in caplog.text
    assert "/srv/secret" not in str(bench.events(task))


def test_the_operators_tokens_are_in_no_log(bench: Bench) -> None:
    bench.settings, bench.env = {"host_tokens": {"git.test": "TOK"}}, {"TOK": "0perators-token"}

    def tell(context: Any) -> None:
        context.log("The forge says: 0perators-token")

    task = with_steps(bench, "- {action: test:tell}", action("test:tell", tell)).run("t")
    assert any("The forge says: ***" in message for message in bench.messages(task))
    assert "0perators-token" not in bench.dump()


@pytest.mark.parametrize("kind", [ConflictError, RuntimeError])
def test_an_error_outside_of_steps_tells_no_secret(
    bench: Bench, caplog: pytest.LogCaptureFixture, kind: type[Exception]
) -> None:
    class Odd(PinnedTree):
        @property
        def commit(self) -> str:
            raise kind("the remote says: s3cr3t-token")

        @commit.setter
        def commit(self, _value: str) -> None: ...

    bench.templates.append(template("t", "- {action: debug:log}"))
    task_id = bench.ask("t", secrets={"t": "s3cr3t-token"})
    bench.execution._open_files = lambda _entity, _commit: Odd({})
    bench.go_on()
    assert bench.status(task_id) == "failed"
    assert "s3cr3t" not in bench.dump()
    assert "s3cr3t" not in caplog.text


def test_an_action_that_is_not_there_fails_its_step(bench: Bench) -> None:
    task = with_steps(bench, "- {id: x, action: no:such}").run("t")
    assert bench.events(task)[-1]["error"]["name"] == "NotFoundError"
    assert "'no:such' is not registered" in bench.events(task)[-1]["error"]["message"]


def test_a_step_whose_output_cannot_be_kept_fails_the_task(bench: Bench) -> None:
    deep: Any = "x"
    for _ in range(3000):
        deep = [deep]
    task = with_steps(bench, "- {id: a, action: test:deep}", output={"x": "${{ 1 }}"})
    task.actions["test:deep"] = action("test:deep", lambda _c: {"deep": deep})
    assert task.status(task.run("t")) == "failed"


# --- outputs ---------------------------------------------------------------------


def test_steps_see_what_earlier_ones_returned(bench: Bench) -> None:
    steps = """
- {id: a, action: test:give}
- {id: b, action: debug:log, input: {message: "got ${{ steps.a.output.x }}"}}
"""
    bench = with_steps(bench, steps, action("test:give", lambda _c: {"x": [1, 2]}))
    assert "got 1,2" in bench.messages(bench.run("t"))


def test_a_repeated_step_returns_arrays(bench: Bench) -> None:
    steps = """
- id: a
  each: [3, 4]
  action: test:double
  input: {n: "${{ each.value }}"}
"""
    double = action("test:double", lambda c: {"twice": 2 * c.input["n"]})
    bench = with_steps(bench, steps, double, output={"x": "${{ steps.a.output.twice }}"})
    assert bench.events(bench.run("t"))[-1]["output"] == {"x": [6, 8]}


def test_waiting_for_others_takes_nothing_from_the_time_for_rendering(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.scaffolder.running.step_run._SECONDS", 0.3)
    loop = "{% for i in range(500) %}x{% endfor %}"
    steps = f"""
- {{action: debug:wait, input: {{milliseconds: 400}}}}
- {{action: debug:log, input: {{message: "{loop}"}}}}
"""
    assert "x" * 500 in bench.messages(with_steps(bench, steps).run("t"))


# --- cancelling --------------------------------------------------------------------


def test_a_cancelled_step_fails_when_it_is_over(bench: Bench) -> None:
    steps = """
- {id: w, name: Wait, action: test:cancel}
- {id: l, name: Later, action: debug:log, input: {message: x}}
- {id: al, name: Al, if: "${{ always() }}", action: debug:log, input: {message: al}}
"""
    journals: list[TaskJournal] = []

    def cancel(context: Any) -> None:
        bench.tasks.cancel(context.task.id)
        journals[0].cancel()  # what the heart of a pool does

    task = with_steps(bench, steps, action("test:cancel", cancel)).ask("t")
    claim = bench.broker().claim()
    assert claim is not None
    journals.append(bench.execution.journal(claim))
    bench.execution.run(claim, journals[0])
    has = f"Step {{}} of task {task} has been cancelled."
    assert bench.events(task)[2:] == [
        {
            "type": "cancelled",
            "message": "Step w has been cancelled.",
            "stepId": "w",
            "status": "cancelled",
        },
        {
            "type": "log",
            "message": f"Error: {has.format('w (Wait)')}",
            "stepId": "w",
            "status": "failed",
        },
        {
            "type": "log",
            "message": "Skipping step l because a previous step failed",
            "stepId": "l",
            "status": "skipped",
        },
        {"type": "log", "message": "Beginning step Al", "stepId": "al", "status": "processing"},
        {
            "type": "log",
            "message": f"Additional error occurred: {has.format('al (Al)')}",
            "stepId": "al",
            "status": "failed",
        },
        {
            "type": "completion",
            "message": "Run completed with status: failed",
            "error": {"name": "Error", "message": has.format("w (Wait)")},
        },
    ]


def test_a_task_that_is_cancelled_while_it_waits_does_nothing(bench: Bench) -> None:
    calls: list[int] = []
    counting = action("test:count", lambda _c: calls.append(1))
    task = with_steps(bench, "- {id: a, action: test:count}", counting).ask("t")
    bench.tasks.cancel(task)
    bench.go_on()
    assert bench.status(task) == "failed"
    assert calls == []
    assert bench.events(task)[-1]["error"]["message"].endswith("has been cancelled.")
