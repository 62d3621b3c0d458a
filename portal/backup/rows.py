"""Rows from one database to another, SQLite or PostgreSQL, both with the newest tables."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.engine import Connection

_BATCH = 500
#: Tables that are not copied: the version is that of the tables themselves, and processes that
#: lived when a backup was made do not live when it is restored.
_NOT_COPIED = frozenset({"alembic_version", "heartbeats"})


def tables_of(connection: Connection) -> list[sa.Table]:
    """Return the tables that are copied, by name."""
    known = sa.MetaData()
    known.reflect(connection)
    return [table for name, table in sorted(known.tables.items()) if name not in _NOT_COPIED]


def copy(source: Connection, target: Connection) -> int:
    """Copy all rows into tables that are empty; return how many there were."""
    count = 0
    theirs = {table.name: table for table in tables_of(source)}
    for table in tables_of(target):
        names = [column.name for column in table.columns if column.name in theirs[table.name].c]
        for rows in _batches(source, theirs[table.name], names):
            target.execute(sa.insert(table), rows)
            count += len(rows)
    return count


def _batches(
    connection: Connection, table: sa.Table, names: list[str]
) -> Iterator[list[dict[str, object]]]:
    query = sa.select(*(table.c[name] for name in names))
    found = connection.execution_options(yield_per=_BATCH).execute(query)
    for rows in found.mappings().partitions(_BATCH):
        yield [dict(row) for row in rows]


def empty(connection: Connection) -> None:
    """Delete all rows, also of tables that are not copied, but for the version."""
    known = sa.MetaData()
    known.reflect(connection)
    for name, table in known.tables.items():
        if name != "alembic_version":
            connection.execute(sa.delete(table))


def count(connection: Connection) -> int:
    """Return how many rows there are."""
    counted = (sa.select(sa.func.count()).select_from(table) for table in tables_of(connection))
    return sum(connection.scalar(query) or 0 for query in counted)


def go_on_counting(connection: Connection) -> None:
    """Make PostgreSQL's sequences go on after the greatest number in use."""
    if connection.dialect.name != "postgresql":
        return
    for table in tables_of(connection):
        for column in table.primary_key:
            names = {"table": f'"{table.name}"', "column": column.name}
            query = sa.text("SELECT pg_get_serial_sequence(:table, :column)")
            sequence = connection.scalar(query, names)
            greatest = connection.scalar(sa.select(sa.func.max(column))) if sequence else None
            if greatest is not None:
                number = {"sequence": sequence, "number": greatest}
                connection.execute(sa.text("SELECT setval(:sequence, :number)"), number)


def become_another_catalog(connection: Connection) -> None:
    """Give the catalog a new id, so that no index or cache of another state is taken for its own."""
    query = sa.text("UPDATE state SET catalog_id = :id WHERE catalog_id IS NOT NULL")
    connection.execute(query, {"id": uuid.uuid4().hex})
