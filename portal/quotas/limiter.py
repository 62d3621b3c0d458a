"""The limiter: whether one more request of somebody is answered, and when the next one is.

Windows are counted by the package ``limits``, in a store that all processes share. A process
takes several requests from a window at once, a 64th of the limit, and gives them out by
itself: an ordinary request costs a look into a dictionary, and a small limit is kept exactly.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from limits import RateLimitItem
from limits import RateLimitItemPerMinute
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter
from sqlalchemy.exc import SQLAlchemyError

from portal.config.quotas import Quota

_LOG = logging.getLogger(__name__)
#: Whoever asks, in the windows of all together.
EVERYBODY = "*"
#: In how many parts a process takes what a window allows.
_PARTS = 64
#: Shares that are known before those that have ended are forgotten.
_MOST_SHARES = 10_000
#: In place of how many may pass: none.
_REFUSED = -1
#: Seconds for which nobody is counted when the store fails.
_PAUSE = 1.0


@dataclass(slots=True)
class _Share:
    """What a process has of a window.

    Attributes:
        ends_at: When the window ends, in seconds since the epoch.
        left: How many requests may pass until more have to be taken; ``_REFUSED`` when there
            are no more.
    """

    ends_at: float
    left: int

    @property
    def is_refused(self) -> bool:
        """Whether nobody may pass until the window ends."""
        return self.left == _REFUSED

    def wait(self, now: float) -> int:
        """Return how many seconds one has to wait that may not pass; 0 for one that may."""
        return max(1, math.ceil(self.ends_at - now)) if self.is_refused else 0


class Limiter:
    """Counts requests.

    Args:
        by_identity: How many requests of each kind an identity has in a minute; 0 for all.
        in_all: The same for all together.
        open_store: Returns what holds the windows; called when first something is counted.
        clock: Returns the seconds since the epoch.
    """

    def __init__(
        self,
        by_identity: Mapping[Quota, int],
        in_all: Mapping[Quota, int],
        open_store: Callable[[], Storage],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._by_identity = _items(by_identity)
        self._in_all = _items(in_all)
        self._open_store = open_store
        self._clock = clock
        self._lock = threading.Lock()
        self._shares: dict[tuple[Quota, str], _Share] = {}

    @property
    def limits_any(self) -> bool:
        """Whether anything is limited."""
        return bool(self._by_identity or self._in_all)

    @cached_property
    def _windows(self) -> FixedWindowRateLimiter:
        return FixedWindowRateLimiter(self._open_store())

    def wait(self, quota: Quota, identity: str) -> int:
        """Count a request; return 0 when it may pass, else after how many seconds another may."""
        for who, item in self._asked(quota, identity):
            if seconds := self._wait(quota, who, item):
                return seconds
        return 0

    def _asked(self, quota: Quota, identity: str) -> Iterator[tuple[str, RateLimitItem]]:
        if item := self._by_identity.get(quota):
            yield identity, item
        if item := self._in_all.get(quota):
            yield EVERYBODY, item

    def _wait(self, quota: Quota, who: str, item: RateLimitItem) -> int:
        now = self._clock()
        with self._lock:
            share = self._shares.get((quota, who))
            if share is not None and share.ends_at > now and share.left:
                share.left -= not share.is_refused
                return share.wait(now)
        # Outside of the lock: nobody else waits for the store meanwhile.
        taken = self._take(quota, who, item, now)
        with self._lock:
            self._keep((quota, who), taken, now)
        return taken.wait(now)

    def _take(self, quota: Quota, who: str, item: RateLimitItem, now: float) -> _Share:
        """Take the next requests of a window; one of them is used at once."""
        size = max(1, item.amount // _PARTS)
        try:
            is_granted = self._windows.hit(item, quota, who, cost=size)
            ends_at = self._windows.storage.get_expiry(item.key_for(quota, who))
        except SQLAlchemyError as error:
            _LOG.warning("requests cannot be counted, so they are not limited", exc_info=error)
            return _Share(now + _PAUSE, size)
        return _Share(ends_at, size - 1 if is_granted else _REFUSED)

    def _keep(self, key: tuple[Quota, str], taken: _Share, now: float) -> None:
        """Add what was taken to what another thread took meanwhile."""
        there = self._shares.get(key)
        is_same = there is not None and there.ends_at == taken.ends_at
        if there is not None and is_same and not there.is_refused and not taken.is_refused:
            there.left += taken.left
            return
        if len(self._shares) >= _MOST_SHARES:
            self._shares = {key: one for key, one in self._shares.items() if one.ends_at > now}
        self._shares[key] = taken


def _items(limits: Mapping[Quota, int]) -> dict[Quota, RateLimitItem]:
    return {quota: RateLimitItemPerMinute(limit) for quota, limit in limits.items() if limit}
