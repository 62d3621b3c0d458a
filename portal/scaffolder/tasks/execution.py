"""A claimed task is run: its template's files are opened, its steps done, its end told."""

from __future__ import annotations

import logging
from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from typing import NoReturn
from typing import Protocol

from sqlalchemy.engine import Engine as Database

from portal.kernel.errors import PortalError
from portal.scaffolder.action import TemplateFiles
from portal.scaffolder.journal import Failure
from portal.scaffolder.journal import RunAbandonedError
from portal.scaffolder.runner import Run
from portal.scaffolder.runner import Runner
from portal.scaffolder.step_run import Surroundings
from portal.scaffolder.tasks.broker import Claim
from portal.scaffolder.tasks.journal import TaskJournal
from portal.scaffolder.tasks.sealing import Seal
from portal.scaffolder.tasks.spec import entity_of
from portal.scaffolder.tasks.spec import task_info
from portal.scaffolder.tasks.spec import template_of
from portal.scaffolder.tasks.task import Task
from portal.scaffolder.tree import File
from portal.scaffolder.tree import Tree

Json = Any
_LOG = logging.getLogger(__name__)
#: How often a worker may die with the same step.
_MOST_INTERRUPTIONS = 3
_GIVEN_UP = Failure(
    "Error", "The task was given up: its worker died with it again and again, in the same step"
)
_INTERNAL = "An internal error occurred; the portal's log says more"


class PinnedFiles(TemplateFiles, Protocol):
    """The folder of a template, at the commit it tells."""

    @property
    def commit(self) -> str:
        """The full id of the commit."""

    @property
    def repository(self) -> str:
        """The address of the repository's files."""


#: Opens the folder of a template entity, at a commit, or at the newest for ``""``.
OpenFiles = Callable[[Mapping[str, Json], str], PinnedFiles]


@dataclass(frozen=True, slots=True)
class UnreadableFiles:
    """The folder of a template that cannot be read: only who asks for it hears why."""

    error: PortalError
    commit: str = ""
    repository: str = ""

    def folder(self, _path: str) -> Tree:
        """Raise the reason."""
        self._refuse()

    def file(self, _path: str) -> File:
        """Raise the reason."""
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise self.error


class Execution:
    """Runs tasks that were claimed.

    Args:
        database: Where tasks are kept.
        seal: Keeps secrets unreadable.
        surroundings: What every run finds.
        open_files: Opens the folder of a template.
    """

    def __init__(
        self, database: Database, seal: Seal, surroundings: Surroundings, open_files: OpenFiles
    ) -> None:
        self._database = database
        self._seal = seal
        self._surroundings = surroundings
        self._open_files = open_files

    def journal(self, claim: Claim) -> TaskJournal:
        """Return what the run of a claim tells and keeps."""
        return TaskJournal(self._database, self._seal, claim)

    def run(self, claim: Claim, journal: TaskJournal) -> None:
        """Run a task to its end.

        Raises:
            RunAbandonedError: When it goes on elsewhere, or later.
        """
        if claim.task.interruptions > _MOST_INTERRUPTIONS:
            journal.fail(_GIVEN_UP)
            return
        try:
            self._run(claim.task, journal)
        except RunAbandonedError:
            raise
        except PortalError as error:
            journal.fail(Failure(error.name, error.message))
        except Exception:  # noqa: BLE001 - whatever it was, the task tells that it ended
            _LOG.exception("task %s could not be run", claim.task.id)
            journal.fail(Failure("Error", _INTERNAL))

    def _run(self, task: Task, journal: TaskJournal) -> None:
        restored, secrets = journal.restore()
        files = self._files(task)
        if files.commit and not (task.template_commit and task.template_repository):
            journal.note_files(files.commit, files.repository)
        run = Run(
            template_of(task.spec),
            task_info(task, files.commit, files.repository),
            task.spec["parameters"],
            secrets,
            task.spec["user"],
            files,
            restored,
        )
        outcome = Runner(run, self._surroundings, journal).outcome()
        if outcome.failure is None:
            journal.complete(outcome.output)
        else:
            journal.fail(outcome.failure)

    def _files(self, task: Task) -> PinnedFiles:
        try:
            return self._open_files(entity_of(task.spec), task.template_commit)
        except PortalError as error:
            return UnreadableFiles(error)
