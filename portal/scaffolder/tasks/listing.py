"""Lists of tasks, page by page: those that were asked for and may be seen. And counts of all."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from portal.scaffolder.tasks import store
from portal.scaffolder.tasks import tables as t
from portal.scaffolder.tasks.access import EVERYTHING
from portal.scaffolder.tasks.access import Sight
from portal.scaffolder.tasks.task import OPEN
from portal.scaffolder.tasks.task import PROCESSING
from portal.scaffolder.tasks.task import Task

_c = t.tasks.c
#: What lists may be sorted by.
ORDERS: Mapping[str, sa.Column[Any]] = {
    "created_at": _c.created_at,
    "status": _c.status,
    "created_by": _c.created_by,
}


@dataclass(frozen=True, slots=True)
class TaskQuery:
    """Which tasks are listed, and in which order.

    Args:
        created_by: By whom; empty means by anybody.
        status: In which states; empty means in any.
        order: Names of ``ORDERS``, each with whether it descends; the newest first when empty.
        limit: How many; all when ``None``.
        offset: How many are left out before them.
        sight: Which ones the caller may see; the others are not there at all.
    """

    created_by: Sequence[str] = ()
    status: Sequence[str] = ()
    order: Sequence[tuple[str, bool]] = ()
    limit: int | None = None
    offset: int = 0
    sight: Sight = EVERYTHING


def listed(connection: Connection, query: TaskQuery) -> tuple[list[Task], int]:
    """Return the tasks asked for, and how many there are on all pages."""
    conditions = [*_conditions(query)]
    order = [
        ORDERS[name].desc() if descends else ORDERS[name].asc()
        for name, descends in query.order or (("created_at", True),)
    ]
    selected = sa.select(_c.id, _c.created_by).where(*conditions).order_by(*order, _c.id)
    if _is_judged_singly(query.sight):
        ids = [row.id for row in connection.execute(selected) if _is_seen(row, query.sight)]
        end = None if query.limit is None else query.offset + query.limit
        return store.find_all(connection, ids[query.offset : end]), len(ids)
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
    sight = query.sight
    if not sight.is_all and sight.may_read is None:
        yield (_c.created_by == sight.owner) if sight.owner else sa.false()


def _is_judged_singly(sight: Sight) -> bool:
    return not sight.is_all and sight.may_read is not None


def _is_seen(row: Any, sight: Sight) -> bool:
    is_own = bool(sight.owner) and row.created_by == sight.owner
    return is_own or (sight.may_read is not None and sight.may_read(row.id))


@dataclass(frozen=True, slots=True)
class Totals:
    """What there is of tasks.

    Args:
        by_status: How many are in each state that any is in.
        file_bytes: What their files take.
        told_bytes: What they told and were given takes.
        waits_since: When the one that waits longest was asked for; 0 when none waits.
        heard_at: When the worker of a running task was last heard of; 0 when none runs.
    """

    by_status: Mapping[str, int]
    file_bytes: int
    told_bytes: int
    waits_since: int
    heard_at: int


def totals(connection: Connection) -> Totals:
    """Count the tasks and what they take."""
    counts = connection.execute(sa.select(_c.status, sa.func.count()).group_by(_c.status))
    waits = sa.select(sa.func.min(_c.created_at)).where(_c.status == OPEN)
    heard = sa.select(sa.func.max(_c.heartbeat_at)).where(_c.status == PROCESSING, _c.lease != "")
    return Totals(
        {row[0]: row[1] for row in counts},
        _size(connection, t.workspaces.c.content),
        _size(connection, _c.spec) + _size(connection, t.events.c.body),
        connection.scalar(waits) or 0,
        connection.scalar(heard) or 0,
    )


def _size(connection: Connection, column: sa.Column[Any]) -> int:
    return int(connection.scalar(sa.select(sa.func.sum(sa.func.length(column)))) or 0)
