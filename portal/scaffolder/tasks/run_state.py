"""What is kept of a run, so that it can go on: secrets, steps, checkpoints and files.

All of it inside its caller's transaction.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from portal.scaffolder.tasks import tables as t


def put_secrets(connection: Connection, task_id: str, sealed: bytes | None) -> None:
    """Replace what is kept secret of a task; ``None`` forgets it."""
    connection.execute(sa.delete(t.secrets).where(t.secrets.c.task_id == task_id))
    if sealed is not None:
        connection.execute(sa.insert(t.secrets).values(task_id=task_id, sealed=sealed))


def change_secrets(connection: Connection, task_id: str, sealed: bytes) -> None:
    """Replace what is kept secret of a task, unless it was forgotten."""
    kept = t.secrets.c.task_id == task_id
    connection.execute(sa.update(t.secrets).where(kept).values(sealed=sealed))


def secrets_of(connection: Connection, task_id: str) -> bytes | None:
    """Return what is kept secret of a task."""
    query = sa.select(t.secrets.c.sealed).where(t.secrets.c.task_id == task_id)
    found: bytes | None = connection.scalar(query)
    return found


def add_step(
    connection: Connection, task_id: str, position: int, status: str, sealed: bytes
) -> None:
    """Keep what became of a step."""
    connection.execute(
        sa.insert(t.steps).values(task_id=task_id, position=position, status=status, sealed=sealed)
    )


def steps_of(connection: Connection, task_id: str) -> list[tuple[int, str, bytes]]:
    """Return position, status and what is sealed of each step that is over."""
    s = t.steps.c
    query = sa.select(s.position, s.status, s.sealed).where(s.task_id == task_id)
    return [(row[0], row[1], row[2]) for row in connection.execute(query.order_by(s.position))]


def forget_steps(connection: Connection, task_id: str, start: int = 0) -> None:
    """Forget the steps from a position on."""
    s = t.steps.c
    connection.execute(sa.delete(t.steps).where(s.task_id == task_id, s.position >= start))


def put_checkpoint(connection: Connection, task_id: str, key: str, sealed: bytes) -> None:
    """Keep what a step did once."""
    connection.execute(sa.insert(t.checkpoints).values(task_id=task_id, key=key, sealed=sealed))


def checkpoint_of(connection: Connection, task_id: str, key: str) -> bytes | None:
    """Return what is kept of it."""
    c = t.checkpoints.c
    query = sa.select(c.sealed).where(c.task_id == task_id, c.key == key)
    found: bytes | None = connection.scalar(query)
    return found


def forget_checkpoints(connection: Connection, task_id: str) -> None:
    """Forget all that the steps of a task did once."""
    connection.execute(sa.delete(t.checkpoints).where(t.checkpoints.c.task_id == task_id))


def put_workspace(connection: Connection, task_id: str, content: bytes | None) -> None:
    """Replace the files of a task; ``None`` forgets them."""
    connection.execute(sa.delete(t.workspaces).where(t.workspaces.c.task_id == task_id))
    if content is not None:
        connection.execute(sa.insert(t.workspaces).values(task_id=task_id, content=content))


def workspace_of(connection: Connection, task_id: str) -> bytes | None:
    """Return the files of a task; ``None`` when there are none, or no more."""
    query = sa.select(t.workspaces.c.content).where(t.workspaces.c.task_id == task_id)
    found: bytes | None = connection.scalar(query)
    return found or None


def drop_workspace(connection: Connection, task_id: str) -> None:
    """Remove the files of a task for their age; that there were some is remembered."""
    kept = t.workspaces.c.task_id == task_id
    connection.execute(sa.update(t.workspaces).where(kept).values(content=b""))


def is_workspace_dropped(connection: Connection, task_id: str) -> bool:
    """Whether a task had files that were removed for their age."""
    w = t.workspaces.c
    query = sa.select(sa.func.length(w.content)).where(w.task_id == task_id)
    return connection.scalar(query) == 0
