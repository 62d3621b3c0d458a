"""Open WebSockets of one process: who listens to which channel, and telling them.

The messages are those of Backstage's signals: a client sends ``{"action": "subscribe",
"channel": "notifications"}``, and gets ``{"channel": …, "message": …}``. Anything else that it
sends is ignored, as there. What happened is asked for every two seconds while somebody listens,
since it may have happened in another process or on another machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from functools import partial
from typing import Any

from portal.kernel.errors import BusyError
from portal.server.lanes import Lane
from portal.server.lanes import Lanes
from portal.web.sockets import News
from portal.web.sockets import Signal

_LOG = logging.getLogger(__name__)
#: Bytes of a message of a client.
LARGEST_MESSAGE = 4 * 1024
#: Seconds between two looks at what happened.
_LOOK_SECONDS = 2.0
#: Seconds that a client has to take a message.
_SEND_SECONDS = 10.0
#: Seconds after which a client has to show its credentials again, by connecting anew.
_LONGEST_SECONDS = 60 * 60.0
#: The most channels of a client, characters of a channel's name, and messages that wait.
_MOST_CHANNELS, _LONGEST_NAME, _MOST_WAITING = 16, 64, 64
#: The code of a server that asks to connect again; Backstage's client stays away after 1001.
_CONNECT_AGAIN = 1012

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]


@dataclass(eq=False, slots=True)
class _Socket:
    """An open WebSocket of a user.

    Attributes:
        user: The ref of the user.
        channels: What the client has subscribed to.
        waiting: Messages that were not sent yet.
    """

    user: str
    channels: set[str] = field(default_factory=set)
    waiting: asyncio.Queue[str] = field(default_factory=lambda: asyncio.Queue(_MOST_WAITING))

    def take(self, text: str) -> None:
        """Take a message of the client."""
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            return
        if not isinstance(found, dict):
            return
        action, channel = found.get("action"), found.get("channel")
        if not isinstance(channel, str) or len(channel) > _LONGEST_NAME:
            return
        if action == "subscribe" and len(self.channels) < _MOST_CHANNELS:
            self.channels.add(channel)
        elif action == "unsubscribe":
            self.channels.discard(channel)

    def tell(self, signal: Signal) -> None:
        """Send a signal soon, if it is meant; a client that does not read misses it."""
        if signal.channel in self.channels and signal.user in ("", self.user):
            body = {"channel": signal.channel, "message": signal.message}
            with contextlib.suppress(asyncio.QueueFull):
                self.waiting.put_nowait(json.dumps(body))


class Sockets:
    """Talks with the clients that hold a WebSocket.

    Belongs to one event loop, in which all its methods are called.

    Args:
        most: How many there may be.
        news: Returns what happened; called in a thread.
        lanes: Where it is called.
        pause: Seconds between two calls.
    """

    def __init__(self, most: int, news: News, lanes: Lanes, pause: float = _LOOK_SECONDS) -> None:
        self._most = most
        self._news = news
        self._lanes = lanes
        self._pause = pause
        self._taken = 0
        self._open: set[_Socket] = set()
        self._look: asyncio.Task[None] | None = None

    @contextlib.contextmanager
    def place(self) -> Iterator[None]:
        """Keep a place for a client.

        Raises:
            BusyError: When all are taken.
        """
        if self._taken >= self._most:
            raise BusyError("Too many pages are open already; try again in a moment")
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1

    async def talk(self, user: str, receive: Receive, send: Send) -> None:
        """Talk with a client until it is gone, or has been there for an hour."""
        socket = _Socket(user)
        self._open.add(socket)
        if self._look is None:
            self._look = asyncio.create_task(self._look_for_news())
        reading = asyncio.create_task(_read(socket, receive))
        writing = asyncio.create_task(_write(socket, send))
        both = {reading, writing}
        try:
            await asyncio.wait(both, timeout=_LONGEST_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._open.discard(socket)
            for task in both:
                task.cancel()
        if not reading.done():
            with contextlib.suppress(OSError):
                await _in_time(send({"type": "websocket.close", "code": _CONNECT_AGAIN}))

    async def _look_for_news(self) -> None:
        """Tell the sockets what happened, as long as there are any."""
        try:
            while self._open:
                for signal in await self._signals():
                    for socket in self._open:
                        socket.tell(signal)
                await asyncio.sleep(self._pause)
        finally:
            self._look = None

    async def _signals(self) -> Sequence[Signal]:
        users = frozenset(socket.user for socket in self._open if socket.channels)
        try:
            return await self._lanes.run(Lane.READS, partial(self._news, users))
        except Exception as error:  # noqa: BLE001 - whatever it is, clients stay, and it is tried again
            _LOG.warning("open pages are not told what happened: %s", error)
            return ()


async def _read(socket: _Socket, receive: Receive) -> None:
    while (message := await receive())["type"] == "websocket.receive":
        socket.take(message.get("text") or "")


async def _write(socket: _Socket, send: Send) -> None:
    with contextlib.suppress(OSError):  # it is gone, or takes nothing
        while True:
            text = await socket.waiting.get()
            await _in_time(send({"type": "websocket.send", "text": text}))


async def _in_time(work: Awaitable[None]) -> None:
    async with asyncio.timeout(_SEND_SECONDS):
        await work
