"""The role that runs tasks and scans services, in a process of its own.

Rendering keeps an interpreter busy, and a sync in the same one would wait for it: measured
in ``docs/decisions/0013-tasks.md``.
"""

from __future__ import annotations

import contextlib
import logging
import platform
import signal
import threading
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from portal.catalog.failures import Stage
from portal.catalog.reading.failure_log import FailureLog
from portal.jobs.job import Dispatcher
from portal.jobs.job import Job
from portal.jobs.job import JobKind
from portal.jobs.job import OpenDispatcher
from portal.kernel.jobs import JobLoop
from portal.kernel.jobs import follow
from portal.kernel.processes.news import Listener
from portal.kernel.processes.news import Topic
from portal.links.scanning.job import LinkJob
from portal.scaffolder.tasks.running.broker import DatabaseBroker
from portal.scaffolder.tasks.running.pool import TaskPool
from portal.scaffolder.tasks.running.retention import Janitor

_LOG = logging.getLogger(__name__)
#: Seconds between two sweeps: of the presence files of dead workers, and of waiting tasks.
_INTERVAL = 5.0
_OTHER_KEY = (
    "tasks are made with another task_key than that of {machine}, which leaves them alone: set the "
    "same one on every machine, and start again"
)


@dataclass(frozen=True, slots=True)
class SharedJobs:
    """Who hands tasks and scans to the workers of many machines.

    Attributes:
        open_tasks: Starts what hands out tasks.
        open_scans: Starts what hands out scans; they take no places of tasks.
    """

    open_tasks: OpenDispatcher
    open_scans: OpenDispatcher


@dataclass(frozen=True, slots=True)
class TaskRole:
    """What the process that runs tasks is made of.

    Attributes:
        broker: Tells whether there are tasks to run.
        start_pool: Starts what runs them.
        janitor: Removes old tasks.
        failure_log: Stores what fails of looking for work.
        on_turn: Notes that the schedule turns.
        listen: Makes news of tasks call a function.
        link_job: Scans services for evidence; ``None`` for not at all.
        shared: Hands out tasks and scans; ``None`` where this process claims them itself.
        others: What else works until an event is set, each in a thread of its own.
    """

    broker: DatabaseBroker
    start_pool: Callable[[], TaskPool]
    janitor: Janitor
    failure_log: FailureLog
    on_turn: Callable[[], None]
    listen: Callable[[Mapping[Topic, Callable[[], None]]], Listener]
    link_job: LinkJob | None = None
    shared: SharedJobs | None = None
    others: Sequence[Callable[[threading.Event], None]] = ()

    def run(self, follow_input: bool = False) -> None:
        """Run tasks until the process is stopped; running ones are released then.

        Args:
            follow_input: Also wake at every line of standard input, and end with it.
        """
        self._check_key()
        pool = self.start_pool()
        tasks, scans = self._dispatchers(pool)
        loop = JobLoop(
            partial(self._look, pool, tasks),
            lambda: pool.has_room() and self.broker.has_work(),
            _INTERVAL,
            self.on_turn,
        )
        listener = self.listen({Topic.TASK: loop.wake})
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _signal, _frame: loop.stop())
        if follow_input:
            threading.Thread(target=follow, args=([loop.wake], loop.stop), daemon=True).start()
        is_over = threading.Event()
        work: list[Callable[[threading.Event], None]] = [self.janitor.run, *self.others]
        if self.link_job is not None:
            work.append(partial(self.link_job.run, dispatcher=scans))
        for each in work:
            threading.Thread(target=each, args=(is_over,), daemon=True).start()
        loop.run()
        is_over.set()
        listener.stop()
        pool.stop()
        for dispatcher in (tasks, scans):
            if dispatcher is not None:
                dispatcher.stop()

    def _check_key(self) -> None:
        """Tell when this machine cannot open the secrets of tasks that others make."""
        machine = platform.node()
        with contextlib.suppress(Exception), self.failure_log.noting(Stage.TASKS, "sweep"):
            reason = _OTHER_KEY.format(machine=machine) if self.broker.has_other_key() else ""
            if reason:
                _LOG.error("%s", reason)
            self.failure_log.report(Stage.TASKS, f"task_key of {machine}", reason)

    def _dispatchers(self, pool: TaskPool) -> tuple[Dispatcher | None, Dispatcher | None]:
        """Start what hands out tasks and scans; ``None`` for what this process does itself."""
        if self.shared is None:
            return None, None

        def run_one(job: Job) -> Iterable[Job]:
            pool.run_one(job.name)
            return ()

        tasks = self.shared.open_tasks({JobKind.TASK: run_one})
        if self.link_job is None:
            return tasks, None
        return tasks, self.shared.open_scans({JobKind.SCAN: self.link_job.scan})

    def _look(self, pool: TaskPool, tasks: Dispatcher | None) -> None:
        """Have waiting tasks run, and remove what dead workers left behind."""
        pool.look()
        with self.failure_log.noting(Stage.TASKS, "sweep"):
            if tasks is not None:
                tasks.send([Job(JobKind.TASK, each) for each in self.broker.waiting()])
            self.broker.sweep()
