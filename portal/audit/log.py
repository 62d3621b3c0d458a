"""The audit log as others use it: ``record`` returns at once, a thread writes.

A reader of a page must not wait for the lock of a writer only because it is recorded that
something was downloaded, so entries go through a queue: to the file of JSON lines first, then
to the table. Equal refusals are written once a minute, with how many they were: nobody may
fill the disk by being refused.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import logging
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Engine as Database
from sqlalchemy.exc import SQLAlchemyError

from portal.audit import store
from portal.audit.events import PORTAL
from portal.audit.events import Actor
from portal.audit.events import AuditEvent
from portal.audit.events import Outcome
from portal.audit.store import AuditQuery
from portal.kernel.causes import cause_of
from portal.kernel.clock import iso_of
from portal.kernel.files import private_file

_LOG = logging.getLogger(__name__)
#: The entries that wait to be written; beyond them the oldest are dropped, which is logged.
_MOST_WAITING = 10_000
#: Seconds in which equal refusals become one entry, and how many of them are known apart.
_REPEAT_SECONDS = 60.0
_MOST_REPEATED = 1_000
#: Seconds between two attempts at a table that cannot be written.
_PAUSE = 1.0
#: ``audit_file`` for standard output.
STDOUT = "-"


def portal_itself() -> Actor:
    """Return the portal as the actor: of its worker and command line."""
    return PORTAL


class AuditLog:
    """Records who did what.

    Args:
        database: The database of the table.
        file: A file of JSON lines, beside the table: a path, ``-`` for standard output, or
            empty for none.
        actor: Returns who is acting now.
        clock: Returns the seconds since the epoch.
    """

    def __init__(
        self,
        database: Database,
        file: str = "",
        actor: Callable[[], Actor] = portal_itself,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._file = file
        self._actor = actor
        self._clock = clock
        self._waiting: deque[AuditEvent] = deque(maxlen=_MOST_WAITING)
        self._repeated: dict[tuple[str, Actor, str], tuple[float, int]] = {}
        self._changed = threading.Condition()
        self._is_busy = False
        self._thread: threading.Thread | None = None

    def record(
        self,
        action: str,
        resource: str = "",
        *,
        outcome: str = Outcome.DONE,
        actor: Actor | None = None,
        details: Mapping[str, Any] = {},
    ) -> None:
        """Record an action; returns before it is written.

        Args:
            action: One of ``AuditAction``.
            resource: What it was done to: an entity ref, a location, a task's id, a path.
            outcome: One of ``Outcome``.
            actor: Who did it; the caller of the current request without it.
            details: Further JSON values; never secrets.
        """
        who = self._actor() if actor is None else actor
        now = self._clock()
        with self._changed:
            count = self._repeats((action, who, resource), outcome, now)
            if count is None:
                return
            told = {**details, "repeated": count} if count else details
            at = int(now * 1_000_000)
            if len(self._waiting) == _MOST_WAITING:
                _LOG.error("the audit log cannot keep up: its oldest waiting entry is dropped")
            self._waiting.append(AuditEvent(at, action, outcome, who, resource, told))
            if self._thread is None:
                self._thread = threading.Thread(target=self._write, name="audit", daemon=True)
                self._thread.start()
                atexit.register(self.flush)
            self._changed.notify_all()

    def _repeats(self, key: tuple[str, Actor, str], outcome: str, now: float) -> int | None:
        """Return how many equal refusals were left out before this; ``None`` to leave it out."""
        if outcome != Outcome.REFUSED:
            return 0
        since, count = self._repeated.get(key, (0.0, 0))
        if now < since + _REPEAT_SECONDS:
            self._repeated[key] = since, count + 1
            return None
        if len(self._repeated) >= _MOST_REPEATED:
            self._repeated.clear()
        self._repeated[key] = now, 0
        return count

    def flush(self, timeout: float = 5.0) -> bool:
        """Wait until everything is written; return whether it is after ``timeout`` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not (self._waiting or self._is_busy), timeout)

    def find(self, query: AuditQuery) -> list[AuditEvent]:
        """Return the entries of a query, the newest first."""
        with self._database.connect() as connection:
            return store.find(connection, query)

    # --- the thread that writes ----------------------------------------------

    def _write(self) -> None:
        while True:
            with self._changed:
                self._is_busy = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._waiting)
                self._is_busy = True
                events = list(self._waiting)
                self._waiting.clear()
            self._write_lines(events)
            while not self._are_stored(events):
                time.sleep(_PAUSE)

    def _write_lines(self, events: Iterable[AuditEvent]) -> None:
        if not self._file:
            return
        lines = "".join(f"{line_of(event)}\n" for event in events)
        try:
            if self._file == STDOUT:
                sys.stdout.write(lines)
                sys.stdout.flush()
            else:
                # Opened each time, so that it may be moved away meanwhile.
                path = Path(self._file)
                with contextlib.suppress(OSError):
                    private_file(path)
                with path.open("a", encoding="utf-8") as file:
                    file.write(lines)
        except OSError as error:
            _LOG.error("the audit file cannot be written: %s", error.strerror)

    def _are_stored(self, events: Iterable[AuditEvent]) -> bool:
        """Write entries to the table; return false when to try again."""
        try:
            with self._database.begin() as connection:
                store.add(connection, events)
        except SQLAlchemyError as error:
            _LOG.warning("the audit log cannot be written", exc_info=error)
            return not cause_of(error)
        except Exception:  # noqa: BLE001 - the thread has to go on
            _LOG.exception("the audit log cannot be written")
        return True


def line_of(event: AuditEvent) -> str:
    """Return an entry as a line of JSON."""
    return json.dumps(to_json(event), default=str)


def to_json(event: AuditEvent) -> dict[str, Any]:
    """Return an entry as JSON for clients."""
    answer: dict[str, Any] = {
        "time": iso_of(event.at / 1_000_000),
        "action": str(event.action),
        "outcome": str(event.outcome),
        "actor": {
            "type": event.actor.kind,
            "name": event.actor.name,
            "address": event.actor.address,
        },
        "resource": event.resource,
        "details": dict(event.details),
    }
    return {"id": event.id, **answer} if event.id else answer
