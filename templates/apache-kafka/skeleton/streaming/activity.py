"""What users do on the website: clicks, page views and searches."""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict, dataclass, field

TOPIC = "user-activity"
KINDS = ("click", "page_view", "search")


class EventError(ValueError):
    """A message is no event."""


@dataclass(frozen=True)
class Activity:
    """One thing a user did.

    Args:
        user: Who; events of one user stay in order, because it is the message's key.
        kind: One of ``KINDS``.
        target: The page, the product, or what was searched for.
        at: Seconds since 1970.
        id: Of the event itself: a message that comes twice has it twice.
    """

    user: str
    kind: str
    target: str
    at: float
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def __post_init__(self) -> None:
        """Refuse kinds nobody reads."""
        if self.kind not in KINDS:
            raise EventError(f"kind must be one of {', '.join(KINDS)}, not {self.kind!r}")

    def to_json(self) -> bytes:
        """Return the event as a message's value."""
        return json.dumps(asdict(self), ensure_ascii=False).encode()


def read_activity(value: bytes) -> Activity:
    """Return the event of a message.

    Raises:
        EventError: When it is none.
    """
    try:
        return Activity(**json.loads(value))
    except (TypeError, ValueError) as error:
        raise EventError(str(error)) from None
