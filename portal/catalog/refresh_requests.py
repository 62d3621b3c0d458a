"""Requests to refresh a source: written by routes, taken by the worker.

One row per source, so that many requests before a run cause one run.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from collections.abc import Iterable
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from portal.catalog import tables as t
from portal.kernel.processes.news import Topic
from portal.kernel.processes.news import tell
from portal.kernel.telemetry.spans import traceparent
from portal.kernel.telemetry.trace import request_id

#: SQL of both databases; a request that exists already is enough.
_ASK = sa.text(
    "INSERT INTO refresh_requests (source, requested_at, request_id, traceparent) "
    "VALUES (:source, :now, :id, :span) ON CONFLICT (source) DO NOTHING"
)


class Asked(NamedTuple):
    """Which request asked first: its id, and its span as W3C Trace Context; empty for none."""

    request_id: str
    traceparent: str


def ask(connection: Connection, sources: Iterable[str]) -> None:
    """Request a refresh of sources."""
    now = dt.datetime.now(dt.UTC).isoformat()
    known = {"now": now, "id": request_id(), "span": traceparent()}
    for source in sources:
        connection.execute(_ASK, {"source": source, **known})
    tell(connection, Topic.REFRESH)


def take(connection: Connection, others: Collection[str] = ()) -> dict[str, Asked]:
    """Return the requested sources with who asked; delete exactly these requests.

    Args:
        connection: A connection to the database, in a transaction.
        others: The sources whose requests are left to other processes.
    """
    table = t.refresh_requests
    rows = connection.execute(sa.select(table.c.source, table.c.request_id, table.c.traceparent))
    asked = {row[0]: Asked(row[1] or "", row[2] or "") for row in rows if row[0] not in others}
    if asked:
        connection.execute(sa.delete(table).where(table.c.source.in_(asked)))
    return asked
