"""What tasks tell, handed on to those who wait for it.

However many wait, one thread looks into the database, and only while somebody waits.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field

from sqlalchemy.engine import Engine as Database
from sqlalchemy.exc import SQLAlchemyError

from portal.kernel.errors import ServiceUnavailableError
from portal.scaffolder.tasks import store
from portal.scaffolder.tasks.task import TaskEvent

#: How often it is looked for new events while somebody waits, in seconds.
_LOOK_SECONDS = 0.1


class TooManyWatchersError(ServiceUnavailableError):
    """As many clients wait for events as the portal lets; trying again later may help."""

    retry_after = 5


@dataclass(slots=True)
class Watch:
    """One who waits for the events of a task.

    Args:
        task_id: Of which task.
        after: The id of the last event the client knows of.
        last: The id of the last event that was looked at.
        waiting: Events to be handed on.
    """

    task_id: str
    after: int
    last: int
    waiting: deque[TaskEvent] = field(default_factory=deque)

    def offer(self, event: TaskEvent) -> None:
        """Take an event that is new; the end of a run is news to everybody."""
        if event.id > self.last:
            self.last = event.id
            if event.id > self.after or event.is_end:
                self.waiting.append(event)


class EventFeed:
    """Lets clients wait for events.

    Args:
        database: Where the events are.
        most: How many may wait at the same time.
    """

    def __init__(self, database: Database, most: int) -> None:
        self._database = database
        self._most = most
        self._changed = threading.Condition()
        self._watches: list[Watch] = []
        self._thread: threading.Thread | None = None
        self._is_closed = False

    @property
    def is_closed(self) -> bool:
        """Whether nobody may wait any more."""
        return self._is_closed

    def events(self, task_id: str, after: int) -> list[TaskEvent]:
        """Return the events there are; the end of the run is always among them."""
        with self._database.connect() as connection:
            return store.events_after(connection, task_id, after)

    def enter(self, task_id: str, after: int) -> Watch:
        """Begin to wait; the events there are wait already.

        Raises:
            TooManyWatchersError: When too many do.
        """
        watch = Watch(task_id, after, 0)
        with self._changed:
            if len(self._watches) >= self._most or self._is_closed:
                msg = f"No more than {self._most} clients can wait for events; try again later"
                raise TooManyWatchersError(msg)
            self._watches.append(watch)
        try:
            self._fill(watch)
        except BaseException:
            self.leave(watch)
            raise
        self._begin_looking()
        return watch

    def _fill(self, watch: Watch) -> None:
        with self._database.connect() as connection:
            stored = store.events_after(connection, watch.task_id, watch.after)
            newest = store.last_ids(connection, [watch.task_id]).get(watch.task_id, 0)
        with self._changed:
            for event in stored:
                watch.offer(event)
            # What the client knows of is not looked at again.
            watch.last = max(watch.last, min(newest, watch.after))

    def _begin_looking(self) -> None:
        with self._changed:
            if self._thread is None:
                self._thread = threading.Thread(target=self._look_on, name="events", daemon=True)
                self._thread.start()

    def leave(self, watch: Watch) -> None:
        """Stop waiting; to do so twice does no harm."""
        with self._changed:
            self._watches = [each for each in self._watches if each is not watch]

    def wait(self, watch: Watch, seconds: float) -> list[TaskEvent]:
        """Return the next events; none when there were none for so long, or at the end."""
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
        """Let all who wait go.

        Takes no lock, since a signal may call it at any time; they go when the thread
        that looks for events has looked once more.
        """
        self._is_closed = True

    # --- the thread that looks ---------------------------------------------------------

    def _look_on(self) -> None:
        while True:
            with self._changed:
                if self._is_closed or not self._watches:
                    self._thread = None
                    self._changed.notify_all()
                    return
                lasts: dict[str, int] = {}
                for watch in self._watches:
                    lasts[watch.task_id] = min(watch.last, lasts.get(watch.task_id, watch.last))
            # The database may be away for a moment; those who wait go on waiting.
            with contextlib.suppress(SQLAlchemyError):
                self._hand_on(self._read(lasts))
            time.sleep(_LOOK_SECONDS)

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
            for watch in self._watches:
                for event in events:
                    if event.task_id == watch.task_id:
                        watch.offer(event)
            self._changed.notify_all()
