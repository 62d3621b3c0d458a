"""The order service and the gateway, running among their neighbours, and whoever asks them."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from outside.neighbour import Neighbour, inventory, weather
from outside.server import PooledServer
from shop.circuit import Circuit
from shop.clock import ManualClock
from shop.deadline import DeadlineClient
from shop.gateway import create_gateway
from shop.inventory import Inventory, UnknownItemError
from shop.orders import create_orders
from shop.settings import Settings
from shop.stores import make_circuit
from shop.weather import UnknownCityError, WeatherDesk


@dataclass(frozen=True)
class Answer:
    """What came back, and how long it took."""

    status: int
    body: dict[str, Any]
    headers: httpx.Headers
    seconds: float


@dataclass(frozen=True)
class Stage:
    """A service of the shop, the neighbour it depends on, and the circuit between them."""

    neighbour: Neighbour
    circuit: Circuit
    clock: ManualClock
    http: httpx.Client

    def order(self, item: str = "umbrella", quantity: int = 1) -> Answer:
        """Place an order."""
        return self._ask("POST", "/orders", {"item": item, "quantity": quantity})

    def get(self, path: str) -> Answer:
        """Ask for something to read."""
        return self._ask("GET", path)

    def _ask(self, method: str, path: str, body: dict[str, object] | None = None) -> Answer:
        began = time.perf_counter()
        response = self.http.request(method, path, json=body)
        seconds = time.perf_counter() - began
        return Answer(response.status_code, response.json(), response.headers, seconds)


@contextmanager
def order_stage(
    settings: Settings, circuit_name: str = "inventory", threads: int = 64
) -> Iterator[Stage]:
    """Run the order service beside the inventory service."""
    clock, neighbour = ManualClock(), inventory()
    circuit = make_circuit(circuit_name, settings, clock, answers=(UnknownItemError,))
    with neighbour.serve() as url, DeadlineClient(settings.deadline_seconds) as client:
        app = create_orders(Inventory(url, client, circuit))
        with PooledServer(app, threads) as server, _customer(server) as http:
            yield Stage(neighbour, circuit, clock, http)


@contextmanager
def gateway_stage(
    settings: Settings, circuit_name: str = "weather", threads: int = 64
) -> Iterator[Stage]:
    """Run the gateway beside the weather service."""
    clock, neighbour = ManualClock(), weather()
    circuit = make_circuit(circuit_name, settings, clock, answers=(UnknownCityError,))
    with neighbour.serve() as url, DeadlineClient(settings.deadline_seconds) as client:
        desk = WeatherDesk(url, client, circuit, settings.max_age_seconds, clock)
        with PooledServer(create_gateway(desk), threads) as server, _customer(server) as http:
            yield Stage(neighbour, circuit, clock, http)


def _customer(server: PooledServer) -> httpx.Client:
    return httpx.Client(base_url=server.url, timeout=120, trust_env=False)


def at_once(
    count: int, ask: Callable[[], Answer], when_one_waits: Callable[[], None] = lambda: None
) -> list[Answer]:
    """Ask so many times side by side.

    When all but one have been answered, `when_one_waits` is called: what then still waits is the
    probe, and only now does its answer come. So no timing decides what is observed.
    """
    with ThreadPoolExecutor(count) as crowd:
        waiting = [crowd.submit(ask) for _ in range(count)]
        for answered, _ in enumerate(as_completed(waiting), start=1):
            if answered == count - 1:
                when_one_waits()
    return [answer.result() for answer in waiting]
