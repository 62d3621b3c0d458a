"""A real portal in a process of its own, on fresh data, and what is asked of it over HTTP."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

Json = Any
ROOT = Path(__file__).resolve().parents[2]
_STARTED_WITHIN = 90.0
_STREAM_SECONDS = 120.0


class PortalFault(Exception):  # noqa: N818 - a row of the table, not an error of this program
    """The portal did not do what was asked of it."""


@dataclass(frozen=True)
class RunningPortal:
    """Answers on loopback."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, method: str, path: str, body: Json = None) -> tuple[int, Json]:
        """Return status and JSON of an answer; text when it is none."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        data = None if body is None else json.dumps(body)
        connection.request(method, path, data, {"Content-Type": "application/json"})
        with contextlib.closing(connection):
            answer = connection.getresponse()
            text = answer.read().decode()
        try:
            return answer.status, json.loads(text)
        except ValueError:
            return answer.status, text

    def entity(self, kind: str, name: str) -> Json:
        """Return an entity of the catalog, ``None`` when there is none."""
        path = f"/api/catalog/entities/by-name/{kind}/default/{quote(name)}"
        status, found = self.ask("GET", path)
        return found if status == 200 else None

    def run(self, template: str, values: dict[str, Json]) -> dict[str, Json]:
        """Create a task, watch it over its event stream, and return its output."""
        body = {"templateRef": f"template:default/{template}", "values": values}
        status, made = self.ask("POST", "/api/scaffolder/v2/tasks", body)
        if status != 201:
            raise PortalFault(f"POST /v2/tasks answers {status}: {_short(made)}")
        lines = []
        for event in self._events(made["id"]):
            lines.append(str(event["body"].get("message", "")))
            if event["type"] == "completion":
                if "error" in event["body"]:
                    reason = event["body"]["error"].get("message", "")
                    raise PortalFault("\n".join([f"the task failed: {reason}", *lines]))
                output: dict[str, Json] = event["body"].get("output", {})
                return output
        raise PortalFault("the event stream ended before the task")

    def _events(self, task: str) -> Iterator[Json]:
        """Yield the events of a task from its stream (server-sent events)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_STREAM_SECONDS)
        with contextlib.closing(connection):
            connection.request("GET", f"/api/scaffolder/v2/tasks/{task}/eventstream")
            answer = connection.getresponse()
            kind = answer.headers.get_content_type()
            if answer.status != 200 or kind != "text/event-stream":
                raise PortalFault(f"the event stream answers {answer.status} as {kind}")
            for line in answer:
                if line.startswith(b"data: "):
                    yield json.loads(line.removeprefix(b"data: "))


@contextlib.contextmanager
def running_portal(folder: Path, git_host: str, log: Path) -> Iterator[RunningPortal]:
    """Serve this checkout, as it is now, from a fresh data folder.

    Args:
        folder: Where its data goes.
        git_host: The only host it may read from and publish to.
        log: Where it writes what it does.
    """
    port = _free_port()
    config = folder / "portal.yaml"
    settings = {
        "port": port,
        "data_dir": str(folder / "data"),
        "sources": [{"name": "starters", "url": str(_snapshot(folder / "checkout"))}],
        "location_hosts": [git_host],
        "publish_hosts": [git_host],
        "sync_interval": 2,
    }
    config.write_text(json.dumps(settings))
    command = [sys.executable, "-m", "portal", "serve", "--config", str(config)]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PORTAL_")}
    with log.open("wb") as output, _process(command, environment, output) as process:
        portal = RunningPortal(port)
        _wait_until_up(portal, process, log)
        yield portal


@contextlib.contextmanager
def _process(
    command: list[str], environment: dict[str, str], output: Any
) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait_until_up(portal: RunningPortal, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _STARTED_WITHIN
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError):
            status, found = portal.ask("GET", "/api/catalog/entities?filter=kind=template&limit=1")
            if status == 200 and found:
                return
        time.sleep(0.2)
    raise PortalFault(f"the portal is not up with its templates; its log is {log}")


def _snapshot(folder: Path) -> Path:
    """Make a repository of this checkout as it is now, committed or not."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True).stdout
    for name in filter(None, names.decode().split("\0")):
        source, target = ROOT / name, folder / name
        if source.is_file() and not source.is_symlink():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    git = ["git", "-C", str(folder), "-c", "user.name=Starters", "-c", "user.email=ci@localhost"]
    subprocess.run([*git, "init", "--quiet", "--initial-branch", "main"], check=True)
    # What is ignored here was not listed; what a skeleton ignores belongs to it nevertheless.
    subprocess.run([*git, "add", "--all", "--force"], check=True)
    subprocess.run([*git, "commit", "--quiet", "--message", "As it is now"], check=True)
    return folder


def _free_port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        port: int = opened.getsockname()[1]
        return port


def _short(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)[:500]
