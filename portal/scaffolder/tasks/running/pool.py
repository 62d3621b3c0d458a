"""Runs tasks concurrently, in a fixed number of threads of this process.

One more thread sends heartbeats while tasks run: it renews their leases, cancels tasks
and abandons lost ones, fails those that exceed the timeout, flushes their logs, and
releases what could not be released while the database was away.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Iterator

from portal.catalog.failures import Stage
from portal.catalog.reading.failure_log import FailureLog
from portal.scaffolder.running.journal import Failure
from portal.scaffolder.running.journal import RunAbandonedError
from portal.scaffolder.tasks.model.task import now
from portal.scaffolder.tasks.running.broker import Claim
from portal.scaffolder.tasks.running.broker import TaskBroker
from portal.scaffolder.tasks.running.execution import Execution
from portal.scaffolder.tasks.running.task_journal import TaskJournal

_LOG = logging.getLogger(__name__)
_SECOND = 1_000_000
#: Seconds between two heartbeats, and between two flushes of the logs.
_BEAT_SECONDS = 0.5
_FLUSH_SECONDS = 0.1
#: Seconds a thread pauses after a task that it could not run to its end.
_PAUSE_SECONDS = 1.0
#: Seconds that a stopping process waits for its tasks.
_PATIENCE_SECONDS = 4.0
_STALE = Failure("Error", "This task was marked as stale as it exceeded its timeout")


class TaskPool:
    """Runs the tasks of a broker until it is stopped.

    Args:
        broker: Hands out tasks.
        execution: Runs a claimed task.
        failure_log: Stores what fails of claiming, running, heartbeats and releasing.
        places: The number of tasks that run at the same time.
        timeout: Seconds a task may take from its start.
        claims: Whether threads of its own claim tasks; else whoever calls ``run_one`` chooses.
    """

    def __init__(
        self,
        broker: TaskBroker,
        execution: Execution,
        failure_log: FailureLog,
        places: int,
        timeout: float,
        *,
        claims: bool = True,
    ) -> None:
        self._places = places
        self._broker = broker
        self._execution = execution
        self._failure_log = failure_log
        self._unreleased: list[Claim] = []
        self._timeout = int(timeout * _SECOND)
        self._changed = threading.Condition()
        self._running: dict[str, tuple[Claim, TaskJournal]] = {}
        self._looks = 0
        self._idle = 0
        self._is_stopped = False
        self._is_over = False
        self._threads = [
            threading.Thread(target=self._work, name=f"task-{number}", daemon=True)
            for number in range(places if claims else 0)
        ]
        self._heartbeats = threading.Thread(
            target=self._send_heartbeats, name="task-heartbeat", daemon=True
        )
        for thread in (*self._threads, self._heartbeats):
            thread.start()

    def look(self) -> None:
        """Wake idle threads, so that they claim tasks."""
        with self._changed:
            self._looks += 1
            self._changed.notify_all()

    def has_room(self) -> bool:
        """Return whether another task could run."""
        with self._changed:
            return self._idle > 0 if self._threads else len(self._running) < self._places

    def run_one(self, task_id: str) -> None:
        """Run a task in this thread, if it can be claimed still."""
        claim = None
        if not self._is_stopped:
            with self._noting("claim"):
                claim = self._broker.claim_one(task_id)
        if claim is not None:
            self._run(claim)

    def stop(self) -> None:
        """Claim no more tasks, and release those that run for another worker to resume."""
        with self._changed:
            self._is_stopped = True
            for _, journal in self._running.values():
                journal.stop()
            self._changed.notify_all()
        end = time.monotonic() + _PATIENCE_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        with self._changed:
            while self._running and time.monotonic() < end:
                self._changed.wait(end - time.monotonic())
            self._is_over = True
            self._changed.notify_all()
        self._heartbeats.join(1.0)

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
        with self._noting("claim"):
            return self._broker.claim()
        self._pause()
        return None

    def _run(self, claim: Claim) -> None:
        journal = self._execution.journal(claim)
        with self._changed:
            self._running[claim.lease] = claim, journal
            if self._is_stopped:
                journal.stop()
            self._changed.notify_all()
        is_over = False
        try:
            with self._noting("run"), contextlib.suppress(RunAbandonedError):
                self._execution.run(claim, journal)
                is_over = True
            if not is_over:
                _LOG.info("task %s goes on later, or elsewhere", claim.task.id)
                self._pause()
        finally:
            self._release(claim)

    @contextlib.contextmanager
    def _noting(self, name: str) -> Iterator[None]:
        """Store that a part of the pool fails, or works again; the thread goes on."""
        with contextlib.suppress(Exception), self._failure_log.noting(Stage.TASKS, name):
            yield

    def _pause(self) -> None:
        """Wait before the next claim, so that a failing database is not queried in a loop."""
        with self._changed:
            if not self._is_stopped:
                self._changed.wait(_PAUSE_SECONDS)

    def _release(self, claim: Claim) -> None:
        """Release a claim; a task that is not finished can be resumed by any worker."""
        with self._changed:
            self._running.pop(claim.lease, None)
            self._unreleased.append(claim)
        self._release_all()

    def _release_all(self) -> None:
        """Release what is over; what fails is tried again, as its lease is a long one."""
        with self._noting("release"):
            for claim in tuple(self._unreleased):
                self._broker.release(claim)
                with self._changed, contextlib.suppress(ValueError):  # another thread did
                    self._unreleased.remove(claim)
        with self._changed:
            self._changed.notify_all()

    # --- heartbeats -------------------------------------------------------------------

    def _send_heartbeats(self) -> None:
        due = 0.0
        while (running := self._wait_for_tasks()) is not None:
            if time.monotonic() >= due:
                due = time.monotonic() + _BEAT_SECONDS
                with self._noting("heartbeat"):
                    self._heartbeat(running)
                if self._unreleased:
                    self._release_all()
            for _, journal in running.values():
                _flush(journal)
            time.sleep(_FLUSH_SECONDS)

    def _wait_for_tasks(self) -> dict[str, tuple[Claim, TaskJournal]] | None:
        """Block until tasks run, or have to be released; ``None`` when the pool has stopped."""
        with self._changed:
            while not (self._running or self._unreleased or self._is_over):
                self._changed.wait()
            return None if self._is_over else dict(self._running)

    def _heartbeat(self, running: dict[str, tuple[Claim, TaskJournal]]) -> None:
        result = self._broker.heartbeat(running.keys())
        for lease, (claim, journal) in running.items():
            if lease in result.lost:
                journal.lose()
            elif now() - claim.task.started_at > self._timeout:
                _end(journal, _STALE)
            elif lease in result.cancelled:
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
    except Exception:  # noqa: BLE001 - the run's own next write fails, and is noted
        _LOG.exception("the log of a task could not be written")
