"""The audit log: what is recorded is in the table and in the file, in order."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from portal.audit.events import Actor
from portal.audit.events import AuditAction
from portal.audit.events import Outcome
from portal.audit.log import AuditLog
from portal.audit.store import AuditQuery

ADA = Actor("user", "user:default/ada", "192.0.2.1")


class Clock:
    """Time that a test turns."""

    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def actions(log: AuditLog, query: AuditQuery = AuditQuery()) -> list[str]:  # noqa: B008
    assert log.flush(30)
    return [event.action for event in log.find(query)]


def test_what_is_recorded_is_found_newest_first(database: sa.Engine) -> None:
    log = AuditLog(database, actor=lambda: ADA)
    log.record(AuditAction.SIGN_IN, details={"provider": "oidc"})
    log.record(AuditAction.TASK_CREATE, "task-1", details={"template": "template:default/a"})
    log.record(AuditAction.TASK_RUN, "task-1", actor=Actor(), outcome=Outcome.FAILED)
    assert log.flush(30)
    run, created, signed_in = log.find(AuditQuery())
    assert (run.action, run.outcome, run.actor) == ("scaffolder.task.run", "failed", Actor())
    assert (created.resource, created.details) == ("task-1", {"template": "template:default/a"})
    assert (signed_in.actor, signed_in.outcome) == (ADA, "done")


def test_entries_are_filtered_and_paged(database: sa.Engine) -> None:
    clock = Clock()
    log = AuditLog(database, clock=clock)
    for number in range(5):
        clock.now = 1_000_000.0 + number
        log.record(AuditAction.TASK_CREATE if number % 2 else AuditAction.SIGN_IN, f"r{number}")
        log.record(AuditAction.TASK_CANCEL, f"r{number}", actor=ADA)
    assert log.flush(30)
    assert actions(log, AuditQuery(actor=ADA.name)) == ["scaffolder.task.cancel"] * 5
    assert actions(log, AuditQuery(action="auth.sign-in")) == ["auth.sign-in"] * 3
    assert len(log.find(AuditQuery(action="scaffolder.task."))) == 7
    assert {x.resource for x in log.find(AuditQuery(resource="r3"))} == {"r3"}
    between = AuditQuery(since=1_000_001_000_000, until=1_000_003_000_000)
    assert {x.resource for x in log.find(between)} == {"r1", "r2"}
    seen: list[int] = []
    before = 0
    while page := log.find(AuditQuery(before=before, limit=3)):
        seen += [x.id for x in page]
        before = page[-1].id
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == 10


def test_equal_refusals_are_one_entry_a_minute(database: sa.Engine) -> None:
    clock = Clock()
    log = AuditLog(database, clock=clock, actor=lambda: ADA)
    for _ in range(4):
        log.record(AuditAction.REQUEST, "/a", outcome=Outcome.REFUSED)
    log.record(AuditAction.REQUEST, "/b", outcome=Outcome.REFUSED)
    log.record(AuditAction.REQUEST, "/a", outcome=Outcome.REFUSED, actor=Actor())
    clock.now += 61
    log.record(AuditAction.REQUEST, "/a", outcome=Outcome.REFUSED)
    assert log.flush(30)
    found = log.find(AuditQuery(actor=ADA.name))
    assert [(x.resource, x.details) for x in found] == [
        ("/a", {"repeated": 3}),
        ("/b", {}),
        ("/a", {}),
    ]


@pytest.mark.parametrize("text", ["\x00", "\ud800", "a" * 100_000, "\n{}"])
def test_no_text_of_others_keeps_an_entry_from_being_written(
    database: sa.Engine, tmp_path: Path, text: str
) -> None:
    file = tmp_path / "audit.jsonl"
    log = AuditLog(database, str(file))
    log.record(AuditAction.REQUEST, text, actor=Actor("none", text, text), details={"x": text})
    log.record(AuditAction.SIGN_IN)
    assert actions(log) == ["auth.sign-in", "portal.request"]
    assert len(file.read_text().splitlines()) == 2


def test_the_file_has_a_line_of_json_for_each(database: sa.Engine, tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    log = AuditLog(database, str(file), clock=Clock(), actor=lambda: ADA)
    log.record(AuditAction.SIGN_IN)
    assert log.flush(30)
    file.rename(tmp_path / "audit.1")  # as logrotate does
    log.record(AuditAction.LOCATION_CREATE, "url:https://example.org/a", details={"id": "1"})
    assert log.flush(30)
    assert file.stat().st_mode & 0o777 == 0o600
    assert json.loads(file.read_text()) == {
        "time": "1970-01-12T13:46:40.000+00:00",
        "action": "catalog.location.create",
        "outcome": "done",
        "actor": {"type": "user", "name": "user:default/ada", "address": "192.0.2.1"},
        "resource": "url:https://example.org/a",
        "details": {"id": "1"},
    }
    assert json.loads((tmp_path / "audit.1").read_text())["action"] == "auth.sign-in"


def test_a_file_that_cannot_be_written_keeps_nothing_from_the_table(
    database: sa.Engine, tmp_path: Path
) -> None:
    log = AuditLog(database, str(tmp_path / "none" / "audit.jsonl"))
    log.record(AuditAction.SIGN_IN)
    assert actions(log) == ["auth.sign-in"]
