"""The use cases of tasks: create, list, cancel, retry, download."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field

from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine as Database
from sqlalchemy.exc import OperationalError

from portal.audit.events import AuditAction
from portal.audit.events import Record
from portal.audit.events import record_nothing
from portal.auth.identity import USER
from portal.auth.identity import Method
from portal.auth.identity import Principal
from portal.kernel.errors import ConflictError
from portal.kernel.errors import InputError
from portal.kernel.errors import NotFoundError
from portal.kernel.json_text import Json
from portal.kernel.telemetry.spans import traceparent
from portal.kernel.telemetry.trace import request_id
from portal.model.refs import EntityRef
from portal.model.refs import parse_ref
from portal.permission.conditions import Condition
from portal.scaffolder.forms.parameters import check_secrets
from portal.scaffolder.forms.parameters import check_values
from portal.scaffolder.forms.template import TemplateSpec
from portal.scaffolder.publishing.provenance import public_parameters
from portal.scaffolder.publishing.provenance import with_provenance
from portal.scaffolder.running.journal import COMPLETED
from portal.scaffolder.running.journal import FAILED
from portal.scaffolder.service import Scaffolder
from portal.scaffolder.tasks.model import run_state
from portal.scaffolder.tasks.model import store
from portal.scaffolder.tasks.model.file_store import IN_ROWS
from portal.scaffolder.tasks.model.file_store import FileStore
from portal.scaffolder.tasks.model.secret_box import SecretBox
from portal.scaffolder.tasks.model.spec import task_info
from portal.scaffolder.tasks.model.spec import task_spec
from portal.scaffolder.tasks.model.spec import template_ref
from portal.scaffolder.tasks.model.store import Line
from portal.scaffolder.tasks.model.task import CANCELLATION
from portal.scaffolder.tasks.model.task import CANCELLED
from portal.scaffolder.tasks.model.task import OPEN
from portal.scaffolder.tasks.model.task import RECOVERED
from portal.scaffolder.tasks.model.task import Task
from portal.scaffolder.tasks.model.task import now
from portal.scaffolder.tasks.running.retention import Retention
from portal.scaffolder.tasks.running.task_journal import StoredSecrets
from portal.scaffolder.tasks.running.task_journal import seal_secrets
from portal.scaffolder.tasks.serving import idempotency
from portal.scaffolder.tasks.serving.access import meets
from portal.scaffolder.tasks.serving.idempotency import RequestKey
from portal.scaffolder.tasks.serving.listing import TaskQuery
from portal.scaffolder.tasks.serving.listing import Totals
from portal.scaffolder.tasks.serving.listing import listed
from portal.scaffolder.tasks.serving.listing import totals
from portal.scaffolder.workspace.archive import from_zip
from portal.scaffolder.workspace.tree import Tree

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class TaskRequest:
    """A request to run a template.

    Args:
        template: The template's ref.
        values: The values of its form.
        secrets: Secrets by name; visible in inputs of steps only.
        user_ref: The ref of the user; empty for a program.
        program: The subject of the program, when its named token limits what it may do.
    """

    template: EntityRef
    values: Mapping[str, Json]
    secrets: Mapping[str, str] = field(repr=False)
    user_ref: str = ""
    program: str = ""

    @classmethod
    def by(
        cls,
        who: Principal,
        template: EntityRef,
        values: Mapping[str, Json],
        secrets: Mapping[str, str],
    ) -> TaskRequest:
        """Return the request of a principal, whose rights are judged again when it runs."""
        user_ref = who.subject if who.kind == USER else ""
        program = who.subject if who.method is Method.NAMED_TOKEN else ""
        return cls(template, values, secrets, user_ref, program)


class Tasks:
    """The use cases of tasks; callers have checked access.

    Args:
        database: The database of the tasks.
        scaffolder: Provides templates and users.
        secret_box: Encrypts secrets.
        on_task: Called when a task can be run.
        retention: How long finished tasks are stored.
        record: Records what was done.
        files: Keeps the files of tasks.
    """

    def __init__(
        self,
        database: Database,
        scaffolder: Scaffolder,
        secret_box: SecretBox,
        on_task: Callable[[], None],
        retention: Retention = Retention(),  # noqa: B008 - frozen
        record: Record = record_nothing,
        files: FileStore = IN_ROWS,
    ) -> None:
        self._record = record
        self._files = files
        self.retention = retention
        self._database = database
        self._scaffolder = scaffolder
        self._secret_box = secret_box
        self._on_task = on_task

    def create(self, request: TaskRequest, caller: str = "", key: str = "") -> str:
        """Create a task and return its id.

        Args:
            request: The template and its values.
            caller: The principal; idempotency keys of callers are independent.
            key: The ``Idempotency-Key``; empty without one.

        Raises:
            InputError: When the ref is not that of a template.
            NotFoundError: When there is no such template.
            ValuesError: When values or secrets are invalid.
            ConflictError: When the same request is still in progress.
            ReusedKeyError: When the key was used with another request.
        """
        try:
            return self._create_once(request, caller, key)
        except RecursionError:
            raise InputError("The template or its values are nested too deep") from None

    def _create_once(self, request: TaskRequest, caller: str, key: str) -> str:
        if not key:
            return self._create(request, None)
        content = [str(request.template), dict(request.values), dict(request.secrets)]
        known = RequestKey(caller, key, self._secret_box.fingerprint(content))
        if found := idempotency.reserve(self._database, known):
            return found
        try:
            return self._create(request, known)
        except OperationalError:
            raise  # the database does not answer: freeing the key would wait for it again
        except BaseException:
            idempotency.release(self._database, known)
            raise

    def _create(self, request: TaskRequest, known: RequestKey | None) -> str:
        template, commit = self._scaffolder.template_at(request.template)
        self._scaffolder.permissions.require_template(template.entity)
        values = check_values(template, request.values, request.secrets)
        check_secrets(template, request.secrets)
        user = self._scaffolder.user(request.user_ref)
        spec = task_spec(template, values, user, request.program)
        shown = public_parameters(template, values, request.secrets)
        made_of = (str(uuid.uuid4()), OPEN, now(), request.user_ref, spec, shown, commit)
        task = Task(*made_of, request_id=request_id(), traceparent=traceparent())
        sealed = seal_secrets(self._secret_box, task.id, StoredSecrets(request.secrets))
        with self._database.begin() as connection:
            store.add(connection, task, self._secret_box.mark)
            run_state.put_secrets(connection, task.id, sealed)
            if known is not None:
                idempotency.remember(connection, known, task.id)
        self._record(AuditAction.TASK_CREATE, task.id, details={"template": str(request.template)})
        self._on_task()
        return task.id

    def get(self, task_id: str) -> Task:
        """Return the task of an id.

        Raises:
            NotFoundError: When there is none.
        """
        with self._database.connect() as connection:
            return _found(_find(connection, task_id), task_id)

    def meeting(self, condition: Condition, task_ids: Sequence[str]) -> list[bool]:
        """Return which tasks meet a condition; those that do not exist meet none."""
        with self._database.connect() as connection:
            found = store.find_all(connection, list(dict.fromkeys(task_ids)))
        creators = {task.id: task.created_by for task in found}
        return [one in creators and meets(creators[one], condition) for one in task_ids]

    def find(self, query: TaskQuery) -> tuple[list[Task], int]:
        """Return a page of tasks, and their number on all pages."""
        with self._database.connect() as connection:
            return listed(connection, query)

    def totals(self) -> Totals:
        """Return the totals over all tasks."""
        with self._database.connect() as connection:
            return totals(connection)

    def cancel(self, task_id: str) -> None:
        """Request a task's cancellation and delete its secrets.

        A running task ends at its next step; a finished one only gets the event.

        Raises:
            NotFoundError: When there is none of that id.
        """
        with self._alone(task_id) as (connection, task):
            if not task.is_over:
                store.update(connection, task_id, cancelled_at=now())
                run_state.put_secrets(connection, task_id, None)
            step = store.newest_step(connection, task_id)
            message = f"Step {step} has been cancelled." if step else "The task has been cancelled."
            body = {"message": message, **({"stepId": step} if step else {}), "status": CANCELLED}
            store.append_events(connection, task_id, [Line(body)], CANCELLATION)
        self._record(AuditAction.TASK_CANCEL, task_id)

    @contextmanager
    def _alone(self, task_id: str) -> Iterator[tuple[Connection, Task]]:
        """Read a task with its row locked until the end of the transaction."""
        with self._database.begin() as connection:
            if _is_id(task_id):
                store.update(connection, task_id, id=task_id)
            yield connection, _found(_find(connection, task_id), task_id)

    def retry(self, task_id: str, secrets: Mapping[str, str]) -> None:
        """Open a finished task again, from the step that failed.

        It starts over when it completed, when steps ran after the failed one, when its
        files were removed for their age, or when its template says so. Checkpoints stay:
        what must be done only once is not repeated.

        Raises:
            NotFoundError: When there is no such task, or its template is gone.
            ConflictError: When it is not finished.
            ValuesError: When the secrets are invalid for the template.
        """
        task = self.get(task_id)
        _check_over(task)
        check_secrets(self._template(task), secrets)
        sealed = seal_secrets(self._secret_box, task_id, StoredSecrets(secrets))
        with self._alone(task_id) as (connection, current):
            _check_over(current)
            self._rewind(connection, current)
            store.remove_end(connection, task_id)
            run_state.put_secrets(connection, task_id, sealed)
            body = {"message": "The task is run again", "recoverStrategy": current.strategy}
            store.append_events(connection, task_id, [Line(body)], RECOVERED)
            store.update(connection, task_id, **_REOPENED)
        self._record(AuditAction.TASK_RETRY, task_id)
        self._on_task()

    def _template(self, task: Task) -> TemplateSpec:
        template = self._scaffolder.template(parse_ref(template_ref(task.spec)))
        self._scaffolder.permissions.require_template(template.entity)
        return template

    def _rewind(self, connection: Connection, task: Task) -> None:
        """Delete the failed step's result; all results when its input files are gone."""
        steps = [(at, status) for at, status, _ in run_state.steps_of(connection, task.id)]
        start = next((at for at, status in steps if status == FAILED), None)
        went_on = any(at > (start or 0) and status == COMPLETED for at, status in steps)
        is_lacking = went_on or run_state.is_workspace_dropped(connection, task.id)
        if start is None or is_lacking or task.is_recoverable:
            start = 0
            run_state.put_workspace(connection, task.id, None)
        run_state.forget_steps(connection, task.id, start)

    def files(self, task_id: str) -> Tree:
        """Return the files of a finished task; of a failed one those made so far.

        A provenance note is among them.

        Raises:
            NotFoundError: When there is no such task, it made no files, or they were
                removed for their age.
            ConflictError: When it is not finished.
            ServiceUnavailableError: When the store of files does not answer.
        """
        with self._database.connect() as connection:
            task = _found(_find(connection, task_id), task_id)
            if not task.is_over:
                raise ConflictError(f"Task {task_id} is not over yet: its status is {task.status}")
            stored = run_state.workspace_of(connection, task_id)
            if run_state.is_workspace_dropped(connection, task_id):
                why = self.retention.about_files
                raise NotFoundError(f"The files of task {task_id} are gone{why}")
        tree = from_zip(self._files.read(stored)) if stored is not None else {}
        if not tree:
            raise NotFoundError(f"Task {task_id} made no files")
        self._record(AuditAction.TASK_DOWNLOAD, task_id)
        return with_provenance(tree, task_info(task))


#: The columns of a task that is opened again.
_REOPENED = {
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
    """Return the task of an id; texts that are no id are not sent to the database."""
    return store.find(connection, task_id) if _is_id(task_id) else None


def missing(task_id: str) -> NotFoundError:
    """Return the error for a task that does not exist or that the caller may not read."""
    return NotFoundError(f"No task with id '{task_id}' found")


def _found(task: Task | None, task_id: str) -> Task:
    if task is None:
        raise missing(task_id)
    return task


def _check_over(task: Task) -> None:
    if not task.is_over:
        raise ConflictError(f"Task with taskId {task.id} cannot be retried")
