"""When sources are read: all of them periodically, and those somebody asked for at once."""

from __future__ import annotations

import contextlib
import logging
import signal
import threading
import time
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import replace
from functools import partial

from portal.catalog.failures import Stage
from portal.catalog.outcomes import RunOutcome
from portal.catalog.reading.failure_log import FailureLog
from portal.catalog.refresh_requests import Asked
from portal.catalog.sources.pins import Pins
from portal.catalog.sources.registry import OpenLocation
from portal.config.sources import Provider
from portal.jobs.job import Dispatcher
from portal.jobs.job import Handlers
from portal.jobs.job import Job
from portal.jobs.job import JobKind
from portal.jobs.job import OpenDispatcher
from portal.kernel.jobs import JobLoop
from portal.kernel.jobs import WorkerProcess
from portal.kernel.jobs import follow
from portal.kernel.processes.news import Listener
from portal.kernel.processes.news import Topic
from portal.kernel.telemetry.spans import span
from portal.kernel.telemetry.trace import of_stored
from portal.kernel.telemetry.trace import working_for
from portal.roles.index_follower import IndexFollower
from portal.roles.run_log import log_run
from portal.roles.sync import SourceSync

_LOG = logging.getLogger(__name__)
#: The name under which a failure of the schedule is stored.
_SOURCES = "sources"


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be done, and how often that is looked at.

    Attributes:
        asked: Returns the sources somebody asked to read, with which request asked, once.
        sources: Returns which of the named sources are to be read now.
        providers: Returns the providers to be listed now.
        interval: Seconds between two looks.
        pins: Who may do what of it.
    """

    asked: Callable[[], Mapping[str, Asked]]
    sources: Callable[[Iterable[str]], Iterable[str]]
    providers: Callable[[], Iterable[Provider]]
    interval: float
    pins: Pins


class Worker:
    """Reads sources in the background, until the process is stopped.

    Args:
        source_sync: Reads a source, and lists a provider's repositories.
        index: Keeps the search index at the catalog's generation.
        due: What is to be done now.
        failure_log: Stores failures of the schedule.
        open_dispatcher: Starts what hands out the jobs.
        on_turn: Notes that the schedule turns.
        listen: Makes news of other processes call a function.
        keep_house: Removes what is old, in a thread of its own, until the event is set.
        more: What this process does with further kinds of jobs.
    """

    def __init__(
        self,
        source_sync: SourceSync,
        index: IndexFollower,
        due: Due,
        failure_log: FailureLog,
        open_dispatcher: OpenDispatcher,
        on_turn: Callable[[], None],
        listen: Callable[[Mapping[Topic, Callable[[], None]]], Listener],
        keep_house: Callable[[threading.Event], None],
        more: Handlers,
    ) -> None:
        self._listen = listen
        self._more = more
        self._source_sync = source_sync
        self._index = index
        self._due = due
        self._failure_log = failure_log
        self._open_dispatcher = open_dispatcher
        self._on_turn = on_turn
        self._keep_house = keep_house
        self._asked: Mapping[str, Asked] = {}
        self._known: Mapping[str, OpenLocation] = {}
        self._due_at = -float("inf")

    @property
    def handlers(self) -> Handlers:
        """What this process does with jobs."""
        return {JobKind.SYNC: self._read, JobKind.LIST: self._list, **self._more}

    def run_forever(self, follow_input: bool = False, tasks: WorkerProcess | None = None) -> None:
        """Sync periodically and on request until the process is stopped.

        Args:
            follow_input: Also wake at every line of standard input, and end with it.
            tasks: The process that runs tasks; it lives and wakes with this one.
        """
        dispatcher = self._open_dispatcher(self.handlers)
        job = partial(self.schedule, dispatcher)
        loop = JobLoop(job, self._is_asked, self._due.interval, self._on_turn)
        signal.signal(signal.SIGTERM, lambda _signal, _frame: loop.stop())
        listener = self._listen({Topic.REFRESH: loop.wake, Topic.GENERATION: loop.wake})
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
        listener.stop()
        dispatcher.stop()

    def _is_asked(self) -> bool:
        self._asked = {**self._due.asked(), **self._asked}
        if self._index.take_lost_pages():
            self._due_at = -float("inf")
        is_due = time.monotonic() >= self._due_at
        return bool(self._asked) or is_due or self._index.is_missing()

    def schedule(self, dispatcher: Dispatcher) -> None:
        """Queue requested sources and, when the interval has passed, all that are due."""
        with self._failure_log.noting(Stage.SCHEDULE, _SOURCES):
            self._index.try_to_follow()
            self._schedule_due(dispatcher)

    def _schedule_due(self, dispatcher: Dispatcher) -> None:
        self._is_asked()
        is_due = time.monotonic() >= self._due_at
        if self._asked or is_due:
            self._known = self._source_sync.openers()
        asked = {name: by for name, by in self._asked.items() if name in self._known}
        dispatcher.send(self._reads(asked, asked), is_urgent=True)
        self._asked = {}
        if is_due:
            self._schedule_all(dispatcher)
            self._due_at = time.monotonic() + self._due.interval

    def _schedule_all(self, dispatcher: Dispatcher) -> None:
        for report in self._source_sync.forget_missing(self._known.keys()):
            log_run(report)
        label_of = self._due.pins.label_of_provider
        listings = [
            Job(JobKind.LIST, each.name, label=label_of(each.name))
            for each in self._due.providers()
        ]
        dispatcher.send([*listings, *self._reads(self._due.sources(self._known))])

    def _reads(self, names: Iterable[str], asked: Mapping[str, Asked] = {}) -> list[Job]:
        """Return jobs that read sources, each for those who may, with which request asked."""
        labels = self._due.pins.labels()
        return [
            Job(JobKind.SYNC, name, "", *asked.get(name, ("", "")), labels.get(name, ""))
            for name in names
        ]

    def _list(self, job: Job) -> Iterable[Job]:
        """List a provider's repositories; new ones are read next."""
        provider = self._source_sync.provider(job.name)
        if provider is None:
            return ()
        report = self._source_sync.list_provider(provider)
        known = self._known = self._source_sync.openers()
        added = report.added if report.outcome is RunOutcome.CHANGED else ()
        return self._reads(self._due.sources(name for name in added if name in known))

    def _read(self, job: Job) -> Iterable[Job]:
        """Read a source; nothing if there is none of that name any more.

        One that is pinned to others since the job was sent is handed on to them.
        """
        label = self._due.pins.labels().get(job.name, "")
        if not self._due.pins.is_own(label):
            return [replace(job, label=label)] if job.label != label else ()
        if job.name not in self._known:
            self._known = self._source_sync.openers()
        open_it = self._known.get(job.name)
        if open_it is not None:
            trace = of_stored(job.request_id, job.traceparent)
            with working_for(trace), span("sync", job.traceparent, source=job.name):
                report = self._source_sync.read(job.name, open_it)
                log_run(report)
                if job.request_id:
                    _LOG.info("source %s was read as asked: %s", job.name, report.outcome)
        return ()
