"""The dispatcher of many machines: procrastinate, on the PostgreSQL of the catalog.

It runs in a thread of its own, with an event loop and a few connections of its own; jobs run in
threads. Whatever ends it, it is started again, and what it left behind is settled: a job of a
worker that is silent waits again, and one that ended here while the database was away does not
hold its lock for good.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import sqlalchemy as sa
from procrastinate import App
from procrastinate import JobContext
from procrastinate import PsycopgConnector
from procrastinate import RetryStrategy
from procrastinate import exceptions
from procrastinate.jobs import Status
from procrastinate.schema import SchemaManager
from sqlalchemy.engine import Engine as Database

from portal.jobs.engine_tables import STALE_SECONDS
from portal.jobs.engine_tables import prepare
from portal.jobs.job import Handlers
from portal.jobs.job import Job
from portal.jobs.job import JobKind
from portal.kernel.causes import cause_of
from portal.kernel.errors import ServiceUnavailableError

_LOG = logging.getLogger(__name__)
#: Seconds between two heartbeats.
_BEAT_SECONDS = 3.0
#: Seconds between two looks at what was left behind, and between two polls for jobs.
_SETTLE_SECONDS, _POLL_SECONDS = 3.0, 1.0
#: Seconds after its end within which the end of a job is written down.
_ENDING_SECONDS = 10.0
#: Seconds before the engine is started again, at first and at most.
_FIRST_PAUSE, _LAST_PAUSE = 0.5, 10.0
#: Seconds a stopping process waits for its jobs, a sender for the engine, and the engine for
#: a connection.
_PATIENCE_SECONDS, _SEND_SECONDS, _CONNECT_SECONDS = 8.0, 15.0, 5.0
#: They log each attempt of each part, with tracebacks; what fails is told here, once.
_LOUD = ("procrastinate", "psycopg.pool")
_URGENT = 10
#: Between the kind of a job and the label it is pinned to, in the name of a queue.
_PINNED = "@"
#: What the engine itself does again, when a handler raised what nobody foresaw.
_RETRY = RetryStrategy(max_attempts=3, exponential_wait=4)

#: Notes why jobs are not handed out; an empty text when they are again.
Report = Callable[[str], None]


class ProcrastinateDispatcher:
    """Does jobs that any process sent, and sends jobs to any process.

    Args:
        handlers: Do the jobs of this process; each kind has a queue of its own.
        database: The database of the catalog, a PostgreSQL.
        threads: The number of jobs that run here at the same time.
        report: Notes why jobs are not handed out.
        periodic: Jobs that the engine sends by itself, with their crontabs.
        labels: The labels of this process; what is pinned to one has a queue of its own, too.
    """

    def __init__(
        self,
        handlers: Handlers,
        database: Database,
        threads: int,
        report: Report,
        periodic: Mapping[JobKind, str] | None = None,
        labels: Collection[str] = (),
    ) -> None:
        self._handlers = handlers
        self._database = database
        self._threads = threads
        self._report = report
        self._periodic = dict(periodic or {})
        self._queues = [_queue_of(kind, each) for kind in handlers for each in ("", *labels)]
        self._executor = ThreadPoolExecutor(threads, "job")
        self._running: set[int] = set()
        #: The ids of jobs that ended here, with the worker they were of and when that was.
        self._ended: dict[int, tuple[int | None, float]] = {}
        self._app: App | None = None
        for name in _LOUD:
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self._loop = asyncio.new_event_loop()
        self._is_over = asyncio.Event()
        self._is_open = asyncio.Event()
        #: What was noted last; ``None`` for nothing yet.
        self._reason: str | None = None
        self._thread = threading.Thread(target=self._run, daemon=True, name="engine")
        self._thread.start()

    def send(self, jobs: Collection[Job], *, is_urgent: bool = False) -> None:
        """Queue jobs for any process.

        Raises:
            ServiceUnavailableError: When they cannot be queued now.
        """
        if not jobs:
            return
        sending = asyncio.run_coroutine_threadsafe(self._send(jobs, is_urgent), self._loop)
        try:
            sending.result(_SEND_SECONDS)
        except (exceptions.ProcrastinateException, TimeoutError) as error:
            sending.cancel()
            reason = cause_of(error) or "the engine of jobs does not answer"
            raise ServiceUnavailableError(f"jobs cannot be handed out: {reason}") from error

    def is_idle(self) -> bool:
        """Return whether no job runs here."""
        return not self._running

    def stop(self) -> None:
        """Start no more jobs, and wait for those that run here, for a while."""
        with contextlib.suppress(RuntimeError):  # the loop is closed already
            self._loop.call_soon_threadsafe(self._is_over.set)
        self._thread.join(_PATIENCE_SECONDS + 2)
        self._executor.shutdown(wait=False, cancel_futures=True)

    # --- the thread of the engine ------------------------------------------------------

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        with contextlib.closing(self._loop):
            self._loop.run_until_complete(self._keep_going())

    async def _keep_going(self) -> None:
        pause = _FIRST_PAUSE
        while not self._is_over.is_set():
            began = time.monotonic()
            try:
                await self._serve()
                reason = "the engine of jobs ended by itself"
            except Exception as error:  # noqa: BLE001 - whatever it was, it is started again
                reason = cause_of(error) or _why(error)
            if self._is_over.is_set():
                return
            # One line for each cause; the state of health says that it goes on.
            level = logging.DEBUG if reason == self._reason else logging.WARNING
            _LOG.log(level, "jobs are not handed out, and it is tried again: %s", reason)
            await self._told(reason)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._is_over.wait(), pause)
            is_settled = time.monotonic() - began > _LAST_PAUSE
            pause = _FIRST_PAUSE if is_settled else min(2 * pause, _LAST_PAUSE)

    async def _told(self, reason: str) -> None:
        """Note why jobs are not handed out, or that they are; the same is noted once."""
        if reason == self._reason:
            return
        self._reason = reason
        # The loop's own threads: ours may all be taken by jobs.
        await self._loop.run_in_executor(None, self._report, reason)

    async def _serve(self) -> None:
        """Hand out jobs until one of the engine's parts ends."""
        statements = SchemaManager.get_schema()
        schema = await self._loop.run_in_executor(None, prepare, self._database, statements)
        app = self._make_app(schema)
        async with app.open_async():
            self._app = app
            self._is_open.set()
            await self._told("")
            parts = [
                asyncio.create_task(self._work(app)),
                asyncio.create_task(self._settle_on(app)),
                asyncio.create_task(self._is_over.wait()),
            ]
            try:
                done, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
            finally:
                self._app = None
                self._is_open.clear()
                for part in parts:
                    part.cancel()
                await asyncio.gather(*parts, return_exceptions=True)
            for part in done:
                part.result()

    async def _work(self, app: App) -> None:
        await app.run_worker_async(
            queues=self._queues,
            concurrency=self._threads,
            install_signal_handlers=False,
            delete_jobs="always",
            fetch_job_polling_interval=_POLL_SECONDS,
            shutdown_graceful_timeout=_PATIENCE_SECONDS,
            update_heartbeat_interval=_BEAT_SECONDS,
            stalled_worker_timeout=STALE_SECONDS,
        )

    def _make_app(self, schema: str) -> App:
        url = self._database.url
        given = str(url.query.get("options", ""))
        connector = PsycopgConnector(
            conninfo=_address(url),
            kwargs={"options": f"{given} -c search_path={schema}".strip()},
            min_size=1,
            max_size=4,
            timeout=_CONNECT_SECONDS,
        )
        app = App(connector=connector)
        for kind in JobKind:
            self._add_task(app, kind)
        return app

    def _add_task(self, app: App, kind: JobKind) -> None:
        async def do(context: JobContext, /, **ids: str) -> None:
            ids.pop("timestamp", None)  # the engine's own, of what is periodic
            label = context.job.queue.partition(_PINNED)[2]
            await self._do(context, Job(kind, **ids, label=label))

        options: dict[str, Any] = {"name": str(kind), "queue": str(kind), "retry": _RETRY}
        # The engine's types want a timestamp as the only argument of what may be periodic.
        task: Any = app.task(**options, pass_context=True)(do)
        if kind in self._periodic:
            key = Job(kind).key
            locks: dict[str, Any] = {"lock": key, "queueing_lock": key}
            app.periodic(cron=self._periodic[kind], **locks)(task)

    async def _do(self, context: JobContext, job: Job) -> None:
        """Do a job in a thread, and send what follows from it."""
        number = context.job.id or 0
        self._ended.pop(number, None)
        self._running.add(number)
        try:
            handler = self._handlers[job.kind]
            work = self._loop.run_in_executor(self._executor, lambda: tuple(handler(job)))
            await self._send(await work, is_urgent=False)
        except Exception:
            _LOG.exception("the job %s failed", job.key)
            raise
        finally:
            self._running.discard(number)
            self._ended[number] = (context.job.worker_id, time.monotonic())

    # --- sending -----------------------------------------------------------------------

    async def _send(self, jobs: Iterable[Job], is_urgent: bool) -> None:
        """Queue the jobs that do not wait yet.

        Raises:
            AppNotOpen: When the engine ends meanwhile.
            TimeoutError: When it is not there soon.
        """
        listed = list(jobs)
        if not listed:
            return
        # At a start, and after a fault, the engine is there in a moment.
        await asyncio.wait_for(self._is_open.wait(), _CONNECT_SECONDS)
        app = self._app
        if app is None:
            raise exceptions.AppNotOpen
        waiting = await app.job_manager.list_jobs_async(status=Status.TODO.value)
        known = {each.queueing_lock: each for each in waiting}
        for job in listed:
            same = known.get(_waiting_key(job, is_urgent=is_urgent))
            if same is not None and same.queue != _queue_of(job.kind, job.label):
                # It is pinned to others since, and who it waits for may never come.
                await app.job_manager.cancel_job_by_id_async(same.id or 0, delete_job=True)
                same = None
            if same is None:
                await self._defer(app, job, is_urgent=is_urgent)

    async def _defer(self, app: App, job: Job, *, is_urgent: bool) -> None:
        ids = {"name": job.name, "commit": job.commit, "request_id": job.request_id}
        ids["traceparent"] = job.traceparent
        task = app.configure_task(
            str(job.kind),
            queue=_queue_of(job.kind, job.label),
            lock=job.key,
            queueing_lock=_waiting_key(job, is_urgent=is_urgent),
            priority=_URGENT if is_urgent else 0,
        )
        with contextlib.suppress(exceptions.AlreadyEnqueued):
            await task.defer_async(**{name: text for name, text in ids.items() if text})

    # --- what was left behind ----------------------------------------------------------

    async def _settle_on(self, app: App) -> None:
        while True:
            await asyncio.sleep(_SETTLE_SECONDS)
            await self._settle_silent(app)
            await self._settle_own(app)

    async def _settle_silent(self, app: App) -> None:
        """Let the jobs of workers that are silent wait again."""
        await app.job_manager.prune_stalled_workers(STALE_SECONDS)
        # Of all queues: a job holds its lock, also where nobody serves its label any more.
        silent = await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALE_SECONDS)
        for job in silent:
            _LOG.warning("%s of a worker that is gone is handed out again", job.lock)
            try:
                await app.job_manager.retry_job(job)
            except exceptions.ConnectorException:
                # Another one like it waits already, or another process was first.
                await self._remove(app, job.id or 0)

    async def _settle_own(self, app: App) -> None:
        """Remove jobs that ended here while that could not be written down."""
        before = time.monotonic() - _ENDING_SECONDS
        ended = {number: of for number, (of, at) in self._ended.items() if at < before}
        if not ended:
            return
        for queue in self._queues:
            doing = await app.job_manager.list_jobs_async(queue=queue, status=Status.DOING.value)
            for job in doing:
                if job.id in ended and job.worker_id == ended[job.id]:
                    _LOG.warning("%s ended, which could not be written down then", job.lock)
                    await self._remove(app, job.id)
        for number in ended:
            self._ended.pop(number, None)

    async def _remove(self, app: App, number: int) -> None:
        with contextlib.suppress(exceptions.ConnectorException):  # it is gone already
            await app.job_manager.finish_job_by_id_async(
                job_id=number, status=Status.FAILED, delete_job=True
            )


def _queue_of(kind: JobKind, label: str) -> str:
    return f"{kind}{_PINNED}{label}" if label else str(kind)


def _waiting_key(job: Job, *, is_urgent: bool) -> str:
    """Return what two waiting jobs must not have in common; an urgent one overtakes."""
    return f"{job.key} at once" if is_urgent else job.key


def _address(url: sa.URL) -> str:
    """Return a URL of SQLAlchemy as PostgreSQL's own programs read it."""
    others = {name: value for name, value in url.query.items() if name != "options"}
    plain = url.set(drivername="postgresql", query=others)
    return plain.render_as_string(hide_password=False)


def _why(error: BaseException) -> str:
    if isinstance(error, exceptions.ConnectorException):
        return "the database does not answer"
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
