"""The worker's line: what was asked for goes first, what hangs holds up nobody."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from portal.catalog import refresh_requests
from portal.config.settings import Config
from portal.config.sources import Source
from portal.jobs.thread_dispatcher import ThreadDispatcher
from portal.roles.services import Services
from tests.conftest import MakePortal
from tests.conftest import MakeRepository
from tests.descriptors import system
from tests.waiting import until

#: Starts what hands out the jobs of a worker.
Start = Callable[[Services], ThreadDispatcher]


@pytest.fixture
def hanging() -> Iterator[socket.socket]:
    """Return a server that takes connections and says nothing until it is closed."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@pytest.fixture
def start() -> Iterator[Start]:
    with contextlib.ExitStack() as stack:

        def start(services: Services) -> ThreadDispatcher:
            dispatcher = ThreadDispatcher(services.worker.handlers, 2)
            stack.callback(dispatcher.stop)
            return dispatcher

        yield start


def ask(services: Services, *names: str) -> None:
    with services.database.begin() as connection:
        refresh_requests.ask(connection, names)


def names_of(services: Services) -> list[str]:
    found = services.entity_reader.all_documents(["System"])
    return sorted(each["metadata"]["name"] for each in found)


def test_a_request_is_served_while_another_source_hangs(
    hanging: socket.socket, start: Start, make_repository: MakeRepository, tmp_path: Path
) -> None:
    content = make_repository({"catalog-info.yaml": system("one")})
    address = f"http://127.0.0.1:{hanging.getsockname()[1]}/team/hanging.git"
    sources = (Source("hanging", address), Source("content", str(content.path)))
    services = Services(Config(data_dir=tmp_path / "data", sources=sources, git_timeout=90))
    dispatcher = start(services)
    services.worker.schedule(dispatcher)
    until(lambda: names_of(services) == ["one"])
    content.commit({"catalog-info.yaml": system("two")})
    ask(services, "content")
    services.worker.schedule(dispatcher)
    until(lambda: names_of(services) == ["two"])
    assert not dispatcher.is_idle()
    hanging.close()


def test_a_request_reads_its_own_source_and_no_other(start: Start, make_portal: MakePortal) -> None:
    sources = [(Source(name, ""), {"catalog-info.yaml": system(name)}) for name in ("one", "two")]
    portal = make_portal(sources=sources, sync=False)
    dispatcher = start(portal.services)
    portal.services.worker.schedule(dispatcher)
    until(lambda: names_of(portal.services) == ["one", "two"])
    until(dispatcher.is_idle)
    # An index that was just made has every source read once more, for its pages.
    portal.services.worker.schedule(dispatcher)
    until(dispatcher.is_idle)
    for name in ("one", "two"):
        portal.repositories[name].commit({"catalog-info.yaml": system(f"new-{name}")})
    ask(portal.services, "one", "nobody")
    portal.services.worker.schedule(dispatcher)
    until(lambda: names_of(portal.services) == ["new-one", "two"])
    until(dispatcher.is_idle)
    assert [*portal.services.refresh_queue.take()] == []


def test_requests_do_not_put_off_the_look_at_everything(
    start: Start, make_portal: MakePortal
) -> None:
    portal = make_portal({"catalog-info.yaml": system("one")}, sync=False, sync_interval=1)
    dispatcher = start(portal.services)
    portal.services.worker.schedule(dispatcher)
    until(lambda: names_of(portal.services) == ["one"])
    portal.repository.commit({"catalog-info.yaml": system("two")})

    def is_looked_at() -> bool:
        ask(portal.services, "somebody-else")
        portal.services.worker.schedule(dispatcher)
        return names_of(portal.services) == ["two"]

    until(is_looked_at)


def test_a_request_that_comes_while_others_are_taken_is_not_lost(make_portal: MakePortal) -> None:
    portal = make_portal({"catalog-info.yaml": system("one")})
    ask(portal.services, "a", "b", "a")
    with portal.services.database.begin() as connection:
        assert sorted(refresh_requests.take(connection)) == ["a", "b"]
    ask(portal.services, "c")
    assert [*portal.services.refresh_queue.take()] == ["c"]


def test_requests_work_on_every_database(database: Any) -> None:
    with database.begin() as connection:
        refresh_requests.ask(connection, ["b", "a", "b"])
    with database.begin() as connection:
        assert sorted(refresh_requests.take(connection)) == ["a", "b"]
        assert refresh_requests.take(connection) == {}
