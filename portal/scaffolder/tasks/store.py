"""Reads and writes the tables of tasks, inside its caller's transaction."""

from __future__ import annotations

import json
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from portal.kernel.database import batches
from portal.scaffolder.tasks import tables as t
from portal.scaffolder.tasks.task import CANCELLATION
from portal.scaffolder.tasks.task import COMPLETION
from portal.scaffolder.tasks.task import ENDED
from portal.scaffolder.tasks.task import LOG
from portal.scaffolder.tasks.task import OPEN
from portal.scaffolder.tasks.task import PROCESSING
from portal.scaffolder.tasks.task import RECOVERED
from portal.scaffolder.tasks.task import Task
from portal.scaffolder.tasks.task import TaskEvent
from portal.scaffolder.tasks.task import now

Json = Any
_c = t.tasks.c
_TASK = (
    _c.id,
    _c.status,
    _c.created_at,
    _c.created_by,
    _c.spec,
    _c.shown_values,
    _c.template_commit,
    _c.template_repository,
    _c.lease,
    _c.heartbeat_at,
    _c.started_at,
    _c.cancelled_at,
    _c.interruptions,
)
#: How many values one condition names.
_CHUNK = 500


# --- tasks ------------------------------------------------------------------


def add(connection: Connection, task: Task) -> None:
    """Write a new task."""
    connection.execute(
        sa.insert(t.tasks).values(
            id=task.id,
            status=OPEN,
            created_at=task.created_at,
            created_by=task.created_by,
            spec=json.dumps(task.spec),
            shown_values=json.dumps(task.shown_values),
            template_commit=task.template_commit,
            template_repository="",
            lease="",
            heartbeat_at=0,
            started_at=0,
            ended_at=0,
            cancelled_at=0,
            interruptions=0,
        )
    )


def _task(row: Any) -> Task:
    values = row._asdict()
    parsed = {name: json.loads(values[name]) for name in ("spec", "shown_values")}
    return Task(**{**values, **parsed})


def find(connection: Connection, task_id: str) -> Task | None:
    """Return a task."""
    row = connection.execute(sa.select(*_TASK).where(_c.id == task_id)).first()
    return _task(row) if row else None


def find_all(connection: Connection, task_ids: Sequence[str]) -> list[Task]:
    """Return tasks in the order of their ids given here; those that are gone are left out."""
    found: dict[str, Task] = {}
    for batch in batches(task_ids, _CHUNK):
        rows = connection.execute(sa.select(*_TASK).where(_c.id.in_(batch)))
        found.update((row.id, _task(row)) for row in rows)
    return [found[one] for one in task_ids if one in found]


def touch(connection: Connection, task_id: str, /, **values: Json) -> None:
    """Change columns of a task; until the end of the transaction it is nobody else's."""
    connection.execute(sa.update(t.tasks).where(_c.id == task_id).values(**values))


def hold(connection: Connection, task_id: str, lease: str, /, **values: Json) -> bool:
    """Write as the one who runs a task; say whether that one still is.

    It comes first in a transaction: the row is locked from then on, so that the events
    of a task get ascending ids in the order of their commits.
    """
    changed = connection.execute(
        sa.update(t.tasks)
        .where(_c.id == task_id, _c.lease == lease, _c.status == PROCESSING)
        .values(heartbeat_at=now(), **values)
    )
    return changed.rowcount == 1


@dataclass(frozen=True, slots=True)
class Holding:
    """Who runs a task, and since when that one was not heard of."""

    id: str
    lease: str
    heartbeat_at: int
    cancelled_at: int = 0


def open_tasks(connection: Connection, limit: int) -> list[str]:
    """Return tasks that wait, the oldest first."""
    query = sa.select(_c.id).where(_c.status == OPEN).order_by(_c.created_at, _c.id).limit(limit)
    return list(connection.scalars(query))


def holdings(connection: Connection) -> list[Holding]:
    """Return who runs what."""
    query = sa.select(_c.id, _c.lease, _c.heartbeat_at, _c.cancelled_at)
    rows = connection.execute(query.where(_c.status == PROCESSING).order_by(_c.created_at))
    return [Holding(*row) for row in rows]


def take(
    connection: Connection, task_id: str, status: str, lease: str, new_lease: str, *, count: int
) -> bool:
    """Make a task somebody's who may have it now; say whether nobody was faster."""
    started = sa.case((_c.started_at == 0, now()), else_=_c.started_at)
    changed = connection.execute(
        sa.update(t.tasks)
        .where(_c.id == task_id, _c.status == status, _c.lease == lease)
        .values(
            status=PROCESSING,
            lease=new_lease,
            heartbeat_at=now(),
            started_at=started,
            interruptions=_c.interruptions + count,
        )
    )
    return changed.rowcount == 1


def beat(connection: Connection, leases: Collection[str]) -> None:
    """Note that the holder of leases is alive."""
    connection.execute(
        sa.update(t.tasks)
        .where(_c.lease.in_(leases), _c.status == PROCESSING)
        .values(heartbeat_at=now())
    )


# --- tasks that are over -----------------------------------------------------


def _is_old(before: int) -> tuple[sa.ColumnElement[bool], ...]:
    """Return what holds of tasks that ended before a time, and were not tried again."""
    ended = (_c.ended_at > 0, _c.ended_at < before)
    # The index knows when tasks were asked for; none ended before that.
    return (_c.status.in_(sorted(ENDED)), _c.created_at < before, *ended)


def ended_before(connection: Connection, before: int, limit: int) -> list[str]:
    """Return some tasks that ended before a time."""
    return list(connection.scalars(sa.select(_c.id).where(*_is_old(before)).limit(limit)))


def with_old_files(connection: Connection, before: int, limit: int) -> list[str]:
    """Return some of those that still have files."""
    w = t.workspaces.c
    has_files = sa.and_(w.task_id == _c.id, sa.func.length(w.content) > 0)
    query = sa.select(_c.id).join(t.workspaces, has_files).where(*_is_old(before))
    return list(connection.scalars(query.limit(limit)))


def hold_ended(connection: Connection, task_id: str, before: int) -> bool:
    """Lock a task that ended before a time; say whether it still is one."""
    old = sa.update(t.tasks).where(_c.id == task_id, *_is_old(before)).values(id=task_id)
    return connection.execute(old).rowcount == 1


def remove_ended(connection: Connection, task_id: str, before: int) -> bool:
    """Remove a task that ended before a time, with all that is kept of it.

    Nothing is removed when somebody had it run again meanwhile; it says so.
    """
    old = sa.delete(t.tasks).where(_c.id == task_id, *_is_old(before))
    if connection.execute(old).rowcount != 1:
        return False
    for table in (t.events, t.steps, t.checkpoints, t.workspaces, t.secrets, t.requests):
        connection.execute(sa.delete(table).where(table.c.task_id == task_id))
    return True


# --- events -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """What is told, and when it was."""

    body: Mapping[str, Json]
    at: int = field(default_factory=now)


def tell(connection: Connection, task_id: str, lines: Iterable[Line], kind: str = LOG) -> None:
    """Add events; the task's row has to be locked before, see ``hold``."""
    rows = [
        {"task_id": task_id, "type": kind, "body": json.dumps(line.body), "created_at": line.at}
        for line in lines
    ]
    if rows:
        connection.execute(sa.insert(t.events), rows)


def _events(rows: Iterable[Any]) -> list[TaskEvent]:
    return [TaskEvent(*row) for row in rows]


def events_after(connection: Connection, task_id: str, after: int) -> list[TaskEvent]:
    """Return a task's events behind an id; its end is among them wherever it stands."""
    e = t.events.c
    wanted = sa.or_(e.id > after, e.type == COMPLETION)
    query = sa.select(t.events).where(e.task_id == task_id, wanted).order_by(e.id)
    return _events(connection.execute(query))


def last_ids(connection: Connection, task_ids: Collection[str]) -> dict[str, int]:
    """Return the id of the newest event of each task."""
    e = t.events.c
    query = sa.select(e.task_id, sa.func.max(e.id)).where(e.task_id.in_(task_ids))
    return {row[0]: row[1] for row in connection.execute(query.group_by(e.task_id))}


def is_told(connection: Connection, task_id: str) -> bool:
    """Whether the present run of a task was told to begin."""
    e = t.events.c
    recovered = sa.select(sa.func.coalesce(sa.func.max(e.id), 0)).where(
        e.task_id == task_id, e.type == RECOVERED
    )
    query = sa.select(e.id).where(
        e.task_id == task_id, e.type == LOG, e.id > recovered.scalar_subquery()
    )
    return connection.execute(query.limit(1)).first() is not None


def newest_step(connection: Connection, task_id: str) -> str:
    """Return the id of the step that the newest event of a task is about; empty for none."""
    e = t.events.c
    query = sa.select(e.body).where(e.task_id == task_id, e.type == LOG).order_by(e.id.desc())
    for body in connection.scalars(query.execution_options(yield_per=20)):
        if found := json.loads(body).get("stepId"):
            return str(found)
    return ""


def forget_end(connection: Connection, task_id: str) -> None:
    """Remove what tells clients that a task is over."""
    e = t.events.c
    kinds = (COMPLETION, CANCELLATION)
    connection.execute(sa.delete(t.events).where(e.task_id == task_id, e.type.in_(kinds)))
