"""What becomes of connections when a process of the web role ends."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from collections.abc import Callable
from collections.abc import Iterable
from contextlib import asynccontextmanager
from typing import Any

from portal.server.serving import WebServer

_REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


def _application(_environ: Any, start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]


@asynccontextmanager
async def _serving() -> AsyncIterator[tuple[WebServer, int]]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = WebServer(
            _application,
            threads=2,
            streams=2,
            request_seconds=5,
            news=lambda _users: (),
            close_streams=lambda: None,
            tell_alive=lambda: None,
        )
        serving = asyncio.create_task(server.serve([listening]))
        yield server, listening.getsockname()[1]
        server.should_exit = True
        await asyncio.wait_for(serving, 30)


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0)


async def _connect(
    server: WebServer, port: int
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect, and wait until the server knows of it."""
    known = len(server.server_state.connections)
    connected = await asyncio.open_connection("127.0.0.1", port)
    await _until(lambda: len(server.server_state.connections) > known)
    return connected


async def _end(server: WebServer) -> None:
    """Tell the server to end, and wait until it has told its connections."""
    listening = server.servers[0]
    server.should_exit = True
    await _until(lambda: not listening.is_serving())


def test_a_connection_that_was_just_made_has_its_request_answered() -> None:
    async def talk() -> bytes:
        async with _serving() as (server, port):
            reader, writer = await _connect(server, port)
            await _end(server)
            writer.write(_REQUEST)
            return await reader.read()

    answer = asyncio.run(talk())  # all there is until the connection is closed
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"ok")


def test_one_that_was_used_or_stays_silent_is_closed() -> None:
    async def talk() -> tuple[bytes, bytes]:
        async with _serving() as (server, port):
            used, writer = await _connect(server, port)
            writer.write(_REQUEST)
            await used.readuntil(b"ok")
            silent, _ = await _connect(server, port)
            await _end(server)
            return await used.read(), await silent.read()

    assert asyncio.run(talk()) == (b"", b"")
