"""The stored state of each source between runs."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from portal.catalog import tables as t


@dataclass(frozen=True, slots=True)
class SourceState:
    """The stored state of a source; texts are empty when unset, times ISO 8601 in UTC."""

    name: str
    fingerprint: str = ""
    commit_id: str = ""
    read_at: str = ""
    checked_at: str = ""
    error: str = ""
    failing_since: str = ""
    held_commit: str = ""
    held_removals: int = 0
    committed_at: str | None = None


def load_source(connection: Connection, name: str) -> SourceState:
    """Return the state of a source; an empty one when it is new."""
    row = connection.execute(sa.select(t.sources).where(t.sources.c.name == name)).first()
    return SourceState(*row) if row else SourceState(name)


def load_sources(connection: Connection) -> list[SourceState]:
    """Return the states of all sources that were ever read."""
    rows = connection.execute(sa.select(t.sources).order_by(t.sources.c.name))
    return [SourceState(*row) for row in rows]


def save_source(connection: Connection, state: SourceState) -> None:
    """Store the state of a source."""
    values = {column: getattr(state, column) for column in SourceState.__slots__}
    query = sa.update(t.sources).where(t.sources.c.name == state.name)
    if connection.execute(query.values(values)).rowcount == 0:
        connection.execute(sa.insert(t.sources).values(values))
