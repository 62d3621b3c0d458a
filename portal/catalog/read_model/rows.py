"""What the read model reads from the tables, inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterator

import sqlalchemy as sa
from pyroaring import BitMap
from sqlalchemy.engine import Connection

from portal.catalog import tables as t
from portal.catalog.read_model.column import Column
from portal.catalog.read_model.column import ColumnRow
from portal.catalog.read_model.column import column_of
from portal.catalog.read_model.uid_order import UidOrder
from portal.kernel.database import batches
from portal.kernel.database import is_storable

#: The column of the refs of entities, which are no search rows: no key begins like this.
REFS = "\0ref"
#: The greatest number of ids in one statement.
_CHUNK = 500

_UIDS = sa.select(t.entities.c.id, t.entities.c.uid)
_REFS = sa.select(t.entities.c.ref, t.entities.c.ref, t.entities.c.id)
_ROWS = sa.select(t.search.c.value, t.search.c.original, t.search.c.entity_id)
_TEXTS = sa.select(t.entities.c.id, t.entities.c.ref, t.entities.c.final)
_OF_KEY = _ROWS.where(t.search.c.key == sa.bindparam("key")).order_by(t.search.c.value)


def uid_order(connection: Connection) -> UidOrder:
    """Read the uids of all entities."""
    rows = connection.execute(_UIDS.order_by(t.entities.c.uid))
    return UidOrder({row[0]: row[1] for row in rows})


def column(connection: Connection, key: str) -> Column:
    """Read a search key, or the refs, of all entities."""
    if key == REFS:
        rows = connection.execute(_REFS.order_by(t.entities.c.ref))
    elif is_storable(key):
        rows = connection.execute(_OF_KEY, {"key": key})
    else:
        return column_of(())
    return column_of((row[0], row[1], row[2]) for row in rows)


def changed_since(connection: Connection, generation: int, most: int) -> BitMap | None:
    """Return the entities that are there and changed; ``None`` when there are too many."""
    changed = t.entities.c.generation > generation
    ids = connection.scalars(sa.select(t.entities.c.id).where(changed).limit(most + 1)).all()
    return BitMap(ids) if len(ids) <= most else None


def number_of_entities(connection: Connection) -> int:
    """Return how many entities there are."""
    return connection.scalar(sa.select(sa.func.count()).select_from(t.entities)) or 0


def all_ids(connection: Connection) -> BitMap:
    """Return the ids of all entities."""
    return BitMap(connection.scalars(sa.select(t.entities.c.id)))


def uids_of(connection: Connection, ids: BitMap) -> dict[int, str]:
    """Return the uids of some entities."""
    found: dict[int, str] = {}
    for batch in batches(ids, _CHUNK):
        rows = connection.execute(_UIDS.where(t.entities.c.id.in_(batch)))
        found.update((row[0], row[1]) for row in rows)
    return found


def rows_of(
    connection: Connection, ids: BitMap, keys: Collection[str]
) -> Iterator[tuple[str, ColumnRow]]:
    """Yield the rows of some entities by their keys."""
    for batch in batches(ids, _CHUNK):
        for value, original, entity_id in connection.execute(
            _REFS.where(t.entities.c.id.in_(batch))
        ):
            yield REFS, (value, original, entity_id)
        query = sa.select(t.search.c.key, *_ROWS.selected_columns)
        for key, value, original, entity_id in connection.execute(
            query.where(t.search.c.entity_id.in_(batch))
        ):
            if key in keys:
                yield key, (value, original, entity_id)


def of_ids(connection: Connection, ids: Collection[int]) -> Iterator[tuple[int, str, str]]:
    """Yield some ids, with the refs and the final entities as JSON texts."""
    for batch in batches(ids, _CHUNK):
        for row in connection.execute(_TEXTS.where(t.entities.c.id.in_(batch))):
            yield row[0], row[1], row[2]


def of_refs(connection: Connection, refs: Collection[str]) -> Iterator[tuple[int, str, str]]:
    """Yield the ids of some refs, with these and the final entities as JSON texts."""
    for batch in batches(filter(is_storable, refs), _CHUNK):
        for row in connection.execute(_TEXTS.where(t.entities.c.ref.in_(batch))):
            yield row[0], row[1], row[2]
