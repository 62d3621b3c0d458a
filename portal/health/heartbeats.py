"""Heartbeats: every process says in the database that it lives, and when it worked last."""

from __future__ import annotations

import os
import platform
import uuid
from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import field
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from portal.health import tables as t
from portal.kernel.clock import iso_of
from portal.kernel.clock import now

#: Seconds after which the row of a process that ended without a word is removed, once another
#: one of its role is heard of.
FORGOTTEN_SECONDS = 600.0


class Role(StrEnum):
    """What a process does."""

    WEB = "web"
    #: Reads the sources and writes the catalog and the index.
    WORKER = "worker"
    TASKS = "tasks"


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A process that lives, or was heard of last.

    Attributes:
        role: What it does.
        id: Its unique id.
        machine: The name of its machine.
        pid: Its number there.
        started_at: When it started, ISO 8601.
        heard_at: When it was heard of last.
        worked_at: When its schedule turned last; a process that serves has none, and says
            when it was heard of.
        labels: What pinned sources name it by, separated by commas; ``None`` for one of an
            earlier version.
    """

    role: Role
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    machine: str = field(default_factory=platform.node)
    pid: int = field(default_factory=os.getpid)
    started_at: str = field(default_factory=now)
    heard_at: str = ""
    worked_at: str = ""
    labels: str | None = ""


def beat(connection: Connection, process: Heartbeat, worked_at: str, seconds: float) -> None:
    """Write that a process lives; what is long gone of its role is removed.

    Args:
        connection: A connection to the database, in a transaction.
        process: The process.
        worked_at: When its schedule turned last.
        seconds: The present time, in seconds since the epoch.
    """
    table, heard_at = t.heartbeats, iso_of(seconds)
    values = {"heard_at": heard_at, "worked_at": worked_at}
    mine = sa.update(table).where(table.c.id == process.id).values(values)
    if connection.execute(mine).rowcount == 0:
        connection.execute(sa.insert(table).values({**asdict(process), **values}))
    gone = table.c.heard_at < iso_of(seconds - FORGOTTEN_SECONDS)
    connection.execute(sa.delete(table).where(table.c.role == process.role, gone))


def leave(connection: Connection, process: Heartbeat) -> None:
    """Remove what is written of a process, which ends now."""
    connection.execute(sa.delete(t.heartbeats).where(t.heartbeats.c.id == process.id))


def load(connection: Connection) -> tuple[Heartbeat, ...]:
    """Return all processes that live, or ended without a word, by role."""
    table = t.heartbeats
    rows = connection.execute(sa.select(table).order_by(table.c.role, table.c.started_at))
    return tuple(Heartbeat(**{**row, "role": Role(row["role"])}) for row in rows.mappings())


def labels_since(connection: Connection, seconds: float) -> frozenset[str]:
    """Return the labels of the workers that were heard of since a time.

    Args:
        connection: A connection to the database.
        seconds: The time, in seconds since the epoch.
    """
    table = t.heartbeats.c
    heard = (table.role == Role.WORKER, table.heard_at > iso_of(seconds))
    rows = connection.scalars(sa.select(table.labels).where(*heard))
    return frozenset(label for row in rows for label in (row or "").split(",") if label)
