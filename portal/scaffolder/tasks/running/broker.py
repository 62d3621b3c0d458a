"""Claims of tasks: workers claim open tasks, and take over those of dead workers.

A claim is a lease. While its holder sends heartbeats, nobody else writes to the task; a
worker that lost its lease can write nothing any more.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine as Database

from portal.kernel.processes.presence import Presence
from portal.scaffolder.tasks.model import store
from portal.scaffolder.tasks.model.task import OPEN
from portal.scaffolder.tasks.model.task import PROCESSING
from portal.scaffolder.tasks.model.task import Task
from portal.scaffolder.tasks.model.task import now

#: After so many seconds without a heartbeat, a worker of another machine counts as dead.
LEASE_SECONDS = 30.0
_CANDIDATES = 20
_MOST_WAITING = 200
#: The factor by which a running process of this machine may be silent longer.
_PATIENCE = 10
_SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Claim:
    """A claimed task.

    Args:
        task: The task, as it was when it was claimed.
        lease: Identifies the claim; needed for every write.
    """

    task: Task
    lease: str


@dataclass(frozen=True, slots=True)
class HeartbeatResult:
    """What a heartbeat found out about the leases of its sender.

    Args:
        lost: The leases that were taken over or released.
        cancelled: The leases of tasks whose cancellation was requested.
    """

    lost: frozenset[str] = frozenset()
    cancelled: frozenset[str] = frozenset()


class TaskBroker(Protocol):
    """Hands out tasks, each to one worker at a time."""

    def has_work(self) -> bool:
        """Return whether a task could be claimed."""

    def waiting(self) -> list[str]:
        """Return the ids of tasks that could be claimed."""

    def claim(self) -> Claim | None:
        """Claim the task that has waited longest; ``None`` when none can be claimed."""

    def claim_one(self, task_id: str) -> Claim | None:
        """Claim a task; ``None`` when it cannot be claimed any more."""

    def heartbeat(self, leases: Collection[str]) -> HeartbeatResult:
        """Renew leases; return those that were lost or cancelled."""

    def release(self, claim: Claim) -> None:
        """Give up a lease, so that any worker can claim the task at once."""


class DatabaseBroker:
    """Hands out the tasks of a database to any number of workers on any machines.

    Args:
        database: The database of the tasks.
        presence: This process among those of its data folder: a worker that died there
            is noticed at once, elsewhere when its lease expires.
        lease_seconds: How long a lease is valid after a heartbeat.
        key_mark: The mark of the key for secrets: tasks of another one are left alone. An
            empty one is of all.
    """

    def __init__(
        self,
        database: Database,
        presence: Presence,
        lease_seconds: float = LEASE_SECONDS,
        key_mark: str = "",
    ) -> None:
        self._key_mark = key_mark
        self._database = database
        self._presence = presence
        self._lease = int(lease_seconds * _SECOND)

    def has_work(self) -> bool:
        """Return whether a task could be claimed."""
        with self._database.connect() as connection:
            waits = store.open_tasks(connection, 1, self._key_mark)
            return bool(waits) or bool(self._abandoned(connection))

    def waiting(self) -> list[str]:
        """Return the ids of tasks that could be claimed: interrupted ones, then open ones."""
        with self._database.connect() as connection:
            abandoned = [each.id for each in self._abandoned(connection)]
            return abandoned + store.open_tasks(connection, _MOST_WAITING, self._key_mark)

    def has_other_key(self) -> bool:
        """Return whether tasks are made with another key than that of this process."""
        with self._database.connect() as connection:
            return store.is_of_other_key(connection, self._key_mark)

    def claim_one(self, task_id: str) -> Claim | None:
        """Claim a task, unless somebody else runs it, or did."""
        with self._database.connect() as connection:
            abandoned = [each for each in self._abandoned(connection) if each.id == task_id]
        for lease in abandoned:
            if claim := self._take(task_id, PROCESSING, lease.lease, int(bool(lease.lease))):
                return claim
        return self._take(task_id, OPEN, "", 0)

    def _abandoned(self, connection: Connection) -> list[store.Lease]:
        """Return the leases that were released, or whose holder died or is silent."""
        running = store.leases(connection, self._key_mark)
        return [each for each in running if self._is_abandoned(each)]

    def _is_abandoned(self, lease: store.Lease) -> bool:
        holder = _holder(lease.lease)
        if not holder or self._presence.is_gone(holder):
            return True
        # A running process is given more time: a long write of the catalog may delay it.
        patience = _PATIENCE if self._presence.is_here(holder) else 1
        return lease.heartbeat_at < now() - patience * self._lease

    def claim(self) -> Claim | None:
        """Claim the task that has waited longest; interrupted tasks go before open ones."""
        with self._database.connect() as connection:
            abandoned = self._abandoned(connection)
            waiting = store.open_tasks(connection, _CANDIDATES, self._key_mark)
        for lease in abandoned:
            died = int(bool(lease.lease))
            if claim := self._take(lease.id, PROCESSING, lease.lease, died):
                return claim
        for task_id in waiting:
            if claim := self._take(task_id, OPEN, "", 0):
                return claim
        return None

    def _take(self, task_id: str, status: str, lease: str, died: int) -> Claim | None:
        mine = f"{self._presence.name}.{uuid.uuid4().hex}"
        with self._database.begin() as connection:
            taking = (connection, task_id, status, lease, mine)
            if not store.take(*taking, count=died, key_mark=self._key_mark):
                return None
            task = store.find(connection, task_id)
        return Claim(task, mine) if task is not None else None

    def heartbeat(self, leases: Collection[str]) -> HeartbeatResult:
        """Renew leases; return those that were lost or cancelled."""
        with self._database.begin() as connection:
            store.heartbeat(connection, leases)
            held = {each.lease: each for each in store.leases(connection)}
        cancelled = {lease for lease in leases if lease in held and held[lease].cancelled_at}
        return HeartbeatResult(frozenset(leases) - held.keys(), frozenset(cancelled))

    def release(self, claim: Claim) -> None:
        """Give up a lease, so that any worker can claim the task at once."""
        with self._database.begin() as connection:
            store.update_leased(connection, claim.task.id, claim.lease, lease="")

    def sweep(self) -> None:
        """Remove the presence files of dead workers that hold no leases any more."""
        with self._database.connect() as connection:
            self._presence.sweep({_holder(each.lease) for each in store.leases(connection)})


def _holder(lease: str) -> str:
    return lease.partition(".")[0]
