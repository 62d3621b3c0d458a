"""Requests to refresh a source: written by routes, taken by the worker.

One row per source, so that many requests before a run cause one run.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from portal.catalog import tables as t
from portal.kernel.processes.news import Topic
from portal.kernel.processes.news import tell
from portal.kernel.telemetry.trace import request_id

#: SQL of both databases; a request that exists already is enough.
_ASK = sa.text(
    "INSERT INTO refresh_requests (source, requested_at, request_id) VALUES (:source, :now, :id) "
    "ON CONFLICT (source) DO NOTHING"
)


def ask(connection: Connection, sources: Iterable[str]) -> None:
    """Request a refresh of sources."""
    now = dt.datetime.now(dt.UTC).isoformat()
    for source in sources:
        connection.execute(_ASK, {"source": source, "now": now, "id": request_id()})
    tell(connection, Topic.REFRESH)


def take(connection: Connection, others: Collection[str] = ()) -> dict[str, str]:
    """Return the requested sources with the ids of requests; delete exactly these requests.

    Args:
        connection: A connection to the database, in a transaction.
        others: The sources whose requests are left to other processes.
    """
    table = t.refresh_requests
    rows = connection.execute(sa.select(table.c.source, table.c.request_id))
    asked = {row[0]: row[1] or "" for row in rows if row[0] not in others}
    if asked:
        connection.execute(sa.delete(table).where(table.c.source.in_(asked)))
    return asked
