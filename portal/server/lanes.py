"""Lanes: requests that wait for different things have threads of their own.

However many clients wait for events, for a remote that hangs, or for the database's other
writers, health checks and ordinary reads are answered meanwhile.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from portal.kernel.errors import BusyError

T = TypeVar("T")

#: What paths of health checks begin with.
HEALTH = "/.backstage/health/v1"
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
#: Paths of requests that only read, though they have a body.
_READING = re.compile(
    r"/api/(auth/.*|permission/authorize|notifications.*|user-settings/multiget"
    r"|glossary/annotate|catalog/(entities/by-(query|refs)|entity-facets"
    r"|locations/by-query|\.well-known/.*))"
)
#: Paths of requests that memory, or one look at a file, mostly answers.
_QUICK = re.compile(
    r"/api/(search/query|catalog/(entity-facets|entities"
    r"(/by-(name/[^/]+/[^/]+/[^/]+(/ancestry)?|uid/[^/]+|query|refs))?))"
)
#: Where ``at=`` may ask a remote for a branch, which is documentation.
_DOCUMENTATION = ("/docs/", "/api/techdocs/")
#: How the path of a request ends that asks a remote or runs a template, and changes nothing.
_ASKING = ("/explain", "/try", "/start", "/handler/frame")


class Lane(StrEnum):
    """What a request waits for."""

    HEALTH = "health"
    READS = "reads"
    #: What waits on others: dry runs, registrations, whatever writes.
    CHANGES = "changes"
    STREAMS = "streams"


def lane_of(method: str, path: str, query: bytes = b"") -> Lane:
    """Return the lane of a request."""
    if path.startswith(f"{HEALTH}/"):
        return Lane.HEALTH
    if path.endswith("/eventstream"):
        return Lane.STREAMS
    if b"at=" in query and path.startswith(_DOCUMENTATION):
        return Lane.CHANGES
    is_reading = method in _SAFE_METHODS or _READING.fullmatch(path)
    return Lane.READS if is_reading and not path.endswith(_ASKING) else Lane.CHANGES


def is_quick(path: str) -> bool:
    """Return whether requests of a path that reads are mostly answered within a millisecond."""
    return _QUICK.fullmatch(path) is not None


@dataclass(frozen=True, slots=True)
class LaneLimit:
    """The size of a lane.

    Attributes:
        threads: How many of its requests are handled at the same time.
        waiting: How many more may wait.
        patience: The longest time a request waits, in seconds.
    """

    threads: int
    waiting: int
    patience: float


def lane_limits(threads: int, streams: int) -> dict[Lane, LaneLimit]:
    """Return the sizes of all lanes.

    Args:
        threads: How many ordinary requests are handled at the same time.
        streams: How many clients may wait for events.
    """
    return {
        Lane.HEALTH: LaneLimit(2, 1_000, 30),
        Lane.READS: LaneLimit(threads, 1_000, 30),
        Lane.CHANGES: LaneLimit(threads, 4 * threads, BusyError.retry_after),
        # Those above the limit are told so by the feed, for which there are threads, too.
        Lane.STREAMS: LaneLimit(streams + 2, 1_000, 30),
    }


class Lanes:
    """Runs what requests need in threads, by lane.

    Belongs to one event loop, in which all its methods are called.

    Args:
        limits: The size of each lane.
    """

    def __init__(self, limits: dict[Lane, LaneLimit]) -> None:
        self._lanes = {lane: _LaneThreads(lane, limit) for lane, limit in limits.items()}

    async def run(self, lane: Lane, work: Callable[[], T]) -> T:
        """Return what the work returns, done in a thread of the lane.

        Raises:
            BusyError: When too many requests wait for the lane, or this one waited too long.
        """
        return await self._lanes[lane].run(work)

    async def go_on(self, lane: Lane, work: Callable[[], T]) -> T:
        """Do more work for a request whose response has begun: it waits as long as it takes."""
        return await self._lanes[lane].go_on(work)

    def shutdown(self) -> None:
        """End the threads as soon as they have nothing to do."""
        for lane in self._lanes.values():
            lane.shutdown()


class _LaneThreads:
    """The threads of a lane, and how many requests wait for one."""

    def __init__(self, lane: Lane, limit: LaneLimit) -> None:
        self._threads = ThreadPoolExecutor(limit.threads, thread_name_prefix=lane)
        self._free = asyncio.Semaphore(limit.threads)
        self._limit = limit
        self._waiting = 0

    async def run(self, work: Callable[[], T]) -> T:
        if self._free.locked():
            await self._wait()
        else:
            await self._free.acquire()
        return await self._run(work)

    async def go_on(self, work: Callable[[], T]) -> T:
        await self._free.acquire()
        return await self._run(work)

    async def _run(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._free.release()

    async def _wait(self) -> None:
        if self._waiting >= self._limit.waiting:
            raise _busy()
        self._waiting += 1
        try:
            async with asyncio.timeout(self._limit.patience):
                await self._free.acquire()
        except TimeoutError:
            raise _busy() from None
        finally:
            self._waiting -= 1

    def shutdown(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def _busy() -> BusyError:
    return BusyError("Too many requests wait already; try again in a moment")
