"""The housekeeping of a worker: removes what is old, and gives back what became free."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from collections.abc import Mapping

from sqlalchemy.engine import Engine as Database

from portal.catalog.failures import Stage
from portal.catalog.reading.failure_log import FailureLog
from portal.retention.removal import remove_some
from portal.retention.rules import Rule
from portal.retention.space import FreeSpace

_LOG = logging.getLogger(__name__)
#: Seconds after the start, between two batches (others can write then), and between two rounds.
_FIRST, _PAUSE, _INTERVAL = 10.0, 0.5, 600.0


class Housekeeping:
    """Removes what is older than its retention; several processes may do so at the same time.

    Args:
        database: The database.
        periods: For how many seconds the rows of each rule are kept.
        failure_log: Stores that something cannot be removed.
        clock: Returns the seconds since the epoch.
    """

    def __init__(
        self,
        database: Database,
        periods: Mapping[Rule, float],
        failure_log: FailureLog,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._periods = periods
        self._failure_log = failure_log
        self._clock = clock
        self._free_space = FreeSpace(database)

    def run(self, is_over: threading.Event) -> None:
        """Work in small parts until the event is set."""
        pause = _FIRST
        while not is_over.wait(pause):
            pause = _PAUSE if self.do_some() else _INTERVAL

    def do_some(self) -> bool:
        """Remove a batch of each rule; when nothing is old, give back free space.

        What fails is stored, does not stop the rest, and is tried again in the next round.

        Returns:
            Whether there is more to do.
        """
        removed = sum(self._remove(*period) for period in self._periods.items())
        if removed:
            return True
        noting = self._failure_log.noting(Stage.RETENTION, "free space")
        with contextlib.suppress(Exception), noting:
            return self._free_space.give_back_some()
        return False

    def _remove(self, rule: Rule, seconds: float) -> int:
        noting = self._failure_log.noting(Stage.RETENTION, rule.name)
        with contextlib.suppress(Exception), noting:
            count = remove_some(self._database, rule, self._clock() - seconds)
            if count:
                _LOG.info("removed %d old %s", count, rule.name)
            return count
        return 0
