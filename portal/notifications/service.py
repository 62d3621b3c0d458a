"""Notifications as the API offers them: who may be told what, and for how long it is kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from urllib.parse import urljoin
from urllib.parse import urlsplit

from portal.kernel.clock import now
from portal.kernel.errors import InputError
from portal.kernel.errors import NotFoundError
from portal.notifications.message import DEFAULT_SEVERITY
from portal.notifications.message import Notification
from portal.notifications.message import Page
from portal.notifications.message import Query
from portal.notifications.preferences import chosen
from portal.notifications.preferences import described
from portal.notifications.recipients import FindEntities
from portal.notifications.recipients import users_of
from portal.notifications.store import NotificationStore

_NOT_SENT = "Failed to send user notifications"
_BAD_LINK = "Invalid link provided; caused by Error: Only HTTP/HTTPS links are allowed"


class Notifications:
    """Sends notifications, and answers what users ask of them.

    Args:
        store: Where they are.
        find: Finds entities, to decide who is meant.
        base_url: The address of the portal, which links are relative to.
        days: How many days they are kept; 0 keeps them for good.
    """

    def __init__(
        self, store: NotificationStore, find: FindEntities, base_url: str, days: float
    ) -> None:
        self._store = store
        self._find = find
        self._base_url = base_url
        self._days = days
        self.topics = store.topics
        self.counts = store.counts
        self.find = store.find

    def send(
        self, origin: str, recipients: dict[str, Any], payload: dict[str, Any]
    ) -> list[Notification]:
        """Send a notification; return it once for every user who gets it.

        Args:
            origin: The program that sends it.
            recipients: ``{"type": "broadcast"}``, or the entities that are meant.
            payload: What it says.

        Raises:
            InputError: When its link is no web address, or a ref is malformed.
        """
        self._check_link(payload.get("link"))
        content = {"severity": DEFAULT_SEVERITY, **payload}
        if recipients["type"] == "broadcast":
            return self._store.broadcast(origin, content, self._oldest())
        if "entityRef" not in recipients:
            msg = "request/body/recipients must have required property 'entityRef'"
            raise InputError(msg)
        named, excluded = (_several(recipients.get(x)) for x in ("entityRef", "excludeEntityRef"))
        try:
            users = users_of(named, excluded, self._find)
        except ValueError as error:
            msg = f"{_NOT_SENT}; caused by TypeError: {error}"
            raise InputError(msg) from None
        return self._store.send(users, origin, content, self._oldest())

    def get(self, user: str, notification_id: str) -> Notification:
        """Return one notification of a user.

        Raises:
            NotFoundError: When the user has no such notification.
        """
        found, _ = self._store.find(user, Query(ids=(notification_id,)), Page(limit=1))
        if not found:
            raise NotFoundError("Not found")
        return found[0]

    def mark(
        self, user: str, ids: Sequence[str], *, read: bool | None, saved: bool | None
    ) -> list[Notification]:
        """Mark notifications of a user, and return them; ``None`` leaves a mark as it is."""
        changes = {
            column: now() if wanted else None
            for column, wanted in (("read_at", read), ("saved_at", saved))
            if wanted is not None
        }
        if changes:
            self._store.mark(user, ids, **changes)
        return self._store.find(user, Query(ids=tuple(ids)), Page())[0]

    def settings(self, user: str) -> dict[str, Any]:
        """Return what a user wants to be told, of the origins that told them anything."""
        return described(self._store.preferences(user), self._store.origins(user))

    def change_settings(self, user: str, settings: dict[str, Any]) -> dict[str, Any]:
        """Store what a user wants to be told; return it as ``settings`` does.

        Raises:
            InputError: When a channel does not exist.
        """
        self._store.prefer(user, chosen(settings))
        return self.settings(user)

    def _check_link(self, link: str | None) -> None:
        if not link:
            return
        try:
            scheme = urlsplit(urljoin(f"{self._base_url}/", link.lstrip())).scheme
        except ValueError:
            scheme = ""
        if scheme not in {"http", "https"}:
            raise InputError(_BAD_LINK)

    def _oldest(self) -> str:
        """Return the time before which notifications are removed."""
        if not self._days:
            return ""
        oldest = dt.datetime.now(dt.UTC) - dt.timedelta(days=self._days)
        return oldest.isoformat(timespec="milliseconds")


def _several(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())
