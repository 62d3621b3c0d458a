"""``portal doctor`` about tasks: how many there are, and whether somebody runs them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from portal.doctor import Finding
from portal.doctor import examine
from portal.kernel.presence import Presence
from portal.model.refs import EntityRef
from portal.scaffolder.tasks import tables as t
from portal.scaffolder.tasks.broker import DatabaseBroker
from portal.scaffolder.tasks.service import TaskRequest
from portal.wiring import Services
from tests.task_bench import run_all

TEMPLATE = """
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: one}
spec:
  owner: guests
  type: service
  steps: [{id: f, name: F, action: fetch:plain, input: {url: ./skeleton}}]
"""


@pytest.fixture
def portal(make_portal: Callable[..., Any]) -> Any:
    return make_portal({"catalog-info.yaml": TEMPLATE, "skeleton/a": "b"})


def found(portal: Any, what: str, **settings: Any) -> list[Finding]:
    """Return what somebody else's doctor says of a thing, with other settings."""
    services = Services(replace(portal.config, **settings))
    try:
        return [finding for finding in examine(services) if finding.what == what]
    finally:
        services.database.dispose()


def ask(portal: Any) -> str:
    request = TaskRequest(EntityRef("template", "default", "one"), {}, {})
    task: str = portal.services.tasks.create(request)
    return task


def grow_old(portal: Any, **columns: int) -> None:
    with portal.services.database.begin() as connection:
        connection.execute(sa.update(t.tasks).values(columns))


def worker_elsewhere(portal: Any, folder: Path) -> DatabaseBroker:
    return DatabaseBroker(portal.services.database, Presence(folder / "elsewhere"))


# --- tasks ------------------------------------------------------------------------


def test_tasks_are_counted_with_what_they_take(portal: Any) -> None:
    (none,) = found(portal, "tasks")
    assert none.detail == "0 over, 0 running, 0 waiting; 0.0 MB of files, 0.0 MB of log"
    with portal.services.database.begin() as connection:
        content = b"x" * 1_234_567
        connection.execute(sa.insert(t.workspaces).values(task_id="old", content=content))
    ask(portal)
    run_all(portal.services)
    ask(portal)
    (some,) = found(portal, "tasks")
    assert some.is_good
    assert some.detail == "1 over, 0 running, 1 waiting; 1.2 MB of files, 0.0 MB of log"


# --- who runs them ------------------------------------------------------------------


def test_nobody_who_runs_tasks_is_no_fault_while_none_waits(portal: Any) -> None:
    (finding,) = found(portal, "task worker")
    assert (finding.is_good, finding.detail) == (True, "none is seen from here")


def test_a_worker_of_the_data_folder_is_seen_and_its_end_as_well(portal: Any) -> None:
    worker = Presence(portal.services.workers_folder)
    assert found(portal, "task worker")[0].detail == "one of this data folder runs tasks"
    worker.leave()
    assert found(portal, "task worker")[0].detail == "none is seen from here"


def test_a_worker_elsewhere_is_known_by_the_tasks_it_runs(portal: Any, tmp_path: Path) -> None:
    ask(portal)
    assert worker_elsewhere(portal, tmp_path).claim()
    (finding,) = found(portal, "task worker")
    assert (finding.is_good, finding.detail) == (True, "one of another machine runs tasks")
    grow_old(portal, heartbeat_at=1)
    (finding,) = found(portal, "task worker")
    assert (finding.is_good, finding.detail) == (False, "none is seen from here")


@pytest.mark.parametrize(
    ("tasks_at_once", "detail", "remedy"),
    [(4, "none is seen from here", "'portal worker'"), (0, "tasks_at_once is 0", "tasks_at_once")],
)
def test_a_task_that_waits_for_nobody_is_a_fault_with_a_remedy(
    portal: Any, tasks_at_once: int, detail: str, remedy: str
) -> None:
    ask(portal)
    assert found(portal, "task worker", tasks_at_once=tasks_at_once)[0].is_good
    grow_old(portal, created_at=1)
    (finding,) = found(portal, "task worker", tasks_at_once=tasks_at_once)
    assert not finding.is_good
    assert detail in finding.detail
    assert remedy in finding.remedy
