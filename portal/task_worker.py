"""The role that runs tasks, in a process of its own.

Rendering keeps an interpreter busy, and a sync in the same one would wait for it: measured
in ``docs/decisions/0013-tasks.md``.
"""

from __future__ import annotations

import signal
import threading

from portal.kernel.jobs import JobLoop
from portal.kernel.jobs import follow
from portal.scaffolder.tasks.pool import TaskPool
from portal.wiring import Services

#: How often what dead workers left is put away, in seconds.
_INTERVAL = 5.0


def run_tasks(services: Services, follow_input: bool = False) -> None:
    """Run tasks until the process is told to end; those that run are given back then.

    Args:
        services: What the worker is built on.
        follow_input: Also wake at every line of standard input, and end with it.
    """
    config, broker = services.config, services.task_broker
    pool = TaskPool(broker, services.task_execution, config.tasks_at_once, config.task_timeout)

    def look() -> None:
        pool.look()
        broker.sweep()

    def is_asked() -> bool:
        return pool.has_room() and broker.has_work()

    loop = JobLoop(look, is_asked, _INTERVAL)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _signal, _frame: loop.stop())
    if follow_input:
        threading.Thread(target=follow, args=([loop.wake], loop.stop), daemon=True).start()
    is_over = threading.Event()
    threading.Thread(target=services.task_janitor.run, args=(is_over,), daemon=True).start()
    loop.run()
    is_over.set()
    pool.stop()
