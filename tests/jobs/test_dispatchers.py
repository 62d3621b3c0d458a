"""What both dispatchers promise, and what procrastinate's does after a fault."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from functools import partial

import pytest
import sqlalchemy as sa
from procrastinate.schema import SchemaManager

from portal.jobs.engine_tables import prepare
from portal.jobs.engine_tables import schema_name
from portal.jobs.job import Dispatcher
from portal.jobs.job import Job
from portal.jobs.job import JobKind
from portal.jobs.opening import PROCRASTINATE
from portal.jobs.opening import THREADS
from portal.jobs.opening import open_with
from portal.jobs.queue import Queue
from portal.jobs.queue import queue_of
from portal.kernel.errors import ConfigError
from portal.kernel.errors import ServiceUnavailableError
from portal.roles.doctor import check_jobs
from tests.databases import DISCONNECT_OTHERS
from tests.databases import postgresql_database
from tests.waiting import until


@dataclass
class Worker:
    """Does jobs, and tells what it did."""

    done: list[str] = field(default_factory=list)
    most: Counter[str] = field(default_factory=Counter)
    told: list[str] = field(default_factory=list)
    next: dict[str, tuple[Job, ...]] = field(default_factory=dict)
    gate: threading.Event = field(default_factory=threading.Event)
    _running: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def do(self, job: Job) -> Iterable[Job]:
        with self._lock:
            self._running[job.name] += 1
            self.most[job.name] = max(self.most[job.name], self._running[job.name])
        if job.name.startswith("held"):
            assert self.gate.wait(30)
        with self._lock:
            self._running[job.name] -= 1
            self.done.append(job.name)
        if job.name == "wrong":
            raise ValueError("nobody foresaw it")
        return self.next.pop(job.name, ())


@pytest.fixture(scope="module")
def postgresql() -> Iterator[sa.Engine]:
    with postgresql_database() as url:
        engine = sa.create_engine(url)
        yield engine
        engine.dispose()


@dataclass
class Stage:
    """A worker, and the dispatcher that hands it its jobs."""

    worker: Worker
    dispatcher: Dispatcher

    def send(self, *names: str, is_urgent: bool = False) -> None:
        self.dispatcher.send(jobs(*names), is_urgent=is_urgent)

    def send_at_last(self, *names: str) -> None:
        """Send when the engine is there (again)."""

        def is_sent() -> bool:
            with contextlib.suppress(ServiceUnavailableError):
                self.send(*names)
                return True
            return False

        until(is_sent)


def jobs(*names: str) -> list[Job]:
    return [Job(JobKind.SYNC, name) for name in names]


#: Starts a dispatcher with so many threads, of a process with these labels.
Start = Callable[..., Stage]


@pytest.fixture(params=[THREADS, pytest.param(PROCRASTINATE, marks=pytest.mark.slow)])
def start(request: pytest.FixtureRequest, postgresql: sa.Engine) -> Iterator[Start]:
    with started(request.param, postgresql) as start:
        yield start


@contextlib.contextmanager
def started(chosen: str, database: sa.Engine) -> Iterator[Start]:
    workers: list[Worker] = []
    with contextlib.ExitStack() as stack:

        def start(threads: int, *labels: str) -> Stage:
            worker = Worker()
            workers.append(worker)
            open_it = open_with(chosen, database, threads, worker.told.append, labels=labels)
            dispatcher = open_it({JobKind.SYNC: worker.do})
            stack.callback(dispatcher.stop)
            stack.callback(worker.gate.set)
            stage = Stage(worker, dispatcher)
            stage.send_at_last("first")
            # Any of them may do it: what one sends, another does.
            until(lambda: any(each.done == ["first"] for each in workers))
            for each in workers:
                each.done.clear()
            return stage

        yield start


def test_what_is_sent_is_done(start: Start) -> None:
    stage = start(2)
    stage.send("a", "b", "c")
    until(lambda: sorted(stage.worker.done) == ["a", "b", "c"])


def test_what_waits_is_not_queued_again(start: Start) -> None:
    stage = start(1)
    stage.send("held")
    until(lambda: stage.worker.most["held"] == 1)
    for _ in range(3):
        stage.send("a", "b")
    stage.worker.gate.set()
    until(lambda: len(stage.worker.done) >= 3)
    stage.send("last")
    until(lambda: stage.worker.done == ["held", "a", "b", "last"])


def test_what_runs_is_done_once_more_afterwards_and_never_twice_at_once(start: Start) -> None:
    stage = start(3)
    stage.send("held")
    until(lambda: stage.worker.most["held"] == 1)
    for _ in range(3):
        stage.send("held", is_urgent=True)
    stage.send("other")
    until(lambda: stage.worker.done == ["other"])
    stage.worker.gate.set()
    until(lambda: stage.worker.done == ["other", "held", "held"])
    assert stage.worker.most["held"] == 1


def test_what_is_urgent_goes_first(start: Start) -> None:
    stage = start(1)
    stage.send("held")
    until(lambda: stage.worker.most["held"] == 1)
    stage.send("a", "b")
    stage.send("now", is_urgent=True)
    stage.worker.gate.set()
    until(lambda: stage.worker.done == ["held", "now", "a", "b"])


def test_what_follows_from_a_job_is_done(start: Start) -> None:
    stage = start(1)
    stage.worker.next["a"] = tuple(jobs("b", "c"))
    stage.send("a")
    until(lambda: stage.worker.done == ["a", "b", "c"])


def test_a_job_that_fails_does_not_stop_the_next(start: Start) -> None:
    stage = start(1)
    stage.send("wrong", "right")
    until(lambda: "right" in stage.worker.done)


def test_stopping_waits_for_what_runs(start: Start) -> None:
    stage = start(1)
    stage.send("held", "left")
    until(lambda: stage.worker.most["held"] == 1)
    stopping = threading.Thread(target=stage.dispatcher.stop)
    stopping.start()
    stage.worker.gate.set()
    stopping.join(30)
    assert stage.worker.done == ["held"]


# --- procrastinate ------------------------------------------------------------------


@pytest.fixture
def engine(postgresql: sa.Engine) -> Iterator[Start]:
    if sa.inspect(postgresql).has_schema(schema_name()):
        run(postgresql, "DELETE FROM procrastinate_jobs")
    with started(PROCRASTINATE, postgresql) as start:
        yield start


def run(database: sa.Engine, statement: str) -> list[sa.Row[tuple[object, ...]]]:
    with database.begin() as connection:
        connection.exec_driver_sql(f"SET LOCAL search_path TO {schema_name()}")
        result = connection.exec_driver_sql(statement)
        return list(result) if result.returns_rows else []


@pytest.mark.slow
def test_any_worker_does_what_one_sends(engine: Start) -> None:
    one, other = engine(1), engine(1)
    one.send("held")
    until(lambda: one.worker.most["held"] + other.worker.most["held"] == 1)
    free = other if one.worker.most["held"] else one
    one.send("a", "b")
    until(lambda: free.worker.done == ["a", "b"])


@pytest.mark.slow
def test_what_is_pinned_is_done_by_a_worker_with_the_label_only(engine: Start) -> None:
    plain, other = engine(2), engine(2, "a", "b")
    names = [f"far-{number}" for number in range(6)]
    plain.dispatcher.send([Job(JobKind.SYNC, name, label="b") for name in names])
    until(lambda: sorted(other.worker.done) == names)
    assert plain.worker.done == []


@pytest.mark.slow
def test_what_waits_for_a_label_that_is_gone_goes_to_the_next(
    engine: Start, postgresql: sa.Engine
) -> None:
    stage = engine(2)
    stage.dispatcher.send([Job(JobKind.SYNC, "far", label="gone")])
    stage.dispatcher.send([Job(JobKind.SYNC, "far")])
    until(lambda: stage.worker.done == ["far"])
    until(lambda: not run(postgresql, "SELECT id FROM procrastinate_jobs"))


@pytest.mark.slow
def test_the_queue_tells_what_waits_and_who_works(engine: Start, postgresql: sa.Engine) -> None:
    stage = engine(1)
    stage.send("held", "next", "last")

    def queue() -> Queue:
        found = queue_of(postgresql)
        assert found is not None
        return found

    until(lambda: (queue().running, queue().waiting) == (1, 2))
    assert queue().workers >= 1
    assert 0 < queue().oldest < 30
    (told,) = check_jobs(PROCRASTINATE, postgresql)
    assert told.is_good
    assert told.detail.startswith("2 waiting, 1 running, ")
    stage.worker.gate.set()
    until(lambda: (queue().running, queue().waiting, queue().oldest) == (0, 0, 0.0))


def test_a_queue_that_nobody_works_at_is_told() -> None:
    with postgresql_database() as url:
        database = sa.create_engine(url)
        (none_yet,) = check_jobs(PROCRASTINATE, database)
        assert (none_yet.is_good, none_yet.detail) == (
            False,
            "no worker has prepared the queue yet",
        )
        prepare(database, SchemaManager.get_schema())
        (idle,) = check_jobs(PROCRASTINATE, database)
        assert (idle.is_good, idle.detail) == (False, "0 waiting, 0 running, 0 workers")
        assert "portal worker" in idle.remedy
        assert [*check_jobs(THREADS, database)] == []
        database.dispose()


@pytest.mark.slow
def test_it_goes_on_after_its_connections_were_ended(engine: Start, postgresql: sa.Engine) -> None:
    stage = engine(2)
    for number in range(5):
        run(postgresql, DISCONNECT_OTHERS)
        stage.send_at_last(f"again-{number}")
        until(partial(stage.worker.done.__contains__, f"again-{number}"))
    stage.send_at_last("last")
    until(lambda: "last" in stage.worker.done)


@pytest.mark.slow
def test_a_job_whose_end_could_not_be_written_down_does_not_stop_the_next(
    engine: Start, postgresql: sa.Engine
) -> None:
    stage = engine(2)
    refuse = "CREATE RULE refuse AS ON DELETE TO procrastinate_jobs DO INSTEAD NOTHING"
    run(postgresql, refuse)
    stage.send("a")
    until(lambda: stage.worker.done == ["a"])
    until(lambda: bool(run(postgresql, "SELECT id FROM procrastinate_jobs")))
    run(postgresql, "DROP RULE refuse ON procrastinate_jobs")
    stage.send("a")
    until(lambda: stage.worker.done == ["a", "a"])


@pytest.mark.slow
def test_the_jobs_of_a_worker_that_is_gone_are_done_by_another(
    engine: Start, postgresql: sa.Engine
) -> None:
    stage = engine(1)
    run(
        postgresql,
        """
        WITH gone AS (
            INSERT INTO procrastinate_workers (last_heartbeat)
            VALUES (now() - interval '1 minute') RETURNING id
        )
        INSERT INTO procrastinate_jobs (queue_name, task_name, lock, status, args, worker_id)
        SELECT 'sync', 'sync', 'sync left', 'doing', '{"name": "left"}', id FROM gone
        """,
    )
    until(lambda: stage.worker.done == ["left"])


@pytest.mark.slow
def test_what_is_periodic_is_sent_once_for_all_workers(
    engine: Start, postgresql: sa.Engine
) -> None:
    stage = engine(1)
    told: list[str] = []
    periodic = {JobKind.HOUSEKEEPING: "*/5 * * * *"}
    with contextlib.ExitStack() as stack:
        for _ in range(2):
            open_it = open_with(PROCRASTINATE, postgresql, 1, told.append, periodic)
            dispatcher = open_it({JobKind.HOUSEKEEPING: stage.worker.do})
            stack.callback(dispatcher.stop)
            dispatcher.send([Job(JobKind.HOUSEKEEPING, "other")])
        until(lambda: {"", "other"} <= set(stage.worker.done))
    times = run(postgresql, "SELECT defer_timestamp FROM procrastinate_periodic_defers")
    assert stage.worker.done.count("") in {1, 2}, "one for each time, and a time may come"
    assert len(times) == 1


@pytest.mark.slow
def test_nothing_is_left_of_what_is_done(engine: Start, postgresql: sa.Engine) -> None:
    stage = engine(2)
    stage.send("a", "b")
    until(lambda: sorted(stage.worker.done) == ["a", "b"])
    until(lambda: run(postgresql, "SELECT id FROM procrastinate_jobs") == [])


@pytest.mark.slow
def test_the_tables_of_another_version_are_removed_once_nobody_uses_them(
    engine: Start, postgresql: sa.Engine
) -> None:
    with postgresql.begin() as connection:
        for name, age in (("portal_jobs_3_9_0", "2 hours"), ("portal_jobs_3_9_1", "1 second")):
            table = f"{name}.procrastinate_workers"
            connection.exec_driver_sql(f"CREATE SCHEMA {name}")
            connection.exec_driver_sql(f"CREATE TABLE {table} (last_heartbeat timestamptz)")
            connection.exec_driver_sql(f"INSERT INTO {table} VALUES (now() - interval '{age}')")
    engine(1)
    schemas = sa.inspect(postgresql).get_schema_names()
    assert [name for name in schemas if name.startswith("portal_jobs_3_9")] == ["portal_jobs_3_9_1"]


@pytest.mark.slow
def test_a_database_that_is_away_is_told_and_over_when_it_is_back(
    engine: Start, postgresql: sa.Engine
) -> None:
    stage = engine(1)
    name = f'"{postgresql.url.database}"'
    elsewhere = sa.create_engine(
        postgresql.url.set(database="postgres"), isolation_level="AUTOCOMMIT"
    )
    with elsewhere.connect() as connection:
        connection.exec_driver_sql(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        connection.exec_driver_sql(
            DISCONNECT_OTHERS.replace("current_database()", f"'{postgresql.url.database}'")
        )
        until(lambda: any(stage.worker.told))
        connection.exec_driver_sql(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    elsewhere.dispose()
    until(lambda: stage.worker.told[-1] == "")
    stage.send_at_last("a")
    until(lambda: stage.worker.done == ["a"])


def test_an_engine_on_sqlite_is_refused() -> None:
    with pytest.raises(ConfigError, match="needs a PostgreSQL"):
        open_with(PROCRASTINATE, sa.create_engine("sqlite://"), 1, lambda _reason: None)
