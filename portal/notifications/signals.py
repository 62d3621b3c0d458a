"""What open pages are told of notifications, in the words of Backstage's notifications plugin."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Collection
from typing import Any

from portal.notifications.store import NotificationStore
from portal.web.sockets import Signal

_CHANNEL = "notifications"
#: Seconds that a transaction, or another machine's clock, may be late.
_OVERLAP = 10.0
#: Seconds that are looked back when nobody has asked for longer than that.
_FRESH = 2.0


class NotificationSignals:
    """Finds what is new.

    Used by one thread at a time.

    Args:
        store: The notifications.
    """

    def __init__(self, store: NotificationStore) -> None:
        self._store = store
        self._asked = -_OVERLAP
        #: What was told within the overlap.
        self._told: frozenset[tuple[str, ...]] = frozenset()

    def news(self, users: Collection[str]) -> list[Signal]:
        """Return what happened since the last call; within two seconds, if that was long ago.

        Args:
            users: The refs of the users that listen.
        """
        if not users:
            return []
        is_first = time.monotonic() - self._asked >= _OVERLAP
        self._asked = time.monotonic()
        since = _ago(_FRESH if is_first else _OVERLAP)
        sent = self._store.sent_since(users, since)
        read = self._store.read_since(users, since)
        told, self._told = self._told, frozenset((*sent, *read))
        return [
            *(_signal(row, _new(row[0])) for row in sent if row not in told),
            *(_signal(row, _read(row[0])) for row in read if row not in told),
        ]


def _signal(row: tuple[str, ...], message: Any) -> Signal:
    return Signal(row[1], _CHANNEL, message)


def _new(notification_id: str) -> dict[str, Any]:
    return {"action": "new_notification", "notification_id": notification_id}


def _read(notification_id: str) -> dict[str, Any]:
    return {"action": "notification_read", "notification_ids": [notification_id]}


def _ago(seconds: float) -> str:
    then = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=seconds)
    return then.isoformat(timespec="milliseconds")
