"""Chooses the dispatcher that the setting ``jobs`` names."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Mapping
from functools import partial
from importlib.util import find_spec

from sqlalchemy.engine import Engine as Database

from portal.jobs.job import JobKind
from portal.jobs.job import OpenDispatcher
from portal.jobs.thread_dispatcher import ThreadDispatcher
from portal.kernel.errors import ConfigError

#: The values of the setting: the threads of each worker, or an engine for all of them.
THREADS, PROCRASTINATE = "threads", "procrastinate"


def open_with(
    chosen: str,
    database: Database,
    threads: int,
    report: Callable[[str], None],
    periodic: Mapping[JobKind, str] | None = None,
    labels: Collection[str] = (),
) -> OpenDispatcher:
    """Return what starts a dispatcher.

    Args:
        chosen: ``THREADS`` or ``PROCRASTINATE``.
        database: The database of the catalog.
        threads: The number of jobs that run in this process at the same time.
        report: Notes why an engine does not hand out jobs; an empty text when it does again.
        periodic: Jobs that an engine sends by itself, with their crontabs.
        labels: The labels of this process, whose jobs it is handed beside those without one.

    Raises:
        ConfigError: When the engine is not installed, or the database is none for it.
    """
    if chosen == THREADS:
        return partial(ThreadDispatcher, threads=threads)
    check_engine(database)
    from portal.jobs.procrastinate_dispatcher import ProcrastinateDispatcher

    made_of = (database, threads, report, periodic, labels)
    return lambda handlers: ProcrastinateDispatcher(handlers, *made_of)


def check_engine(database: Database) -> None:
    """Check whether an engine can hand out jobs from a database.

    Raises:
        ConfigError: When the engine is not installed, or the database is none for it.
    """
    if database.dialect.name != "postgresql":
        msg = "jobs: procrastinate needs a PostgreSQL as database_url"
        raise ConfigError(msg)
    if database.dialect.driver != "psycopg":
        msg = "jobs: procrastinate needs the driver psycopg: database_url: postgresql+psycopg://…"
        raise ConfigError(msg)
    if find_spec(PROCRASTINATE) is None:
        msg = "jobs: procrastinate is not installed: pip install 'glossary-portal[cluster]'"
        raise ConfigError(msg)
