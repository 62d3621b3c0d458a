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
from urllib.parse import quote

import pytest


@pytest.fixture
def serving(tmp_path):
    """Start ``portal serve`` on the repository's own glossary; return its port."""
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


def _port(process, log):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        found = re.search(r"listening on http://127\.0\.0\.1:(\d+)", log.read_text())
        if found:
            return int(found[1])
        time.sleep(0.05)
    pytest.fail(f"the portal did not start:\n{log.read_text()}")


def _get(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.read()


def _wait_ready(port):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if _get(port, "/.backstage/health/v1/readiness")[0] == 200:
            return
        time.sleep(0.1)
    pytest.fail("the portal did not become ready")


@pytest.mark.slow
def test_it_syncs_beside_serving_and_ends_with_its_worker(serving):
    process, port = serving
    assert _get(port, "/.backstage/health/v1/liveness")[0] == 200
    _wait_ready(port)
    status, body = _get(port, "/api/glossary/concepts?lang=en")
    assert status == 200
    assert len(json.loads(body)["items"]) == 11
    children = subprocess.run(
        ["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=True
    ).stdout.split()
    assert len(children) == 1
    process.send_signal(signal.SIGTERM)
    assert process.wait(15) == 0
    time.sleep(0.5)
    gone = subprocess.run(["ps", "-p", children[0]], capture_output=True, check=False)
    assert gone.returncode == 1


@pytest.mark.slow
def test_korean_arrives_however_it_is_sent(serving):
    _, port = serving
    _wait_ready(port)
    encoded = _get(port, f"/api/search/query?term={quote('멱등성')}")
    with socket.create_connection(("127.0.0.1", port), timeout=10) as raw:
        request = (
            "GET /api/search/query?term=멱등성 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        )
        raw.sendall(request.encode())
        answer = b"".join(iter(lambda: raw.recv(65536), b""))
    assert encoded[0] == 200
    assert answer.startswith(b"HTTP/1.1 200")
    assert "멱등성".encode() in answer
    found = json.loads(encoded[1])["results"]
    assert found[0]["document"]["name"] == "idempotency"
