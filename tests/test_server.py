"""``portal serve`` as a process: it listens, syncs beside, takes Korean, ends cleanly."""

from __future__ import annotations

import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from portal.roles.web import web_processes

#: A process, and the port it listens on.
Running = tuple[subprocess.Popen[bytes], int]


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Running]:
    """Start ``portal serve`` on the repository's own glossary; give its process and port."""
    log = (tmp_path / "log").open("w+")
    command = [sys.executable, "-m", "portal", "serve", "--port", "0"]
    command += ["--data-dir", str(tmp_path / "data")]
    with subprocess.Popen(command, stderr=log, cwd=tmp_path) as process:
        try:
            yield process, _port(process, tmp_path / "log")
        finally:
            process.terminate()
            process.wait(15)
    log.close()


def _port(process: subprocess.Popen[bytes], log: Path) -> int:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        found = re.search(r"listening on http://127\.0\.0\.1:(\d+)", log.read_text())
        if found:
            return int(found[1])
        time.sleep(0.05)
    pytest.fail(f"the portal did not start:\n{log.read_text()}")


def _get(port: int, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.read()


def _wait_ready(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if _get(port, "/.backstage/health/v1/readiness")[0] == 200:
            return
        time.sleep(0.1)
    pytest.fail("the portal did not become ready")


@pytest.mark.slow
def test_it_syncs_beside_serving_and_ends_with_its_worker(serving: Running) -> None:
    process, port = serving
    assert _get(port, "/.backstage/health/v1/liveness")[0] == 200
    _wait_ready(port)
    status, body = _get(port, "/api/glossary/concepts?lang=en")
    assert status == 200
    assert len(json.loads(body)["items"]) == 11
    children = subprocess.run(
        ["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=True
    ).stdout.split()
    assert len(children) == web_processes() + 2  # one reads sources, one runs tasks
    process.send_signal(signal.SIGTERM)
    assert process.wait(15) == 0
    time.sleep(0.5)
    gone = subprocess.run(["ps", "-p", ",".join(children)], capture_output=True, check=False)
    assert gone.returncode == 1


_LARGE = 10 * 1024 * 1024


def _post(port: int, path: str, body: bytes | Iterator[bytes]) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Content-Type": "application/json"}
    connection.request("POST", path, body, headers, encode_chunked=not isinstance(body, bytes))
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


@pytest.mark.slow
def test_bodies_pass_up_to_the_limit_of_their_route_and_are_refused_above_it(
    serving: Running,
) -> None:
    _, port = serving
    files = b'{"template": {}, "values": {}, "secrets": {}, "directoryContents": []}'
    for path in ("/api/scaffolder/v2/dry-run", "/api/scaffolder/v2/tasks"):
        assert _post(port, path, files.ljust(_LARGE))[0] == 400
    everywhere = {
        "/api/scaffolder/v2/dry-run": "/v2/dry-run",
        "/api/scaffolder/v2/tasks": "/v2/tasks",
        "/api/catalog/entities/by-query?x=1": "/entities/by-query?x=1",
        "/api/permission/authorize": "/authorize",
        "/api/webhooks/github": "/github",
        "/api/nowhere": "/",
    }
    for path, url in everywhere.items():
        for body in (b" " * (_LARGE + 1), iter([b" " * 65_536] * 200)):
            status, answer = _post(port, path, body)
            assert status == 413
            assert answer == {
                "error": {"name": "PayloadTooLargeError", "message": "request entity too large"},
                "request": {"method": "POST", "url": url},
                "response": {"statusCode": 413},
            }


@pytest.mark.slow
def test_korean_arrives_however_it_is_sent(serving: Running) -> None:
    _, port = serving
    _wait_ready(port)
    encoded = _get(port, f"/api/search/query?term={quote('멱등성')}")
    with socket.create_connection(("127.0.0.1", port), timeout=10) as raw:
        request = "GET /api/search/query?term=멱등성 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        raw.sendall(request.encode())
        answer = b"".join(iter(lambda: raw.recv(65536), b""))
    assert encoded[0] == 200
    assert answer.startswith(b"HTTP/1.1 200")
    assert "멱등성".encode() in answer
    found = json.loads(encoded[1])["results"]
    assert found[0]["document"]["name"] == "idempotency"
