"""Tasks on a real database, with templates and actions that a test makes up.

``Bench`` has all that runs tasks but the catalog: templates come from a table, and their
folder from a tree.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from functools import cached_property
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from portal.catalog.reading.failure_log import FailureLog
from portal.config.settings import Config
from portal.kernel import yaml12
from portal.kernel.errors import PortalError
from portal.kernel.processes.presence import Presence
from portal.model.refs import parse_ref
from portal.roles.access import action_environment
from portal.roles.services import Services
from portal.scaffolder.actions.table import ACTIONS
from portal.scaffolder.running.action import Action
from portal.scaffolder.running.action import ActionContext
from portal.scaffolder.running.action import ActionResult
from portal.scaffolder.running.action import FetchedFolder
from portal.scaffolder.running.step_run import RunnerServices
from portal.scaffolder.service import GivenFiles
from portal.scaffolder.service import Scaffolder
from portal.scaffolder.tasks.model.file_store import IN_ROWS
from portal.scaffolder.tasks.model.file_store import FileStore
from portal.scaffolder.tasks.model.secret_box import SecretBox
from portal.scaffolder.tasks.running.broker import Claim
from portal.scaffolder.tasks.running.broker import DatabaseBroker
from portal.scaffolder.tasks.running.execution import Execution
from portal.scaffolder.tasks.running.pool import TaskPool
from portal.scaffolder.tasks.running.retention import Janitor
from portal.scaffolder.tasks.running.retention import Retention
from portal.scaffolder.tasks.serving.feed import EventFeed
from portal.scaffolder.tasks.serving.service import TaskRequest
from portal.scaffolder.tasks.serving.service import Tasks
from portal.scaffolder.workspace.tree import File
from portal.scaffolder.workspace.tree import Tree

KEY = b"k" * 32
#: The descriptor of template ``one``, which fetches its skeleton.
FETCHING = """
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: one}
spec:
  owner: guests
  type: service
  steps: [{id: f, name: F, action: fetch:plain, input: {url: ./skeleton}}]
"""
ANY = {"type": "object"}
Json = Any


def template(name: str, steps: str, **spec: Json) -> dict[str, Json]:
    """Return a template entity; its steps are YAML."""
    return {
        "apiVersion": "scaffolder.backstage.io/v1beta3",
        "kind": "Template",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"type": "service", "steps": yaml12.read_one(steps.encode()), **spec},
    }


def action(name: str, run: Callable[[ActionContext], Json]) -> Action:
    """Return an action that leaves the tree as it is; its function returns the output."""

    def wrapped(context: ActionContext) -> ActionResult:
        found = run(context)
        return found if isinstance(found, ActionResult) else ActionResult(context.tree, found or {})

    return Action(name, "of a test", wrapped, ANY)


@dataclass
class PinnedTree:
    """A tree in the shape of a template's folder."""

    tree: Tree
    commit: str = "c" * 40
    repository: str = "url:https://example.org/r"
    is_operated: bool = True

    def folder(self, path: str) -> FetchedFolder:
        return GivenFiles(self.tree).folder(path)

    def file(self, path: str) -> File:
        return GivenFiles(self.tree).file(path)


@dataclass
class Bench:
    """All that runs tasks, on one database.

    Attributes:
        opened: The commits at which template folders were asked for.
        unreadable: Raised when a template's folder is asked for.
        commit: The commit the catalog has the templates at.
        retention: For how long tasks are kept.
        settings: Settings of the operator.
        env: The environment variables that these name.
        files_in: Where the files of tasks are kept.
    """

    database: sa.Engine
    folder: Path
    templates: list[dict[str, Json]] = field(default_factory=list)
    actions: dict[str, Action] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    users: Mapping[str, Json] = field(default_factory=dict)
    secret_box: SecretBox = field(default_factory=lambda: SecretBox(KEY))
    opened: list[str] = field(default_factory=list)
    unreadable: PortalError | None = None
    woken: int = 0
    commit: str = ""
    retention: Retention = Retention()  # noqa: RUF009 - frozen
    settings: Mapping[str, Json] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    files_in: FileStore = IN_ROWS

    def _find(self, refs: Iterable[str]) -> dict[str, Json]:
        known = {f"template:default/{one['metadata']['name']}": one for one in self.templates}
        return {ref: found for ref in refs if (found := {**known, **self.users}.get(ref))}

    def _find_at(self, ref: str) -> tuple[Json, str] | None:
        found = self._find([ref]).get(ref)
        return (found, self.commit) if found else None

    def _wake(self) -> None:
        self.woken += 1

    def _open(self, _entity: Mapping[str, Json], commit: str) -> PinnedTree:
        self.opened.append(commit)
        if self.unreadable is not None:
            raise self.unreadable
        tree = {path: File(text.encode()) for path, text in self.files.items()}
        return PinnedTree(tree, commit or "c" * 40)

    @cached_property
    def scaffolder(self) -> Scaffolder:
        config = Config(data_dir=self.folder, **self.settings)
        environment = action_environment(config, None, self.env)  # type: ignore[arg-type]
        return Scaffolder(self._find, environment, find_at=self._find_at)

    @cached_property
    def tasks(self) -> Tasks:
        made_of = (self.database, self.scaffolder, self.secret_box, self._wake, self.retention)
        return Tasks(*made_of, files=self.files_in)

    @cached_property
    def failure_log(self) -> FailureLog:
        return FailureLog(self.database, 60, list)

    @property
    def janitor(self) -> Janitor:
        return Janitor(self.database, self.retention, self.failure_log, self.files_in)

    @cached_property
    def execution(self) -> Execution:
        known = self.scaffolder.runner_services
        actions = {**ACTIONS, **self.actions}
        runner_services = RunnerServices(actions, known.entities, known.environment)
        made_of = (self.database, self.secret_box, runner_services, self._open)
        return Execution(*made_of, files=self.files_in)

    @cached_property
    def feed(self) -> EventFeed:
        return EventFeed(self.database, 8)

    def broker(self, lease_seconds: float = 30.0) -> DatabaseBroker:
        """Return the broker of a process of its own."""
        return DatabaseBroker(self.database, Presence(self.folder / "workers"), lease_seconds)

    @contextmanager
    def pool(self, threads: int = 1, timeout: float = 100.0) -> Iterator[TaskPool]:
        """Run tasks in the meantime."""
        pool = TaskPool(self.broker(), self.execution, self.failure_log, threads, timeout)
        try:
            pool.look()
            yield pool
        finally:
            pool.stop()

    def ask(
        self, name: str, user: str = "", secrets: Json = None, key: str = "", **values: Json
    ) -> str:
        """Ask for a template to be run; return the task's id."""
        ref = parse_ref(name, "template")
        return self.tasks.create(TaskRequest(ref, values, secrets or {}, user), key=key)

    def run(self, name: str, **options: Json) -> str:
        """Ask for a template to be run, and run it here."""
        task_id = self.ask(name, **options)
        self.go_on()
        return task_id

    def go_on(self, broker: DatabaseBroker | None = None) -> Claim | None:
        """Run the next task here, to its end."""
        claim = (broker or self.broker()).claim()
        if claim is not None:
            self.execution.run(claim, self.execution.journal(claim))
        return claim

    def status(self, task_id: str) -> str:
        return self.tasks.get(task_id).status

    def until(self, task_id: str, *statuses: str, seconds: float = 20.0) -> None:
        """Wait until a task is in one of these states."""
        end = time.monotonic() + seconds
        while self.status(task_id) not in statuses:
            assert time.monotonic() < end, (self.status(task_id), self.messages(task_id))
            time.sleep(0.01)

    def events(self, task_id: str) -> list[dict[str, Json]]:
        """Return what a task told: type, and the members of its body."""
        found = self.feed.events(task_id, 0)
        return [{"type": event.type, **json.loads(event.body)} for event in found]

    def messages(self, task_id: str) -> list[str]:
        """Return what a task told, without colours."""
        return [
            one["message"].replace("\x1b[32minfo\x1b[39m: ", "") for one in self.events(task_id)
        ]

    def dump(self) -> str:
        """Return all that is in the tables of tasks, as text."""
        with self.database.connect() as connection:
            names = sa.inspect(connection).get_table_names()
            rows = [
                connection.exec_driver_sql(f"SELECT * FROM {name}").all()
                for name in names
                if name.startswith("task")
            ]
        return repr([[list(map(_plain, row)) for row in table] for table in rows])


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


class Gate:
    """An action that waits until the test lets it go on."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.opened = threading.Event()
        self.calls = 0

    def __call__(self, _context: ActionContext) -> dict[str, Json]:
        self.calls += 1
        self.entered.set()
        assert self.opened.wait(20)
        return {"call": self.calls}


@contextmanager
def running(services: Services) -> Iterator[TaskPool]:
    """Run the tasks of a portal in the meantime."""
    pool = services.start_task_pool()
    services.on_refresh = pool.look
    pool.look()
    try:
        yield pool
    finally:
        services.on_refresh = lambda: None
        pool.stop()


def run_all(services: Services) -> None:
    """Run all the tasks of a portal that wait, here and to their end."""
    while (claim := services.task_broker.claim()) is not None:
        services.task_execution.run(claim, services.task_execution.journal(claim))
