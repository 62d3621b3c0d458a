"""A service of others, which answers, fails, hangs or dribbles as it is told."""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from threading import Event, Lock
from typing import TYPE_CHECKING

from outside.server import PooledServer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

# For the caller, half a minute is for ever.
HANG_SECONDS = 30.0
DRIBBLE_SECONDS = 0.1


class Behaviour(StrEnum):
    """How the service treats whoever asks."""

    ANSWER = "answer"
    FAIL = "fail"
    HANG = "hang"
    DRIBBLE = "dribble"


class Neighbour:
    """The service, as a WSGI application; `hits` counts how often it was asked."""

    def __init__(self, answer: Callable[[str], object | None]) -> None:
        self.hits = 0
        self._answer = answer
        self._lock = Lock()
        self._behaviour = Behaviour.ANSWER
        self._changed = Event()

    def behave(self, behaviour: Behaviour) -> None:
        """Change how it treats whoever asks; those who hang are treated anew at once."""
        with self._lock:
            self._behaviour = behaviour
            self._changed.set()
            self._changed = Event()

    @contextmanager
    def serve(self) -> Iterator[str]:
        """Serve it, and give its address."""
        with PooledServer(self) as server:
            try:
                yield server.url
            finally:
                self.behave(Behaviour.FAIL)

    def __call__(self, environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        """Treat a request as told; "PUT /behaviour" tells."""
        path = environ["PATH_INFO"]
        if path == "/behaviour":
            word = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode()
            self.behave(Behaviour(word))
            return _reply(start, "200 OK", {"behaviour": word})
        with self._lock:
            self.hits += 1
            behaviour, changed = self._behaviour, self._changed
        if behaviour is Behaviour.HANG:
            changed.wait(HANG_SECONDS)
            behaviour = self._behaviour
        if behaviour is Behaviour.DRIBBLE:
            start("200 OK", [("Content-Type", "application/json")])
            return _dribble(changed)
        found = self._answer(path.rpartition("/")[2])
        return _reply(start, *_told(behaviour, found))


def _told(behaviour: Behaviour, found: object | None) -> tuple[str, object]:
    if behaviour is not Behaviour.ANSWER:
        return "500 Internal Server Error", {"message": "out of order"}
    if found is None:
        return "404 Not Found", {"message": "not found"}
    return "200 OK", found


def _dribble(changed: Event) -> Iterator[bytes]:
    """Send a blank now and then: never silent for long, and never done."""
    for _ in range(int(HANG_SECONDS / DRIBBLE_SECONDS)):
        if changed.is_set():
            return
        yield b" "
        time.sleep(DRIBBLE_SECONDS)


def _reply(start: "StartResponse", status: str, body: object) -> list[bytes]:
    start(status, [("Content-Type", "application/json")])
    return [json.dumps(body).encode()]


def inventory() -> Neighbour:
    """Return the inventory service: plenty of umbrellas, no raincoat left."""
    stock = {"umbrella": 1_000_000, "raincoat": 0}
    return Neighbour(lambda item: {"available": stock[item]} if item in stock else None)


def weather() -> Neighbour:
    """Return the weather service of two cities."""
    told = {"seoul": {"celsius": 21.5, "sky": "clear"}, "busan": {"celsius": 24, "sky": "rain"}}
    return Neighbour(told.get)
