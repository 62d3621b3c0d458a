"""The role that runs tasks and scans services, in a process of its own.

Rendering keeps an interpreter busy, and a sync in the same one would wait for it: measured
in ``docs/decisions/0013-tasks.md``.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable

from portal.catalog.failures import Stage
from portal.catalog.reading.failure_log import FailureLog
from portal.kernel.jobs import JobLoop
from portal.kernel.jobs import follow
from portal.links.scanning.job import LinkJob
from portal.scaffolder.tasks.running.broker import DatabaseBroker
from portal.scaffolder.tasks.running.pool import TaskPool
from portal.scaffolder.tasks.running.retention import Janitor

#: Seconds between two removals of the presence files of dead workers.
_INTERVAL = 5.0


def run_tasks(
    broker: DatabaseBroker,
    start_pool: Callable[[], TaskPool],
    janitor: Janitor,
    failure_log: FailureLog,
    on_turn: Callable[[], None],
    link_job: LinkJob | None = None,
    follow_input: bool = False,
) -> None:
    """Run tasks until the process is stopped; running ones are released then.

    Args:
        broker: Tells whether there are tasks to run.
        start_pool: Starts the threads that run them.
        janitor: Removes old tasks.
        failure_log: Stores that the presence files of dead workers cannot be removed.
        on_turn: Notes that the schedule turns.
        link_job: Scans services for evidence, in a thread of its own; ``None`` for not at all.
        follow_input: Also wake at every line of standard input, and end with it.
    """
    pool = start_pool()

    def look() -> None:
        pool.look()
        with failure_log.noting(Stage.TASKS, "sweep"):
            broker.sweep()

    def is_asked() -> bool:
        return pool.has_room() and broker.has_work()

    loop = JobLoop(look, is_asked, _INTERVAL, on_turn)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _signal, _frame: loop.stop())
    if follow_input:
        threading.Thread(target=follow, args=([loop.wake], loop.stop), daemon=True).start()
    is_over = threading.Event()
    for work in (janitor.run, *((link_job.run,) if link_job else ())):
        threading.Thread(target=work, args=(is_over,), daemon=True).start()
    loop.run()
    is_over.set()
    pool.stop()
