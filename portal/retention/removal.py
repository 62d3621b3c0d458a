"""Removes old rows, a few in each transaction."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine as Database

from portal.catalog import removals
from portal.catalog.removals import Removal
from portal.kernel.clock import iso_of
from portal.kernel.database import lock_writers
from portal.retention.rules import Rule

#: Rows removed in one transaction: milliseconds, in which nobody else can write to SQLite.
BATCH = 200


def remove_some(database: Database, rule: Rule, before: float) -> int:
    """Remove a batch of old rows of a rule.

    Args:
        database: The database.
        rule: What is removed.
        before: Rows from before this time are old; seconds since the epoch.

    Returns:
        How many were removed; 0 when there is nothing more to remove.
    """
    keys = list(rule.table.primary_key.columns)
    old = sa.select(*keys).where(*rule.is_old(before)).order_by(rule.time).limit(BATCH)
    with database.connect() as connection:  # finding them locks nobody out
        found = [tuple(row) for row in connection.execute(old)]
    if not found:
        return 0
    these = keys[0].in_([key for (key, *_) in found])
    if len(keys) > 1:
        these = sa.tuple_(*keys).in_(found)
    with database.begin() as connection:
        lock_writers(connection)
        return _remove(connection, rule, before, these)


def _remove(
    connection: Connection, rule: Rule, before: float, these: sa.ColumnElement[bool]
) -> int:
    """Remove rows that are still old; they may have been changed since they were found."""
    condition = (these, *rule.is_old(before))
    (key, *_) = rule.table.primary_key.columns
    for column in rule.dependents:
        gone = sa.select(key).where(*condition)
        connection.execute(sa.delete(column.table).where(column.in_(gone)))
    generation = 0
    if rule.tells_since and "generation" in rule.table.c:
        newest = sa.select(sa.func.max(rule.table.c.generation)).where(*condition)
        generation = connection.scalar(newest) or 0
    count = connection.execute(sa.delete(rule.table).where(*condition)).rowcount
    if rule.tells_since and count:
        removals.add(connection, rule.tells_since, Removal(iso_of(before), generation, count))
    return count
