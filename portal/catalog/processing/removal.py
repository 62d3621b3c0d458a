"""Removes entities from the catalog on request, not because of a commit.

Each function runs inside its caller's transaction, makes a generation, and appends to the
history.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from portal.catalog import failures
from portal.catalog import tables as t
from portal.catalog.failures import Stage
from portal.catalog.processing import history
from portal.catalog.processing import store
from portal.catalog.processing.history import EntityChange
from portal.catalog.processing.stitcher import stitch_refs
from portal.catalog.processing.store import StoredEntity
from portal.kernel.clock import now
from portal.scm.commit import Commit

#: The commit of such changes in the history.
_ON_REQUEST = Commit("", "", "", "", "removed on request")


def remove_source(connection: Connection, name: str) -> None:
    """Remove a source with all its entities."""
    rows = list(store.load_entities(connection, source=name))
    _remove(connection, name, rows)
    for table in (t.files, t.parents, t.problems, t.refresh_requests):
        connection.execute(sa.delete(table).where(table.c.source == name))
    failures.clear(connection, name, Stage.PAGES, Stage.MIRROR)
    connection.execute(sa.delete(t.sources).where(t.sources.c.name == name))


def remove_entity(connection: Connection, uid: str) -> str:
    """Remove an entity and return its source; ``""`` when there is no such uid.

    While a file still defines it, the next run adds it again with a new uid: its file
    counts as unread.
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
    gone = [
        EntityChange(row.ref, row.uid, "removed", row.path, document=row.document) for row in rows
    ]
    history.append(connection, number, source, gone, {}, _ON_REQUEST, now())
