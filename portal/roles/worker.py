"""When sources are read: all of them periodically, and those somebody asked for at once."""

from __future__ import annotations

import contextlib
import logging
import signal
import threading
import time
from collections.abc import Callable
from collections.abc import Mapping
from functools import partial

from portal.catalog.failures import Stage
from portal.catalog.outcomes import RunOutcome
from portal.catalog.reading.failure_log import FailureLog
from portal.catalog.reading.refresh_queue import RefreshQueue
from portal.catalog.sources.discovery import Discovery
from portal.catalog.sources.registry import OpenLocation
from portal.config.sources import Provider
from portal.kernel.jobs import JobLoop
from portal.kernel.jobs import JobPool
from portal.kernel.jobs import WorkerProcess
from portal.kernel.jobs import follow
from portal.kernel.telemetry.trace import of_id
from portal.kernel.telemetry.trace import working_for
from portal.roles.index_follower import IndexFollower
from portal.roles.run_log import log_run
from portal.roles.sync import SourceSync

_LOG = logging.getLogger(__name__)
#: The prefix of the names of jobs that list providers; no source has such a name.
_PROVIDER_JOB = "provider "
#: The name under which a failure of the schedule is stored.
_SOURCES = "sources"


class Worker:
    """Reads sources in the background, until the process is stopped.

    Args:
        source_sync: Reads a source, and lists a provider's repositories.
        index: Keeps the search index at the catalog's generation.
        discovery: Tells which providers are due.
        refresh_queue: The requests to read a source soon.
        failure_log: Stores failures of the schedule.
        threads: The number of sources that are read at the same time.
        interval: Seconds between two reads of all sources.
        on_turn: Notes that the schedule turns.
        keep_house: Removes what is old, in a thread of its own, until the event is set.
    """

    def __init__(
        self,
        source_sync: SourceSync,
        index: IndexFollower,
        discovery: Discovery,
        refresh_queue: RefreshQueue,
        failure_log: FailureLog,
        threads: int,
        interval: float,
        on_turn: Callable[[], None],
        keep_house: Callable[[threading.Event], None],
    ) -> None:
        self._source_sync = source_sync
        self._index = index
        self._discovery = discovery
        self._refresh_queue = refresh_queue
        self._failure_log = failure_log
        self._threads = threads
        self._interval = interval
        self._on_turn = on_turn
        self._keep_house = keep_house
        self._asked: dict[str, str] = {}
        self._due = -float("inf")

    def run_forever(self, follow_input: bool = False, tasks: WorkerProcess | None = None) -> None:
        """Sync periodically and on request until the process is stopped.

        Args:
            follow_input: Also wake at every line of standard input, and end with it.
            tasks: The process that runs tasks; it lives and wakes with this one.
        """
        pool = JobPool(self._threads)
        made_of = (lambda: self.schedule(pool), self._is_asked, self._interval, self._on_turn)
        loop = JobLoop(*made_of)
        signal.signal(signal.SIGTERM, lambda _signal, _frame: loop.stop())
        awake = [loop.wake]
        is_over = threading.Event()
        keep_house = threading.Thread(target=self._keep_house, args=(is_over,), daemon=True)
        keep_house.start()
        with contextlib.ExitStack() as stack:
            if tasks is not None:
                stack.callback(tasks.stop)
                awake.append(tasks.wake)
                tasks.start()
            if follow_input:
                arguments = (awake, loop.stop)
                threading.Thread(target=follow, args=arguments, daemon=True).start()
            loop.run()
        is_over.set()
        pool.stop()

    def _is_asked(self) -> bool:
        self._asked = self._refresh_queue.take() | self._asked
        if self._index.take_lost_pages():
            self._due = -float("inf")
        is_due = time.monotonic() >= self._due
        return bool(self._asked) or is_due or self._index.is_missing()

    def schedule(self, pool: JobPool) -> None:
        """Queue requested sources and, when the interval has passed, all of them."""
        with self._failure_log.noting(Stage.SCHEDULE, _SOURCES):
            self._index.try_to_follow()
            self._schedule_due(pool)

    def _schedule_due(self, pool: JobPool) -> None:
        self._is_asked()
        asked, self._asked = self._asked, {}
        is_due = time.monotonic() >= self._due
        if asked or is_due:
            known = self._source_sync.openers()
            for name in asked.keys() & known.keys():
                job = partial(self._read, name, known[name], asked[name])
                pool.ask(name, job, is_urgent=True)
        if is_due:
            self._due = time.monotonic() + self._interval
            self._schedule_all(pool, known)

    def _schedule_all(self, pool: JobPool, known: Mapping[str, OpenLocation]) -> None:
        for report in self._source_sync.forget_missing(known.keys()):
            log_run(report)
        for provider in self._discovery.due():
            job = partial(self._list_and_schedule, pool, provider)
            pool.ask(f"{_PROVIDER_JOB}{provider.name}", job)
        for name, open_it in known.items():
            pool.ask(name, partial(self._read, name, open_it))

    def _list_and_schedule(self, pool: JobPool, provider: Provider) -> None:
        """List a provider's repositories and queue new ones."""
        report = self._source_sync.list_provider(provider)
        known = self._source_sync.openers()
        for name in report.added if report.outcome is RunOutcome.CHANGED else ():
            if name in known:
                pool.ask(name, partial(self._read, name, known[name]))

    def _read(self, name: str, open_it: OpenLocation, request_id: str = "") -> None:
        with working_for(of_id(request_id)):
            report = self._source_sync.read(name, open_it)
            log_run(report)
            if request_id:
                _LOG.info("source %s was read as asked: %s", name, report.outcome)
