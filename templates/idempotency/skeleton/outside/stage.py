"""The API running beside its bank, and a client that asks it."""

import socket
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from outside.bank import BankNextDoor, Mood
from outside.server import PooledServer
from shop.clock import ManualClock
from shop.settings import Settings
from shop.wsgi import create_app

PAYMENT = {"card": "card_visa", "amount": 12_000, "currency": "KRW"}


@dataclass(frozen=True)
class Client:
    """Asks the API."""

    http: httpx.Client

    def pay(
        self, key: str | None, seconds: float = 60, client: str = "alice", **changes: object
    ) -> httpx.Response:
        """Ask for a payment, by default always for the same, and wait so long."""
        headers = {"Authorization": f"Bearer {client}"}
        if key is not None:
            headers["Idempotency-Key"] = key
        body = PAYMENT | changes
        return self.http.post("/payments", json=body, headers=headers, timeout=seconds)

    def put_user(self, user: str, name: str = "Kim") -> httpx.Response:
        """Write a user whole."""
        return self.http.send(self._put(user, name))

    def put_user_and_hang_up(self, user: str) -> None:
        """Send the same, and do not wait for the answer: as if the network had failed."""
        put = self._put(user, "Kim")
        lines = [f"PUT {put.url.path} HTTP/1.0", *(f"{k}: {v}" for k, v in put.headers.items())]
        with socket.create_connection((put.url.host, put.url.port or 80)) as line:
            line.sendall("\r\n".join([*lines, "", ""]).encode() + put.content)

    def _put(self, user: str, name: str) -> httpx.Request:
        body = {"name": name, "email": "kim@example.com"}
        return self.http.build_request("PUT", f"/users/{user}", json=body, timeout=60)


@dataclass(frozen=True)
class Stage:
    """The API, its bank and its clock."""

    client: Client
    bank: BankNextDoor
    bank_url: str
    clock: ManualClock


@contextmanager
def stage(settings: Settings) -> Iterator[Stage]:
    """Run the API in this process."""
    bank, clock = BankNextDoor(), ManualClock()
    with (
        bank.serve() as bank_url,
        PooledServer(create_app(settings, bank_url, clock)) as server,
        client_of(server.url) as client,
    ):
        try:
            yield Stage(client, bank, bank_url, clock)
        finally:
            # The API ends when its bank has answered.
            bank.feel(Mood.FAIL)


@contextmanager
def client_of(url: str) -> Iterator[Client]:
    """Give a client of the API at the address."""
    with httpx.Client(base_url=url, trust_env=False) as http:
        yield Client(http)


def at_once(
    count: int, ask: Callable[[], httpx.Response], when_one_waits: Callable[[], None] = lambda: None
) -> list[httpx.Response]:
    """Ask so many times side by side.

    When all but one have been answered, `when_one_waits` is called, so that no timing decides
    which of them still waits.
    """
    with ThreadPoolExecutor(count) as crowd:
        waiting = [crowd.submit(ask) for _ in range(count)]
        for answered, _ in enumerate(as_completed(waiting), start=1):
            if answered == count - 1:
                when_one_waits()
    return [answer.result() for answer in waiting]


def wait_until(true: Callable[[], bool], seconds: float = 20) -> None:
    """Wait until it is true.

    Raises:
        TimeoutError: it has not become true.

    """
    give_up = time.monotonic() + seconds
    while not true():
        if time.monotonic() > give_up:
            raise TimeoutError
        time.sleep(0.01)


def new_id() -> str:
    """Return a UUID, as clients make them."""
    return str(uuid.uuid4())
