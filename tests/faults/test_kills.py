"""Workers are killed at random moments of a sync, of the index, of a task and of publishing."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path

import pytest
import sqlalchemy as sa
import yaml

from tests.cluster.machines import ENTITIES
from tests.cluster.machines import TASKS
from tests.cluster.machines import Machine
from tests.cluster.machines import Watcher
from tests.cluster.machines import WebNode
from tests.cluster.machines import content_of
from tests.cluster.machines import editions
from tests.cluster.machines import finds
from tests.cluster.machines import wait
from tests.conftest import MakeRepository
from tests.conftest import Repository
from tests.conftest import Serving
from tests.processes import KILLS
from tests.processes import children_named

pytestmark = [pytest.mark.slow, pytest.mark.alone]
_STAGES = ("sync", "index", "task", "publish")
#: Seconds that a whole piece of work takes, within which a kill comes.
_LONGEST = 1.2
_READING = "/api/search/query?term=wombat&types%5B0%5D=software-catalog"
_TEMPLATE = """
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: publish}
spec:
  owner: guests
  type: service
  parameters: {properties: {remote: {type: string}}}
  steps:
    - {id: fetch, name: Fetch, action: fetch:template, input: {url: ./skeleton, values: {name: svc}}}
    - {id: wait, name: Wait, action: debug:wait, input: {milliseconds: 300}}
    - {id: push, name: Push, action: publish:git, input: {remoteUrl: "${{ parameters.remote }}"}}
    - {id: last, name: Last, action: debug:log, input: {message: last}}
  output: {commit: "${{ steps.push.output.commitHash }}"}
"""


def _content(edition: int) -> dict[str, str]:
    files = content_of(edition)
    whole = f"{files['catalog-info.yaml']}---{_TEMPLATE}"
    return {"catalog-info.yaml": whole, "skeleton/name.txt": "a ${{ values.name }}\n"}


@dataclass
class Reader(Watcher):
    """Reads the catalog and searches.

    Attributes:
        node: Who answers.
        unready: How often search said that there is no index.
    """

    node: WebNode
    unready: int = field(default=0, init=False)

    def look(self) -> None:
        """Read and search once."""
        self.note("catalog", editions(self.node))
        status, found = self.node.ask("GET", _READING)
        if status == 503:
            self.unready += 1
            return
        titles = [hit["document"]["title"] for hit in found["results"]]
        if len(titles) != ENTITIES:
            self.wrong.append(f"search finds {len(titles)}")
        self.note("search", {title.removeprefix("zebra") for title in titles})


class Scene:
    """A web process that stays, a worker that is killed, and what was asked of both.

    Args:
        folder: Where everything is.
        database_url: Their database.
        repository: The content.
        serving: Where projects are published.
    """

    def __init__(
        self, folder: Path, database_url: str, repository: Repository, serving: Serving
    ) -> None:
        settings = {
            "database_url": database_url,
            "sources": [{"name": "content", "url": str(repository.path)}],
            "sync_interval": 5,
            "publish_hosts": [serving.host],
            "web_processes": 1,
            "cache_bytes": 1_000_000,
        }
        folder.mkdir()
        (folder / "portal.yaml").write_text(yaml.safe_dump(settings))
        shared = ["--config", str(folder / "portal.yaml")]
        serve = ["serve", "--no-jobs", "--port", "0", *shared]
        self.node = WebNode(folder / "web", serve, data=folder / "data")
        self.worker = Machine(folder / "worker", ["worker", *shared], data=folder / "data")
        self.repository, self._serving = repository, serving
        #: The empty repository that each task publishes into.
        self.published: dict[str, Path] = {}
        self.edition, self.head = 0, ""
        self._chance = random.Random(15)

    def ask(self) -> str:
        """Make a commit and have it read; begin a task, and return its id."""
        self.edition += 1
        self.head = self.repository.commit(_content(self.edition))
        asked = {"entityRef": "component:default/part-0"}
        assert self.node.ask("POST", "/api/catalog/refresh", asked)[0] == 200
        bare = self._serving.make_empty(f"project-{self.edition}")
        remote = f"http://{self._serving.host}/{bare.name}"
        body = {"templateRef": "template:default/publish", "values": {"remote": remote}}
        status, task = self.node.ask("POST", TASKS, body)
        assert status == 201, task
        self.published[task["id"]] = bare
        return str(task["id"])

    def wait_in(self, stage: str, task: str) -> None:
        """Wait for a random moment of a stage."""
        if stage == "index":
            self.wait_for_commit()
        elif stage == "publish":
            name = self.published[task].name
            wait(lambda: any(name in path for path, _ in self._serving.seen), "it is published")
        longest = _LONGEST if stage in {"sync", "task"} else _LONGEST / 4
        time.sleep(self._chance.uniform(0, longest))

    def kill(self) -> None:
        """Kill the worker with all it started, without it, or the process of tasks alone."""
        process = self.worker.process
        assert process is not None
        tasks = children_named(process.pid, "portal-tasks")
        whom = self._chance.choice(["all", "worker", "tasks"])
        if whom == "tasks" and tasks:
            os.kill(tasks[0], signal.SIGKILL)
            return
        if whom == "all":
            self.worker.kill()
        else:  # what it started ends by itself, or finishes what it does
            process.kill()
            process.wait()
        self.worker.start()

    def wait_for_commit(self) -> None:
        """Wait until the catalog has the last commit."""
        wait(lambda: editions(self.node) == {str(self.edition)}, "the commit is read")

    def is_found(self) -> bool:
        """Return whether search finds the last commit."""
        try:
            return finds(self.node, self.edition)
        except AssertionError:  # there is no index just now
            return False

    def lost(self) -> Iterator[str]:
        """Wait for all that was asked for; yield what was not done once and whole."""
        for task, bare in self.published.items():
            path = f"{TASKS}/{task}"
            wait(lambda: self._status(path) not in {"open", "processing"}, "a task ends")  # noqa: B023
            events = self.node.ask("GET", f"{path}/events")[1]
            told = [event["body"]["message"] for event in events]
            log = subprocess.run(
                ("git", "--git-dir", str(bare), "log", "--format=%H", "main"),
                capture_output=True,
                text=True,
                check=False,
            ).stdout.split()
            ends = sum("Finished step Last" in each for each in told)
            if self._status(path) != "completed" or ends != 1:
                yield f"{task}: {told}"
            elif log != [events[-1]["body"]["output"]["commit"]]:
                yield f"{bare.name}: {log}"
        history = "/api/catalog/entities/by-name/component/default/part-0/history"
        commits = [each["commit"]["id"] for each in self.node.ask("GET", history)[1]["items"]]
        if len(set(commits)) < len(commits) or commits[0] != self.head:
            yield f"the history has {commits}"

    def _status(self, path: str) -> str:
        return str(self.node.ask("GET", path)[1]["status"])


@pytest.fixture
def scene(
    tmp_path: Path, make_repository: MakeRepository, serving: Serving, database_url: str
) -> Iterator[Scene]:
    scene = Scene(tmp_path / "portal", database_url, make_repository(_content(0)), serving)
    try:
        scene.worker.start()
        scene.node.start()
        wait(scene.node.is_ready, "it is ready")
        yield scene
    finally:
        scene.node.stop()
        scene.worker.stop()


def test_a_kill_at_any_moment_loses_nothing_and_nothing_is_answered_wrong(
    scene: Scene, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    injected: Counter[str] = Counter()
    slowest = 0.0
    with Reader(scene.node).running() as reader:
        for number in range(KILLS):
            stage = _STAGES[number % len(_STAGES)]
            scene.wait_in(stage, scene.ask())
            scene.kill()
            injected[stage] += 1
            began = time.monotonic()
            scene.wait_for_commit()
            wait(scene.is_found, "it is found")
            slowest = max(slowest, time.monotonic() - began)
        lost = list(scene.lost())
    backend = sa.make_url(database_url).get_backend_name()
    with capsys.disabled():
        sys.stdout.write(
            f"\n{backend}: injected {KILLS} kills ({json.dumps(injected)}); served meanwhile "
            f"{reader.answers}, no index {reader.unready}; wrong {len(reader.wrong)}; "
            f"lost {len(lost)}; whole again after {slowest:.1f} s at most\n"
        )
    assert reader.wrong == []
    assert lost == []
    assert reader.answers
    if backend == "sqlite":
        with sqlite3.connect(sa.make_url(database_url).database or "") as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
