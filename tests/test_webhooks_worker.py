"""The worker's line: what was asked for goes first, what hangs holds up nobody."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from portal.catalog import requests
from portal.kernel.config import Config
from portal.kernel.config import Source
from portal.kernel.jobs import JobPool
from portal.wiring import Services
from portal.worker import Worker

SYSTEM = (
    "apiVersion: backstage.io/v1alpha1\nkind: System\nmetadata: {{name: {}}}\nspec: {{owner: o}}\n"
)


@pytest.fixture
def hanging() -> Iterator[str]:
    """Return the address of a server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/team/hanging.git"


@pytest.fixture
def pool() -> Iterator[JobPool]:
    pool = JobPool(2)
    yield pool
    pool.stop()


def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def ask(services: Services, *names: str) -> None:
    with services.database.begin() as connection:
        requests.ask(connection, names)


def names_of(services: Services) -> list[str]:
    return [each["metadata"]["name"] for each in services.catalog.all_documents(["System"])]


def test_a_request_is_served_while_another_source_hangs(
    hanging: str, pool: JobPool, make_repository: Any, tmp_path: Path
) -> None:
    content = make_repository({"catalog-info.yaml": SYSTEM.format("one")})
    sources = (Source("hanging", hanging), Source("content", str(content.path)))
    services = Services(Config(data_dir=tmp_path / "data", sources=sources, git_timeout=3))
    worker = Worker(services)
    worker._schedule(pool)
    until(lambda: names_of(services) == ["one"], 2.5)
    content.commit({"catalog-info.yaml": SYSTEM.format("two")})
    ask(services, "content")
    worker._schedule(pool)
    until(lambda: names_of(services) == ["two"], 2.5)
    assert not pool.is_idle()


def test_a_request_reads_its_own_source_and_no_other(pool: JobPool, make_portal: Any) -> None:
    sources = [
        (Source(name, ""), {"catalog-info.yaml": SYSTEM.format(name)}) for name in ("one", "two")
    ]
    portal = make_portal(sources=sources, sync=False)
    portal.worker._schedule(pool)
    until(lambda: names_of(portal.services) == ["one", "two"])
    until(pool.is_idle)
    for name in ("one", "two"):
        portal.repositories[name].commit({"catalog-info.yaml": SYSTEM.format(f"new-{name}")})
    ask(portal.services, "one", "nobody")
    portal.worker._schedule(pool)
    until(lambda: names_of(portal.services) == ["new-one", "two"])
    until(pool.is_idle)
    assert portal.services.catalog.take_refresh_requests() == []


def test_requests_do_not_put_off_the_look_at_everything(pool: JobPool, make_portal: Any) -> None:
    portal = make_portal({"catalog-info.yaml": SYSTEM.format("one")}, sync=False, sync_interval=1)
    portal.worker._schedule(pool)
    until(lambda: names_of(portal.services) == ["one"])
    portal.repository.commit({"catalog-info.yaml": SYSTEM.format("two")})
    end = time.monotonic() + 1.2
    while time.monotonic() < end:
        ask(portal.services, "somebody-else")
        portal.worker._schedule(pool)
        time.sleep(0.05)
    until(lambda: names_of(portal.services) == ["two"])


def test_a_request_that_comes_while_others_are_taken_is_not_lost(make_portal: Any) -> None:
    portal = make_portal({"catalog-info.yaml": SYSTEM.format("one")})
    ask(portal.services, "a", "b", "a")
    with portal.services.database.begin() as connection:
        assert sorted(requests.take(connection)) == ["a", "b"]
    ask(portal.services, "c")
    assert portal.services.catalog.take_refresh_requests() == ["c"]


def test_requests_work_on_every_database(database: Any) -> None:
    with database.begin() as connection:
        requests.ask(connection, ["b", "a", "b"])
    with database.begin() as connection:
        assert sorted(requests.take(connection)) == ["a", "b"]
        assert requests.take(connection) == []
