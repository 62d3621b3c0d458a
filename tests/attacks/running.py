"""A portal as a process, as operators start it, and the requests that attackers send to it."""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

Json = Any
READINESS = "/.backstage/health/v1/readiness"
LIVENESS = "/.backstage/health/v1/liveness"
_SECONDS = 90


@dataclass(frozen=True)
class Answer:
    """What came back: headers by their names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Json:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True)
class RunningPortal:
    """A portal on loopback.

    Attributes:
        port: The port it listens on.
        folder: Where its settings and data are.
        pid: The process that was started.
    """

    port: int
    folder: Path
    pid: int

    @property
    def log(self) -> str:
        """What all its processes wrote."""
        return (self.folder / "log").read_text(errors="replace")

    def ask(
        self,
        method: str,
        path: str,
        body: Json = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = 60,
    ) -> Answer:
        """Send a request and return its answer; ``headers`` replace those of the same name."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        data = None if body is None else json.dumps(body)
        kind = {"Content-Type": "application/json"} if data else {}
        try:
            connection.request(method, path, data, {**kind, **(headers or {})})
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, found, answer.read())
        finally:
            connection.close()

    def send(self, request: bytes, timeout: float = 30) -> bytes:
        """Send bytes as they are, and return what comes until the connection is closed."""
        with self.connect(timeout) as raw:
            raw.sendall(request)
            return b"".join(iter(lambda: raw.recv(65536), b""))

    def connect(self, timeout: float = 30) -> socket.socket:
        """Open a connection that sends nothing yet."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=timeout)


@contextmanager
def running_portal(
    folder: Path, env: Mapping[str, str] | None = None, **settings: Json
) -> Iterator[RunningPortal]:
    """Start ``portal serve`` on a free port, and yield it once it has read its sources."""
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "portal.yaml"
    config.write_text(json.dumps({"port": 0, "data_dir": str(folder / "data"), **settings}))
    command = [sys.executable, "-m", "portal", "serve", "--config", str(config)]
    known = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
    log = folder / "log"
    with (
        log.open("wb") as file,
        subprocess.Popen(
            command, stdout=file, stderr=file, cwd=folder, env={**known, **(env or {})}
        ) as process,
    ):
        try:
            yield _ready(process, folder)
        finally:
            process.terminate()
            process.wait(30)


def _ready(process: subprocess.Popen[bytes], folder: Path) -> RunningPortal:
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        found = re.search(r"listening on http://[^ ]+:(\d+)", (folder / "log").read_text())
        portal = RunningPortal(int(found[1]) if found else 0, folder, process.pid)
        if found and portal.ask("GET", READINESS).status == 200:
            return portal
        time.sleep(0.1)
    pytest.fail(f"the portal did not become ready:\n{(folder / 'log').read_text()}")
