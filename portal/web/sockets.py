"""WebSockets: what a route says of a handshake, and what is told to whom.

The server (``portal.server``) holds the connections; whether one is opened is decided by a
route, as for any request.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

#: In the environment of a request that asks for a WebSocket: its ``Handshake``.
HANDSHAKE = "portal.handshake"


@dataclass(slots=True)
class Handshake:
    """A request for a WebSocket; a route that sets ``user`` opens it.

    Attributes:
        user: The ref of the user that it is for.
        protocol: The one of the offered protocols that is spoken; browsers insist on one.
    """

    user: str = ""
    protocol: str = ""


@dataclass(frozen=True, slots=True)
class Signal:
    """Something that open pages are told.

    Attributes:
        user: The user whose pages are told; empty for everybody's.
        channel: The channel that pages subscribe to.
        message: A JSON value.
    """

    user: str
    channel: str
    message: Any


#: Returns what happened since it was called last, for some users and for everybody.
News = Callable[[Collection[str]], Sequence[Signal]]
