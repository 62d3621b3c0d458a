"""What an observation means: each thing that is not as it should be, since when, and a remedy.

Pure: the limits stand here, and in ``docs/operators/monitoring.md``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass

from portal.health.heartbeats import Role
from portal.health.observation import Observation

#: Seconds after which a process counts as hanging, or gone, that was not heard of.
SILENT_SECONDS = 60.0
#: Seconds for which a schedule may stand still: while an index is built anew, for instance.
STILL_SECONDS = 600.0
#: Seconds for which search may lag behind the catalog.
BEHIND_SECONDS = 60.0
#: Seconds for which a task may wait.
WAITING_SECONDS = 600.0
#: Intervals in which no source was asked, and the least seconds of them.
UNREAD_INTERVALS, UNREAD_SECONDS = 5, 600.0
#: What has to be left of the disk: bytes, or a share if that is less.
DISK_BYTES, DISK_SHARE = 2**30, 0.05
_MEGABYTE = 1_000_000

_RESTART = (
    "'portal serve' starts a child again that says nothing for 30 seconds. If it does not, or the "
    "process was started by itself, restart it; its log says more."
)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be.

    Attributes:
        check: What was checked.
        reason: What was found.
        remedy: What to do.
        since: Since when, ISO 8601; empty when unknown.
    """

    check: str
    reason: str
    remedy: str
    since: str = ""


#: Looks at one thing, given an observation, the present time, and seconds between two reads.
_Check = Callable[[Observation, dt.datetime, float], Finding | None]


def findings(seen: Observation, now: dt.datetime, interval: float) -> Iterator[Finding]:
    """Yield what is not as it should be.

    Args:
        seen: What was observed.
        now: The present time.
        interval: Seconds between two reads of a source.
    """
    for check in _CHECKS:
        if found := check(seen, now, interval):
            yield found


def _age(moment: str, now: dt.datetime) -> float:
    """Return how many seconds ago a time was; 0 for an empty one."""
    return (now - dt.datetime.fromisoformat(moment)).total_seconds() if moment else 0.0


def _silent(role: Role, does: str) -> _Check:
    def check(seen: Observation, now: dt.datetime, _interval: float) -> Finding | None:
        process = seen.newest(role)
        if process is None or _age(process.heard_at, now) <= SILENT_SECONDS:
            return None
        where = f"process {process.pid} on {process.machine}"
        reason = f"the process that {does} ({where}) is not heard of any more"
        return Finding(role, reason, _RESTART, process.heard_at)

    return check


def _still(role: Role, does: str) -> _Check:
    def check(seen: Observation, now: dt.datetime, _interval: float) -> Finding | None:
        process = seen.newest(role)
        if process is None or _age(process.heard_at, now) > SILENT_SECONDS:
            return None
        if _age(process.worked_at, now) <= STILL_SECONDS:
            return None
        reason = f"the process that {does} lives, but its schedule stands still"
        return Finding(role, reason, "Restart it; its log says more.", process.worked_at)

    return check


def _unwritable(seen: Observation, now: dt.datetime, _interval: float) -> Finding | None:
    if seen.unwritable is None or _age(seen.unwritable[0], now) <= SILENT_SECONDS:
        return None
    since, reason = seen.unwritable
    remedy = "The last good state is served. Mend the cause; the portal goes on by itself."
    return Finding("database", f"nothing can be written: {reason}", remedy, since)


def _index(seen: Observation, now: dt.datetime, _interval: float) -> Finding | None:
    remedy = "The worker builds it. Is one running? 'portal sync' builds it, too."
    if seen.indexed < 0:
        return Finding("index", "there is no search index of this catalog", remedy)
    if _age(seen.behind_since, now) <= BEHIND_SECONDS:
        return None
    reason = f"search is at generation {seen.indexed}, the catalog at {seen.generation}"
    return Finding("index", reason, remedy, seen.behind_since)


def _pages(seen: Observation, _now: dt.datetime, _interval: float) -> Finding | None:
    if not seen.are_pages_pending or seen.indexed < 0:
        return None
    remedy = "The worker adds them, source by source. Is one running?"
    return Finding("pages", "documentation pages are not in the search index yet", remedy)


def _waiting(seen: Observation, now: dt.datetime, _interval: float) -> Finding | None:
    if _age(seen.waiting_since, now) <= WAITING_SECONDS:
        return None
    remedy = (
        "Is a worker running, tasks_at_once large enough, and task_key the same on every machine? "
        "See /create/tasks."
    )
    return Finding("tasks", "a task waits to be run", remedy, seen.waiting_since)


def _unread(seen: Observation, now: dt.datetime, interval: float) -> Finding | None:
    limit = max(UNREAD_SECONDS, UNREAD_INTERVALS * interval)
    if _age(seen.read_at, now) <= limit:
        return None
    remedy = "Run 'portal serve', 'portal worker', or 'portal sync' as often as sync_interval says."
    return Finding("sources", "no source is read any more", remedy, seen.read_at)


def _disk(seen: Observation, _now: dt.datetime, _interval: float) -> Finding | None:
    if seen.disk_free >= min(DISK_BYTES, seen.disk_total * DISK_SHARE):
        return None
    reason = f"{seen.disk_free / _MEGABYTE:,.0f} MB are left where data_dir is"
    remedy = "Make room: at a full disk nothing is written any more."
    return Finding("disk", reason, remedy)


_READS, _RUNS = "reads sources", "runs tasks"
_CHECKS: tuple[_Check, ...] = (
    _silent(Role.WORKER, _READS),
    _still(Role.WORKER, _READS),
    _silent(Role.TASKS, _RUNS),
    _still(Role.TASKS, _RUNS),
    _unwritable,
    _index,
    _pages,
    _waiting,
    _unread,
    _disk,
)
