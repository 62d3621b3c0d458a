"""Conditions on search rows as SQL."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from portal.catalog import tables as t
from portal.catalog.row_conditions import Begins
from portal.catalog.row_conditions import HasRow
from portal.catalog.row_conditions import Holds
from portal.catalog.row_conditions import OneOf
from portal.catalog.row_conditions import RowCondition
from portal.catalog.row_conditions import Test
from portal.kernel.conditions import AllOf
from portal.kernel.conditions import AnyOf
from portal.kernel.conditions import Not

Condition = sa.ColumnElement[bool]
#: Makes the condition that an entity has such a row.
Find = Callable[[HasRow], Condition]
#: Returns further conditions on the search rows of some keys.
RowLimit = Callable[[sa.FromClause, Sequence[str]], Sequence[Condition]]

_LIKE_ESCAPE = "\\"
#: By default a backslash is an escape in PostgreSQL, but not in SQLite.
_NO_ESCAPE = "\x1f"


def _no_limit(_rows: sa.FromClause, _keys: Sequence[str]) -> Sequence[Condition]:
    return ()


def among(entity_id: sa.ColumnElement[int], limit: RowLimit = _no_limit) -> Find:
    """Return a ``Find`` by ``IN (SELECT …)``: fast when few entities match."""

    def find(wanted: HasRow) -> Condition:
        rows = t.search.alias()
        conditions = (*_conditions(rows, wanted), *limit(rows, wanted.row_keys))
        return entity_id.in_(sa.select(rows.c.entity_id).where(*conditions))

    return find


def beside(entity_id: sa.ColumnElement[int], limit: RowLimit = _no_limit) -> Find:
    """Return a ``Find`` by ``EXISTS``, per entity: fast when nearly all match."""

    def find(wanted: HasRow) -> Condition:
        rows = t.search.alias()
        conditions = (*_conditions(rows, wanted), *limit(rows, wanted.row_keys))
        return sa.exists().where(rows.c.entity_id == entity_id, *conditions)

    return find


def _conditions(rows: sa.FromClause, wanted: HasRow) -> list[Condition]:
    keys, test = wanted.row_keys, wanted.test
    key = rows.c.key == keys[0] if len(keys) == 1 else rows.c.key.in_(keys)
    return [key] if test is None else [key, passes(rows.c.value, test)]


def passes(value: sa.ColumnElement[Any], test: Test) -> Condition:
    """Return the condition that a value passes a test."""
    match test:
        case OneOf(values):
            texts = sorted(values)
            return value == texts[0] if len(texts) == 1 else value.in_(texts)
        case Begins(prefix):
            for char in (_LIKE_ESCAPE, "%", "_"):
                prefix = prefix.replace(char, _LIKE_ESCAPE + char)
            return value.like(f"{prefix}%", escape=_LIKE_ESCAPE)
        case Holds(text):
            return value.like(f"%{text}%", escape=_NO_ESCAPE)


def sql_of(condition: RowCondition, find: Find) -> Condition:
    """Return the SQL of a condition.

    Args:
        condition: The condition.
        find: How the search rows of the entity in question are looked for.
    """
    match condition:
        case AllOf(parts):
            return sa.and_(sa.true(), *(sql_of(part, find) for part in parts))
        case AnyOf(parts):
            return sa.or_(sa.false(), *(sql_of(part, find) for part in parts))
        case Not(part):
            return sa.not_(sql_of(part, find))
        case HasRow():
            return find(condition)
