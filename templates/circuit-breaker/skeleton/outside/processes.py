"""Processes of their own that check stock, and share the state of one circuit in Redis."""

import logging
import signal
from collections.abc import Callable
from datetime import timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Self

from shop.circuit import CircuitOpenError
from shop.clock import utc_now
from shop.deadline import DeadlineClient
from shop.inventory import Inventory, StockUnknownError
from shop.settings import Settings
from shop.stores import connect, make_circuit

# Nothing is inherited, as if they ran on different machines.
SPAWN = get_context("spawn")


class OrderProcesses:
    """So many processes that wait for the word to check stock."""

    def __init__(self, count: int, circuit: str, settings: Settings, inventory_url: str) -> None:
        pipes = [SPAWN.Pipe() for _ in range(count)]
        self._lines = [ours for ours, _ in pipes]
        self._processes = [
            SPAWN.Process(
                target=serve, args=(theirs, circuit, settings, inventory_url), daemon=True
            )
            for _, theirs in pipes
        ]

    def order(self, when_one_waits: Callable[[], None] = lambda: None) -> list[str]:
        """Let all check stock at once; return what each says: ok, failed or refused.

        When all but one have said it, `when_one_waits` is called.
        """
        for line in self._lines:
            line.send("order")
        said: list[str] = []
        waiting = list(self._lines)
        while waiting:
            ready = wait(waiting)
            for line in [line for line in waiting if line in ready]:
                said.append(line.recv())
                waiting.remove(line)
                if len(waiting) == 1:
                    when_one_waits()
        return said

    def __enter__(self) -> Self:
        """Start them, and wait until all are ready."""
        # Ctrl-C reaches all processes of a terminal. These ignore it: the first one ends them.
        handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
        for process in self._processes:
            process.start()
        signal.signal(signal.SIGINT, handler)
        for line in self._lines:
            line.recv()
        return self

    def __exit__(self, *_: object) -> None:
        """End them."""
        for process in self._processes:
            process.terminate()
            process.join()


def serve(line: Connection, circuit: str, settings: Settings, inventory_url: str) -> None:
    """Check stock for every word that comes, until the process is ended."""
    logging.disable(logging.WARNING)
    with DeadlineClient(settings.deadline_seconds) as client:
        inventory = Inventory(inventory_url, client, make_circuit(circuit, settings))
        line.send("ready")
        while line.recv():
            line.send(check_stock(inventory))


def check_stock(inventory: Inventory) -> str:
    """Check stock once and tell what came of it."""
    try:
        inventory.stock("umbrella")
    except StockUnknownError as error:
        return "refused" if isinstance(error.__cause__, CircuitOpenError) else "failed"
    return "ok"


def let_time_pass(circuit: str, store: str, seconds: float) -> None:
    """Set back when the circuit opened, as if so much time had passed since."""
    opened_at = int((utc_now() - timedelta(seconds=seconds)).timestamp())
    connect(store).set(f"{circuit}:pybreaker:opened_at", opened_at)


def forget(circuit: str, store: str) -> None:
    """Remove what the circuit keeps in Redis."""
    client = connect(store)
    for key in client.scan_iter(f"{circuit}:*"):
        client.delete(key)
