"""Runs tasks side by side, in so many threads of this process.

One more thread, the heart, says that the process is alive, and hears which tasks were
cancelled or lost; it ends those that take too long, and writes the lines that wait. It
rests while nothing runs.
"""

from __future__ import annotations

import logging
import threading
import time

from portal.scaffolder.journal import Failure
from portal.scaffolder.journal import RunAbandonedError
from portal.scaffolder.tasks.broker import Claim
from portal.scaffolder.tasks.broker import TaskBroker
from portal.scaffolder.tasks.execution import Execution
from portal.scaffolder.tasks.journal import TaskJournal
from portal.scaffolder.tasks.task import now

_LOG = logging.getLogger(__name__)
_SECOND = 1_000_000
#: How often the heart beats, and how often lines are written that wait, in seconds.
_BEAT_SECONDS = 0.5
_FLUSH_SECONDS = 0.1
#: How long a thread rests after a task that it could not run to its end, in seconds.
_PAUSE_SECONDS = 1.0
#: How long tasks are waited for when the process ends, in seconds.
_PATIENCE_SECONDS = 4.0
_STALE = Failure("Error", "This task was marked as stale as it exceeded its timeout")


class TaskPool:
    """Runs what a broker hands out, until it is stopped.

    Args:
        broker: Hands out tasks.
        execution: Runs one.
        threads: How many run at the same time.
        timeout: How many seconds a task may take, from its start.
    """

    def __init__(
        self, broker: TaskBroker, execution: Execution, threads: int, timeout: float
    ) -> None:
        self._broker = broker
        self._execution = execution
        self._timeout = int(timeout * _SECOND)
        self._changed = threading.Condition()
        self._running: dict[str, tuple[Claim, TaskJournal]] = {}
        self._looks = 0
        self._idle = 0
        self._is_stopped = False
        self._is_over = False
        self._threads = [
            threading.Thread(target=self._work, name=f"task-{number}", daemon=True)
            for number in range(threads)
        ]
        self._heart = threading.Thread(target=self._beat_on, name="task-heart", daemon=True)
        for thread in (*self._threads, self._heart):
            thread.start()

    def look(self) -> None:
        """Let those who have nothing to do look for tasks."""
        with self._changed:
            self._looks += 1
            self._changed.notify_all()

    def has_room(self) -> bool:
        """Whether somebody has nothing to do."""
        with self._changed:
            return self._idle > 0

    def stop(self) -> None:
        """Let no other task begin; those that run are given back for somebody to go on."""
        with self._changed:
            self._is_stopped = True
            for _, journal in self._running.values():
                journal.stop()
            self._changed.notify_all()
        end = time.monotonic() + _PATIENCE_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        with self._changed:
            self._is_over = True
            self._changed.notify_all()
        self._heart.join(1.0)

    # --- the threads that run tasks -------------------------------------------------

    def _work(self) -> None:
        seen = 0
        while not self._is_stopped:
            claim = self._claim()
            if claim is not None:
                self._run(claim)
                continue
            with self._changed:
                self._idle += 1
                while not self._is_stopped and self._looks == seen:
                    self._changed.wait()
                seen = self._looks
                self._idle -= 1

    def _claim(self) -> Claim | None:
        try:
            return self._broker.claim()
        except Exception:  # noqa: BLE001 - the database may be away; it is looked again
            _LOG.exception("could not look for tasks")
            self._pause()
            return None

    def _run(self, claim: Claim) -> None:
        journal = self._execution.journal(claim)
        with self._changed:
            self._running[claim.lease] = claim, journal
            if self._is_stopped:
                journal.stop()
            self._changed.notify_all()
        try:
            self._execution.run(claim, journal)
        except RunAbandonedError:
            _LOG.info("task %s goes on later, or elsewhere", claim.task.id)
            self._pause()
        except Exception:  # noqa: BLE001 - likewise, in the middle of a task
            _LOG.exception("task %s was interrupted", claim.task.id)
            self._pause()
        finally:
            self._let_go(claim)

    def _pause(self) -> None:
        """Give whatever interrupted a task the time to pass."""
        with self._changed:
            if not self._is_stopped:
                self._changed.wait(_PAUSE_SECONDS)

    def _let_go(self, claim: Claim) -> None:
        """Let somebody go on with the task, if it is not over."""
        with self._changed:
            self._running.pop(claim.lease, None)
        try:
            self._broker.give_back(claim)
        except Exception:  # noqa: BLE001 - likewise
            _LOG.exception("task %s could not be given back; its lease runs out", claim.task.id)

    # --- the heart --------------------------------------------------------------------

    def _beat_on(self) -> None:
        due = 0.0
        while running := self._wait_for_tasks():
            is_due = time.monotonic() >= due
            if is_due:
                due = time.monotonic() + _BEAT_SECONDS
            try:
                if is_due:
                    self._beat(running)
                for _, journal in running.values():
                    _flush(journal)
            except Exception:  # noqa: BLE001 - likewise
                _LOG.exception("could not say that tasks are running")
            time.sleep(_FLUSH_SECONDS)

    def _wait_for_tasks(self) -> dict[str, tuple[Claim, TaskJournal]]:
        """Return what runs, as soon as something does; nothing at the end."""
        with self._changed:
            while not self._running and not self._is_over:
                self._changed.wait()
            return {} if self._is_over else dict(self._running)

    def _beat(self, running: dict[str, tuple[Claim, TaskJournal]]) -> None:
        news = self._broker.beat(running.keys())
        for lease, (claim, journal) in running.items():
            if lease in news.lost:
                journal.lose()
            elif now() - claim.task.started_at > self._timeout:
                _end(journal, _STALE)
            elif lease in news.cancelled:
                journal.cancel()


def _end(journal: TaskJournal, failure: Failure) -> None:
    try:
        journal.fail(failure)
    except RunAbandonedError:
        _LOG.debug("a task that took too long is over already")


def _flush(journal: TaskJournal) -> None:
    try:
        journal.flush()
    except RunAbandonedError:
        _LOG.debug("a task is somebody else's")
