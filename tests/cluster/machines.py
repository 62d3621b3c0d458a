"""Machines as real processes: each with a folder of its own, all on one PostgreSQL."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from abc import ABC
from abc import abstractmethod
from collections import Counter
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any
from typing import Self

import pytest
import yaml

from tests.conftest import Repository

#: Seconds within which everything has to come to be, on a busy machine.
PATIENCE = 120.0
ENTITIES = 20
TASKS = "/api/scaffolder/v2/tasks"
_READINESS = "/.backstage/health/v1/readiness"
_KEY = "a key of all machines of the cluster, long enough"
_TEMPLATE = """
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: wait}
spec:
  owner: guests
  type: service
  parameters: {properties: {seconds: {type: number}}}
  steps:
    - {id: first, name: First, action: debug:log, input: {message: first}}
    - {id: wait, name: Wait, action: debug:wait, input: {seconds: "${{ parameters.seconds }}"}}
    - {id: last, name: Last, action: debug:log, input: {message: last}}
"""
_COMPONENT = """---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: part-{number}
  title: zebra{edition}
  description: wombat
  labels: {{edition: "{edition}"}}
spec: {{type: service, lifecycle: production, owner: o}}
"""


def content_of(edition: int) -> dict[str, str]:
    """Return a repository whose entities are all of one edition."""
    parts = "".join(_COMPONENT.format(number=n, edition=edition) for n in range(ENTITIES))
    return {"catalog-info.yaml": _TEMPLATE + parts}


def wait(is_so: Callable[[], bool], what: str, seconds: float = PATIENCE) -> float:
    """Wait until something is so; return how many seconds that took."""
    began = time.monotonic()
    while not is_so():
        if time.monotonic() > began + seconds:
            pytest.fail(f"it did not come to be that {what}")
        time.sleep(0.05)
    return time.monotonic() - began


@dataclass
class Machine:
    """A process, and those it started, in one group.

    Attributes:
        folder: Where it logs.
        command: What it runs.
        environment: Its variables beside those of this process.
        data: Its data folder; ``folder`` unless it shares that of another process.
    """

    folder: Path
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    data: Path | None = None
    process: subprocess.Popen[bytes] | None = None
    runs: int = 0

    @property
    def log(self) -> str:
        """What it logged, over all its runs."""
        return "".join(path.read_text() for path in sorted(self.folder.glob("log.*")))

    def start(self) -> None:
        """Start it; it need not be ready."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.runs += 1
        with (self.folder / f"log.{self.runs:04d}").open("wb") as errors:
            data = str(self.data or self.folder)
            self.process = subprocess.Popen(
                [sys.executable, "-m", "portal", *self.command, "--data-dir", data],
                stderr=errors,
                env={**os.environ, **self.environment},
                start_new_session=True,
            )

    def kill(self) -> None:
        """Kill it and all its children at once, as when a machine loses its power."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """Stop it in order; kill what does not stop."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(40)
        except subprocess.TimeoutExpired:
            self.kill()


class WebNode(Machine):
    """A machine that answers requests."""

    @property
    def port(self) -> int:
        """The port of its present run; 0 before it listens."""
        text = (self.folder / f"log.{self.runs:04d}").read_text()
        found = re.search(r"listening on http://127\.0\.0\.1:(\d+)", text)
        return int(found[1]) if found else 0

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Return status and JSON of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        text = json.dumps(body) if body is not None else None
        with contextlib.closing(connection):
            connection.request(method, path, text, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            told = answer.read()
        return answer.status, json.loads(told) if told else None

    def is_ready(self) -> bool:
        """Return whether a load balancer would send it requests."""
        if self.process is None or self.process.poll() is not None:
            pytest.fail(f"a node ended by itself:\n{self.log}")
        try:
            return bool(self.port) and self.ask("GET", _READINESS)[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def readiness(self) -> Any:
        """Return what its health says."""
        return self.ask("GET", _READINESS)[1]


class Cluster:
    """Web nodes and workers, and a client that goes round.

    Args:
        folder: Where the folders of all machines are.
        database_url: The PostgreSQL of all of them.
        repository: The content.
    """

    def __init__(self, folder: Path, database_url: str, repository: Repository) -> None:
        self.folder = folder
        self.repository = repository
        self.database_url = database_url
        self.edition = 0
        self._file = folder / "portal.yaml"
        settings = {
            "database_url": database_url,
            "search_engine": "postgresql",
            "jobs": "procrastinate",
            "sources": [{"name": "content", "url": str(repository.path)}],
            "sync_interval": 5,
            "sources_at_once": 2,
            "web_processes": 1,
            "evidence": False,
            "cache_bytes": 1_000_000,
        }
        self._file.write_text(yaml.safe_dump(settings))
        self.nodes: list[WebNode] = []
        self.workers: list[Machine] = []
        self._turn = itertools.count()

    def new_node(self, name: str) -> WebNode:
        """Start a web node, which is not among ``nodes`` yet."""
        command = ["serve", "--no-jobs", "--port", "0", "--config", str(self._file)]
        node = WebNode(self.folder / name, command, {"PORTAL_TASK_KEY": _KEY})
        node.start()
        return node

    def new_worker(self, name: str, key: str = _KEY) -> Machine:
        """Start a worker, which is not among ``workers`` yet."""
        command = ["worker", "--config", str(self._file)]
        worker = Machine(self.folder / name, command, {"PORTAL_TASK_KEY": key})
        worker.start()
        return worker

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Return the JSON of the next node's answer, which must be one of success."""
        nodes = self.nodes
        status, told = nodes[next(self._turn) % len(nodes)].ask(method, path, body)
        assert status < 300, (status, told)
        return told

    def commit(self) -> int:
        """Make a commit that changes all entities, and have it read; return its edition."""
        self.edition += 1
        self.repository.commit(content_of(self.edition))
        self.ask("POST", "/api/catalog/refresh", {"entityRef": "component:default/part-0"})
        return self.edition

    def begin(self, seconds: float) -> str:
        """Ask for a task that takes so many seconds; return its id."""
        body = {"templateRef": "template:default/wait", "values": {"seconds": seconds}}
        return str(self.ask("POST", TASKS, body)["id"])

    def told(self, task: str) -> list[str]:
        """Return what a task told."""
        events = self.ask("GET", f"{TASKS}/{task}/events")
        return [re.sub(r"\x1b\[\d+m", "", event["body"]["message"]) for event in events]

    def stop(self) -> None:
        """Stop all machines, at the same time."""
        machines = (*self.nodes, *self.workers)
        for machine in machines:
            if machine.process is not None:
                machine.process.terminate()
        for machine in machines:
            machine.stop()


def editions(node: WebNode) -> set[str]:
    """Return of which editions the entities are that a node lists."""
    status, listed = node.ask("GET", "/api/catalog/entities?filter=kind=component")
    assert status == 200, (status, listed)
    assert len(listed) == ENTITIES
    return {each["metadata"]["labels"]["edition"] for each in listed}


def finds(node: WebNode, edition: int) -> bool:
    """Return whether search of a node finds exactly the entities of an edition."""
    path = f"/api/search/query?term=zebra{edition}&types%5B0%5D=software-catalog"
    status, found = node.ask("GET", path)
    assert status == 200, (status, found)
    titles = {hit["document"]["title"] for hit in found["results"]}
    return titles == {f"zebra{edition}"}


@dataclass
class Watcher(ABC):
    """Looks again and again until it is stopped, and notes what is wrong with an answer.

    Attributes:
        answers: How many it got.
        wrong: What was wrong.
    """

    answers: int = field(default=0, init=False)
    wrong: list[str] = field(default_factory=list, init=False)
    _newest: Counter[str] = field(default_factory=Counter, init=False)

    @abstractmethod
    def look(self) -> None:
        """Ask once, and note what was seen."""

    @contextlib.contextmanager
    def running(self) -> Iterator[Self]:
        """Look while the body of the ``with`` statement runs."""
        is_over = threading.Event()
        thread = threading.Thread(target=self._run, args=(is_over,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            is_over.set()
            thread.join(60)

    def _run(self, is_over: threading.Event) -> None:
        while not is_over.wait(0.02):
            try:
                self.look()
            except Exception as error:  # noqa: BLE001 - whatever it was, it is an answer lost
                self.wrong.append(f"{type(error).__name__}: {error}")

    def note(self, place: str, seen: set[str]) -> None:
        """Note an answer and of which editions it is: one, and none that is older than before."""
        self.answers += 1
        if len(seen) != 1:
            self.wrong.append(f"{place}: a mixture of {sorted(seen)}")
        elif (edition := int(min(seen))) < self._newest[place]:
            self.wrong.append(f"{place}: {edition} after {self._newest[place]}")
        else:
            self._newest[place] = edition


@dataclass
class Client(Watcher):
    """Goes round the nodes of a cluster."""

    cluster: Cluster
    _turn: int = field(default=0, init=False)

    def look(self) -> None:
        """Ask the next node."""
        self._turn += 1
        nodes = self.cluster.nodes
        self.note("catalog", editions(nodes[self._turn % len(nodes)]))
