"""Streaming response bodies: server-sent events, and a long poll.

The bodies are iterators, so that the server can go on with other requests meanwhile
(``portal/roles/web.py``). Closing a body unsubscribes its client, read to the end or not.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from typing import Any

from portal.scaffolder.tasks.model.task import CANCELLED
from portal.scaffolder.tasks.model.task import LOG
from portal.scaffolder.tasks.model.task import TaskEvent
from portal.scaffolder.tasks.serving.feed import EventFeed
from portal.scaffolder.tasks.serving.feed import Watch

#: Seconds between two checks whether the client is still connected.
_LOOK_SECONDS = 1.0
#: After so many seconds without an event a comment is sent: proxies close idle connections.
_SILENCE_SECONDS = 15.0
_COMMENT = b":\n\n"
#: The longest time a poll waits for an event, in seconds.
POLL_SECONDS = 30.0


class EventBody(Iterator[bytes]):
    """A response body that waits for events.

    Args:
        feed: Delivers the events.
        watch: The client's subscription.
        is_recoverable: Whether another run may follow the end of one.
        is_gone: Returns whether the client has disconnected.
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
        """Unsubscribe the client."""
        self._is_over = True
        self._feed.leave(self._watch)

    def _documents(self, events: Iterable[TaskEvent]) -> list[dict[str, Any]]:
        return [event.to_json(is_recoverable=self._is_recoverable) for event in events]

    def _wait(self, seconds: float) -> list[TaskEvent]:
        """Return the next events; empty after ``seconds``, or when the client is gone."""
        end = time.monotonic() + seconds
        while not (self._is_gone() or self._feed.is_closed):
            left = end - time.monotonic()
            found = self._feed.wait(self._watch, max(0.0, min(left, _LOOK_SECONDS)))
            if found or left <= 0:
                return found
        self.close()
        return []


class EventStream(EventBody):
    """Server-sent events up to the completion of the run."""

    _is_first = True

    def __next__(self) -> bytes:
        """Return the next events as bytes, or an empty comment after a silence.

        Raises:
            StopIteration: When the run has ended or the client is gone.
        """
        if self._is_over:
            raise StopIteration
        # Without an event, a comment is sent at once: it makes the server send the headers.
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
    """Return an event as server-sent messages.

    Backstage's task page ignores the status in a ``cancelled`` event, so that its step would
    run forever. A ``log`` message with that status is sent before it, under the same id.
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
        """Return the array, once.

        Raises:
            StopIteration: When it was returned before, or the client is gone.
        """
        if self._is_over:
            raise StopIteration
        found = self._documents(self._wait(POLL_SECONDS))
        self.close()
        return json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode()
