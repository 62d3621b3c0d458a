"""What there is to know of the portal's work, read at once; what it means say ``findings``."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from portal.catalog import tables as c
from portal.health import heartbeats
from portal.health.heartbeats import Heartbeat
from portal.health.heartbeats import Role
from portal.kernel.clock import iso_of
from portal.scaffolder.tasks.model import tables as s
from portal.scaffolder.tasks.model.task import OPEN


@dataclass(frozen=True, slots=True)
class Observation:
    """What was seen at one moment; times are ISO 8601 in UTC, empty for never.

    Attributes:
        generation: The number of the catalog's present state.
        indexed: The generation of the search index; -1 without one.
        behind_since: When the first change was recorded that the index lacks.
        are_pages_pending: Whether the index lacks documentation pages.
        processes: The processes that live, or ended without a word.
        tasks: The number of tasks by state.
        waiting_since: When the oldest task was made that waits.
        read_at: When a source was asked last.
        disk_free: Bytes that are left where the data folder is.
        disk_total: Bytes of that disk.
        unwritable: Since when this process cannot write to the database, and why.
    """

    generation: int = 0
    indexed: int = -1
    behind_since: str = ""
    are_pages_pending: bool = False
    processes: tuple[Heartbeat, ...] = ()
    tasks: Mapping[str, int] = field(default_factory=dict)
    waiting_since: str = ""
    read_at: str = ""
    disk_free: int = 0
    disk_total: int = 0
    unwritable: tuple[str, str] | None = None

    def newest(self, role: Role) -> Heartbeat | None:
        """Return the process of a role that was heard of last."""
        own = (each for each in self.processes if each.role is role)
        return max(own, key=lambda each: each.heard_at, default=None)


def task_states(connection: Connection) -> tuple[dict[str, int], str]:
    """Return the number of tasks by state, and when the oldest was made that waits."""
    column = s.tasks.c
    counts = sa.select(column.status, sa.func.count()).group_by(column.status)
    oldest = connection.scalar(
        sa.select(sa.func.min(column.created_at)).where(column.status == OPEN)
    )
    states = {row[0]: row[1] for row in connection.execute(counts)}
    return states, iso_of(oldest / 1_000_000) if oldest else ""


def behind_since(connection: Connection, indexed: int, generation: int) -> str:
    """Return when the first change was recorded that an index lacks; empty when none is known."""
    if indexed >= generation:
        return ""
    later = c.changes.c.generation > indexed
    found = connection.scalar(
        sa.select(c.changes.c.recorded_at).where(later).order_by(c.changes.c.generation).limit(1)
    )
    return found or ""


def read_at(connection: Connection) -> str:
    """Return when any source was asked last."""
    return connection.scalar(sa.select(sa.func.max(c.sources.c.checked_at))) or ""


def disk(folder: Path) -> tuple[int, int]:
    """Return the bytes that are left where a folder is, and those of the disk; zeros if it is gone."""
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return 0, 0
    return usage.free, usage.total


def observe(
    connection: Connection,
    folder: Path,
    index: tuple[int, int, bool],
    unwritable: tuple[str, str] | None,
) -> Observation:
    """Return what there is to know now.

    Args:
        connection: A connection to the database.
        folder: The data folder.
        index: The generations of the catalog and of the index, and whether pages are pending.
        unwritable: Since when this process cannot write to the database, and why.
    """
    generation, indexed, are_pages_pending = index
    tasks, waiting_since = task_states(connection)
    return Observation(
        generation,
        indexed,
        behind_since(connection, indexed, generation),
        are_pages_pending,
        heartbeats.load(connection),
        tasks,
        waiting_since,
        read_at(connection),
        *disk(folder),
        unwritable,
    )
