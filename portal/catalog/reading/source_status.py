"""How the sources are doing, and what they define: for the worker, doctor and health."""

from __future__ import annotations

import time
from collections.abc import Iterable
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine as Database

from portal.catalog import tables as t
from portal.catalog.processing import problems
from portal.catalog.processing import source_states
from portal.catalog.reading.sight import Sight
from portal.catalog.reading.sight import refs_in
from portal.catalog.reading.sight import sight_of
from portal.kernel.clock import iso_of
from portal.permission.access import UNRESTRICTED
from portal.permission.access import Access

#: The permission to read what is wrong with content that became no entity.
UNPROCESSED = "catalog.entities.unprocessed.read"


def visible_sources(connection: Connection, sight: Sight) -> dict[str, int] | None:
    """Return the sources of what is seen, with how much that is; ``None`` for all of them."""
    if sight.condition is None:
        return None
    query = sa.select(t.entities.c.source, sa.func.count()).group_by(t.entities.c.source)
    rows = connection.execute(query.where(*sight.of_entities(t.entities.c.id)))
    return {row[0]: row[1] for row in rows}


def visible_problems(
    connection: Connection, access: Access, rows: list[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """Return the problems of what is seen, and for operators those of what is no entity.

    Those whose text names something hidden, such as a label that two concepts have, are left out.
    """
    sight = sight_of(access)
    if sight.condition is None:
        return rows
    named = {row["ref"] for row in rows}
    seen = sight.refs(connection, named)
    if access.may(UNPROCESSED):
        query = sa.select(t.entities.c.ref).where(t.entities.c.ref.in_(named))
        seen |= named - set(connection.scalars(query))
    shown = [row for row in rows if row["ref"] in seen]
    texts = [refs_in((row["message"], row["hint"])) for row in shown]
    hidden = sight.hidden(connection, set().union(*texts))
    return [row for row, refs in zip(shown, texts, strict=True) if hidden.isdisjoint(refs)]


class SourceStatus:
    """Reads what is stored of sources.

    Args:
        database: Where the catalog is.
        access: What the caller may do: sources of what they may not see are not there.
    """

    def __init__(self, database: Database, access: Access = UNRESTRICTED) -> None:
        self._database = database
        self._access = access

    def sources(self) -> list[source_states.SourceState]:
        """Return how every source is doing."""
        with self._database.connect() as connection:
            seen = visible_sources(connection, sight_of(self._access))
            states = source_states.load_sources(connection)
        return [each for each in states if seen is None or each.name in seen]

    def unread(self, names: Iterable[str], seconds: float) -> list[str]:
        """Return the sources that nobody has asked for so many seconds, whichever worker it was."""
        limit = iso_of(time.time() - seconds)
        with self._database.connect() as connection:
            states = source_states.load_sources(connection)
        fresh = {state.name for state in states if state.checked_at > limit}
        return [name for name in names if name not in fresh]

    def commit_of(self, source: str) -> str:
        """Return the commit that the catalog has of a source; empty when it has none."""
        with self._database.connect() as connection:
            return source_states.load_source(connection, source).commit_id

    def problems(self, source: str | None = None) -> list[Mapping[str, Any]]:
        """Return everything wrong with the content now."""
        with self._database.connect() as connection:
            found = problems.load_problems(connection, source)
            return visible_problems(connection, self._access, found)

    def refs_of(self, source: str) -> list[str]:
        """Return the refs of all entities a source defines, sorted."""
        query = sa.select(t.entities.c.ref).where(t.entities.c.source == source)
        with self._database.connect() as connection:
            return list(connection.scalars(query.order_by(t.entities.c.ref)))

    def count(self) -> int:
        """Return how many entities there are."""
        with self._database.connect() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(t.entities)) or 0
