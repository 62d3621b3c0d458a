"""Tasks in a whole portal, each role a process of its own: watched, killed, gone on with."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Forge
from tests.conftest import MakeRepository
from tests.conftest import _Handler
from tests.processes import child_named

TEMPLATES = """
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {{name: wait}}
spec:
  owner: guests
  type: service
  parameters: {{properties: {{seconds: {{type: number}}}}}}
  steps:
    - id: fetch
      name: Fetch
      action: fetch:template
      input: {{url: ./skeleton, values: {{name: svc, token: "${{{{ secrets.tok }}}}"}}}}
    - {{id: wait, name: Wait, action: debug:wait, input: {{seconds: "${{{{ parameters.seconds }}}}"}}}}
    - {{id: list, name: List, action: debug:log, input: {{message: done, listWorkspace: true}}}}
---
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {{name: publish}}
spec:
  owner: guests
  type: service
  parameters: {{properties: {{remote: {{type: string}}, seconds: {{type: number}}}}}}
  steps:
    - id: fetch
      name: Fetch
      action: fetch:template
      input: {{url: ./skeleton, values: {{name: svc}}}}
    - id: push
      name: Push
      action: publish:git
      input: {{remoteUrl: "${{{{ parameters.remote }}}}"}}
    - {{id: wait, name: Wait, action: debug:wait, input: {{seconds: "${{{{ parameters.seconds }}}}"}}}}
  output: {{commit: "${{{{ steps.push.output.commitHash }}}}"}}
---
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {{name: fetch}}
spec:
  owner: guests
  type: service
  parameters: {{properties: {{url: {{type: string}}}}}}
  steps:
    - id: first
      name: First
      action: fetch:template
      input: {{url: ./skeleton, values: {{name: svc}}}}
    - {{id: fetch, name: Fetch, action: fetch:plain, input: {{url: "${{{{ parameters.url }}}}"}}}}
    - {{id: list, name: List, action: debug:log, input: {{listWorkspace: true}}}}
---
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {{name: address}}
spec:
  owner: guests
  type: service
  steps:
    - {{id: say, name: Say, action: debug:log, input: {{message: "I am at ${{{{ portalUrl }}}}"}}}}
"""
FILES = {"catalog-info.yaml": TEMPLATES.format(), "skeleton/${{values.name}}.txt": "a skeleton\n"}
PREFIX = "/api/scaffolder/v2/tasks"
SECRET = "s3cr3t-of-the-story"


class Serving:
    """A ``portal serve`` in a process of its own, with its children."""

    def __init__(self, folder: Path, settings: str, port: int = 0) -> None:
        file = folder / "portal.yaml"
        file.write_text(f"port: {port}\nsync_interval: 3600\n{settings}")
        command = [sys.executable, "-m", "portal", "serve", "--config", str(file)]
        self.process = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True)
        self.log: list[str] = []
        self._told = threading.Event()
        threading.Thread(target=self._read, daemon=True).start()
        assert self._told.wait(30), self.log
        self.until(lambda: self.get("/.backstage/health/v1/readiness")[0] == 200)

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.log.append(line)
            if found := re.search(r"listening on http://127\.0\.0\.1:(\d+)", line):
                self.port = int(found[1])
                self._told.set()

    def until(self, holds: Callable[[], Any], seconds: float = 30) -> None:
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, "".join(self.log)
            time.sleep(0.02)

    def open(self, method: str, path: str, body: Any = None) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        text = json.dumps(body) if body is not None else None
        connection.request(method, path, text, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.connection = connection  # type: ignore[attr-defined]
        return answer

    def get(self, path: str) -> tuple[int, Any]:
        answer = self.open("GET", path)
        return answer.status, json.loads(answer.read())

    def ask(self, name: str, **values: Any) -> str:
        body = {"templateRef": name, "values": values, "secrets": {"tok": SECRET}}
        answer = self.open("POST", PREFIX, body)
        found = json.loads(answer.read())
        assert answer.status == 201, found
        return str(found["id"])

    def watch(self, task: str, after: int = 0) -> Iterator[dict[str, Any]]:
        """Yield a task's events while it runs."""
        answer = self.open("GET", f"{PREFIX}/{task}/eventstream?after={after}")
        assert answer.headers["Content-Type"] == "text/event-stream"
        for line in iter(answer.readline, b""):
            if line.startswith(b"data: "):
                yield json.loads(line[6:])

    def children(self) -> tuple[int, int]:
        """Return the worker, and the process that runs tasks."""
        parent = self.process.pid
        return child_named(parent, "portal-worker"), child_named(parent, "portal-tasks")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)


@pytest.fixture
def settings(database_url: str, make_repository: MakeRepository) -> str:
    repository = make_repository(FILES)
    source = f"sources: [{{name: content, url: '{repository.path}'}}]\n"
    return f"{source}database_url: '{database_url}'\n"


@pytest.fixture
def embedded(make_repository: MakeRepository) -> str:
    """Return settings for the embedded database, where the other one makes no difference."""
    return f"sources: [{{name: content, url: '{make_repository(FILES).path}'}}]\n"


@pytest.fixture
def serving(tmp_path: Path, settings: str) -> Iterator[Serving]:
    serving = Serving(tmp_path, settings)
    yield serving
    serving.stop()


def messages(events: list[dict[str, Any]]) -> list[str]:
    return [event["body"]["message"].replace("\x1b[32minfo\x1b[39m: ", "") for event in events]


@pytest.mark.slow
def test_a_task_is_watched_while_it_runs_and_watched_again_from_where_it_was(
    serving: Serving,
) -> None:
    task = serving.ask("wait", seconds=1)
    seen, times = [], []
    for event in serving.watch(task):
        seen.append(event)
        times.append(time.monotonic())
    assert messages(seen)[0] == "Starting up task with 3 steps"
    assert messages(seen)[-1] == "Run completed with status: completed"
    # What was told before the wait was seen before it was over.
    begun = messages(seen).index("Beginning step Wait")
    assert times[-1] - times[begun] > 0.5
    half = len(seen) // 2
    assert list(serving.watch(task, seen[half]["id"])) == seen[half + 1 :]
    assert SECRET not in json.dumps(seen)
    assert serving.get(f"{PREFIX}/{task}")[1]["status"] == "completed"


@pytest.mark.slow
def test_a_killed_worker_s_task_goes_on_where_it_was(serving: Serving) -> None:
    task = serving.ask("wait", seconds=2)
    seen, killed = [], 0
    for event in serving.watch(task):
        seen.append(event)
        if "Beginning step Wait" in event["body"]["message"] and not killed:
            _, killed = serving.children()
            os.kill(killed, signal.SIGKILL)
    told = messages(seen)
    assert killed
    assert told[-1] == "Run completed with status: completed"
    assert told.count("Finished step Fetch") == told.count("Beginning step Fetch") == 1
    assert told.count("Beginning step Wait") == 2
    assert told.count("Finished step Wait") == 1
    assert "Workspace:\n  - svc.txt" in told


@pytest.mark.slow
def test_a_whole_portal_that_is_killed_goes_on_when_it_is_back(
    tmp_path: Path, settings: str
) -> None:
    first = Serving(tmp_path, settings)
    running = first.ask("wait", seconds=1)
    waiting = [first.ask("wait", seconds=0) for _ in range(5)]
    first.until(lambda: first.get(f"{PREFIX}/{running}")[1]["status"] == "processing")
    for pid in (*first.children(), first.process.pid):
        os.kill(pid, signal.SIGKILL)
    first.process.wait(10)
    second = Serving(tmp_path, settings)
    try:
        for task in (running, *waiting):
            told = messages(list(second.watch(task)))
            assert told[-1] == "Run completed with status: completed"
            assert told.count("Starting up task with 3 steps") == 1
            assert told.count("Finished step Fetch") == 1
    finally:
        second.stop()


@pytest.mark.slow
def test_what_was_pushed_before_the_worker_died_is_not_pushed_again(
    tmp_path: Path, embedded: str, forge: Forge
) -> None:
    empty = forge.make("team/new", {})
    bare = forge.root / "team/new.git"
    empty.git("--git-dir", str(bare), "update-ref", "-d", "refs/heads/main")
    serving = Serving(tmp_path, f"{embedded}publish_hosts: ['{forge.host}']\n")
    try:
        remote = f"http://{forge.host}/team/new.git"
        task = serving.ask("publish", remote=remote, seconds=1)
        killed = 0
        for event in serving.watch(task):
            last = event
            if "Beginning step Wait" in event["body"]["message"] and not killed:
                _, killed = serving.children()
                os.kill(killed, signal.SIGKILL)
        assert killed
        assert last["type"] == "completion", last
        pushes = [path for path, _ in forge.seen if path.endswith("git-receive-pack")]
        log = empty.git("--git-dir", str(bare), "log", "--format=%H", "main").split()
        assert last["body"]["output"] == {"commit": log[0]}
        assert len(log) == 1
        # The branch, and the copy for updates of the project: each once.
        assert sum("service=" not in path for path in pushes) == 2
    finally:
        serving.stop()


class Held:
    """Lets a forge take requests of a kind, and answer them when the test says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, ending: str) -> None:
        self.taken, self.answered = threading.Event(), threading.Event()
        answer = _Handler._serve_git

        def wait_first(handler: Any) -> None:
            if handler.command == "POST" and handler.path.endswith(ending):
                self.taken.set()
                assert self.answered.wait(30)
            with contextlib.suppress(OSError):  # who asked may be dead by now
                answer(handler)

        monkeypatch.setattr(_Handler, "_serve_git", wait_first)


def killed_inside(serving: Serving, held: Held, task: str) -> list[str]:
    """Kill who runs a task as soon as a forge was asked; return all that the task told."""
    events = serving.watch(task)
    told = [next(events)]
    assert held.taken.wait(30)
    _, tasks = serving.children()
    os.kill(tasks, signal.SIGKILL)
    held.answered.set()
    told += events
    assert told[-1]["type"] == "completion", told[-1]
    return messages(told)


@pytest.mark.slow
def test_who_is_killed_inside_a_fetch_fetches_again(
    tmp_path: Path, embedded: str, forge: Forge, monkeypatch: pytest.MonkeyPatch
) -> None:
    forge.make("team/skeletons", {"web/index.html": "<p>"})
    serving = Serving(tmp_path, f"{embedded}location_hosts: ['{forge.host}']\n")
    try:
        held = Held(monkeypatch, "git-upload-pack")
        address = f"http://{forge.host}/team/skeletons/tree/main/web"
        task = serving.ask("fetch", url=address)
        told = killed_inside(serving, held, task)
        assert told.count("Finished step First") == told.count("Finished step Fetch") == 1
        assert (told.count("Beginning step First"), told.count("Beginning step Fetch")) == (1, 2)
        assert told[-1] == "Run completed with status: completed"
        assert "Workspace:\n  - index.html\n  - svc.txt" in told
    finally:
        serving.stop()


@pytest.mark.slow
def test_who_is_killed_inside_a_push_makes_one_commit(
    tmp_path: Path, embedded: str, forge: Forge, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = forge.make_empty("team/new")
    serving = Serving(tmp_path, f"{embedded}publish_hosts: ['{forge.host}']\n")
    try:
        held = Held(monkeypatch, "git-receive-pack")
        task = serving.ask("publish", remote=f"http://{forge.host}/team/new.git", seconds=0)
        told = killed_inside(serving, held, task)
        assert told[-1] == "Run completed with status: completed"
        assert (told.count("Beginning step Push"), told.count("Finished step Push")) == (2, 1)
        log = subprocess.run(
            ["git", "--git-dir", str(bare), "log", "--format=%H", "main"],
            capture_output=True,
            text=True,
            check=True,
        )
        status, events = serving.get(f"{PREFIX}/{task}/events")
        assert status == 200
        assert log.stdout.split() == [events[-1]["body"]["output"]["commit"]]
    finally:
        serving.stop()


@pytest.mark.slow
def test_a_template_knows_the_address_the_system_chose(tmp_path: Path, embedded: str) -> None:
    serving = Serving(tmp_path, embedded)
    try:
        address = f"http://127.0.0.1:{serving.port}"
        _, extensions = serving.get("/api/scaffolder/v2/templating-extensions")
        assert extensions["globals"]["values"]["portalUrl"]["value"] == address
        told = messages(list(serving.watch(serving.ask("address"))))
        assert f"I am at {address}" in told
    finally:
        serving.stop()


@pytest.mark.slow
def test_a_running_portal_removes_what_is_old(tmp_path: Path, embedded: str) -> None:
    second = 1 / 86_400
    settings = f"task_retention: {3 * second}\ntask_files_retention: {second}\n"
    serving = Serving(tmp_path, f"{embedded}{settings}")
    try:
        task = serving.ask("wait", seconds=0)
        list(serving.watch(task))
        said: list[str] = []

        def is_gone() -> bool:
            answer = serving.open("GET", f"{PREFIX}/{task}/workspace.zip")
            body = answer.read()
            if answer.status == 404:
                said.append(json.loads(body)["error"]["message"])
            return serving.get(f"{PREFIX}/{task}")[0] == 404

        serving.until(is_gone)
        assert said[0].startswith(f"The files of task {task} are gone")
    finally:
        serving.stop()


@pytest.mark.slow
@pytest.mark.alone
def test_fifty_clients_that_wait_hold_nobody_up(
    serving: Serving, capsys: pytest.CaptureFixture[str]
) -> None:
    task = serving.ask("wait", seconds=4)
    found: list[list[str]] = []
    watching = [
        threading.Thread(target=lambda: found.append(messages(list(serving.watch(task)))))
        for _ in range(50)
    ]
    for thread in watching:
        thread.start()
    times = []
    for _ in range(50):
        began = time.perf_counter()
        assert serving.get("/api/catalog/entities?limit=20")[0] == 200
        times.append(time.perf_counter() - began)
    for thread in watching:
        thread.join(30)
    with capsys.disabled():
        print(f"\nmedian with 50 streams open: {1000 * sorted(times)[25]:.1f} ms")  # noqa: T201
    assert sorted(times)[25] < 0.5
    assert len(found) == 50
    assert all(one == found[0] for one in found)
    assert found[0][-1] == "Run completed with status: completed"


@pytest.mark.slow
def test_places_of_clients_that_are_gone_are_free(tmp_path: Path, embedded: str) -> None:
    serving = Serving(tmp_path, f"{embedded}streams_at_once: 3\nweb_processes: 1\n")
    try:
        task = serving.ask("wait", seconds=60)
        path = f"{PREFIX}/{task}/eventstream"
        open_ones = [serving.open("GET", path) for _ in range(3)]
        refused = serving.open("GET", path)
        assert (refused.status, refused.headers["Retry-After"]) == (503, "5")
        for answer in open_ones:
            answer.connection.close()  # type: ignore[attr-defined]
            answer.close()
        serving.until(lambda: serving.open("GET", path).status == 200, seconds=10)
    finally:
        serving.stop()


@pytest.mark.slow
def test_the_end_of_the_server_ends_the_streams_and_gives_tasks_back(
    tmp_path: Path, embedded: str
) -> None:
    first = Serving(tmp_path, embedded)
    task = first.ask("wait", seconds=2)
    events = first.watch(task)
    while "Beginning step Wait" not in next(events)["body"]["message"]:
        pass
    first.process.send_signal(signal.SIGTERM)
    assert list(events) == []
    assert first.process.wait(15) == 0
    second = Serving(tmp_path, embedded)
    try:
        told = messages(list(second.watch(task)))
        assert told[-1] == "Run completed with status: completed"
        assert told.count("Finished step Fetch") == 1
    finally:
        second.stop()


@pytest.mark.slow
def test_no_secret_is_left_in_the_files_of_the_portal(
    tmp_path: Path, make_repository: MakeRepository
) -> None:
    repository = make_repository(FILES)
    serving = Serving(tmp_path, f"sources: [{{name: content, url: '{repository.path}'}}]\n")
    try:
        tasks = [serving.ask("wait", seconds=0) for _ in range(3)]
        for task in tasks:
            list(serving.watch(task))
    finally:
        serving.stop()
    data = tmp_path / ".portal"
    held = [
        path for path in data.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()
    ]
    assert held == []
    assert urllib.parse.quote(SECRET) not in "".join(serving.log)
