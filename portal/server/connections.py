"""Connections: what a client may hold on to, and for how long.

uvicorn's protocol for httptools (llhttp, the parser of Node.js), with what it leaves open:
a bound on connections, and on the time and the size in which the head of a request arrives.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from portal.kernel.errors import InputError
from portal.web.errors import error_body
from portal.web.responses import JSON

_NOT_ASCII = re.compile(rb"[\x80-\xff]")
#: The most bytes of a request line and headers.
_LARGEST_HEAD = 256 * 1024
#: Bodies of fewer bytes are sent together with the head, which copies them.
_SMALL = 64 * 1024
#: Seconds after which a connection is closed whose client neither sends nor reads.
_IDLE_SECONDS = 60.0
#: Seconds in which the first request of a connection may arrive that was made before the end.
_LAST_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """What clients may hold on to in one process.

    Attributes:
        connections: How many connections are kept; beyond them, the one is closed that waits
            longest for its client.
        request_seconds: The time in which a whole request has to arrive.
    """

    connections: int
    request_seconds: float


class _Sender(asyncio.Transport):
    """Sends what is written first together with what comes next: the head of an answer and its body.

    Each call of the system costs as much as a tenth of a quick answer, and wakes the client.

    Args:
        transport: The transport of the connection.
        loop: Its event loop, which sends what nothing came after.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._transport = transport
        self._loop = loop
        self._held: bytes | bytearray | memoryview = b""
        self._has_begun = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send some bytes, the first of them later."""
        if not self._has_begun:
            self._has_begun = True
            self._held = data
            self._loop.call_soon(self._send_held)
        elif self._held and len(data) < _SMALL:
            held, self._held = self._held, b""
            self._transport.write(b"".join((held, data)))
        else:
            self._send_held()
            self._transport.write(data)

    def _send_held(self) -> None:
        if self._held:
            held, self._held = self._held, b""
            self._transport.write(held)

    def is_closing(self) -> bool:
        """Return whether the connection is closed, or about to be."""
        return self._transport.is_closing()

    def close(self) -> None:
        """Close the connection once everything is sent."""
        self._send_held()
        self._transport.close()


class Connection(HttpToolsProtocol):
    """A connection that is closed when its request does not arrive, or others need its place."""

    limits: ConnectionLimits
    #: Since when the client has something to send; ``None`` while it waits for an answer.
    waiting_since: float | None = None
    #: Whether a request has begun to arrive, and whether its first line is still arriving.
    _has_begun = False
    _is_in_line = True
    _head_size = 0
    #: Bytes of an answer that the client has yet to read, and since when there are so many.
    _unread: tuple[int, float] = (0, 0.0)
    #: Whether the process ends with the answer to the next request.
    _is_last = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request; close another connection when there are too many."""
        super().connection_made(transport)
        self.waiting_since = time.monotonic()
        if len(self.connections) > self.limits.connections:
            longest_waiting(self.connections, self).transport.abort()

    def data_received(self, data: bytes) -> None:
        """Take what has arrived of requests."""
        if self.waiting_since is not None and not self._has_begun:
            self._has_begun = True
            self.waiting_since = time.monotonic()
        self._head_size += len(data)
        super().data_received(self._encoded(data) if self._is_in_line else data)
        if self._head_size > _LARGEST_HEAD and not self.transport.is_closing():
            self.send_400_response("The head of the request is too large")

    def _encoded(self, data: bytes) -> bytes:
        """Percent-encode raw UTF-8 in a request line: ``curl …/search?q=카프카`` sends it.

        RFC 3986 asks clients for that, and the parser refuses anything else.
        """
        line, end, rest = data.partition(b"\n")
        self._is_in_line = not end
        if line.isascii():
            return data
        return _NOT_ASCII.sub(lambda byte: b"%%%02X" % byte[0][0], line) + end + rest

    def on_headers_complete(self) -> None:
        """Start the request.

        Raises:
            HttpParserError: When the end of the request can be read in two ways.
        """
        self._head_size = -(1 << 62)
        codings = [value.lower() for name, value in self.headers if name == b"transfer-encoding"]
        if codings and (codings != [b"chunked"] or self.parser.get_http_version() == "1.0"):
            # RFC 9112, 6.1: what came before may have read another end of it (smuggling).
            msg = "Transfer-Encoding is no other than chunked, and none in HTTP/1.0"
            raise httptools.HttpParserError(msg)
        super().on_headers_complete()
        if self.cycle is None:
            return
        if not isinstance(self.cycle.transport, _Sender):
            self.cycle.transport = _Sender(self.transport, self.loop)
        if self._is_last:
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        """Note that the client has sent what it has to send."""
        super().on_message_complete()
        self._head_size = 0
        self._has_begun = False
        self._is_in_line = True
        self.waiting_since = None

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        if not self.pipeline:
            self.waiting_since = time.monotonic()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no request in Backstage's shape, and close the connection."""
        body = json.dumps(error_body(InputError(msg), "", "/")).encode()
        head = f"HTTP/1.1 400 Bad Request\r\nContent-Type: {JSON}\r\n"
        head += f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        self.transport.write(head.encode() + body)
        self.transport.close()

    def shutdown(self) -> None:
        """End with the answer under way; a connection that was just made has its first one."""
        if self.cycle is not None or self._is_last:
            super().shutdown()
            return
        self._is_last = True
        self.loop.call_later(_LAST_SECONDS, self._close_unused)

    def _close_unused(self) -> None:
        if self.cycle is None:
            self.transport.close()

    def is_late(self, now: float) -> bool:
        """Return whether the client has neither sent nor read what it has to for too long."""
        if self.waiting_since is not None:
            limit = self.limits.request_seconds if self._has_begun else _IDLE_SECONDS
            return now - self.waiting_since > limit
        size = self.transport.get_write_buffer_size()
        if size != self._unread[0]:
            self._unread = (size, now)
        return bool(size) and now - self._unread[1] > _IDLE_SECONDS


def close_late(connections: Iterable[Any]) -> None:
    """Close the connections whose clients keep them for nothing."""
    now = time.monotonic()
    for each in [each for each in connections if isinstance(each, Connection)]:
        if each.is_late(now):
            each.transport.abort()


def longest_waiting(connections: Iterable[Any], newest: Connection) -> Connection:
    """Return the connection that waits longest for its client; the newest when none does."""
    waiting = [
        (each.waiting_since, each)
        for each in connections
        if isinstance(each, Connection) and each is not newest and each.waiting_since is not None
    ]
    return min(waiting, key=lambda pair: pair[0], default=(0.0, newest))[1]
