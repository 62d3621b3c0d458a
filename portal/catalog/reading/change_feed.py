"""What the search index is made from: all entities, those that changed, those with pages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine as Database

from portal.catalog import tables as t
from portal.catalog.processing import history
from portal.catalog.processing import store
from portal.catalog.reading import queries
from portal.catalog.reading.sight import sight_of
from portal.model.entity import TECHDOCS_REF
from portal.permission.access import UNRESTRICTED
from portal.permission.access import Access


class ChangeFeed:
    """Reads the catalog for an index that follows it.

    Args:
        database: Where the catalog is.
        access: What the caller may do: recent changes are of what they may see.
    """

    def __init__(self, database: Database, access: Access = UNRESTRICTED) -> None:
        self._access = access
        self._database = database

    def origin(self) -> tuple[str, int]:
        """Return the catalog's random id, and the number of its present state."""
        with self._database.connect() as connection:
            return store.origin(connection)

    def origin_in(self, connection: Connection) -> tuple[str, int]:
        """Return what ``origin`` does, as a transaction sees it."""
        return store.origin(connection)

    def changes_in(
        self, connection: Connection, generation: int
    ) -> tuple[Iterator[dict[str, Any]], list[str]]:
        """Return the entities that changed after a generation, and the refs of those gone."""
        changed, removed = history.since(connection, generation)
        texts = queries.by_refs(connection, changed)
        return (json.loads(text) for text in texts if text is not None), removed

    def changes_since(self, generation: int) -> tuple[list[str], list[str]]:
        """Return the refs that changed after a generation, and those that are gone."""
        with self._database.connect() as connection:
            return history.since(connection, generation)

    def newest(self, count: int) -> list[tuple[dict[str, str], dict[str, Any]]]:
        """Return the last changes of entities that are there, with the entities.

        Args:
            count: How many entities at most; of each its newest change.
        """
        last = sa.select(sa.func.max(t.changes.c.id)).group_by(t.changes.c.ref)
        query = (
            sa.select(t.changes, t.entities.c.final)
            .join(t.entities, t.entities.c.ref == t.changes.c.ref)
            .where(t.changes.c.id.in_(last), t.entities.c.kind != "Location")
            .where(*sight_of(self._access).of_entities(t.entities.c.id))
            .order_by(t.changes.c.committed_at.desc(), t.changes.c.id.desc())
            .limit(count)
        )
        with self._database.connect() as connection:
            rows = connection.execute(query).all()
        return [
            (
                {
                    "operation": row.operation,
                    "author": row.author,
                    "subject": row.subject,
                    "time": row.committed_at,
                },
                json.loads(row.final),
            )
            for row in rows
        ]

    def entities(self) -> Iterator[dict[str, Any]]:
        """Yield every final entity."""
        with self._database.connect() as connection:
            query = sa.select(t.entities.c.final).execution_options(yield_per=500)
            for text in connection.scalars(query):
                yield json.loads(text)

    def documented(self, source: str) -> Iterator[tuple[dict[str, Any], str]]:
        """Yield the final entities of a source that have pages, and their files' folders."""
        has_pages = t.search.c.key == f"metadata.annotations.{TECHDOCS_REF}"
        ids = sa.select(t.search.c.entity_id).where(has_pages)
        columns = (t.entities.c.final, t.entities.c.path)
        query = sa.select(*columns).where(t.entities.c.id.in_(ids), t.entities.c.source == source)
        with self._database.connect() as connection:
            rows = connection.execute(query.order_by(t.entities.c.ref)).all()
        for row in rows:
            yield json.loads(row.final), row.path.rpartition("/")[0]
