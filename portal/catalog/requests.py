"""Requests to read a source soon: written by the doors, taken by the worker.

One row a source, so that many requests before a run make one run.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from portal.catalog import tables as t

#: In the words both databases have: a request that is there already is enough.
_ASK = sa.text(
    "INSERT INTO refresh_requests (source, requested_at) VALUES (:source, :now) "
    "ON CONFLICT (source) DO NOTHING"
)


def ask(connection: Connection, sources: Iterable[str]) -> None:
    """Ask for sources to be read soon."""
    now = dt.datetime.now(dt.UTC).isoformat()
    for source in sources:
        connection.execute(_ASK, {"source": source, "now": now})


def take(connection: Connection) -> list[str]:
    """Return the sources that were asked for, and forget just these requests."""
    table = t.refresh_requests
    names = list(connection.scalars(sa.select(table.c.source)))
    if names:
        connection.execute(sa.delete(table).where(table.c.source.in_(names)))
    return names
