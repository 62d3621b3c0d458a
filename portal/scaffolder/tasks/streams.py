"""Answers that are made while a client reads them: server-sent events, and a long poll.

Their bodies are iterators, so that whatever serves the portal can go on with other requests
meanwhile (``portal/server.py``). The place a client takes is free again when its body is
closed, read to the end or not.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from typing import Any

from portal.scaffolder.tasks.feed import EventFeed
from portal.scaffolder.tasks.feed import Watch
from portal.scaffolder.tasks.task import CANCELLED
from portal.scaffolder.tasks.task import LOG
from portal.scaffolder.tasks.task import TaskEvent

#: How often it is looked whether the client is still there, in seconds.
_LOOK_SECONDS = 1.0
#: After how many seconds of silence a comment is sent: proxies end what is silent.
_SILENCE_SECONDS = 15.0
_COMMENT = b":\n\n"
#: How long a client may wait for an event, in seconds.
POLL_SECONDS = 30.0


class EventBody(Iterator[bytes]):
    """The body of an answer that waits for events.

    Args:
        feed: Where events come from.
        watch: What is waited for.
        is_recoverable: Whether the end of a run may not be the end of all.
        is_gone: Whether the client is.
    """

    def __init__(
        self, feed: EventFeed, watch: Watch, is_recoverable: bool, is_gone: Callable[[], bool]
    ) -> None:
        self._feed = feed
        self._watch = watch
        self._is_recoverable = is_recoverable
        self._is_gone = is_gone
        self._is_over = False

    def close(self) -> None:
        """Free the client's place."""
        self._is_over = True
        self._feed.leave(self._watch)

    def _documents(self, events: Iterable[TaskEvent]) -> list[dict[str, Any]]:
        return [event.document(is_recoverable=self._is_recoverable) for event in events]

    def _wait(self, seconds: float) -> list[TaskEvent]:
        """Return the next events; none after so long, or when nobody is there any more."""
        end = time.monotonic() + seconds
        while not (self._is_gone() or self._feed.is_closed):
            left = end - time.monotonic()
            found = self._feed.wait(self._watch, max(0.0, min(left, _LOOK_SECONDS)))
            if found or left <= 0:
                return found
        self.close()
        return []


class EventStream(EventBody):
    """Server-sent events, until the end of the run is told."""

    _is_first = True

    def __next__(self) -> bytes:
        """Return the next events, or a comment that says nothing."""
        if self._is_over:
            raise StopIteration
        # Whoever gets no event at once gets to know that there is an answer.
        found = self._wait(0.0 if self._is_first else _SILENCE_SECONDS)
        self._is_first = False
        if not found:
            if self._is_over:
                raise StopIteration
            return _COMMENT
        if any(event.is_end for event in found) and not self._is_recoverable:
            self.close()
        return b"".join(map(_messages, self._documents(found)))


def _messages(document: dict[str, Any]) -> bytes:
    """Return an event as it is sent.

    Backstage's task page stops looking at a cancelling and does not read what it says: the
    page's step would go on forever. A line of the log says it before, under the same id.
    """
    if document["type"] == CANCELLED:
        return _message(document | {"type": LOG}) + _message(document)
    return _message(document)


def _message(document: dict[str, Any]) -> bytes:
    data = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return f"event: {document['type']}\ndata: {data}\n\n".encode()


class EventPoll(EventBody):
    """A JSON array of the next events, empty when there are none for ``POLL_SECONDS``."""

    def __next__(self) -> bytes:
        """Return the array."""
        if self._is_over:
            raise StopIteration
        found = self._documents(self._wait(POLL_SECONDS))
        self.close()
        return json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode()
