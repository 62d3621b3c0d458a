"""Delivers new events of tasks to waiting clients.

One thread polls the database for all clients, and only while some are waiting.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field

from sqlalchemy.engine import Engine as Database

from portal.kernel.errors import ServiceUnavailableError
from portal.kernel.processes.news import Listener
from portal.kernel.processes.news import Topic
from portal.scaffolder.tasks.model import store
from portal.scaffolder.tasks.model.task import TaskEvent

_LOG = logging.getLogger(__name__)
#: Seconds between two polls of the database while clients are waiting: where nobody tells of
#: new events, and where news are told.
_LOOK_SECONDS, _TOLD_SECONDS = 0.1, 1.0
#: The longest pause after polls that failed, in seconds.
_LONGEST_PAUSE_SECONDS = 2.0


class TooManyWatchersError(ServiceUnavailableError):
    """The limit on clients that wait for events is reached; a later request may succeed."""

    retry_after = 5


@dataclass(slots=True)
class Watch:
    """A client's subscription to the events of a task.

    Args:
        task_id: The id of the task.
        after: The id of the last event the client has.
        last: The id of the last event that was read from the database.
        waiting: Events not delivered yet.
        is_filled: Whether the events that were stored before are among them; newer ones come after.
    """

    task_id: str
    after: int
    last: int
    waiting: deque[TaskEvent] = field(default_factory=deque)
    is_filled: bool = False

    def offer(self, event: TaskEvent) -> None:
        """Queue an event that the client does not have; completions are always queued."""
        if event.id > self.last:
            self.last = event.id
            if event.id > self.after or event.is_end:
                self.waiting.append(event)


class EventFeed:
    """Lets clients wait for events.

    Args:
        database: The database of the events.
        most: The greatest number of clients that wait at the same time.
    """

    def __init__(self, database: Database, most: int) -> None:
        self._database = database
        self._most = most
        self._changed = threading.Condition()
        self._watches: list[Watch] = []
        self._thread: threading.Thread | None = None
        self._is_closed = False
        self._told = threading.Event()
        self._are_told: Callable[[], bool] = lambda: False

    def listen(self, listen: Callable[[Mapping[Topic, Callable[[], None]]], Listener]) -> None:
        """Look when other processes tell of events, and less often by itself meanwhile.

        Args:
            listen: Makes news call a function.
        """
        listener = listen({Topic.TASK_EVENT: self._told.set})
        self._are_told = lambda: listener.is_listening

    @property
    def is_closed(self) -> bool:
        """Whether the feed was closed."""
        return self._is_closed

    def events(self, task_id: str, after: int) -> list[TaskEvent]:
        """Return the stored events after an id; a completion is always among them."""
        with self._database.connect() as connection:
            return store.events_after(connection, task_id, after)

    def enter(self, task_id: str, after: int) -> Watch:
        """Subscribe to a task's events after an id; stored ones are queued at once.

        Raises:
            TooManyWatchersError: When the limit is reached.
        """
        watch = Watch(task_id, after, 0)
        with self._changed:
            if len(self._watches) >= self._most or self._is_closed:
                msg = f"No more than {self._most} clients can wait for events; try again later"
                raise TooManyWatchersError(msg)
            self._watches.append(watch)
        try:
            self._fill(watch)
            self._begin_looking()
        except BaseException:
            self.leave(watch)
            raise
        return watch

    def _fill(self, watch: Watch) -> None:
        with self._database.connect() as connection:
            stored = store.events_after(connection, watch.task_id, watch.after)
            newest = store.last_ids(connection, [watch.task_id]).get(watch.task_id, 0)
        with self._changed:
            for event in stored:
                watch.offer(event)
            # Events that the client has are not read again.
            watch.last = max(watch.last, min(newest, watch.after))
            watch.is_filled = True

    def _begin_looking(self) -> None:
        with self._changed:
            if self._thread is None:
                thread = threading.Thread(target=self._look_on, name="events", daemon=True)
                thread.start()
                self._thread = thread

    def leave(self, watch: Watch) -> None:
        """Unsubscribe; may be called twice."""
        with self._changed:
            self._watches = [each for each in self._watches if each is not watch]

    def wait(self, watch: Watch, seconds: float) -> list[TaskEvent]:
        """Return the next events; empty after ``seconds`` without any, or when closed."""
        end = time.monotonic() + seconds
        with self._changed:
            while not watch.waiting and not self._is_closed:
                left = end - time.monotonic()
                if left <= 0:
                    break
                self._changed.wait(left)
            found = list(watch.waiting)
            watch.waiting.clear()
        return found

    def close(self) -> None:
        """Release all waiting clients.

        Takes no lock, since a signal handler may call it at any time; clients return
        after the next poll.
        """
        self._is_closed = True

    # --- the polling thread ------------------------------------------------------------

    def _look_on(self) -> None:
        """Deliver new events while clients wait; a failed poll is repeated."""
        pause, cause = _LOOK_SECONDS, ""
        while lasts := self._awaited():
            self._told.clear()
            try:
                self._hand_on(self._read(lasts))
                pause, cause = _TOLD_SECONDS if self._are_told() else _LOOK_SECONDS, ""
            except Exception as error:  # noqa: BLE001 - every stream depends on this thread
                pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
                cause = _log_new_cause(error, cause)
            self._told.wait(pause)

    def _awaited(self) -> dict[str, int]:
        """Return the last event read of each watched task; empty ends the thread."""
        with self._changed:
            lasts: dict[str, int] = {}
            watches = self._filled()
            if self._is_closed or not watches:
                self._thread = None
                self._changed.notify_all()
                return lasts
            for watch in watches:
                lasts[watch.task_id] = min(watch.last, lasts.get(watch.task_id, watch.last))
            return lasts

    def _filled(self) -> list[Watch]:
        """Return the watches that have what was stored: newer events would hide it from others."""
        return [watch for watch in self._watches if watch.is_filled]

    def _read(self, lasts: Mapping[str, int]) -> list[TaskEvent]:
        with self._database.connect() as connection:
            newest = store.last_ids(connection, lasts.keys())
            changed = [name for name, last in lasts.items() if newest.get(name, 0) > last]
            return [
                event
                for name in changed
                for event in store.events_after(connection, name, lasts[name])
            ]

    def _hand_on(self, events: list[TaskEvent]) -> None:
        if not events:
            return
        with self._changed:
            for watch in self._filled():
                for event in events:
                    if event.task_id == watch.task_id:
                        watch.offer(event)
            self._changed.notify_all()


def _log_new_cause(error: Exception, last_cause: str) -> str:
    """Log why events cannot be looked for, unless it was the last cause; return the cause."""
    # The first line: the others are the statement and the ids that were looked for.
    cause = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
    if cause != last_cause:
        _LOG.error("cannot look for events of tasks: %s", cause, exc_info=error)
    return cause
