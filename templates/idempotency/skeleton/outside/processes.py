"""The API in a process of its own, which can be killed."""

import signal
from datetime import datetime, timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from threading import Event
from typing import Self

from outside.server import PooledServer
from shop.clock import utc_now
from shop.settings import Settings
from shop.wsgi import create_app

# Nothing is inherited, as if it ran on a different machine.
SPAWN = get_context("spawn")


class ApiProcess:
    """The API; its clock may be ahead by some seconds, as if it had been started later."""

    def __init__(self, settings: Settings, bank_url: str, seconds_later: float = 0) -> None:
        self._line, theirs = SPAWN.Pipe()
        self._process = SPAWN.Process(
            target=serve, args=(theirs, settings, bank_url, seconds_later), daemon=True
        )
        self.url = ""

    def kill(self) -> None:
        """Kill it: no code of it runs any more."""
        self._process.kill()
        self._process.join()

    def __enter__(self) -> Self:
        """Start it, and wait until it serves."""
        # Ctrl-C reaches all processes of a terminal. This one ignores it: the first one ends it.
        handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._process.start()
        signal.signal(signal.SIGINT, handler)
        self.url = self._line.recv()
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self.kill()


def serve(line: Connection, settings: Settings, bank_url: str, seconds_later: float) -> None:
    """Serve the API until the process is killed."""

    def clock() -> datetime:
        return utc_now() + timedelta(seconds=seconds_later)

    with PooledServer(create_app(settings, bank_url, clock)) as server:
        line.send(server.url)
        Event().wait()
