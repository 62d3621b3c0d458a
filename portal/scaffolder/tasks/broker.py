"""Who runs which task: waiting ones are claimed, those of a dead worker taken over.

A claim is a lease. While its holder is heard of, nobody else writes of the task; whoever
lost the lease can write nothing any more.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine as Database

from portal.kernel.presence import Presence
from portal.scaffolder.tasks import store
from portal.scaffolder.tasks.task import OPEN
from portal.scaffolder.tasks.task import PROCESSING
from portal.scaffolder.tasks.task import Task
from portal.scaffolder.tasks.task import now

#: A worker of another machine that was not heard of for so long is taken for dead.
LEASE_SECONDS = 30.0
_CANDIDATES = 20
#: How many times longer a process of this machine may not be heard of.
_PATIENCE = 10
_SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Claim:
    """A task that is somebody's.

    Args:
        task: The task, as it was when it was claimed.
        lease: Shows whose it is.
    """

    task: Task
    lease: str


@dataclass(frozen=True, slots=True)
class News:
    """What the holders of claims have to hear.

    Args:
        lost: The leases that are somebody else's by now, or over.
        cancelled: The leases of tasks that somebody asked to end.
    """

    lost: frozenset[str] = frozenset()
    cancelled: frozenset[str] = frozenset()


class TaskBroker(Protocol):
    """Hands out tasks, each to one worker at a time."""

    def has_work(self) -> bool:
        """Whether a task could be claimed."""

    def claim(self) -> Claim | None:
        """Return the task that waits longest, and make it the caller's."""

    def beat(self, leases: Collection[str]) -> News:
        """Say that the holder of leases is alive, and hear what changed."""

    def give_back(self, claim: Claim) -> None:
        """Let anybody go on with a task at once."""


class DatabaseBroker:
    """Hands out the tasks of a database, to any number of workers of any machines.

    Args:
        database: Where the tasks are.
        presence: This process among those of its data folder; a worker that died is
            known at once there, elsewhere when its lease is over.
        lease_seconds: For how long a worker may not be heard of.
    """

    def __init__(
        self, database: Database, presence: Presence, lease_seconds: float = LEASE_SECONDS
    ) -> None:
        self._database = database
        self._presence = presence
        self._lease = int(lease_seconds * _SECOND)

    def has_work(self) -> bool:
        """Whether a task could be claimed."""
        with self._database.connect() as connection:
            return bool(store.open_tasks(connection, 1)) or bool(self._abandoned(connection))

    def _abandoned(self, connection: Connection) -> list[store.Holding]:
        """Return the tasks whose worker gave them back, died or is not heard of."""
        return [each for each in store.holdings(connection) if self._is_abandoned(each)]

    def _is_abandoned(self, holding: store.Holding) -> bool:
        holder = _holder(holding.lease)
        if not holder or self._presence.is_gone(holder):
            return True
        # One that is there is given more time: a long write of the catalog may hold it up.
        patience = _PATIENCE if self._presence.is_here(holder) else 1
        return holding.heartbeat_at < now() - patience * self._lease

    def claim(self) -> Claim | None:
        """Return the task that waits longest, and make it the caller's.

        One that was begun goes before those that were not.
        """
        with self._database.connect() as connection:
            abandoned = self._abandoned(connection)
            waiting = store.open_tasks(connection, _CANDIDATES)
        for holding in abandoned:
            died = int(bool(holding.lease))
            if claim := self._take(holding.id, PROCESSING, holding.lease, died):
                return claim
        for task_id in waiting:
            if claim := self._take(task_id, OPEN, "", 0):
                return claim
        return None

    def _take(self, task_id: str, status: str, lease: str, died: int) -> Claim | None:
        mine = f"{self._presence.name}.{uuid.uuid4().hex}"
        with self._database.begin() as connection:
            if not store.take(connection, task_id, status, lease, mine, count=died):
                return None
            task = store.find(connection, task_id)
        return Claim(task, mine) if task is not None else None

    def beat(self, leases: Collection[str]) -> News:
        """Say that the holder of leases is alive, and hear what changed."""
        with self._database.begin() as connection:
            store.beat(connection, leases)
            held = {each.lease: each for each in store.holdings(connection)}
        cancelled = {lease for lease in leases if lease in held and held[lease].cancelled_at}
        return News(frozenset(leases) - held.keys(), frozenset(cancelled))

    def give_back(self, claim: Claim) -> None:
        """Let anybody go on with a task at once."""
        with self._database.begin() as connection:
            store.hold(connection, claim.task.id, claim.lease, lease="")

    def sweep(self) -> None:
        """Remove what dead workers left behind, once their tasks are others'."""
        with self._database.connect() as connection:
            self._presence.sweep({_holder(each.lease) for each in store.holdings(connection)})


def _holder(lease: str) -> str:
    return lease.partition(".")[0]
