"""Retention: how long finished tasks are stored, and the janitor that removes old ones.

Files are removed first, since they are large, and later the whole task with its events.
Each task is removed in its own transaction, so that writers do not wait long.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine as Database

from portal.catalog.failures import Stage
from portal.catalog.reading.failure_log import FailureLog
from portal.scaffolder.tasks.model import run_state
from portal.scaffolder.tasks.model import store
from portal.scaffolder.tasks.model.file_store import IN_ROWS
from portal.scaffolder.tasks.model.file_store import FileStore
from portal.scaffolder.tasks.model.task import now

_LOG = logging.getLogger(__name__)
_DAY_SECONDS = 86_400
_SECOND = 1_000_000
#: The number of tasks removed at a time.
_BATCH = 20
#: Seconds between two batches, in which others can write.
_PAUSE_SECONDS = 0.5
#: Returns the ids of tasks that ended before a time in microseconds, up to a number.
FindOld = Callable[[Connection, int, int], Iterable[str]]
#: Removes a task, or a part of it, if it ended before the time; returns whether it did.
RemoveOld = Callable[[Connection, str, int], bool]
#: Bounds of the interval between two searches for old tasks, in seconds; within them it is
#: a tenth of the shorter retention.
_SHORTEST_INTERVAL, _LONGEST_INTERVAL = 1.0, 600.0


@dataclass(frozen=True, slots=True)
class Retention:
    """How many days after their end tasks are stored; 0 stores them forever.

    Args:
        tasks: Days for the task, its events and results.
        files: Days for the files it made.
    """

    tasks: float = 0.0
    files: float = 0.0

    @property
    def about_tasks(self) -> str:
        """The end of the message that a task does not exist; empty when none is removed."""
        if not self.tasks:
            return ""
        return f"; tasks are removed {self.tasks:g} days after their end (task_retention)"

    @property
    def about_files(self) -> str:
        """The end of the message that a task's files are gone; empty when none are removed."""
        if not self.files:
            return ""
        return f"; files are removed {self.files:g} days after the end (task_files_retention)"

    @property
    def interval(self) -> float:
        """Seconds between two searches for old tasks."""
        shortest = min((days for days in (self.tasks, self.files) if days), default=1.0)
        return min(max(shortest * _DAY_SECONDS / 10, _SHORTEST_INTERVAL), _LONGEST_INTERVAL)


class Janitor:
    """Removes tasks and files older than their retention; several may run concurrently.

    Args:
        database: The database of the tasks.
        retention: How long they are stored.
        failure_log: Stores that removing them fails.
        files: Keeps the files.
    """

    def __init__(
        self,
        database: Database,
        retention: Retention,
        failure_log: FailureLog,
        files: FileStore = IN_ROWS,
    ) -> None:
        self._files = files
        self._database = database
        self._retention = retention
        self._failure_log = failure_log

    def run(self, is_over: threading.Event) -> None:
        """Remove old tasks periodically until the event is set."""
        if not (self._retention.tasks or self._retention.files):
            return
        pause = _PAUSE_SECONDS
        while not is_over.wait(pause):
            pause = _PAUSE_SECONDS if self._removed_some() else self._retention.interval

    def _removed_some(self) -> bool:
        noting = self._failure_log.noting(Stage.RETENTION, "tasks")
        with contextlib.suppress(Exception), noting:  # the next round tries again
            return self.remove_some() > 0
        return False

    def remove_some(self) -> int:
        """Remove a batch of tasks and the files of another; return the number of both."""
        files = self._remove(self._retention.files, store.with_old_files, _drop_files)
        tasks = self._remove(self._retention.tasks, store.ended_before, store.remove_ended)
        if files or tasks:
            _LOG.info("removed %d old tasks, and the files of %d", tasks, files)
        return files + tasks

    def _remove(self, days: float, find: FindOld, remove: RemoveOld) -> int:
        """Remove up to ``_BATCH`` tasks, or their files, ``days`` after their end.

        Returns:
            How many were removed, here and not by another process; 0 if ``days`` is 0.
        """
        if not days:
            return 0
        ended_before = now() - int(days * _DAY_SECONDS * _SECOND)
        with self._database.connect() as connection:
            old = find(connection, ended_before, _BATCH)
        count = 0
        for task_id in old:
            with self._database.begin() as connection:
                stored = run_state.workspace_of(connection, task_id)
                is_removed = remove(connection, task_id, ended_before)
            count += is_removed
            if is_removed and stored is not None:
                self._files.forget(stored)
            if is_removed and remove is store.remove_ended:
                self._files.forget_task(task_id)
        return count


def _drop_files(connection: Connection, task_id: str, ended_before: int) -> bool:
    is_ours = store.lock_ended(connection, task_id, ended_before)
    if is_ours:
        run_state.drop_workspace(connection, task_id)
    return is_ours
