"""Processes that serve: several on one address, started again, ended without loss."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from portal.kernel.errors import ConfigError
from portal.server.supervision import listen
from tests.attacks.running import LIVENESS
from tests.attacks.running import READINESS
from tests.attacks.running import RunningPortal
from tests.attacks.running import running_portal
from tests.processes import children_named
from tests.processes import children_of
from tests.waiting import until

_SPEC = "/api/openapi.json"


def web_children(portal: RunningPortal) -> set[int]:
    """Return the processes that serve."""
    return set(children_named(portal.pid, "portal-web"))


def is_there(pid: int) -> bool:
    """Return whether a process runs."""
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


class TestListening:
    def test_a_port_is_chosen_when_none_is_named(self) -> None:
        sockets = listen("localhost", 0)
        assert len({each.getsockname()[1] for each in sockets}) == 1
        for each in sockets:
            each.close()

    def test_a_port_in_use_is_said_with_a_way_out(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            with pytest.raises(ConfigError, match=r"another program has it.*--port"):
                listen("127.0.0.1", port)

    def test_an_address_that_is_not_here_is_said(self) -> None:
        with pytest.raises(ConfigError, match=r"cannot listen on 192\.0\.2\.1:0: "):
            listen("192.0.2.1", 0)


@pytest.mark.slow
@pytest.mark.alone
class TestProcesses:
    def test_one_that_is_killed_is_started_again(self, tmp_path: Path) -> None:
        with running_portal(tmp_path, web_processes=2) as portal:
            before = web_children(portal)
            assert len(before) == 2
            os.kill(before.pop(), signal.SIGKILL)
            assert {portal.ask("GET", LIVENESS).status for _ in range(20)} == {200}
            until(lambda: len(web_children(portal)) == 2)
            assert "a web process ended with code -9" in portal.log
            assert portal.ask("GET", READINESS).status == 200

    def test_a_refresh_wakes_the_worker_from_any_of_them(self, tmp_path: Path) -> None:
        with running_portal(tmp_path, web_processes=2, sync_interval=3600) as portal:
            before = portal.log.count("source ")
            body = {"entityRef": "concept:default/circuit-breaker"}
            for _ in range(8):
                portal.ask("POST", "/api/catalog/refresh", body)
            until(lambda: portal.log.count("source ") > before)

    def test_an_answer_that_is_under_way_is_finished(self, tmp_path: Path) -> None:
        with running_portal(tmp_path, web_processes=1) as portal:
            whole = portal.ask("GET", _SPEC).body
            with socket.socket() as slow:
                slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                slow.connect(("127.0.0.1", portal.port))
                slow.sendall(f"GET {_SPEC} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
                received = slow.recv(1024)
                os.kill(portal.pid, signal.SIGTERM)
                received += b"".join(iter(lambda: slow.recv(4096), b""))
            assert json.loads(received.partition(b"\r\n\r\n")[2]) == json.loads(whole)
            until(lambda: not is_there(portal.pid))

    def test_nothing_is_left_when_the_parent_is_killed(self, tmp_path: Path) -> None:
        with running_portal(tmp_path, web_processes=2) as portal:
            started = children_of(portal.pid)
            assert len(started) == 4
            os.kill(portal.pid, signal.SIGKILL)
            until(lambda: not any(map(is_there, started)))

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_a_signal_ends_all_of_them(self, tmp_path: Path, number: int) -> None:
        with running_portal(tmp_path, web_processes=2) as portal:
            started = children_of(portal.pid)
            os.kill(portal.pid, number)
            until(lambda: not any(map(is_there, [portal.pid, *started])))
            assert "Traceback" not in portal.log


@pytest.mark.slow
@pytest.mark.alone
def test_a_portal_that_cannot_serve_says_why_once(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "portal.db").write_bytes(b"no database" * 1000)
    command = [sys.executable, "-m", "portal", "serve", "--port", "0", "--data-dir", str(folder)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert ended.stderr.count("portal: ") == 1
    assert "Traceback" not in ended.stderr
