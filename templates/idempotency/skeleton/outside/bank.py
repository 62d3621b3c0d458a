"""A bank that charges once for each reference, and sometimes hangs, fails or loses its answer."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from threading import Event, Lock
from typing import TYPE_CHECKING

from outside.server import PooledServer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

HANG_SECONDS = 30.0


class Mood(StrEnum):
    """How the bank treats whoever asks."""

    ANSWER = "answer"
    HANG = "hang"
    FAIL = "fail"
    CHARGE_AND_FAIL = "charge-and-fail"


class BankNextDoor:
    """The bank, as a WSGI application.

    Attributes:
        charges: the number of the charge for each reference.
        asked: how often it was asked to charge.
        when_charged: called after a charge, before the answer.

    """

    def __init__(self) -> None:
        self.charges: dict[str, str] = {}
        self.asked = 0
        self.when_charged: Callable[[], None] = lambda: None
        self._lock = Lock()
        self._mood = Mood.ANSWER
        self._changed = Event()

    def feel(self, mood: Mood) -> None:
        """Change how it treats whoever asks; those who hang are treated anew at once."""
        with self._lock:
            self._mood = mood
            self._changed.set()
            self._changed = Event()

    @contextmanager
    def serve(self, address: tuple[str, int] = ("127.0.0.1", 0)) -> Iterator[str]:
        """Serve it, and give its address."""
        with PooledServer(self, address=address) as server:
            try:
                yield server.url
            finally:
                self.feel(Mood.FAIL)

    def __call__(self, environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        """Charge: PUT /charges/<reference>."""
        order = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        with self._lock:
            self.asked += 1
            mood, changed = self._mood, self._changed
        if mood is Mood.HANG:
            changed.wait(HANG_SECONDS)
            mood = self._mood
        if order["card"] == "card_declined":
            return _reply(start, "402 Payment Required", {"message": "declined"})
        if mood is Mood.FAIL:
            return _reply(start, "500 Internal Server Error", {"message": "out of order"})
        number = self._charge(environ["PATH_INFO"].rpartition("/")[2])
        if mood is Mood.CHARGE_AND_FAIL:
            return _reply(start, "500 Internal Server Error", {"message": "out of order"})
        return _reply(start, "200 OK", {"number": number})

    def _charge(self, reference: str) -> str:
        with self._lock:
            number = self.charges.setdefault(reference, f"charge-{len(self.charges) + 1}")
        self.when_charged()
        return number


def _reply(start: "StartResponse", status: str, body: object) -> list[bytes]:
    start(status, [("Content-Type", "application/json")])
    return [json.dumps(body).encode()]
