"""One process of the web role: uvicorn on sockets that are bound already."""

from __future__ import annotations

import resource
import signal
import socket
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING

import uvicorn

from portal.server.connections import Connection
from portal.server.connections import ConnectionLimits
from portal.server.connections import close_late
from portal.server.gateway import Gateway
from portal.server.lanes import Lanes
from portal.server.lanes import lane_limits
from portal.server.sockets import LARGEST_MESSAGE
from portal.server.sockets import Sockets
from portal.web.sockets import News

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

#: Seconds within which answers that are under way are finished when the process ends.
GRACE_SECONDS = 20
#: Connections that browsers keep open, for each request that is handled at the same time.
_CONNECTIONS_OF_A_THREAD = 128
#: Files a process has open beside connections.
_OTHER_FILES = 256
#: How often uvicorn calls ``on_tick`` in a second.
_TICKS = 10


def most_connections(threads: int, streams: int) -> int:
    """Return how many connections a process keeps, as far as the system allows open files."""
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    wanted = streams + _CONNECTIONS_OF_A_THREAD * threads
    return max(16, min(wanted, allowed - _OTHER_FILES))


class WebServer(uvicorn.Server):
    """Serves a WSGI application until SIGTERM or SIGINT.

    Args:
        application: The application.
        threads: How many requests that read are handled at the same time.
        streams: How many clients may wait for events.
        request_seconds: The time in which a whole request has to arrive.
        news: Returns what open pages are told.
        close_streams: Ends the event streams, which have no end of their own.
        tell_alive: Called once a second.
        has_access_log: Whether every request is logged.
        tries_quick_reads: Whether memory answers some requests, without a thread.
    """

    def __init__(
        self,
        application: WSGIApplication,
        *,
        threads: int,
        streams: int,
        request_seconds: float,
        news: News,
        close_streams: Callable[[], None],
        tell_alive: Callable[[], None],
        has_access_log: bool = False,
        tries_quick_reads: bool = True,
    ) -> None:
        limits = ConnectionLimits(most_connections(threads, streams), request_seconds)
        lanes = Lanes(lane_limits(threads, streams))
        super().__init__(
            uvicorn.Config(
                Gateway(
                    application,
                    lanes,
                    Sockets(streams, news, lanes),
                    has_access_log,
                    tries_quick_reads,
                ),
                http=type("LimitedConnection", (Connection,), {"limits": limits}),
                ws="websockets-sansio",
                ws_max_size=LARGEST_MESSAGE,
                ws_per_message_deflate=False,
                loop="uvloop",
                lifespan="off",
                interface="asgi3",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )
        self._close_streams = close_streams
        self._tell_alive = tell_alive

    async def on_tick(self, counter: int) -> bool:
        """Once a second, close connections that are kept for nothing."""
        if counter % _TICKS == 0:
            close_late(list(self.server_state.connections))
            self._tell_alive()
        return await super().on_tick(counter)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End: no new connections, and streams are closed."""
        self._close_streams()
        super().handle_exit(sig, frame)

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until the process is told to end, and answers under way are finished."""
        for number in (signal.SIGTERM, signal.SIGINT):
            # uvicorn raises the signal once more at its end, when there is nothing left to do.
            signal.signal(number, signal.SIG_IGN)
        super().run(sockets)
