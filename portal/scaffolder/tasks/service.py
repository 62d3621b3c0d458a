"""Tasks as their doors see them: asked for, looked at, cancelled, tried again, downloaded."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from typing import Any

from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine as Database
from sqlalchemy.exc import OperationalError

from portal.kernel.errors import ConflictError
from portal.kernel.errors import InputError
from portal.kernel.errors import NotFoundError
from portal.model.refs import EntityRef
from portal.model.refs import parse_ref
from portal.scaffolder.journal import COMPLETED
from portal.scaffolder.journal import FAILED
from portal.scaffolder.parameters import check_secrets
from portal.scaffolder.parameters import check_values
from portal.scaffolder.provenance import public_parameters
from portal.scaffolder.provenance import with_provenance
from portal.scaffolder.service import Scaffolder
from portal.scaffolder.tasks import requests
from portal.scaffolder.tasks import run_state
from portal.scaffolder.tasks import store
from portal.scaffolder.tasks.archive import from_zip
from portal.scaffolder.tasks.journal import KeptSecrets
from portal.scaffolder.tasks.journal import seal_secrets
from portal.scaffolder.tasks.listing import TaskQuery
from portal.scaffolder.tasks.listing import Totals
from portal.scaffolder.tasks.listing import listed
from portal.scaffolder.tasks.listing import totals
from portal.scaffolder.tasks.requests import RequestKey
from portal.scaffolder.tasks.retention import Retention
from portal.scaffolder.tasks.sealing import Seal
from portal.scaffolder.tasks.spec import task_info
from portal.scaffolder.tasks.spec import task_spec
from portal.scaffolder.tasks.spec import template_ref
from portal.scaffolder.tasks.store import Line
from portal.scaffolder.tasks.task import CANCELLATION
from portal.scaffolder.tasks.task import CANCELLED
from portal.scaffolder.tasks.task import OPEN
from portal.scaffolder.tasks.task import RECOVERED
from portal.scaffolder.tasks.task import Task
from portal.scaffolder.tasks.task import now
from portal.scaffolder.template import TemplateSpec
from portal.scaffolder.tree import Tree

Json = Any
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class TaskRequest:
    """A template that somebody wants run.

    Args:
        template: Its ref.
        values: The answers to its form.
        secrets: What only inputs may see.
        user_ref: Who asks; empty for a program.
    """

    template: EntityRef
    values: Mapping[str, Json]
    secrets: Mapping[str, str] = field(repr=False)
    user_ref: str = ""


class Tasks:
    """Answers what clients ask of tasks.

    Args:
        database: Where tasks are kept.
        scaffolder: Where templates and users come from.
        seal: Keeps secrets unreadable.
        on_task: Told when there is something to run.
        retention: For how long tasks are kept once they are over.
    """

    def __init__(
        self,
        database: Database,
        scaffolder: Scaffolder,
        seal: Seal,
        on_task: Callable[[], None],
        retention: Retention = Retention(),  # noqa: B008 - frozen
    ) -> None:
        self.retention = retention
        self._database = database
        self._scaffolder = scaffolder
        self._seal = seal
        self._on_task = on_task

    def create(self, request: TaskRequest, caller: str = "", key: str = "") -> str:
        """Ask for a template to be run; return the task's id.

        Args:
            request: What is asked for.
            caller: Who asks, in whatever role: keys of others are others.
            key: What makes the request known again; empty for one that never is.

        Raises:
            InputError: When the ref is not that of a template.
            NotFoundError: When there is no such template.
            ValuesError: When values or secrets do not fit it.
            ConflictError: When the same request is still at work.
            ReusedKeyError: When the key stands for another request.
        """
        try:
            return self._create_once(request, caller, key)
        except RecursionError:
            raise InputError("The template or its values are nested too deep") from None

    def _create_once(self, request: TaskRequest, caller: str, key: str) -> str:
        if not key:
            return self._create(request, None)
        content = [str(request.template), dict(request.values), dict(request.secrets)]
        known = RequestKey(caller, key, self._seal.fingerprint(content))
        if found := requests.reserve(self._database, known):
            return found
        try:
            return self._create(request, known)
        except OperationalError:
            raise  # to write that nothing came of it would be to wait once more
        except BaseException:
            requests.release(self._database, known)
            raise

    def _create(self, request: TaskRequest, known: RequestKey | None) -> str:
        template, commit = self._scaffolder.template_at(request.template)
        check_values(template, request.values)
        check_secrets(template, request.secrets)
        user = self._scaffolder.user(request.user_ref)
        spec = task_spec(template, request.values, user)
        shown = public_parameters(template, request.values, request.secrets)
        task = Task(str(uuid.uuid4()), OPEN, now(), request.user_ref, spec, shown, commit)
        sealed = seal_secrets(self._seal, task.id, KeptSecrets(request.secrets))
        with self._database.begin() as connection:
            store.add(connection, task)
            run_state.put_secrets(connection, task.id, sealed)
            if known is not None:
                requests.remember(connection, known, task.id)
        self._on_task()
        return task.id

    def get(self, task_id: str) -> Task:
        """Return a task.

        Raises:
            NotFoundError: When there is none of that id.
        """
        with self._database.connect() as connection:
            return _found(_find(connection, task_id), task_id)

    def find(self, query: TaskQuery) -> tuple[list[Task], int]:
        """Return the tasks asked for, and how many there are on all pages."""
        with self._database.connect() as connection:
            return listed(connection, query)

    def totals(self) -> Totals:
        """Return how many tasks there are, and what they take."""
        with self._database.connect() as connection:
            return totals(connection)

    def cancel(self, task_id: str) -> None:
        """Ask a task to end; its secrets are forgotten at once.

        What runs ends at its next step. One that is over only gets told about it.

        Raises:
            NotFoundError: When there is none of that id.
        """
        with self._alone(task_id) as (connection, task):
            if not task.is_over:
                store.touch(connection, task_id, cancelled_at=now())
                run_state.put_secrets(connection, task_id, None)
            step = store.newest_step(connection, task_id)
            message = f"Step {step} has been cancelled." if step else "The task has been cancelled."
            body = {"message": message, **({"stepId": step} if step else {}), "status": CANCELLED}
            store.tell(connection, task_id, [Line(body)], CANCELLATION)

    @contextmanager
    def _alone(self, task_id: str) -> Iterator[tuple[Connection, Task]]:
        """Look at a task that nobody else writes of until the end of the transaction."""
        with self._database.begin() as connection:
            if _is_id(task_id):
                store.touch(connection, task_id, id=task_id)
            yield connection, _found(_find(connection, task_id), task_id)

    def retry(self, task_id: str, secrets: Mapping[str, str]) -> None:
        """Let a task that is over run again, from the step that failed.

        It starts over when it completed, when steps ran after the one that failed, when its
        files were removed for their age, or when its template says so. What its steps said
        must be done only once is not done again.

        Raises:
            NotFoundError: When there is none of that id, or its template is gone.
            ConflictError: When it is not over.
            ValuesError: When the secrets do not fit the template.
        """
        task = self.get(task_id)
        _check_over(task)
        check_secrets(self._template(task), secrets)
        sealed = seal_secrets(self._seal, task_id, KeptSecrets(secrets))
        with self._alone(task_id) as (connection, current):
            _check_over(current)
            self._rewind(connection, current)
            store.forget_end(connection, task_id)
            run_state.put_secrets(connection, task_id, sealed)
            body = {"message": "The task is run again", "recoverStrategy": current.strategy}
            store.tell(connection, task_id, [Line(body)], RECOVERED)
            store.touch(connection, task_id, **_AGAIN)
        self._on_task()

    def _template(self, task: Task) -> TemplateSpec:
        return self._scaffolder.template(parse_ref(template_ref(task.spec)))

    def _rewind(self, connection: Connection, task: Task) -> None:
        """Forget the step that failed, or all when the files are not those it found."""
        steps = [(at, status) for at, status, _ in run_state.steps_of(connection, task.id)]
        start = next((at for at, status in steps if status == FAILED), None)
        went_on = any(at > (start or 0) and status == COMPLETED for at, status in steps)
        is_lacking = went_on or run_state.is_workspace_dropped(connection, task.id)
        if start is None or is_lacking or task.is_recoverable:
            start = 0
            run_state.put_workspace(connection, task.id, None)
        run_state.forget_steps(connection, task.id, start)

    def files(self, task_id: str) -> Tree:
        """Return the files a task made, all or, when it failed, those there are.

        A note among them says where they are from.

        Raises:
            NotFoundError: When there is no such task, it made none, or they are too old.
            ConflictError: When it is not over.
        """
        with self._database.connect() as connection:
            task = _found(_find(connection, task_id), task_id)
            if not task.is_over:
                raise ConflictError(f"Task {task_id} is not over yet: its status is {task.status}")
            content = run_state.workspace_of(connection, task_id)
            if run_state.is_workspace_dropped(connection, task_id):
                why = self.retention.about_files
                raise NotFoundError(f"The files of task {task_id} are gone{why}")
        tree = from_zip(content) if content is not None else {}
        if not tree:
            raise NotFoundError(f"Task {task_id} made no files")
        return with_provenance(tree, task_info(task))


#: What a task begins its next run with.
_AGAIN = {
    "status": OPEN,
    "lease": "",
    "started_at": 0,
    "ended_at": 0,
    "cancelled_at": 0,
    "interruptions": 0,
}


def _is_id(task_id: str) -> bool:
    return _ID.fullmatch(task_id) is not None


def _find(connection: Connection, task_id: str) -> Task | None:
    """Return a task; what is no id may be nothing a database takes."""
    return store.find(connection, task_id) if _is_id(task_id) else None


def missing(task_id: str) -> NotFoundError:
    """Return what is said of a task that is not there, or that somebody may not see."""
    return NotFoundError(f"No task with id '{task_id}' found")


def _found(task: Task | None, task_id: str) -> Task:
    if task is None:
        raise missing(task_id)
    return task


def _check_over(task: Task) -> None:
    if not task.is_over:
        raise ConflictError(f"Task with taskId {task.id} cannot be retried")
