"""Hands the requests of an ASGI server to a WSGI application, in threads of their lane.

The event loop reads bodies and sends answers, so a client that is slow holds no thread. What
is translated is said by PEP 3333 and the ASGI specification (HTTP, version 2.3).
"""

from __future__ import annotations

import asyncio
import io
import json
import sys
import tempfile
import threading
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import field
from functools import partial
from typing import IO
from typing import TYPE_CHECKING
from typing import Any

from portal.kernel.blocking import WouldBlockError
from portal.kernel.blocking import nonblocking
from portal.kernel.errors import PayloadTooLargeError
from portal.kernel.errors import PortalError
from portal.kernel.errors import ServiceUnavailableError
from portal.server.access import AskedRequest
from portal.server.lanes import Lane
from portal.server.lanes import Lanes
from portal.server.lanes import is_quick
from portal.server.lanes import lane_of
from portal.server.sockets import Receive
from portal.server.sockets import Send
from portal.server.sockets import Sockets
from portal.web.errors import TOO_LARGE
from portal.web.errors import error_body
from portal.web.requests import MAX_FILES_BODY
from portal.web.responses import CLIENT_GONE
from portal.web.responses import JSON
from portal.web.responses import USUAL_HEADERS
from portal.web.responses import without_plugin
from portal.web.sockets import HANDSHAKE
from portal.web.sockets import Handshake

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication
    from _typeshed.wsgi import WSGIEnvironment

#: The most bytes of a query string, and of a body, that are understood within a millisecond.
_SHORT = 8 * 1024
#: Bytes of a body that are kept in memory; the rest of a larger one is on disk.
_IN_MEMORY = 512 * 1024
#: Bytes of a body that is too large, after which the connection is closed.
_MOST_DISCARDED = 64 * 1024 * 1024
#: Bytes of an answer that are sent at once.
_PIECE = 256 * 1024
Scope = Mapping[str, Any]


@dataclass
class _Answer:
    """What the application answers; ``rest`` yields what comes after ``piece``, if anything."""

    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    piece: bytes = b""
    rest: Iterator[bytes] | None = None
    body: Iterable[bytes] = ()

    def close(self) -> None:
        """Tell the application that nothing more is read."""
        close = getattr(self.body, "close", None)
        if close is not None:
            close()


class Gateway:
    """An ASGI application that calls a WSGI application.

    Args:
        application: The WSGI application.
        lanes: The threads it runs in.
        sockets: The WebSockets that it opens.
        has_access_log: Whether every request is logged.
        tries_quick_reads: Whether memory answers some requests, so that they are tried without
            a thread.
    """

    def __init__(
        self,
        application: WSGIApplication,
        lanes: Lanes,
        sockets: Sockets,
        has_access_log: bool = False,
        tries_quick_reads: bool = True,
    ) -> None:
        self._tries_quick_reads = tries_quick_reads
        self._has_access_log = has_access_log
        self._application = application
        self._lanes = lanes
        self._sockets = sockets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; what the application does not see, the server refuses."""
        if scope["type"] == "websocket":
            await self._talk(scope, receive, send)
            return
        asked = AskedRequest(scope, self._has_access_log)
        try:
            with await _read_body(receive) as body:
                await self._answer(asked, body, receive, send)
        except PortalError as error:
            await self._send_whole(asked, _refusal(error, scope), send)
        except _DisconnectedError:
            return

    async def _answer(
        self, asked: AskedRequest, body: IO[bytes], receive: Receive, send: Send
    ) -> None:
        scope = asked.scope
        lane = lane_of(scope["method"], scope["path"], scope["query_string"])
        gone = threading.Event()
        environ = asked.environ = _environ(scope, body, gone)
        work = partial(_call, self._application, environ, lane is Lane.STREAMS)
        answer = await self._answered(asked, lane, partial(asked.working, work), body)
        if answer.rest is None:
            await self._send_whole(asked, answer, send)
        else:
            asked.answered(answer.status, answer.headers)
            await self._send(lane, answer, receive, send, gone)

    async def _answered(
        self, asked: AskedRequest, lane: Lane, work: Callable[[], _Answer], body: IO[bytes]
    ) -> _Answer:
        """Return the answer to a request: made here if nothing blocks, else in a thread."""
        if lane is Lane.READS and self._tries_quick_reads and _is_quick(asked.scope, body):
            with suppress(WouldBlockError):
                return nonblocking(work)
            body.seek(0)
        return await self._lanes.run(lane, work)

    async def _send_whole(self, asked: AskedRequest, answer: _Answer, send: Send) -> None:
        asked.answered(answer.status, answer.headers)
        await _send_whole(answer, send)

    async def _talk(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the application answer a handshake as any request, then talk with the client."""
        await receive()
        scheme = "https" if scope["scheme"] == "wss" else "http"
        request = {**scope, "method": "GET", "scheme": scheme}
        try:
            with self._sockets.place():
                answer, handshake = await self._handshake(request)
                if handshake.user:
                    protocol = handshake.protocol or None
                    await send({"type": "websocket.accept", "subprotocol": protocol})
                    await self._sockets.talk(handshake.user, receive, send)
                    return
        except PortalError as error:
            answer = _refusal(error, request)
        await _refuse_socket(answer, send)

    async def _handshake(self, request: Scope) -> tuple[_Answer, Handshake]:
        handshake = Handshake()
        environ = _environ(request, io.BytesIO(), threading.Event())
        environ[HANDSHAKE] = handshake
        work = partial(_call, self._application, environ, False)
        answer = await self._lanes.run(Lane.READS, work)
        if answer.rest is not None:
            answer.close()
        return answer, handshake

    async def _send(
        self, lane: Lane, answer: _Answer, receive: Receive, send: Send, gone: threading.Event
    ) -> None:
        """Send an answer piece by piece, as fast as the client reads it."""
        watch = asyncio.create_task(_watch(receive, gone))
        step = partial(_next_piece, answer.rest or iter(()), lane is Lane.STREAMS)
        try:
            await _send_start(answer, send)
            piece = answer.piece
            while piece and not gone.is_set():
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                piece = await self._lanes.go_on(lane, step)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            gone.set()
            watch.cancel()
            await self._lanes.go_on(lane, answer.close)


def _is_quick(scope: Scope, body: IO[bytes]) -> bool:
    """Return whether a request that reads is mostly answered within a millisecond."""
    if not is_quick(scope["path"]) or len(scope["query_string"]) > _SHORT:
        return False
    return isinstance(body, io.BytesIO) and body.getbuffer().nbytes <= _SHORT


async def _watch(receive: Receive, gone: threading.Event) -> None:
    """Set ``gone`` when the client has disconnected."""
    while (await receive())["type"] != "http.disconnect":
        pass
    gone.set()


async def _send_whole(answer: _Answer, send: Send) -> None:
    await _send_start(answer, send)
    await send({"type": "http.response.body", "body": answer.piece, "more_body": False})


async def _refuse_socket(answer: _Answer, send: Send) -> None:
    await send(
        {
            "type": "websocket.http.response.start",
            "status": answer.status,
            "headers": answer.headers,
        }
    )
    await send({"type": "websocket.http.response.body", "body": answer.piece, "more_body": False})


async def _send_start(answer: _Answer, send: Send) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": answer.status,
            "headers": answer.headers,
            "trailers": False,
        }
    )


# --- requests --------------------------------------------------------------------


class _DisconnectedError(Exception):
    """The client is gone before its request had arrived."""


async def _read_body(receive: Receive) -> IO[bytes]:
    """Read a body; one that is too large is read to its end, or clients see no answer.

    Raises:
        _DisconnectedError: When the client is gone before.
        PayloadTooLargeError: When it is larger than any route allows.
    """
    message = await _message(receive)
    if not message["more_body"]:
        return io.BytesIO(message["body"])
    body = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - the caller closes it
    size = 0
    while True:
        size += len(message["body"])
        if size <= MAX_FILES_BODY:
            body.write(message["body"])
        if not message["more_body"] or size > _MOST_DISCARDED:
            break
        message = await _message(receive)
    if size > MAX_FILES_BODY:
        body.close()
        raise PayloadTooLargeError(TOO_LARGE.message)
    body.seek(0)
    return body


async def _message(receive: Receive) -> Mapping[str, Any]:
    message = await receive()
    if message["type"] != "http.request":
        raise _DisconnectedError
    return message


def _environ(scope: Scope, body: IO[bytes], gone: threading.Event) -> WSGIEnvironment:
    """Return the environment of a request (PEP 3333)."""
    server = scope["server"] or ("", None)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1] or ""),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": scope["client"][0] if scope["client"] else "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        # The body is read to its end already, also one without a length.
        "wsgi.input_terminated": True,
        CLIENT_GONE: gone.is_set,
    }
    for raw, value in scope["headers"]:
        name = raw.decode("latin-1")
        # "X_Forwarded_User" would be taken for "X-Forwarded-User", which a proxy removes.
        if "_" not in name:
            key = _KEYS.get(name) or "HTTP_" + name.upper().replace("-", "_")
            text = value.decode("latin-1")
            environ[key] = f"{environ[key]},{text}" if key in environ else text
    return environ


#: The headers that have names of their own in the environment.
_KEYS = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}


# --- answers ---------------------------------------------------------------------


def _call(application: WSGIApplication, environ: WSGIEnvironment, is_stream: bool) -> _Answer:
    """Call the application and read the first piece of its answer."""
    answer = _Answer()

    def start_response(
        status: str, headers: list[tuple[str, str]], _exc_info: Any = None, /
    ) -> Any:
        answer.status = int(status[:3])
        answer.headers = [
            _ENCODED.get(pair) or _encoded(pair)
            for pair in headers
            if pair[0] != "Date"  # the server adds one
        ]
        return answer  # nobody calls what PEP 3333 lets one call here

    answer.body = application(environ, start_response)
    rest = iter(answer.body)
    answer.piece = _next_piece(rest, is_stream)
    if is_stream or len(answer.piece) >= _PIECE:
        answer.rest = rest
    else:
        answer.close()
    return answer


def _encoded(pair: tuple[str, str]) -> tuple[bytes, bytes]:
    return pair[0].lower().encode("latin-1"), pair[1].encode("latin-1")


#: The headers that most answers have.
_ENCODED = {pair: _encoded(pair) for pair in USUAL_HEADERS}


def _next_piece(rest: Iterator[bytes], is_stream: bool) -> bytes:
    """Return what is sent next, empty at the end; of a stream, what is there first."""
    pieces: list[bytes] = []
    size = 0
    for piece in rest:
        pieces.append(piece)
        size += len(piece)
        if size >= _PIECE or (is_stream and size):
            break
    return b"".join(pieces)


def _refusal(error: PortalError, scope: Scope) -> _Answer:
    """Return the answer to a request that the application does not see."""
    query = scope["query_string"].decode("latin-1")
    url = scope["raw_path"].decode("latin-1") + (f"?{query}" if query else "")
    body = error_body(error, scope["method"], without_plugin(url))
    data = json.dumps(body).encode()
    headers = [(b"content-type", JSON.encode()), (b"content-length", str(len(data)).encode())]
    if isinstance(error, ServiceUnavailableError):
        headers.append((b"retry-after", str(error.retry_after).encode()))
    if isinstance(error, PayloadTooLargeError):
        headers.append((b"connection", b"close"))
    return _Answer(body["response"]["statusCode"], headers, data)
