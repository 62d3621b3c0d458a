"""For how long tasks are kept once they are over, and who removes them then.

Files go first, since they are large, then the whole task with all it told. Each task is a
transaction of its own, so that nobody waits long for it.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass

from sqlalchemy.engine import Engine as Database

from portal.scaffolder.tasks import run_state
from portal.scaffolder.tasks import store
from portal.scaffolder.tasks.task import now

_LOG = logging.getLogger(__name__)
_DAY_SECONDS = 86_400
_SECOND = 1_000_000
#: How many tasks are looked up at once.
_BATCH = 20
#: How long is waited between two batches, so that others write meanwhile, in seconds.
_PAUSE_SECONDS = 0.5
#: How often it is looked for what is old, in seconds: ten times in the shortest time that
#: something is kept, within these bounds.
_SHORTEST_INTERVAL, _LONGEST_INTERVAL = 1.0, 600.0


@dataclass(frozen=True, slots=True)
class Retention:
    """For how many days after their end tasks are kept; 0 keeps them for good.

    Args:
        tasks: The task, its events and what came of its steps.
        files: The files it made.
    """

    tasks: float = 0.0
    files: float = 0.0

    @property
    def about_tasks(self) -> str:
        """What is said, behind that a task is not there; empty when none is removed."""
        if not self.tasks:
            return ""
        return f"; tasks are removed {self.tasks:g} days after their end (task_retention)"

    @property
    def about_files(self) -> str:
        """Likewise behind that files are not there any more."""
        if not self.files:
            return ""
        return f"; files are removed {self.files:g} days after the end (task_files_retention)"

    @property
    def interval(self) -> float:
        """How often it is worth looking for what is old, in seconds."""
        shortest = min((days for days in (self.tasks, self.files) if days), default=1.0)
        return min(max(shortest * _DAY_SECONDS / 10, _SHORTEST_INTERVAL), _LONGEST_INTERVAL)


class Janitor:
    """Removes what is older than it is kept; several of them do each other no harm.

    Args:
        database: Where tasks are kept.
        retention: For how long.
    """

    def __init__(self, database: Database, retention: Retention) -> None:
        self._database = database
        self._retention = retention

    def run(self, is_over: threading.Event) -> None:
        """Remove what grows old until it is over."""
        if not (self._retention.tasks or self._retention.files):
            return
        pause = _PAUSE_SECONDS
        while not is_over.wait(pause):
            pause = _PAUSE_SECONDS if self._removed_some() else self._retention.interval

    def _removed_some(self) -> bool:
        try:
            return self.remove_some() > 0
        except Exception:  # noqa: BLE001 - the database may be away; it is looked again
            _LOG.exception("could not remove old tasks")
            return False

    def remove_some(self) -> int:
        """Remove a few tasks, and the files of a few more; return how many they were."""
        files = sum(self._remove_files(*_before(self._retention.files)))
        tasks = sum(self._remove_tasks(*_before(self._retention.tasks)))
        if files or tasks:
            _LOG.info("removed %d old tasks, and the files of %d", tasks, files)
        return files + tasks

    def _remove_files(self, *ended_before: int) -> list[bool]:
        """Remove files of tasks that ended before a time, when there is one."""
        done = []
        for moment in ended_before:
            with self._database.connect() as connection:
                old = store.with_old_files(connection, moment, _BATCH)
            for task_id in old:
                with self._database.begin() as connection:
                    is_ours = store.hold_ended(connection, task_id, moment)
                    if is_ours:
                        run_state.drop_workspace(connection, task_id)
                done.append(is_ours)
        return done

    def _remove_tasks(self, *ended_before: int) -> list[bool]:
        """Likewise whole tasks."""
        done = []
        for moment in ended_before:
            with self._database.connect() as connection:
                old = store.ended_before(connection, moment, _BATCH)
            for task_id in old:
                with self._database.begin() as connection:
                    done.append(store.remove_ended(connection, task_id, moment))
        return done


def _before(days: float) -> tuple[int, ...]:
    """Return the time before which what ended is old; none when nothing ever is."""
    return (now() - int(days * _DAY_SECONDS * _SECOND),) if days else ()
