"""Tasks: asked for once, claimed once, gone on with after a crash, tried again, forgotten."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from portal.kernel.errors import ConflictError
from portal.kernel.errors import NotFoundError
from portal.kernel.errors import SourceError
from portal.kernel.processes.presence import Presence
from portal.model.refs import EntityRef
from portal.scaffolder.forms.parameters import ValuesError
from portal.scaffolder.running.action import ActionContext
from portal.scaffolder.running.action import ActionResult
from portal.scaffolder.running.journal import RunAbandonedError
from portal.scaffolder.tasks.model import store
from portal.scaffolder.tasks.model import tables as t
from portal.scaffolder.tasks.model.secret_box import SecretBox
from portal.scaffolder.tasks.running.broker import DatabaseBroker
from portal.scaffolder.tasks.serving.idempotency import ReusedKeyError
from portal.scaffolder.tasks.serving.service import TaskRequest
from portal.scaffolder.workspace.tree import File
from tests.task_bench import Bench
from tests.task_bench import Gate
from tests.task_bench import action
from tests.task_bench import template

REF = EntityRef("template", "default", "t")
SECRET = "s3cr3t-token"


class KilledError(BaseException):
    """Stands for the end of a process: nothing catches it, nothing is put away."""


@pytest.fixture
def bench(shared_database: sa.Engine, tmp_path: Path) -> Iterator[Bench]:
    yield Bench(shared_database, tmp_path)
    with shared_database.begin() as connection:
        for table in t.METADATA.sorted_tables:
            connection.execute(sa.delete(table))


def killed_in(bench: Bench, name: str) -> Any:
    """Return an action that dies with its process the first time."""
    calls: list[Any] = []

    def run(context: ActionContext) -> dict[str, int]:
        calls.append(context)
        if len(calls) == 1:
            raise KilledError
        return {"calls": len(calls)}

    bench.actions[name] = action(name, run)
    return calls


def crash(bench: Bench) -> None:
    """Run the next task in a process that dies, and is known to be dead."""
    broker = bench.broker()
    claim = broker.claim()
    assert claim is not None
    with pytest.raises(KilledError):
        bench.execution.run(claim, bench.execution.journal(claim))
    broker._presence.leave()


# --- asking ----------------------------------------------------------------------


class TestAskedForWithAKey:
    def _ask(self, bench: Bench, key: str = "k", caller: str = "user a", **values: Any) -> str:
        request = TaskRequest(REF, values, {"tok": SECRET})
        return bench.tasks.create(request, caller, key)

    def test_the_same_request_makes_one_task(self, bench: Bench) -> None:
        bench.templates = [template("t", "[]")]
        first = self._ask(bench, a=1)
        assert self._ask(bench, a=1) == first
        assert bench.tasks.get(first).status == "open"
        assert bench.woken == 1

    def test_another_request_with_the_key_is_refused(self, bench: Bench) -> None:
        bench.templates = [template("t", "[]")]
        self._ask(bench, a=1)
        with pytest.raises(ReusedKeyError):
            self._ask(bench, a=2)

    def test_the_keys_of_others_are_others(self, bench: Bench) -> None:
        bench.templates = [template("t", "[]")]
        assert self._ask(bench, a=1) != self._ask(bench, a=2, caller="user b")

    def test_while_the_first_is_at_work_the_second_is_told_so(self, bench: Bench) -> None:
        bench.templates = [template("t", "[]")]
        real, conflicts = bench.scaffolder.user, []

        def slow(ref: str) -> Any:
            with pytest.raises(ConflictError) as refused:
                self._ask(bench, a=1)
            conflicts.append(refused.value)
            return real(ref)

        bench.scaffolder.user = slow  # type: ignore[method-assign]
        self._ask(bench, a=1)
        assert len(conflicts) == 1

    def test_a_refused_request_leaves_its_key_free(self, bench: Bench) -> None:
        needs = {"required": ["a"], "properties": {"a": {"type": "number"}}}
        bench.templates = [template("t", "[]", parameters=needs)]
        with pytest.raises(ValuesError):
            self._ask(bench)
        self._ask(bench, a=1)

    def test_after_a_day_it_is_a_new_request(
        self, bench: Bench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bench.templates = [template("t", "[]")]
        first = self._ask(bench, a=1)
        monkeypatch.setattr("portal.scaffolder.tasks.serving.idempotency._KEPT", -1)
        assert self._ask(bench, a=1) != first

    def test_of_many_at_once_one_makes_a_task(self, bench: Bench) -> None:
        bench.templates = [template("t", "[]")]
        found: list[str] = []

        def ask() -> None:
            try:
                found.append(self._ask(bench, a=1))
            except ConflictError:
                found.append("")

        threads = [threading.Thread(target=ask) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 6
        assert len({one for one in found if one}) == 1


# --- claiming ----------------------------------------------------------------------


class TestClaims:
    def test_the_oldest_task_goes_first(self, bench: Bench) -> None:
        bench.templates = [template("t", "[]")]
        asked = [bench.ask("t") for _ in range(3)]
        broker = bench.broker()
        claims = [broker.claim() for _ in range(4)]
        assert [claim.task.id if claim else None for claim in claims] == [*asked, None]

    def test_of_many_workers_one_gets_a_task(self, bench: Bench) -> None:
        bench.templates = [template("t", "[]")]
        for _ in range(3):
            bench.ask("t")
        brokers = [bench.broker() for _ in range(4)]
        claimed: list[str] = []

        def claim(broker: DatabaseBroker) -> None:
            while found := broker.claim():
                claimed.append(found.task.id)

        threads = [threading.Thread(target=claim, args=(broker,)) for broker in brokers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(claimed) == len(set(claimed)) == 3

    def test_a_task_of_a_live_worker_is_nobody_elses(self, bench: Bench) -> None:
        bench.templates = [template("t", "[]")]
        bench.ask("t")
        first, second = bench.broker(), bench.broker()
        assert first.claim()
        assert not second.has_work()
        assert second.claim() is None

    def test_a_worker_of_this_machine_that_died_is_known_at_once(self, bench: Bench) -> None:
        bench.templates = [template("t", "[]")]
        task = bench.ask("t")
        first, second = bench.broker(), bench.broker()
        assert first.claim()
        first._presence.leave()
        claim = second.claim()
        assert claim is not None
        assert (claim.task.id, claim.task.interruptions) == (task, 1)

    def test_one_elsewhere_that_is_not_heard_of_loses_its_lease(self, bench: Bench) -> None:
        bench.templates = [template("t", "[]")]
        bench.ask("t")
        elsewhere = DatabaseBroker(bench.database, Presence(bench.folder / "elsewhere"))
        assert elsewhere.claim()
        elsewhere._presence.leave()
        patient, impatient = bench.broker(lease_seconds=60), bench.broker(lease_seconds=-1)
        assert patient.claim() is None
        assert impatient.claim() is not None

    def test_a_worker_with_another_key_leaves_tasks_alone(self, bench: Bench) -> None:
        bench.templates = [template("t", "[]")]
        task = bench.ask("t")
        mark = bench.secret_box.mark
        presence = Presence(bench.folder / "elsewhere")
        wrong = DatabaseBroker(bench.database, presence, -1, SecretBox(b"x" * 32).mark)
        right = DatabaseBroker(bench.database, Presence(bench.folder / "right"), -1, mark)
        assert (wrong.has_other_key(), right.has_other_key()) == (True, False)
        assert not wrong.has_work()
        assert wrong.waiting() == []
        assert wrong.claim() is None
        assert wrong.claim_one(task) is None
        first = right.claim_one(task)
        assert first is not None
        assert wrong.claim() is None
        assert wrong.claim_one(task) is None
        again = right.claim_one(task)
        assert again is not None
        assert again.task.interruptions == 1

    def test_a_task_of_an_earlier_version_is_anybodys(self, bench: Bench) -> None:
        bench.templates = [template("t", "[]")]
        bench.ask("t")
        with bench.database.begin() as connection:
            connection.execute(sa.update(t.tasks).values(key_mark=None))
        any_one = DatabaseBroker(bench.database, Presence(bench.folder / "any"), key_mark="0" * 16)
        assert not any_one.has_other_key()
        assert any_one.claim() is not None

    def test_a_task_that_is_named_is_claimed_once(self, bench: Bench) -> None:
        bench.templates = [template("t", "[]")]
        first, second = bench.ask("t"), bench.ask("t")
        broker = bench.broker()
        assert broker.waiting() == [first, second]
        claim = broker.claim_one(second)
        assert claim is not None
        assert claim.task.id == second
        assert broker.claim_one(second) is None
        assert broker.claim_one("of nobody") is None
        assert broker.waiting() == [first]

    def test_one_that_is_heard_of_keeps_it(self, bench: Bench) -> None:
        bench.templates = [template("t", "[]")]
        bench.ask("t")
        first, second = bench.broker(), bench.broker(lease_seconds=0.2)
        claim = first.claim()
        assert claim is not None
        with bench.database.begin() as connection:
            connection.execute(sa.update(t.tasks).values(heartbeat_at=1))
        assert second.has_work()
        first.heartbeat([claim.lease])
        assert second.claim() is None

    def test_who_lost_the_lease_writes_nothing_any_more(self, bench: Bench) -> None:
        bench.templates = [template("t", "- {id: a, action: debug:log, input: {message: x}}")]
        task = bench.ask("t")
        claim = bench.broker().claim()
        assert claim is not None
        slow = bench.execution.journal(claim)
        other = bench.broker(lease_seconds=-1).claim()
        assert other is not None
        with pytest.raises(RunAbandonedError):
            bench.execution.run(claim, slow)
        assert bench.events(task) == []
        bench.execution.run(other, bench.execution.journal(other))
        assert bench.status(task) == "completed"

    def test_it_hears_that_it_lost_it(self, bench: Bench) -> None:
        bench.templates = [template("t", "[]")]
        bench.ask("t")
        first = bench.broker()
        claim = first.claim()
        assert claim is not None
        assert not first.heartbeat([claim.lease]).lost
        assert bench.broker(lease_seconds=-1).claim()
        assert first.heartbeat([claim.lease]).lost == {claim.lease}

    def test_a_task_that_kills_its_worker_again_and_again_is_given_up(self, bench: Bench) -> None:
        def die(_context: ActionContext) -> None:
            raise KilledError

        bench.templates = [template("t", "- {id: a, action: test:die}")]
        bench.actions["test:die"] = action("test:die", die)
        task = bench.ask("t")
        for _ in range(4):
            crash(bench)
        bench.go_on()
        assert bench.status(task) == "failed"
        assert "again and again" in bench.events(task)[-1]["error"]["message"]


# --- going on ------------------------------------------------------------------------

STEPS = """
- {id: a, name: A, action: test:count, input: {}}
- {id: b, name: B, action: test:die, input: {}}
- {id: c, name: C, action: debug:log, input: {message: "a=${{ steps.a.output.n }}", listWorkspace: true}}
"""


def test_a_task_goes_on_soon_after_the_database_was_away(bench: Bench) -> None:
    gate = Gate()
    bench.templates = [template("t", "[{id: a, name: A, action: 'test:gate'}]")]
    bench.actions["test:gate"] = action("test:gate", gate)
    task = bench.ask("t")
    with bench.pool() as pool:
        assert gate.entered.wait(20)
        with bench.database.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE tasks RENAME TO tasks_away")
        gate.opened.set()
        while not pool._unreleased:
            threading.Event().wait(0.01)
        with bench.database.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE tasks_away RENAME TO tasks")
        while pool._unreleased:  # otherwise its lease would run for minutes
            threading.Event().wait(0.01)
        pool.look()
        bench.until(task, "completed")


class TestAfterACrash:
    @pytest.fixture
    def counted(self, bench: Bench) -> list[int]:
        counted: list[int] = []

        def count(context: ActionContext) -> ActionResult:
            counted.append(1)
            return ActionResult({**context.tree, "made": File(b"x", True)}, {"n": len(counted)})

        bench.templates = [template("t", STEPS)]
        bench.actions["test:count"] = action("test:count", count)
        return counted

    def test_steps_that_were_over_are_not_run_again(self, bench: Bench, counted: list[int]) -> None:
        calls = killed_in(bench, "test:die")
        task = bench.ask("t")
        crash(bench)
        assert bench.status(task) == "processing"
        bench.go_on()
        assert bench.status(task) == "completed"
        assert (len(counted), len(calls)) == (1, 2)

    def test_outputs_and_files_are_those_from_before(
        self, bench: Bench, counted: list[int]
    ) -> None:
        calls = killed_in(bench, "test:die")
        task = bench.ask("t")
        crash(bench)
        bench.go_on()
        assert counted == [1]
        assert calls[1].tree == {"made": File(b"x", True)}
        assert "a=1" in bench.messages(task)
        assert "Workspace:\n  - made" in bench.messages(task)

    def test_no_event_is_told_twice_but_the_beginning_of_the_interrupted_step(
        self, bench: Bench, counted: list[int]
    ) -> None:
        killed_in(bench, "test:die")
        task = bench.ask("t")
        crash(bench)
        bench.go_on()
        messages = bench.messages(task)
        assert counted == [1]
        assert {m for m in messages if messages.count(m) > 1} == {"Beginning step B"}
        assert messages.count("Beginning step B") == 2

    def test_what_was_done_once_is_not_done_again(self, bench: Bench) -> None:
        pushed: list[int] = []

        def push() -> dict[str, str]:
            pushed.append(1)
            return {"commit": "c1"}

        def publish(context: ActionContext) -> dict[str, Any]:
            found = context.checkpoint("push", push)
            if len(pushed) == 1 and not died:
                died.append(1)
                raise KilledError
            return {"found": found}

        died: list[int] = []
        steps = '- {id: p, action: test:publish, input: {token: "${{ secrets.tok }}"}}'
        bench.templates = [template("t", steps, output={"x": "${{ steps.p.output.found.commit }}"})]
        bench.actions["test:publish"] = action("test:publish", publish)
        task = bench.ask("t", secrets={"tok": SECRET})
        crash(bench)
        bench.go_on()
        assert pushed == [1]
        assert bench.events(task)[-1]["output"] == {"x": "c1"}

    def test_each_round_of_a_step_has_its_own_checkpoints(self, bench: Bench) -> None:
        done: list[int] = []

        def publish(context: ActionContext) -> dict[str, Any]:
            def push() -> int:
                done.append(context.input["v"])
                return done[-1]

            return {"x": context.checkpoint("push", push)}

        steps = '- {id: p, each: [7, 8], action: test:p, input: {v: "${{ each.value }}"}}'
        bench.templates = [template("t", steps, output={"x": "${{ steps.p.output.x }}"})]
        bench.actions["test:p"] = action("test:p", publish)
        task = bench.run("t")
        assert done == [7, 8]
        assert bench.events(task)[-1]["output"] == {"x": [7, 8]}

    def test_secrets_and_what_they_became_stay_hidden(self, bench: Bench) -> None:
        steps = """
- {id: up, action: test:echo, input: {v: "${{ secrets.tok | upper }}"}}
- {id: die, action: test:die, input: {}}
- {id: log, action: debug:log, input: {message: "${{ steps.up.output.v }} ${{ secrets.tok }}"}}
"""
        bench.templates = [template("t", steps)]
        bench.actions["test:echo"] = action("test:echo", lambda c: {"v": c.input["v"]})
        killed_in(bench, "test:die")
        task = bench.ask("t", secrets={"tok": SECRET})
        crash(bench)
        bench.go_on()
        assert bench.status(task) == "completed"
        assert SECRET.upper() not in str(bench.events(task))

    def test_a_failure_from_before_is_remembered(self, bench: Bench) -> None:
        steps = """
- {id: bad, action: fs:delete, input: {files: no}}
- {id: die, if: "${{ failure() }}", action: test:die}
- {id: l, if: "${{ failure() }}", action: debug:log, input: {message: cleaned}}
"""
        bench.templates = [template("t", steps)]
        killed_in(bench, "test:die")
        task = bench.ask("t")
        crash(bench)
        bench.go_on()
        assert "cleaned" in bench.messages(task)
        assert "is not of a type(s) array" in bench.events(task)[-1]["error"]["message"]

    def test_the_templates_files_are_read_at_the_same_commit(self, bench: Bench) -> None:
        bench.templates = [template("t", "- {id: b, action: test:die}")]
        killed_in(bench, "test:die")
        bench.ask("t")
        crash(bench)
        bench.go_on()
        assert bench.opened == ["", "c" * 40]

    def test_which_is_the_one_the_catalog_had_when_the_task_was_asked_for(
        self, bench: Bench
    ) -> None:
        bench.templates, bench.commit = [template("t", "- {id: b, action: test:die}")], "a" * 40
        killed_in(bench, "test:die")
        task = bench.ask("t")
        bench.commit = "b" * 40
        crash(bench)
        bench.go_on()
        assert bench.tasks.get(task).template_repository == "url:https://example.org/r"
        bench.tasks.retry(task, {})
        bench.go_on()
        assert bench.opened == ["a" * 40] * 3


def test_who_stops_in_peace_gives_its_task_back(bench: Bench) -> None:
    def wait(context: ActionContext) -> None:
        entered.set()
        while not context.is_cancelled():
            threading.Event().wait(0.01)

    entered = threading.Event()
    bench.templates = [template("t", "- {id: w, action: test:wait}")]
    bench.actions["test:wait"] = action("test:wait", wait)
    task = bench.ask("t")
    with bench.pool():
        assert entered.wait(10)
    assert bench.status(task) == "processing"
    claim = bench.broker().claim()
    assert claim is not None
    assert claim.task.interruptions == 0


def test_while_the_database_is_away_no_step_is_to_blame(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose_it(context: ActionContext) -> None:
        def away(*_arguments: Any, **_options: Any) -> None:
            raise sa.exc.OperationalError("UPDATE", {}, Exception("gone"))

        if not lost:
            lost.append(1)
            with monkeypatch.context() as patch:
                patch.setattr(store, "update_leased", away)
                context.log("nobody hears this")
                context.checkpoint("k", lambda: 1)

    lost: list[int] = []
    bench.templates = [template("t", "- {id: a, action: test:lose, input: {}}")]
    bench.actions["test:lose"] = action("test:lose", lose_it)
    task = bench.ask("t")
    with pytest.raises(RunAbandonedError):
        bench.go_on()
    bench.go_on(bench.broker(lease_seconds=-1))
    assert bench.status(task) == "completed"
    assert not [event for event in bench.events(task) if event.get("status") == "failed"]


# --- ending -------------------------------------------------------------------------


def test_a_template_whose_files_cannot_be_read_fails_where_it_needs_them(bench: Bench) -> None:
    bench.unreadable = SourceError("its repository does not answer")
    bench.templates = [
        template("t", "- {id: a, action: debug:log, input: {message: x}}"),
        template("f", "- {id: a, action: fetch:plain, input: {url: ./s}}"),
    ]
    assert bench.status(bench.run("t")) == "completed"
    failed = bench.run("f")
    assert bench.events(failed)[-1]["error"]["message"] == "its repository does not answer"


def test_a_task_that_takes_too_long_is_ended(bench: Bench) -> None:
    gate = Gate()
    bench.templates = [template("t", "- {id: w, action: test:gate}")]
    bench.actions["test:gate"] = action("test:gate", gate)
    task = bench.ask("t")
    with bench.pool(timeout=0.1):
        bench.until(task, "failed")
        gate.opened.set()
    assert bench.events(task)[-1]["error"]["message"] == (
        "This task was marked as stale as it exceeded its timeout"
    )


def test_who_has_no_room_does_not_look_for_tasks(bench: Bench) -> None:
    gate = Gate()
    bench.templates = [template("t", "- {id: w, action: test:gate}")]
    bench.actions["test:gate"] = action("test:gate", gate)
    with bench.pool() as pool:
        first, second = bench.ask("t"), bench.ask("t")
        pool.look()
        assert gate.entered.wait(10)
        assert not pool.has_room()
        assert bench.status(second) == "open"
        gate.opened.set()
        bench.until(first, "completed")
        bench.until(second, "completed")
        while not pool.has_room():
            threading.Event().wait(0.01)


def test_a_running_task_hears_that_it_was_cancelled(bench: Bench) -> None:
    steps = "- {id: w, name: W, action: debug:wait, input: {seconds: 60}}"
    bench.templates = [template("t", steps)]
    task = bench.ask("t")
    with bench.pool():
        bench.until(task, "processing")
        bench.tasks.cancel(task)
        bench.until(task, "failed")
    assert bench.events(task)[-1]["error"]["message"].endswith("has been cancelled.")


def test_cancelling_what_is_over_changes_nothing_but_is_told(bench: Bench) -> None:
    bench.templates = [template("t", "- {id: a, action: debug:log, input: {message: x}}")]
    task = bench.run("t")
    bench.tasks.cancel(task)
    assert bench.status(task) == "completed"
    assert bench.events(task)[-1]["type"] == "cancelled"


class TestSecrets:
    STEPS = """
- {id: a, action: test:echo, input: {v: "x${{ secrets.tok }}"}}
- {id: b, action: test:keep, input: {v: "${{ secrets.tok }}"}}
- {id: c, action: debug:log, input: {message: "${{ steps.a.output.v }}"}}
"""

    @pytest.fixture
    def task(self, bench: Bench) -> str:
        def keep(context: ActionContext) -> dict[str, Any]:
            return {"v": context.checkpoint("k", lambda: context.input["v"])}

        output = {"told": "${{ steps.a.output.v }}"}
        bench.templates = [
            template("t", self.STEPS, output=output),
            template("f", f"{self.STEPS}\n- {{action: fs:delete, input: {{files: no}}}}"),
        ]
        bench.actions["test:echo"] = action("test:echo", lambda c: {"v": c.input["v"]})
        bench.actions["test:keep"] = action("test:keep", keep)
        return bench.ask("t", secrets={"tok": SECRET})

    def test_they_are_unreadable_while_a_task_waits(self, bench: Bench, task: str) -> None:
        assert SECRET not in bench.dump()
        assert bench.status(task) == "open"

    def test_they_are_in_no_table_and_no_event_afterwards(self, bench: Bench, task: str) -> None:
        bench.go_on()
        assert bench.status(task) == "completed"
        assert SECRET not in bench.dump()
        assert bench.events(task)[-1]["output"] == {"told": "***"}

    def test_nor_of_a_task_that_failed(self, bench: Bench, task: str) -> None:
        failed = bench.ask("f", secrets={"tok": SECRET})
        bench.go_on()
        bench.go_on()
        assert (bench.status(task), bench.status(failed)) == ("completed", "failed")
        assert SECRET not in bench.dump()
        with bench.database.connect() as connection:
            assert connection.execute(sa.select(t.secrets)).all() == []

    def test_they_are_forgotten_when_the_task_is_cancelled(self, bench: Bench, task: str) -> None:
        bench.tasks.cancel(task)
        with bench.database.connect() as connection:
            assert connection.execute(sa.select(t.secrets)).all() == []

    @pytest.mark.usefixtures("task")
    def test_nor_does_the_next_step_keep_them_again(self, bench: Bench) -> None:
        seen: list[int] = []

        def look(context: ActionContext) -> None:
            with bench.database.connect() as connection:
                seen.append(len(connection.execute(sa.select(t.secrets)).all()))
            if len(seen) == 1:
                bench.tasks.cancel(context.task.id)

        steps = """
- {id: a, action: test:look, input: {v: "${{ secrets.tok | upper }}"}}
- {id: b, action: test:look, input: {v: "${{ secrets.tok | reverse }}"}}
- {id: c, action: test:look, input: {}}
"""
        bench.templates.append(template("l", steps))
        bench.actions["test:look"] = action("test:look", look)
        bench.ask("l", secrets={"tok": SECRET})
        bench.go_on()
        bench.go_on()
        assert seen == [1, 0, 0]

    def test_they_are_in_no_answer(self, bench: Bench, task: str) -> None:
        assert SECRET not in str(bench.tasks.get(task).to_json())

    def test_with_another_key_they_cannot_be_read(self, bench: Bench, task: str) -> None:
        other = Bench(bench.database, bench.folder, secret_box=SecretBox(b"x" * 32))
        other.go_on()
        assert bench.status(task) == "failed"
        assert "need the same task_key" in bench.events(task)[-1]["error"]["message"]


# --- trying again ------------------------------------------------------------------------


class TestRetry:
    def test_what_is_not_over_cannot_be_tried_again(self, bench: Bench) -> None:
        bench.templates = [template("t", "[]")]
        task = bench.ask("t")
        with pytest.raises(ConflictError, match=f"Task with taskId {task} cannot be retried"):
            bench.tasks.retry(task, {})

    def test_a_template_that_is_gone_cannot_be_either(self, bench: Bench) -> None:
        bench.templates = [template("t", "[]")]
        task = bench.run("t")
        bench.templates = []
        with pytest.raises(NotFoundError):
            bench.tasks.retry(task, {})

    def test_secrets_are_judged(self, bench: Bench) -> None:
        needs = {"schema": {"type": "object", "required": ["tok"]}}
        bench.templates = [template("t", "[]", secrets=needs)]
        task = bench.run("t", secrets={"tok": "x1"})
        with pytest.raises(ValuesError):
            bench.tasks.retry(task, {})

    def _failing(self, bench: Bench, more: str = "", **spec: Any) -> list[str]:
        ran: list[str] = []

        def note(context: ActionContext) -> dict[str, Any]:
            ran.append(context.input["name"])
            return {}

        def fail_once(context: ActionContext) -> dict[str, Any]:
            ran.append("bad")
            if ran.count("bad") == 1:
                raise ConflictError("not yet")
            return {"tok": context.input.get("tok")}

        bench.actions |= {
            "test:note": action("test:note", note),
            "test:bad": action("test:bad", fail_once),
        }
        steps = f"""
- {{id: a, action: test:note, input: {{name: a}}}}
- {{id: bad, action: test:bad, input: {{tok: "${{{{ secrets.tok }}}}"}}}}
- {{id: z, action: test:note, input: {{name: z}}}}
{more}
"""
        bench.templates = [template("t", steps, **spec)]
        return ran

    def test_a_failed_task_goes_on_with_the_step_that_failed(self, bench: Bench) -> None:
        ran = self._failing(bench)
        task = bench.run("t")
        bench.tasks.retry(task, {"tok": SECRET})
        bench.go_on()
        assert bench.status(task) == "completed"
        assert ran == ["a", "bad", "bad", "z"]

    def test_it_starts_over_when_steps_ran_after_the_failure(self, bench: Bench) -> None:
        ran = self._failing(
            bench, "- {id: c, if: '${{ failure() }}', action: test:note, input: {name: c}}"
        )
        task = bench.run("t")
        bench.tasks.retry(task, {})
        bench.go_on()
        assert ran == ["a", "bad", "c", "a", "bad", "z"]

    def test_it_starts_over_when_the_template_says_so(self, bench: Bench) -> None:
        recovery = {"EXPERIMENTAL_strategy": "startOver"}
        ran = self._failing(bench, EXPERIMENTAL_recovery=recovery)
        task = bench.run("t")
        assert bench.tasks.get(task).is_recoverable
        bench.tasks.retry(task, {})
        bench.go_on()
        assert ran == ["a", "bad", "a", "bad", "z"]

    def test_a_completed_task_starts_over_with_no_files(self, bench: Bench) -> None:
        def write(context: ActionContext) -> ActionResult:
            return ActionResult({f"f{len(context.tree)}": File(b"x")})

        bench.templates = [template("t", "- {id: a, action: test:write}")]
        bench.actions["test:write"] = action("test:write", write)
        task = bench.run("t")
        bench.tasks.retry(task, {})
        bench.go_on()
        assert sorted(bench.tasks.files(task)) == [".portal/provenance.yaml", "f0"]

    def test_its_end_is_forgotten_its_log_is_kept(self, bench: Bench) -> None:
        self._failing(bench)
        task = bench.run("t")
        bench.tasks.cancel(task)
        before = bench.messages(task)
        bench.tasks.retry(task, {})
        events = bench.events(task)
        assert bench.status(task) == "open"
        assert {event["type"] for event in events} == {"log", "recovered"}
        assert events[-1]["recoverStrategy"] == "none"
        assert bench.messages(task)[:-1] == before[:-2]
        bench.go_on()
        assert bench.messages(task).count("Starting up task with 3 steps") == 2

    def test_a_cancelled_task_can_be_tried_again(self, bench: Bench) -> None:
        bench.templates = [template("t", "- {id: a, action: debug:log, input: {message: x}}")]
        task = bench.ask("t")
        bench.tasks.cancel(task)
        bench.go_on()
        assert bench.status(task) == "failed"
        bench.tasks.retry(task, {})
        bench.go_on()
        assert bench.status(task) == "completed"


# --- many ------------------------------------------------------------------------------


def test_fifty_tasks_at_once_all_complete_each_step_once_and_in_order(bench: Bench) -> None:
    ran: list[tuple[str, str]] = []
    steps = "\n".join(f"- {{id: s{n}, name: S{n}, action: test:note}}" for n in range(4))

    def note(context: ActionContext) -> dict[str, Any]:
        step = f"s{sum(1 for one, _ in list(ran) if one == context.task.id)}"
        ran.append((context.task.id, step))
        return {}

    bench.templates = [template("t", steps)]
    bench.actions["test:note"] = action("test:note", note)
    asked = [bench.ask("t") for _ in range(50)]
    with bench.pool(threads=8):
        for task in asked:
            bench.until(task, "completed", seconds=60)
    wanted = ["Starting up task with 4 steps"]
    for number in range(4):
        wanted += [f"Beginning step S{number}", f"Finished step S{number}"]
    wanted.append("Run completed with status: completed")
    assert all(bench.messages(task) == wanted for task in asked)
    assert sorted(ran) == sorted((task, f"s{n}") for task in asked for n in range(4))
