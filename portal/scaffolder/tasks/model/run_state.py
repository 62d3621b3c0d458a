"""The stored state of a run, to resume it: secrets, steps, checkpoints and files.

Every function runs inside its caller's transaction. ``sealed`` values come from
``secret_box``.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from portal.scaffolder.tasks.model import tables as t
from portal.scaffolder.tasks.model.file_store import StoredFiles


def put_secrets(connection: Connection, task_id: str, sealed: bytes | None) -> None:
    """Replace the sealed secrets of a task; ``None`` deletes them."""
    connection.execute(sa.delete(t.secrets).where(t.secrets.c.task_id == task_id))
    if sealed is not None:
        connection.execute(sa.insert(t.secrets).values(task_id=task_id, sealed=sealed))


def change_secrets(connection: Connection, task_id: str, sealed: bytes) -> None:
    """Replace the sealed secrets of a task, unless they were deleted."""
    matches = t.secrets.c.task_id == task_id
    connection.execute(sa.update(t.secrets).where(matches).values(sealed=sealed))


def secrets_of(connection: Connection, task_id: str) -> bytes | None:
    """Return the sealed secrets of a task; ``None`` without any."""
    query = sa.select(t.secrets.c.sealed).where(t.secrets.c.task_id == task_id)
    found: bytes | None = connection.scalar(query)
    return found


def add_step(
    connection: Connection, task_id: str, position: int, status: str, sealed: bytes
) -> None:
    """Store the sealed result of a step."""
    connection.execute(
        sa.insert(t.steps).values(task_id=task_id, position=position, status=status, sealed=sealed)
    )


def steps_of(connection: Connection, task_id: str) -> list[tuple[int, str, bytes]]:
    """Return position, status and sealed result of each finished step."""
    s = t.steps.c
    query = sa.select(s.position, s.status, s.sealed).where(s.task_id == task_id)
    return [(row[0], row[1], row[2]) for row in connection.execute(query.order_by(s.position))]


def forget_steps(connection: Connection, task_id: str, start: int = 0) -> None:
    """Delete the results of steps from a position on."""
    s = t.steps.c
    connection.execute(sa.delete(t.steps).where(s.task_id == task_id, s.position >= start))


def put_checkpoint(connection: Connection, task_id: str, key: str, sealed: bytes) -> None:
    """Store the sealed result of a checkpoint."""
    connection.execute(sa.insert(t.checkpoints).values(task_id=task_id, key=key, sealed=sealed))


def checkpoint_of(connection: Connection, task_id: str, key: str) -> bytes | None:
    """Return the sealed result of a checkpoint; ``None`` when it was not reached."""
    c = t.checkpoints.c
    query = sa.select(c.sealed).where(c.task_id == task_id, c.key == key)
    found: bytes | None = connection.scalar(query)
    return found


def forget_checkpoints(connection: Connection, task_id: str) -> None:
    """Delete all checkpoints of a task."""
    connection.execute(sa.delete(t.checkpoints).where(t.checkpoints.c.task_id == task_id))


def put_workspace(
    connection: Connection, task_id: str, stored: StoredFiles | None
) -> StoredFiles | None:
    """Replace the files of a task, ``None`` deletes them; return those it had."""
    former = workspace_of(connection, task_id)
    connection.execute(sa.delete(t.workspaces).where(t.workspaces.c.task_id == task_id))
    if stored is not None:
        row = {"content": stored.content, "object": stored.object or None, "size": stored.size}
        connection.execute(sa.insert(t.workspaces).values(task_id=task_id, **row))
    return former


def workspace_of(connection: Connection, task_id: str) -> StoredFiles | None:
    """Return the files of a task; ``None`` when there are none (any more)."""
    w = t.workspaces.c
    query = sa.select(w.content, w.object, w.size).where(w.task_id == task_id)
    row = connection.execute(query).first()
    if row is None or not (row.content or row.object):
        return None
    return StoredFiles(row.content, row.object or "", row.size or 0)


def drop_workspace(connection: Connection, task_id: str) -> None:
    """Remove the files of a task for their age, leaving a mark that there were some."""
    matches = t.workspaces.c.task_id == task_id
    nothing = {"content": b"", "object": None, "size": None}
    connection.execute(sa.update(t.workspaces).where(matches).values(**nothing))


def is_workspace_dropped(connection: Connection, task_id: str) -> bool:
    """Return whether a task had files that were removed for their age."""
    w = t.workspaces.c
    gone = (sa.func.length(w.content) == 0, w.object.is_(None))
    query = sa.select(w.task_id).where(w.task_id == task_id, *gone)
    return connection.scalar(query) is not None
