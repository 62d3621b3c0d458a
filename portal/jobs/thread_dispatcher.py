"""The dispatcher of one machine: the threads of this process do what it sends."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from portal.jobs.job import Handlers
from portal.jobs.job import Job
from portal.kernel.jobs import JobPool


class ThreadDispatcher:
    """Does jobs in threads of this process.

    Args:
        handlers: Do the jobs.
        threads: The number of jobs that run at the same time.
    """

    def __init__(self, handlers: Handlers, threads: int) -> None:
        self._handlers = handlers
        self._pool = JobPool(threads)

    def send(self, jobs: Collection[Job], *, is_urgent: bool = False) -> None:
        """Queue jobs; one that is not urgent and runs already is not queued."""
        for job in jobs:
            self._pool.ask(job.key, partial(self._do, job), is_urgent)

    def _do(self, job: Job) -> None:
        self.send(tuple(self._handlers[job.kind](job)))

    def is_idle(self) -> bool:
        """Return whether no job is running or queued."""
        return self._pool.is_idle()

    def stop(self) -> None:
        """Start no more jobs, and wait for those that run."""
        self._pool.stop()
