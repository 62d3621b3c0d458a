"""``portal doctor`` about tasks: how many there are, and whether somebody runs them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from portal.config.settings import Config
from portal.kernel.processes.presence import Presence
from portal.model.refs import EntityRef
from portal.roles.doctor import Diagnosis
from portal.roles.doctor import checks_of
from portal.roles.doctor import examine
from portal.roles.services import Services
from portal.scaffolder.tasks.model import tables as t
from portal.scaffolder.tasks.running.broker import DatabaseBroker
from portal.scaffolder.tasks.serving.service import TaskRequest
from tests.conftest import MakePortal
from tests.conftest import Portal
from tests.task_bench import FETCHING
from tests.task_bench import run_all


@pytest.fixture
def portal(make_portal: MakePortal) -> Portal:
    return make_portal({"catalog-info.yaml": FETCHING, "skeleton/a": "b"})


def found(portal: Portal, what: str, **settings: Any) -> list[Diagnosis]:
    """Return what somebody else's doctor says of a thing, with other settings."""
    services = Services(replace(portal.config, **settings))
    try:
        return [finding for finding in examine(checks_of(services)) if finding.what == what]
    finally:
        services.database.dispose()


def ask(portal: Portal) -> str:
    request = TaskRequest(EntityRef("template", "default", "one"), {}, {})
    task: str = portal.services.tasks.create(request)
    return task


def grow_old(portal: Portal, **columns: int) -> None:
    with portal.services.database.begin() as connection:
        connection.execute(sa.update(t.tasks).values(columns))


def worker_elsewhere(portal: Portal, folder: Path) -> DatabaseBroker:
    return DatabaseBroker(portal.services.database, Presence(folder / "elsewhere"))


def test_what_cannot_be_examined_is_one_finding_and_the_rest_is_examined(tmp_path: Path) -> None:
    config = Config(
        data_dir=tmp_path, database_url="postgresql+psycopg://127.0.0.1:1/none", host="::"
    )
    findings = {one.what: one for one in examine(checks_of(Services(config)))}
    assert [name for name, one in findings.items() if not one.is_good] == ["address", "database"]
    assert "token" in findings["address"].detail
    assert findings["git"].is_good


# --- tasks ------------------------------------------------------------------------


def test_tasks_are_counted_with_what_they_take(portal: Portal) -> None:
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


def test_nobody_who_runs_tasks_is_no_fault_while_none_waits(portal: Portal) -> None:
    (finding,) = found(portal, "task worker")
    assert (finding.is_good, finding.detail) == (True, "none is seen from here")


def test_a_worker_of_the_data_folder_is_seen_and_its_end_as_well(portal: Portal) -> None:
    worker = Presence(portal.services.workers_folder)
    assert found(portal, "task worker")[0].detail == "one of this data folder runs tasks"
    worker.leave()
    assert found(portal, "task worker")[0].detail == "none is seen from here"


def test_a_worker_elsewhere_is_known_by_the_tasks_it_runs(portal: Portal, tmp_path: Path) -> None:
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
    portal: Portal, tasks_at_once: int, detail: str, remedy: str
) -> None:
    ask(portal)
    assert found(portal, "task worker", tasks_at_once=tasks_at_once)[0].is_good
    grow_old(portal, created_at=1)
    (finding,) = found(portal, "task worker", tasks_at_once=tasks_at_once)
    assert not finding.is_good
    assert detail in finding.detail
    assert remedy in finding.remedy


def test_the_address_is_first_that_of_clients(portal: Portal) -> None:
    (here,) = found(portal, "address")
    assert here.detail == "listening on http://127.0.0.1:7007 for this machine only"
    (behind,) = found(portal, "address", base_url="https://portal.test")
    assert behind.detail == f"https://portal.test, {here.detail}"


def test_it_tells_sizes_and_what_is_kept_for_how_long(portal: Portal) -> None:
    (storage,) = found(portal, "storage")
    assert storage.is_good
    assert "B" in storage.detail
    (runs,) = found(portal, "runs of sources", run_retention=12)
    assert runs.detail.startswith("1 since ")
    assert runs.detail.endswith(", kept for 12 days (run_retention)")
    (changes,) = found(portal, "changes of entities", history_retention=0)
    assert changes.detail.endswith(", kept for good (history_retention)")
