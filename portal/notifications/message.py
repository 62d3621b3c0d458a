"""A notification as a value, and what is asked of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: From the most urgent to the least.
SEVERITIES = ("critical", "high", "normal", "low")
DEFAULT_SEVERITY = "normal"
#: The members of a payload that are texts.
PAYLOAD_TEXTS = ("title", "description", "link", "topic", "severity", "scope", "icon")


@dataclass(frozen=True, slots=True)
class Notification:
    """A notification as one user sees it.

    Attributes:
        id: A UUID.
        user: The ref of the user it is for; ``None`` for everybody (a broadcast).
        origin: The program that sent it.
        created: When it was sent first, as ISO 8601.
        payload: Its title and the rest.
        updated: When it was sent again; ``None`` if it was not.
        read: When the user marked it as read; ``None`` if they have not.
        saved: Likewise, as saved.
    """

    id: str
    user: str | None
    origin: str
    created: str
    payload: Mapping[str, Any]
    updated: str | None = None
    read: str | None = None
    saved: str | None = None

    def sent_json(self) -> dict[str, Any]:
        """Return it as its sender gets it; in Backstage one that is new has fewer members."""
        if self.updated:
            return self.to_json()
        named = {"id": self.id, "user": self.user, "origin": self.origin}
        return {"payload": dict(self.payload), "created": _wire(self.created), **named}

    def to_json(self) -> dict[str, Any]:
        """Return it as clients get it: texts that are not there are null, as in Backstage."""
        payload: dict[str, Any] = {name: self.payload.get(name) for name in PAYLOAD_TEXTS}
        if self.payload.get("metadata") is not None:
            payload["metadata"] = self.payload["metadata"]
        return {
            "id": self.id,
            "user": self.user,
            "created": _wire(self.created),
            "saved": _wire(self.saved),
            "read": _wire(self.read),
            "updated": _wire(self.updated),
            "origin": self.origin,
            "payload": payload,
        }


def _wire(time: str | None) -> str | None:
    """Return a time as JavaScript writes it."""
    return time and time.replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Query:
    """Which notifications of a user are asked for; what is ``None`` does not matter.

    Attributes:
        ids: Only these.
        search: A text in title or description, in any letter case.
        topic: The topic.
        read: Whether they are read.
        saved: Whether they are saved.
        created_after: The earliest time they were sent, as ISO 8601 in UTC.
        minimum_severity: The least urgent severity.
    """

    ids: tuple[str, ...] | None = None
    search: str = ""
    topic: str = ""
    read: bool | None = None
    saved: bool | None = None
    created_after: str = ""
    minimum_severity: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of the found ones is wanted.

    Attributes:
        order: Fields and whether they are descending; the newest first if there are none.
        offset: How many are left out.
        limit: The greatest number.
    """

    order: tuple[tuple[str, bool], ...] = ()
    offset: int = 0
    limit: int = 1_000
