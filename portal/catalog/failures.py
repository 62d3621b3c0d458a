"""Current failures by stage: one row until the stage works again.

Failures of sources and providers are in their own tables; this table has those of later
stages, and this module the JSON of all of them.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from portal.catalog import tables as t
from portal.kernel.causes import cause_of
from portal.kernel.clock import now
from portal.kernel.errors import PortalError


class Stage(StrEnum):
    """The stages that can fail independently of the others.

    ``TASKS`` is claiming and running tasks, ``RETENTION`` removing old ones; they are
    tried again within seconds, and so is ``SIGN_IN``, when somebody signs in; the others
    after the interval between two syncs.
    """

    SOURCE = "source"
    PROVIDER = "provider"
    PAGES = "pages"
    INDEX = "index"
    MIRROR = "mirror"
    SCHEDULE = "schedule"
    TASKS = "tasks"
    RETENTION = "retention"
    SIGN_IN = "sign-in"
    EVIDENCE = "evidence"


#: The stages that are tried again within seconds.
_SOON = frozenset({Stage.TASKS, Stage.RETENTION, Stage.SIGN_IN})


@dataclass(frozen=True, slots=True)
class Failure:
    """A current failure; times are ISO 8601 in UTC.

    Attributes:
        stage: The stage that fails.
        name: The name of the source or provider, if it concerns one.
        reason: The reason of the last attempt.
        since: The time of the first failed attempt.
        failed_at: The time of the last failed attempt.
        next_try_at: The latest time of the next attempt; empty when unknown.
    """

    stage: Stage
    name: str
    reason: str
    since: str
    failed_at: str
    next_try_at: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the failure as JSON for clients."""
        return {
            "stage": self.stage,
            "name": self.name,
            "reason": self.reason,
            "since": self.since,
            "failedAt": self.failed_at,
            "nextTryAt": self.next_try_at or None,
        }


def reason_of(error: Exception) -> str:
    """Return the reason of a failure; messages of unforeseen errors are not disclosed.

    The text of an ``OSError`` is the system's own, and tells the operator what to fix.
    """
    if isinstance(error, PortalError):
        return error.message
    if cause := cause_of(error):
        return cause
    detail = f": {error.strerror}" if isinstance(error, OSError) and error.strerror else ""
    return f"internal error: {type(error).__name__}{detail}"


def note(connection: Connection, stage: Stage, name: str, reason: str) -> None:
    """Store a failure; ``since`` stays that of the first one."""
    failed_at = now()
    table = t.failures
    query = sa.update(table).where(table.c.stage == stage, table.c.name == name)
    values = {"reason": reason, "failed_at": failed_at}
    if connection.execute(query.values(values)).rowcount == 0:
        row = {"stage": stage, "name": name, "since": failed_at, **values}
        connection.execute(sa.insert(table).values(row))


def is_noted(connection: Connection, stage: Stage, name: str) -> bool:
    """Return whether a failure is stored."""
    table = t.failures
    query = sa.select(table.c.name).where(table.c.stage == stage, table.c.name == name)
    return connection.execute(query).first() is not None


def clear(connection: Connection, name: str, *stages: Stage) -> None:
    """Delete failures: the stage works again, or the source is gone."""
    table = t.failures
    query = sa.delete(table).where(table.c.stage.in_(stages), table.c.name == name)
    connection.execute(query)


def load_all(connection: Connection, interval: float) -> list[Failure]:
    """Return the current failures.

    Args:
        connection: A connection to the database.
        interval: Seconds between two attempts of the worker.
    """
    rows = connection.execute(sa.select(t.failures).order_by(*t.failures.primary_key)).mappings()
    return [_failure(row, interval) for row in rows]


def _failure(row: sa.RowMapping, interval: float) -> Failure:
    stage = Stage(row["stage"])
    next_try_at = "" if stage in _SOON else later(row["failed_at"], interval)
    return Failure(**{**row, "stage": stage}, next_try_at=next_try_at)


def later(moment: str, seconds: float) -> str:
    """Return a time plus ``seconds``; empty for an empty time."""
    if not moment:
        return ""
    return (dt.datetime.fromisoformat(moment) + dt.timedelta(seconds=seconds)).isoformat()
