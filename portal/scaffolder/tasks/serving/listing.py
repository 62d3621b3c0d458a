"""Pages of tasks, filtered by query and permission; and totals over all tasks."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from portal.permission.policy import ALLOW
from portal.permission.policy import Decision
from portal.scaffolder.tasks.model import store
from portal.scaffolder.tasks.model import tables as t
from portal.scaffolder.tasks.model.task import OPEN
from portal.scaffolder.tasks.model.task import PROCESSING
from portal.scaffolder.tasks.model.task import Task
from portal.scaffolder.tasks.serving.access import conditions_of

_c = t.tasks.c
#: The columns that lists may be sorted by.
ORDERS: Mapping[str, sa.Column[Any]] = {
    "created_at": _c.created_at,
    "status": _c.status,
    "created_by": _c.created_by,
}


@dataclass(frozen=True, slots=True)
class TaskQuery:
    """A query for tasks.

    Args:
        created_by: Refs of users; empty for any.
        status: States; empty for any.
        order: Names of ``ORDERS``, each with whether it descends; newest first when empty.
        limit: The size of the page; ``None`` for all.
        offset: The number of tasks before the page.
        visible: The decision on which tasks the caller sees; others are not counted either.
    """

    created_by: Sequence[str] = ()
    status: Sequence[str] = ()
    order: Sequence[tuple[str, bool]] = ()
    limit: int | None = None
    offset: int = 0
    visible: Decision = ALLOW


def listed(connection: Connection, query: TaskQuery) -> tuple[list[Task], int]:
    """Return a page of tasks, and their number on all pages."""
    conditions = [*_conditions(query)]
    order = [
        ORDERS[name].desc() if descends else ORDERS[name].asc()
        for name, descends in query.order or (("created_at", True),)
    ]
    selected = sa.select(_c.id).where(*conditions).order_by(*order, _c.id)
    count = connection.scalar(sa.select(sa.func.count()).select_from(t.tasks).where(*conditions))
    selected = selected.offset(query.offset)
    if query.limit is not None:
        selected = selected.limit(query.limit)
    elif query.offset:
        selected = selected.limit(2**31 - 1)  # SQLite takes no offset without a limit
    return store.find_all(connection, list(connection.scalars(selected))), count or 0


def _conditions(query: TaskQuery) -> Iterator[sa.ColumnElement[bool]]:
    if query.created_by:
        yield _c.created_by.in_(query.created_by)
    if query.status:
        yield _c.status.in_(query.status)
    yield from conditions_of(query.visible)


@dataclass(frozen=True, slots=True)
class Totals:
    """Totals over all tasks; times in microseconds since the epoch.

    Args:
        by_status: The number of tasks by state.
        file_bytes: The size of their files.
        event_bytes: The size of their events and specs.
        oldest_open_at: When the oldest open task was created; 0 without any.
        last_heartbeat_at: The newest heartbeat of a running task; 0 without any.
    """

    by_status: Mapping[str, int]
    file_bytes: int
    event_bytes: int
    oldest_open_at: int
    last_heartbeat_at: int


def totals(connection: Connection) -> Totals:
    """Return the totals over all tasks."""
    counts = connection.execute(sa.select(_c.status, sa.func.count()).group_by(_c.status))
    waits = sa.select(sa.func.min(_c.created_at)).where(_c.status == OPEN)
    heard = sa.select(sa.func.max(_c.heartbeat_at)).where(_c.status == PROCESSING, _c.lease != "")
    return Totals(
        {row[0]: row[1] for row in counts},
        _size(connection, t.workspaces.c.content) + _objects(connection),
        _size(connection, _c.spec) + _size(connection, t.events.c.body),
        connection.scalar(waits) or 0,
        connection.scalar(heard) or 0,
    )


def _objects(connection: Connection) -> int:
    """Return the size of the files that are elsewhere."""
    w = t.workspaces.c
    query = sa.select(sa.func.sum(w.size)).where(w.object.is_not(None))
    return int(connection.scalar(query) or 0)


def _size(connection: Connection, column: sa.Column[Any]) -> int:
    return int(connection.scalar(sa.select(sa.func.sum(sa.func.length(column)))) or 0)
