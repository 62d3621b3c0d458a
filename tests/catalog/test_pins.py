"""Sources that are pinned to workers: who reads them, and what is told when nobody may."""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from pathlib import Path

import pytest

from portal.catalog.failures import Stage
from portal.config.sources import Provider
from portal.config.sources import Source
from portal.health import heartbeats
from portal.health.heartbeats import Heartbeat
from portal.health.heartbeats import Role
from portal.jobs.job import Dispatcher
from portal.jobs.job import Job
from portal.jobs.job import JobKind
from portal.kernel.clock import iso_of
from portal.roles.doctor import check_failures
from portal.roles.services import Services
from tests.conftest import Files
from tests.conftest import MakePortal
from tests.conftest import Portal
from tests.databases import postgresql_database
from tests.descriptors import system
from tests.waiting import until

_NOW = 1_900_000_000.0


@dataclass
class Outbox:
    """Takes the jobs that a worker sends, and does none."""

    jobs: list[Job] = field(default_factory=list)
    urgent: list[Job] = field(default_factory=list)

    def send(self, jobs: Collection[Job], *, is_urgent: bool = False) -> None:
        (self.urgent if is_urgent else self.jobs).extend(jobs)

    def stop(self) -> None: ...

    def names(self) -> list[str]:
        return sorted(job.name for job in self.jobs)


def pinned() -> list[tuple[Source, Files]]:
    return [
        (Source("free", ""), {"catalog-info.yaml": system("free")}),
        (Source("far", "", worker="zone-b"), {"catalog-info.yaml": system("far")}),
    ]


def beat(services: Services, *labels: str, ago: float = 0.0) -> None:
    """Have a worker with labels be heard of, some seconds ago."""
    process = Heartbeat(Role.WORKER, labels=",".join(labels))
    with services.database.begin() as connection:
        heartbeats.beat(connection, process, iso_of(_NOW), _NOW - ago)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.roles.composition.sources.time.time", lambda: _NOW)


def failures(portal: Portal) -> dict[str, str]:
    found = portal.get("/api/catalog/sources").get("failures", ())
    return {each["name"]: each["reason"] for each in found if each["stage"] == Stage.SCHEDULE}


# --- the threads of each worker --------------------------------------------------


def test_a_worker_without_the_label_leaves_a_pinned_source(make_portal: MakePortal) -> None:
    portal = make_portal(sources=pinned(), sync=False)
    outbox = Outbox()
    portal.services.worker.schedule(outbox)
    assert outbox.names() == ["free"]


def test_a_worker_with_the_label_reads_it_and_the_others(make_portal: MakePortal) -> None:
    portal = make_portal(sources=pinned(), sync=False, worker_labels=("zone-a", "zone-b"))
    outbox = Outbox()
    portal.services.worker.schedule(outbox)
    assert outbox.names() == ["far", "free"]


def test_a_request_for_a_pinned_source_waits_for_who_may_read_it(make_portal: MakePortal) -> None:
    portal = make_portal(sources=pinned())
    for name in ("free", "far"):
        portal.services.refresh_queue.ask_source(name)
    first = Outbox()
    portal.services.worker.schedule(first)
    assert [job.name for job in first.urgent] == ["free"]
    other = Services(replace(portal.config, worker_labels=("zone-b",)))
    assert other.worker._due.asked().keys() == {"far"}
    other.database.dispose()


def test_a_pinned_provider_is_listed_and_its_repositories_read_by_who_may(
    make_portal: MakePortal,
) -> None:
    provider = Provider("acme", "github", "https://127.0.0.1:1", "acme", worker="zone-b")
    portal = make_portal(sources=pinned(), sync=False, providers=(provider,))
    outbox = Outbox()
    portal.services.worker.schedule(outbox)
    assert outbox.names() == ["free"]
    assert "acme" in failures(portal)


def test_pages_of_what_another_machine_reads_are_not_missed_here(make_portal: MakePortal) -> None:
    portal = make_portal(sources=pinned())
    assert portal.services._read_sources() == {"free"}


# --- what is told ----------------------------------------------------------------


def test_a_label_that_nobody_has_is_told_until_somebody_has_it(make_portal: MakePortal) -> None:
    portal = make_portal(sources=pinned())
    beat(portal.services, "zone-a")
    reason = failures(portal)["far"]
    assert "no worker with the label 'zone-b'" in reason
    assert "worker_labels: [zone-b]" in reason
    assert "free" not in failures(portal)
    stale = portal.get("/.backstage/health/v1/readiness")["stale"]
    assert [each["schedule"] for each in stale] == ["far"]
    (told,) = check_failures(portal.services.failure_log.current(), portal.services.sources)
    assert (told.what, told.is_good) == ("schedule far", False)
    assert "zone-b" in told.detail
    beat(portal.services, "zone-b", "zone-c")
    assert failures(portal) == {}


def test_a_worker_that_is_silent_serves_no_label(make_portal: MakePortal) -> None:
    portal = make_portal(sources=pinned())
    beat(portal.services, "zone-b", ago=61)
    assert failures(portal).keys() == {"far"}


def test_it_is_told_since_when_nobody_asked_the_source(make_portal: MakePortal) -> None:
    portal = make_portal(sources=pinned())
    (state,) = (each for each in portal.services.source_status.sources() if each.name == "far")
    (failure,) = portal.services.failure_log.current()
    assert failure.since == state.checked_at


# --- an engine of jobs -----------------------------------------------------------


@contextlib.contextmanager
def working(services: Services) -> Iterator[Dispatcher]:
    """Let a process do jobs of reading."""
    dispatcher = services.open_dispatcher("sources", 2)(services.worker.handlers)
    try:
        yield dispatcher
    finally:
        dispatcher.stop()
        services.database.dispose()


def copies(services: Services) -> int:
    folder: Path = services.config.data_dir / "git/mirrors"
    return len(list(folder.glob("*"))) if folder.exists() else 0


@pytest.fixture
def postgresql() -> Iterator[str]:
    """Return a database of its own: the engine's tables are in it."""
    with postgresql_database() as url:
        yield url


@pytest.mark.slow
def test_of_many_machines_only_those_with_the_label_read_a_pinned_source(
    make_portal: MakePortal, tmp_path: Path, postgresql: str
) -> None:
    shared = {"search_engine": "postgresql", "jobs": "procrastinate", "database_url": postgresql}
    portal = make_portal(sources=pinned()[1:], sync=False, **shared)
    here = Services(portal.config)
    there = Services(replace(portal.config, data_dir=tmp_path / "there", worker_labels=("zone-b",)))
    with working(here) as dispatcher:
        until(lambda: here.failure_log.current()[0].name == "far")
        here.worker.schedule(dispatcher)
        # One that was sent before the source was pinned is handed on by whoever gets it.
        dispatcher.send([Job(JobKind.SYNC, "far")], is_urgent=True)
        with working(there):
            until(lambda: bool(here.source_status.commit_of("far")))
    assert (copies(here), copies(there)) == (0, 1)
