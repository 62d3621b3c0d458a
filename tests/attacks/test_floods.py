"""Floods: whatever clients hold on to, the portal answers others (cases B18, C7, L2, L4)."""

from __future__ import annotations

import json
import socket
import sqlite3
import threading
from collections.abc import Callable
from collections.abc import Iterator
from concurrent.futures import Future
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from contextlib import contextmanager
from contextlib import suppress

import pytest

from tests.attacks.conftest import StartPortal
from tests.attacks.running import LIVENESS
from tests.attacks.running import READINESS
from tests.attacks.running import Answer
from tests.attacks.running import RunningPortal

#: Each starts a portal of its own, as a process.
pytestmark = [pytest.mark.slow, pytest.mark.alone]

_WAIT = {
    "apiVersion": "scaffolder.backstage.io/v1beta3",
    "kind": "Template",
    "metadata": {"name": "wait"},
    "spec": {
        "type": "service",
        "owner": "guests",
        "parameters": {},
        "steps": [{"id": "w", "name": "w", "action": "debug:wait", "input": {"minutes": 9}}],
    },
}
_READS = ("/api/catalog/entities", "/api/search/query?term=wait", "/api/scaffolder/v2/tasks", "/")
_REFRESH = ("POST", "/api/catalog/refresh", {"entityRef": "template:default/wait"})


@pytest.fixture(scope="module")
def hanging_host() -> Iterator[str]:
    """Return the address of a server that accepts connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture(scope="module")
def portal(start_portal: StartPortal, hanging_host: str) -> RunningPortal:
    """Return a portal that may read from the hanging host."""
    files = {"catalog-info.yaml": json.dumps(_WAIT)}
    options = {"location_hosts": [hanging_host], "git_timeout": 12, "web_processes": 2}
    return start_portal(files, **options)


def answers(portal: RunningPortal) -> dict[str, int]:
    """Return the status of health checks and ordinary reads."""
    paths = (LIVENESS, READINESS, *_READS)
    return {path: portal.ask("GET", path, timeout=20).status for path in paths}


_ALL_WELL = dict.fromkeys((LIVENESS, READINESS, *_READS), 200)


@contextmanager
def connections(portal: RunningPortal, count: int, begun: bytes) -> Iterator[list[socket.socket]]:
    """Open connections, each with the beginning of a request."""
    with ExitStack() as stack:
        opened = [stack.enter_context(portal.connect()) for _ in range(count)]
        for each in opened:
            each.sendall(begun)
        yield opened


@contextmanager
def asking(count: int, ask: Callable[[], Answer]) -> Iterator[list[Future[Answer]]]:
    """Send requests at the same time; their answers are waited for at the end."""
    with ThreadPoolExecutor(count) as pool:
        yield [pool.submit(ask) for _ in range(count)]


@pytest.mark.parametrize("begun", [b"", b"G", b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: "])
def test_clients_that_drip_hold_nobody_up(portal: RunningPortal, begun: bytes) -> None:
    with connections(portal, 110, begun) as opened:
        for _ in range(3):
            assert answers(portal) == _ALL_WELL
            for each in opened:
                with suppress(OSError):  # "Ga" begins no request: it was closed
                    each.sendall(b"a" if begun else b"")


def test_a_body_that_drips_holds_nobody_up(portal: RunningPortal) -> None:
    head = b"POST /api/catalog/refresh HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n{"
    with connections(portal, 110, head) as opened:
        assert answers(portal) == _ALL_WELL
        for each in opened:
            each.sendall(b" ")
        assert answers(portal) == _ALL_WELL


def test_more_connections_than_there_is_room_for_hold_nobody_up(portal: RunningPortal) -> None:
    with connections(portal, 900, b"GET / HTTP/1.1\r\n"):
        assert answers(portal) == _ALL_WELL


def test_event_streams_hold_nobody_up(portal: RunningPortal) -> None:
    body = {"templateRef": "template:default/wait", "values": {}}
    task = portal.ask("POST", "/api/scaffolder/v2/tasks", body).json["id"]
    path = f"/api/scaffolder/v2/tasks/{task}/eventstream"
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    with connections(portal, 200, request) as opened:
        begun = [each.recv(64).split(b" ")[1] for each in opened]
        assert set(begun) == {b"200", b"503"}
        assert 64 <= begun.count(b"200") <= 2 * 64  # of each process
        assert answers(portal) == _ALL_WELL
    assert portal.ask("POST", f"/api/scaffolder/v2/tasks/{task}/cancel").status == 200


def test_slow_readers_of_large_answers_hold_nobody_up(portal: RunningPortal) -> None:
    request = b"GET /api/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 2
    with connections(portal, 110, request):
        assert answers(portal) == _ALL_WELL


@pytest.mark.slow
def test_registrations_at_a_host_that_hangs_hold_nobody_up(
    portal: RunningPortal, hanging_host: str
) -> None:
    target = f"http://{hanging_host}/o/r/blob/main/catalog-info.yaml"
    body = {"type": "url", "target": target}
    path = "/api/catalog/locations?dryRun=true"
    ended = threading.Event()

    def ask() -> Answer:
        answer = portal.ask("POST", path, body, timeout=300)
        ended.set()
        return answer

    with asking(9, ask) as futures:
        assert answers(portal) == _ALL_WELL
        assert ended.wait(60)
        refused = [future.result() for future in futures if future.done()]
        assert answers(portal) == _ALL_WELL
    assert {answer.status for answer in refused} == {503}
    assert all(int(answer.headers["retry-after"]) > 0 for answer in refused)
    assert refused[0].json["error"]["name"]


def test_writers_that_wait_for_the_database_hold_nobody_up(portal: RunningPortal) -> None:
    database = sqlite3.connect(portal.folder / "data" / "portal.db", isolation_level=None)
    database.execute("BEGIN IMMEDIATE")
    with asking(12, lambda: portal.ask(*_REFRESH, timeout=120)) as futures:
        try:
            assert answers(portal) == _ALL_WELL
        finally:
            database.rollback()
            database.close()
    assert {future.result().status for future in futures} <= {200, 503}
    assert portal.ask(*_REFRESH).status == 200


def test_a_request_that_does_not_arrive_is_given_up(start_portal: StartPortal) -> None:
    portal = start_portal({"catalog-info.yaml": json.dumps(_WAIT)}, request_timeout=1)
    stopped = threading.Event()

    def drip(connection: socket.socket) -> None:
        try:
            while not stopped.wait(0.2):
                connection.sendall(b"a")
        except OSError:
            stopped.set()

    with portal.connect(timeout=60) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: ")
        dripping = threading.Thread(target=drip, args=(connection,))
        dripping.start()
        try:
            assert connection.recv(64) == b""
        except ConnectionResetError:
            pass
        finally:
            stopped.set()
            dripping.join()
    assert answers(portal) == _ALL_WELL
