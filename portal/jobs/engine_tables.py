"""The tables of procrastinate: in a schema of their own for each version of it.

What waits in them can be lost: the sweep of a worker sends again what is due. So nothing is
migrated. While workers of two versions run beside each other, each has its own queue, and our
leases and conditional updates keep them apart.
"""

from __future__ import annotations

import logging
from importlib.metadata import version
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine as Database

from portal.kernel.database import lock_writers

_LOG = logging.getLogger(__name__)
_PREFIX = "portal_jobs_"
#: Seconds after which a worker that sends no heartbeat counts as gone.
STALE_SECONDS = 12.0
#: Seconds without a worker after which the tables of another version are removed.
_UNUSED_SECONDS = 3_600


def schema_name() -> str:
    """Return the name of the schema for the installed version."""
    return _PREFIX + version("procrastinate").replace(".", "_")


def prepare(database: Database, statements: str) -> str:
    """Make the tables if they are not there; return the name of their schema.

    Args:
        database: The database of the catalog.
        statements: What makes the tables.

    Raises:
        SQLAlchemyError: When that cannot be done.
    """
    name = schema_name()
    with database.begin() as connection:
        lock_writers(connection)
        if not sa.inspect(connection).has_table("procrastinate_jobs", schema=name):
            connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {name}")
            connection.exec_driver_sql(f"SET LOCAL search_path TO {name}")
            driver: Any = connection.connection.driver_connection
            driver.execute(statements)
            _LOG.info("the tables of jobs were made in the schema %s", name)
        _drop_unused(connection, name)
    return name


def count_of_workers(schema: str, seconds: float) -> sa.Select[Any]:
    """Return the query that counts the workers which sent a heartbeat within some seconds."""
    workers = sa.table("procrastinate_workers", sa.column("last_heartbeat"), schema=schema)
    limit = sa.func.now() - sa.func.make_interval(0, 0, 0, 0, 0, 0, seconds)
    return sa.select(sa.func.count()).where(workers.c.last_heartbeat > limit)


def _drop_unused(connection: Connection, name: str) -> None:
    """Remove the tables of other versions that no worker uses any more."""
    for other in sa.inspect(connection).get_schema_names():
        if not other.startswith(_PREFIX) or other == name:
            continue
        if not connection.scalar(count_of_workers(other, _UNUSED_SECONDS)):
            connection.exec_driver_sql(f'DROP SCHEMA "{other}" CASCADE')
            _LOG.info("the tables of jobs in the schema %s were removed", other)
