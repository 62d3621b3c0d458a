"""Runs a claimed task: opens its template's files, runs its steps, writes its end."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import replace
from typing import NoReturn
from typing import Protocol

from sqlalchemy.engine import Engine as Database

from portal.audit.events import AuditAction
from portal.audit.events import Outcome
from portal.audit.events import Record
from portal.audit.events import record_nothing
from portal.auth.identity import Principal
from portal.kernel.errors import PortalError
from portal.kernel.json_text import Json
from portal.kernel.telemetry.instruments import TASK_SECONDS
from portal.kernel.telemetry.logs import TRACEBACK
from portal.kernel.telemetry.spans import span
from portal.kernel.telemetry.trace import of_stored
from portal.kernel.telemetry.trace import working_for
from portal.permission.access import acting_as
from portal.scaffolder.running.action import FetchedFolder
from portal.scaffolder.running.action import TemplateFiles
from portal.scaffolder.running.journal import Failure
from portal.scaffolder.running.journal import RunAbandonedError
from portal.scaffolder.running.redaction import Redactor
from portal.scaffolder.running.runner import Run
from portal.scaffolder.running.runner import Runner
from portal.scaffolder.running.step_run import RunnerServices
from portal.scaffolder.tasks.model.file_store import IN_ROWS
from portal.scaffolder.tasks.model.file_store import FileStore
from portal.scaffolder.tasks.model.secret_box import SecretBox
from portal.scaffolder.tasks.model.spec import entity_of
from portal.scaffolder.tasks.model.spec import program_of
from portal.scaffolder.tasks.model.spec import task_info
from portal.scaffolder.tasks.model.spec import template_of
from portal.scaffolder.tasks.model.task import Task
from portal.scaffolder.tasks.running.broker import Claim
from portal.scaffolder.tasks.running.task_journal import TaskJournal
from portal.scaffolder.workspace.tree import File

_LOG = logging.getLogger(__name__)
#: After so many deaths of workers at the same step, the task fails.
_MOST_INTERRUPTIONS = 3
_GIVEN_UP = Failure(
    "Error", "The task was given up: its worker died with it again and again, in the same step"
)
_INTERNAL = "An internal error occurred; the portal's log says more"


class PinnedFiles(TemplateFiles, Protocol):
    """The folder of a template at a known commit."""

    @property
    def commit(self) -> str:
        """The full id of the commit."""

    @property
    def repository(self) -> str:
        """The web address of the repository, or the name of its source."""

    @property
    def is_operated(self) -> bool:
        """Whether the operator chose the repository as a source."""


#: Opens the folder of a template entity, at a commit, or at the newest for ``""``.
OpenFiles = Callable[[Mapping[str, Json], str], PinnedFiles]


@dataclass(frozen=True, slots=True)
class UnreadableFiles:
    """The folder of a template that cannot be read: every read raises the reason."""

    error: PortalError
    commit: str = ""
    repository: str = ""
    is_operated: bool = False

    def folder(self, _path: str) -> FetchedFolder:
        """Raise ``error``."""
        self._refuse()

    def file(self, _path: str) -> File:
        """Raise ``error``."""
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise self.error


def _portal_itself(_ref: str, _program: str) -> Principal | None:
    """Return nobody: tasks run as the portal."""
    return None


def _allow(_entity: Mapping[str, Json]) -> None:
    """Allow every template."""


class Execution:
    """Runs claimed tasks.

    Args:
        database: The database of the tasks.
        secret_box: Encrypts secrets and results.
        runner_services: The services that all runs share.
        open_files: Opens the folder of a template.
        creator: Returns the principal of who created a task, as they are now, given the ref of
            the user and the subject of the program; their rights are judged again. ``None``
            runs tasks as the portal.
        check_template: Refuses a template, given its entity, by raising ``NotAllowedError``.
        record: Records that a task was run.
    """

    def __init__(
        self,
        database: Database,
        secret_box: SecretBox,
        runner_services: RunnerServices,
        open_files: OpenFiles,
        creator: Callable[[str, str], Principal | None] = _portal_itself,
        check_template: Callable[[Mapping[str, Json]], None] = _allow,
        record: Record = record_nothing,
        files: FileStore = IN_ROWS,
    ) -> None:
        self._record = record
        self._file_store = files
        self._creator = creator
        self._check_template = check_template
        self._database = database
        self._secret_box = secret_box
        self._runner_services = runner_services
        self._open_files = open_files

    def journal(self, claim: Claim) -> TaskJournal:
        """Return the journal of a claimed task."""
        return TaskJournal(self._database, self._secret_box, claim, self._file_store)

    def run(self, claim: Claim, journal: TaskJournal) -> None:
        """Run a task to its end.

        Raises:
            RunAbandonedError: When the run was taken over or postponed.
        """
        if claim.task.interruptions > _MOST_INTERRUPTIONS:
            journal.fail(_GIVEN_UP)
            return
        redactor = Redactor({})
        redactor.hide(*self._runner_services.environment.secrets)
        try:
            task = claim.task
            trace = of_stored(task.request_id, task.traceparent)
            creator = self._creator(task.created_by, program_of(task.spec))
            with (
                working_for(trace),
                acting_as(creator),
                span("task", task.traceparent, task=task.id),
            ):
                self._check_template(entity_of(claim.task.spec))
                self._run(claim.task, journal, redactor)
        except RunAbandonedError:
            raise
        except PortalError as error:
            journal.fail(Failure(error.name, redactor.shown(error.message)))
        except Exception as error:  # noqa: BLE001 - any failure ends the task, not the worker
            lines = redactor.shown("".join(traceback.format_exception(error)))
            _LOG.error("task %s could not be run", claim.task.id, extra={TRACEBACK: lines})
            journal.fail(Failure("Error", _INTERNAL))

    def _run(self, task: Task, journal: TaskJournal, redactor: Redactor) -> None:
        restored, secrets = journal.restore()
        redactor.hide(*secrets.values(), *restored.progress.hidden)
        files = self._files(task)
        if files.commit and not (task.template_commit and task.template_repository):
            journal.note_files(files.commit, files.repository)
        run = Run(
            template_of(task.spec),
            replace(task_info(task, files.commit, files.repository), is_operated=files.is_operated),
            task.spec["parameters"],
            secrets,
            task.spec["user"],
            files,
            restored,
        )
        started = time.perf_counter()
        outcome = Runner(run, self._runner_services, journal).outcome()
        result = Outcome.DONE if outcome.failure is None else Outcome.FAILED
        TASK_SECONDS.observe(time.perf_counter() - started, result)
        details = {"template": run.task.template_ref, "createdBy": task.created_by}
        self._record(AuditAction.TASK_RUN, task.id, outcome=result, details=details)
        if outcome.failure is None:
            journal.complete(outcome.output)
        else:
            journal.fail(outcome.failure)

    def _files(self, task: Task) -> PinnedFiles:
        try:
            return self._open_files(entity_of(task.spec), task.template_commit)
        except PortalError as error:
            return UnreadableFiles(error)
