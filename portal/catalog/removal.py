"""Taking entities out of the catalog because somebody asked, not because a commit did.

Each function works inside its caller's transaction and counts as a generation;
the history tells it like any other change.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from portal.catalog import history
from portal.catalog import store
from portal.catalog import tables as t
from portal.catalog.history import Change
from portal.catalog.stitcher import stitch_refs
from portal.catalog.store import StoredEntity
from portal.scm.mirror import Commit

#: What the history says in the place of a commit.
_ON_REQUEST = Commit("", "", "", "", "removed on request")


def remove_source(connection: Connection, name: str) -> None:
    """Forget a source with all it defined."""
    rows = list(store.load_entities(connection, source=name))
    _remove(connection, name, rows)
    for table in (t.files, t.parents, t.problems, t.refresh_requests):
        connection.execute(sa.delete(table).where(table.c.source == name))
    connection.execute(sa.delete(t.sources).where(t.sources.c.name == name))


def remove_entity(connection: Connection, uid: str) -> str:
    """Delete an entity and return its source, ``""`` when there is no such uid.

    While a file still defines it, the next run brings it back under a new uid: its
    file counts as unread.
    """
    query = sa.select(t.entities.c.ref, t.entities.c.source, t.entities.c.path)
    found = connection.execute(query.where(t.entities.c.uid == uid)).first()
    if found is None:
        return ""
    rows = list(store.load_entities(connection, [found.ref]))
    _remove(connection, found.source, rows)
    connection.execute(
        sa.delete(t.files).where(t.files.c.source == found.source, t.files.c.path == found.path)
    )
    unread = sa.update(t.sources).where(t.sources.c.name == found.source)
    connection.execute(unread.values(fingerprint=""))
    source: str = found.source
    return source


def _remove(connection: Connection, source: str, rows: Sequence[StoredEntity]) -> None:
    if not rows:
        return
    refs = [row.ref for row in rows]
    touched = store.touched_refs(connection, refs)
    store.remove_entities(connection, rows)
    stitch_refs(connection, touched - set(refs))
    number = store.next_generation(connection)
    now = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")
    gone = [Change(row.ref, row.uid, "removed", row.path, document=row.document) for row in rows]
    history.append(connection, number, source, gone, {}, _ON_REQUEST, now)
