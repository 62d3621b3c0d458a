"""How many jobs wait in the engine, for how long, and who does them."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Engine as Database

from portal.jobs.engine_tables import STALE_SECONDS
from portal.jobs.engine_tables import count_of_workers
from portal.jobs.engine_tables import schema_name


@dataclass(frozen=True, slots=True)
class Queue:
    """The jobs of all machines.

    Attributes:
        waiting: The number of jobs that may begin.
        oldest: For how many seconds the oldest of them has waited; 0 for none.
        running: The number of jobs that run.
        workers: The number of processes that are handed jobs.
    """

    waiting: int
    oldest: float
    running: int
    workers: int


def queue_of(database: Database) -> Queue | None:
    """Return the queue in a database; ``None`` where no worker has made one yet."""
    schema = schema_name()
    jobs = sa.table(
        "procrastinate_jobs", *map(sa.column, ("id", "status", "scheduled_at")), schema=schema
    )
    events = sa.table(
        "procrastinate_events", *map(sa.column, ("job_id", "type", "at")), schema=schema
    )
    moment = sa.func.now()
    begun = sa.func.coalesce(jobs.c.scheduled_at, events.c.at)
    # The engine's statuses are of a type of its own, which compares with no text.
    waiting = (
        sa.select(sa.func.count(), sa.func.min(begun))
        .select_from(jobs.join(events, events.c.job_id == jobs.c.id))
        .where(
            sa.cast(jobs.c.status, sa.Text) == "todo",
            sa.cast(events.c.type, sa.Text) == "deferred",
            begun <= moment,
        )
        .subquery()
    )
    running = sa.cast(jobs.c.status, sa.Text) == "doing"
    statement = sa.select(
        waiting.c[0],
        sa.func.coalesce(sa.extract("epoch", moment - waiting.c[1]), 0),
        sa.select(sa.func.count()).select_from(jobs).where(running).scalar_subquery(),
        count_of_workers(schema, STALE_SECONDS).scalar_subquery(),
    )
    with database.connect() as connection:
        if not sa.inspect(connection).has_table("procrastinate_jobs", schema=schema):
            return None
        count, oldest, doing, living = connection.execute(statement).one()
    return Queue(count, float(oldest), doing, living)
