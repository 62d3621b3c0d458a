"""The pulse of a process: a thread that writes its heartbeat, and notes when it cannot."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.engine import Engine as Database

from portal.health import heartbeats
from portal.health.heartbeats import Heartbeat
from portal.health.heartbeats import Role
from portal.kernel.causes import cause_of
from portal.kernel.clock import iso_of
from portal.kernel.clock import now
from portal.kernel.database import is_replaced as is_replaced_database

_LOG = logging.getLogger(__name__)
#: Seconds between two heartbeats.
BEAT_SECONDS = 10.0
#: Seconds between two looks whether the file of the database is still there.
_LOOK_SECONDS = 1.0


class Pulse:
    """Writes every ten seconds that this process lives.

    Args:
        open_database: Returns the database of the catalog.
        labels: What pinned sources name this process by.
    """

    def __init__(self, open_database: Callable[[], Database], labels: Collection[str] = ()) -> None:
        self._open_database = open_database
        self._labels = ",".join(labels)
        self._worked = 0.0
        self._failing: tuple[str, str] | None = None
        #: Whether this process ends because its database is gone.
        self.is_orphaned = False

    @property
    def failing(self) -> tuple[str, str] | None:
        """Since when heartbeats cannot be written, and why; ``None`` while they can."""
        return self._failing

    def work(self) -> None:
        """Note that the schedule of this process turns."""
        self._worked = time.time()

    @contextmanager
    def beating(self, role: Role) -> Iterator[None]:
        """Write heartbeats while the body of the ``with`` statement runs."""
        process, is_over = Heartbeat(role, labels=self._labels), threading.Event()
        thread = threading.Thread(
            target=self._run, args=(process, is_over), name="pulse", daemon=True
        )
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join(1)
            self._leave(process)

    def _run(self, process: Heartbeat, is_over: threading.Event) -> None:
        beat_at = 0.0
        while not is_over.is_set():
            self._look()
            if (moment := time.monotonic()) >= beat_at and not self.is_orphaned:
                self.beat(process)
                beat_at = moment + BEAT_SECONDS
            is_over.wait(_LOOK_SECONDS)

    def _look(self) -> None:
        """End this process if its database is gone: whoever started it starts it on a new one."""
        try:
            is_replaced = is_replaced_database(self._open_database())
        except Exception:  # noqa: BLE001 - it cannot be opened, which a heartbeat tells
            return
        if is_replaced and not self.is_orphaned:
            self.is_orphaned = True
            _LOG.error(
                "the file of the database was deleted or replaced under the running portal: this "
                "process ends, and begins anew with what is there"
            )
            os.kill(os.getpid(), signal.SIGTERM)

    def beat(self, process: Heartbeat) -> None:
        """Write one heartbeat, or note why that failed."""
        seconds = time.time()
        worked_at = iso_of(self._worked or seconds)
        try:
            with self._open_database().begin() as connection:
                heartbeats.beat(connection, process, worked_at, seconds)
            self._failing = None
        except Exception as error:  # noqa: BLE001 - it is told by health, and tried again
            reason = cause_of(error) or f"internal error: {type(error).__name__}"
            if self._failing is None:
                _LOG.warning("that this process lives cannot be written down: %s", reason)
            self._failing = (self._failing[0] if self._failing else now(), reason)

    def _leave(self, process: Heartbeat) -> None:
        if self.is_orphaned:
            return
        try:
            with self._open_database().begin() as connection:
                heartbeats.leave(connection, process)
        except Exception:  # noqa: BLE001 - whoever looks sees that it is not heard of any more
            _LOG.debug("that this process ends could not be written down", exc_info=True)
