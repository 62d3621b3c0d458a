"""Reads and writes tasks and their events, inside its caller's transaction."""

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
from portal.kernel.json_text import Json
from portal.kernel.processes.news import Topic
from portal.kernel.processes.news import tell
from portal.scaffolder.tasks.model import tables as t
from portal.scaffolder.tasks.model.task import CANCELLATION
from portal.scaffolder.tasks.model.task import COMPLETION
from portal.scaffolder.tasks.model.task import ENDED
from portal.scaffolder.tasks.model.task import LOG
from portal.scaffolder.tasks.model.task import OPEN
from portal.scaffolder.tasks.model.task import PROCESSING
from portal.scaffolder.tasks.model.task import RECOVERED
from portal.scaffolder.tasks.model.task import Task
from portal.scaffolder.tasks.model.task import TaskEvent
from portal.scaffolder.tasks.model.task import now

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
    _c.request_id,
    _c.traceparent,
)
#: The greatest number of values in one SQL condition.
_CHUNK = 500


# --- tasks ------------------------------------------------------------------


def add(connection: Connection, task: Task, key_mark: str | None = None) -> None:
    """Write a new task; ``key_mark`` is that of the key of its secrets."""
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
            request_id=task.request_id,
            traceparent=task.traceparent,
            key_mark=key_mark,
        )
    )
    tell(connection, Topic.TASK)


def _task(row: Any) -> Task:
    values = row._asdict()
    parsed = {name: json.loads(values[name]) for name in ("spec", "shown_values")}
    return Task(**{**values, **parsed})


def find(connection: Connection, task_id: str) -> Task | None:
    """Return the task of an id; ``None`` when there is none."""
    row = connection.execute(sa.select(*_TASK).where(_c.id == task_id)).first()
    return _task(row) if row else None


def find_all(connection: Connection, task_ids: Sequence[str]) -> list[Task]:
    """Return tasks in the order of ``task_ids``, without deleted ones."""
    found: dict[str, Task] = {}
    for batch in batches(task_ids, _CHUNK):
        rows = connection.execute(sa.select(*_TASK).where(_c.id.in_(batch)))
        found.update((row.id, _task(row)) for row in rows)
    return [found[one] for one in task_ids if one in found]


def update(connection: Connection, task_id: str, /, **values: Json) -> None:
    """Set columns of a task; its row is locked until the end of the transaction."""
    connection.execute(sa.update(t.tasks).where(_c.id == task_id).values(**values))


def update_leased(connection: Connection, task_id: str, lease: str, /, **values: Json) -> bool:
    """Set columns of a task if its lease is still ``lease``; return whether it is.

    It has to come first in a transaction: it locks the row, so that the events of a task
    get ascending ids in the order of their commits.
    """
    changed = connection.execute(
        sa.update(t.tasks)
        .where(_c.id == task_id, _c.lease == lease, _c.status == PROCESSING)
        .values(heartbeat_at=now(), **values)
    )
    return changed.rowcount == 1


@dataclass(frozen=True, slots=True)
class Lease:
    """The lease of a running task, and when its holder was last alive (microseconds)."""

    id: str
    lease: str
    heartbeat_at: int
    cancelled_at: int = 0


def _opens_with(key_mark: str) -> sa.ColumnElement[bool]:
    """Return the condition of the tasks whose secrets a key opens; an empty mark opens all."""
    is_right = sa.or_(_c.key_mark.is_(None), _c.key_mark == key_mark)
    return is_right if key_mark else sa.true()


def open_tasks(connection: Connection, limit: int, key_mark: str = "") -> list[str]:
    """Return the ids of open tasks, the oldest first; with a mark, those of that key."""
    query = sa.select(_c.id).where(_c.status == OPEN, _opens_with(key_mark))
    return list(connection.scalars(query.order_by(_c.created_at, _c.id).limit(limit)))


def is_of_other_key(connection: Connection, key_mark: str) -> bool:
    """Return whether the newest task, or one that waits, was made with another key."""
    newest = sa.select(_c.key_mark).where(_c.key_mark.is_not(None))
    found = connection.scalar(newest.order_by(_c.created_at.desc()).limit(1))
    other = sa.select(_c.id).where(_c.status == OPEN, ~_opens_with(key_mark)).limit(1)
    return found not in {None, key_mark} or connection.scalar(other) is not None


def leases(connection: Connection, key_mark: str = "") -> list[Lease]:
    """Return the leases of all running tasks; with a mark, of those of that key."""
    query = sa.select(_c.id, _c.lease, _c.heartbeat_at, _c.cancelled_at)
    running = query.where(_c.status == PROCESSING, _opens_with(key_mark))
    rows = connection.execute(running.order_by(_c.created_at))
    return [Lease(*row) for row in rows]


def take(
    connection: Connection,
    task_id: str,
    status: str,
    lease: str,
    new_lease: str,
    *,
    count: int,
    key_mark: str = "",
) -> bool:
    """Replace a task's lease, if status and lease are still as given; return whether they were.

    ``count`` is added to the task's interruptions; a task of another key is not taken.
    """
    started = sa.case((_c.started_at == 0, now()), else_=_c.started_at)
    changed = connection.execute(
        sa.update(t.tasks)
        .where(_c.id == task_id, _c.status == status, _c.lease == lease, _opens_with(key_mark))
        .values(
            status=PROCESSING,
            lease=new_lease,
            heartbeat_at=now(),
            started_at=started,
            interruptions=_c.interruptions + count,
        )
    )
    return changed.rowcount == 1


def heartbeat(connection: Connection, leases: Collection[str]) -> None:
    """Set the time of the last heartbeat of leases to now."""
    connection.execute(
        sa.update(t.tasks)
        .where(_c.lease.in_(leases), _c.status == PROCESSING)
        .values(heartbeat_at=now())
    )


# --- finished tasks ----------------------------------------------------------


def _is_old(before: int) -> tuple[sa.ColumnElement[bool], ...]:
    """Return the conditions of tasks that ended before a time and were not retried."""
    ended = (_c.ended_at > 0, _c.ended_at < before)
    # ``created_at`` is indexed, and no task ended before it was created.
    return (_c.status.in_(sorted(ENDED)), _c.created_at < before, *ended)


def ended_before(connection: Connection, before: int, limit: int) -> list[str]:
    """Return the ids of up to ``limit`` tasks that ended before a time (microseconds)."""
    return list(connection.scalars(sa.select(_c.id).where(*_is_old(before)).limit(limit)))


def with_old_files(connection: Connection, before: int, limit: int) -> list[str]:
    """Return the ids of up to ``limit`` such tasks that still have files."""
    w = t.workspaces.c
    is_there = sa.or_(sa.func.length(w.content) > 0, w.object.is_not(None))
    has_files = sa.and_(w.task_id == _c.id, is_there)
    query = sa.select(_c.id).join(t.workspaces, has_files).where(*_is_old(before))
    return list(connection.scalars(query.limit(limit)))


def lock_ended(connection: Connection, task_id: str, before: int) -> bool:
    """Lock a task if it ended before a time; return whether it did."""
    old = sa.update(t.tasks).where(_c.id == task_id, *_is_old(before)).values(id=task_id)
    return connection.execute(old).rowcount == 1


def remove_ended(connection: Connection, task_id: str, before: int) -> bool:
    """Delete a task that ended before a time, with its events, state and files.

    Returns whether it was deleted: nothing is when the task was retried meanwhile.
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
    """The body of an event, and its time in microseconds."""

    body: Mapping[str, Json]
    at: int = field(default_factory=now)


def append_events(
    connection: Connection, task_id: str, lines: Iterable[Line], kind: str = LOG
) -> None:
    """Append events; the task's row has to be locked, see ``update_leased``."""
    rows = [
        {"task_id": task_id, "type": kind, "body": json.dumps(line.body), "created_at": line.at}
        for line in lines
    ]
    if rows:
        connection.execute(sa.insert(t.events), rows)
        tell(connection, Topic.TASK_EVENT)


def _events(rows: Iterable[Any]) -> list[TaskEvent]:
    return [TaskEvent(*row) for row in rows]


def events_after(connection: Connection, task_id: str, after: int) -> list[TaskEvent]:
    """Return a task's events after an id; the completion event is always among them."""
    e = t.events.c
    wanted = sa.or_(e.id > after, e.type == COMPLETION)
    query = sa.select(t.events).where(e.task_id == task_id, wanted).order_by(e.id)
    return _events(connection.execute(query))


def last_ids(connection: Connection, task_ids: Collection[str]) -> dict[str, int]:
    """Return the id of the newest event of each task."""
    e = t.events.c
    query = sa.select(e.task_id, sa.func.max(e.id)).where(e.task_id.in_(task_ids))
    return {row[0]: row[1] for row in connection.execute(query.group_by(e.task_id))}


def has_begun(connection: Connection, task_id: str) -> bool:
    """Return whether the current run of a task has an event already."""
    e = t.events.c
    recovered = sa.select(sa.func.coalesce(sa.func.max(e.id), 0)).where(
        e.task_id == task_id, e.type == RECOVERED
    )
    query = sa.select(e.id).where(
        e.task_id == task_id, e.type == LOG, e.id > recovered.scalar_subquery()
    )
    return connection.execute(query.limit(1)).first() is not None


def newest_step(connection: Connection, task_id: str) -> str:
    """Return the step id of the newest event that has one; empty without any."""
    e = t.events.c
    query = sa.select(e.body).where(e.task_id == task_id, e.type == LOG).order_by(e.id.desc())
    for body in connection.scalars(query.execution_options(yield_per=20)):
        if found := json.loads(body).get("stepId"):
            return str(found)
    return ""


def remove_end(connection: Connection, task_id: str) -> None:
    """Delete the events that end a run: cancellation and completion."""
    e = t.events.c
    kinds = (COMPLETION, CANCELLATION)
    connection.execute(sa.delete(t.events).where(e.task_id == task_id, e.type.in_(kinds)))
