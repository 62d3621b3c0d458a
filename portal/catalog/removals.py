"""What retention has removed of the past, so that nobody takes a part of it for the whole."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from portal.catalog import tables as t

#: The names of rows: changes of entities, and of links.
HISTORY, LINKS = "history", "links"
_r = t.removals.c


@dataclass(frozen=True, slots=True)
class Removal:
    """What was removed of one log.

    Attributes:
        until: Entries from before this time may be gone, ISO 8601; empty when none are.
        generation: The newest generation an entry of which is gone; 0 for none.
        entries: How many were removed in all.
    """

    until: str = ""
    generation: int = 0
    entries: int = 0


def load(connection: Connection, name: str) -> Removal:
    """Return what was removed of a log."""
    query = sa.select(_r.until, _r.generation, _r.entries).where(_r.name == name)
    row = connection.execute(query).one_or_none()
    return Removal(*row) if row else Removal()


def add(connection: Connection, name: str, removed: Removal) -> None:
    """Note that entries are removed, in the transaction that removes them."""
    known = load(connection, name)
    values = {
        "until": max(known.until, removed.until),
        "generation": max(known.generation, removed.generation),
        "entries": known.entries + removed.entries,
    }
    mine = sa.update(t.removals).where(_r.name == name).values(values)
    if connection.execute(mine).rowcount == 0:
        connection.execute(sa.insert(t.removals).values(name=name, **values))
