"""Play both use cases, and tell what was seen: make run."""

import logging
import math
import signal
import sys
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace

from outside.embedded import embedded_redis
from outside.neighbour import Behaviour, inventory
from outside.processes import OrderProcesses, forget, let_time_pass
from outside.stage import Stage, at_once, gateway_stage, order_stage
from shop import messages
from shop.settings import MEMORY, Settings, read_settings

RUN = f"demo-{uuid.uuid4().hex[:8]}"
REFUSED = 20
CROWD = 8
PROCESSES = 4
STORM = 40


@dataclass(frozen=True)
class Outcome:
    """Whether the phenomenon showed, and what was measured."""

    title: str
    shown: bool
    fact: str


def main() -> int:
    """Play both; return 0 when both showed what they should."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    logging.disable(logging.WARNING)
    settings = read_settings()
    try:
        outcomes = [play_orders(settings), play_gateway(settings)]
    finally:
        if settings.store != MEMORY:
            forget(RUN, settings.store)
    print()
    for number, outcome in enumerate(outcomes, start=1):
        verdict = "OK" if outcome.shown else "FAILED"
        print(f"[{number}/{len(outcomes)}] {verdict} {outcome.title}: {outcome.fact}")
    return 0 if all(outcome.shown for outcome in outcomes) else 1


def play_orders(settings: Settings) -> Outcome:
    """Use case 1: an inventory service that hangs."""
    print(f"\n1. {messages.ORDERS_TITLE}")
    with order_stage(settings, f"{RUN}:inventory") as stage:
        say(messages.ORDER_TAKEN, status=stage.order().status)
        opened = trip_orders(stage, settings)
        refused = [stage.order() for _ in range(REFUSED)]
        slowest = 1000 * max(answer.seconds for answer in refused)
        asked = stage.neighbour.hits - 1 - settings.failure_threshold
        say(messages.ORDERS_REFUSED, count=REFUSED, slowest=slowest, asked=asked)
        say(messages.ORDER_TOLD, message=refused[0].body["message"])
        say(messages.RETRY_AFTER, seconds=refused[0].headers["Retry-After"])
        probes = probe_orders(stage, settings)
    with shared_store(settings) as shared:
        process_probes = play_processes(shared)
    fact = messages.ORDERS_FACT.format(
        failures=settings.failure_threshold,
        count=REFUSED,
        slowest=slowest,
        asked=asked,
        probes=probes,
        crowd=CROWD,
        process_probes=process_probes,
        processes=PROCESSES,
    )
    told = {answer.body["message"] for answer in refused} == {messages.STOCK_DELAYED}
    shown = opened and told and asked == 0 and probes == process_probes == 1
    return Outcome(messages.ORDERS_TITLE, shown, fact)


def trip_orders(stage: Stage, settings: Settings) -> bool:
    """Let the inventory hang until the circuit opens; tell whether it did."""
    count = settings.failure_threshold
    say(messages.INVENTORY_HANGS, count=count, deadline=settings.deadline_seconds)
    stage.neighbour.behave(Behaviour.HANG)
    waited = max(answer.seconds for answer in at_once(count, stage.order))
    say(messages.ORDERS_WAITED, seconds=waited, state=stage.circuit.state)
    return stage.circuit.state == "open" and waited >= settings.deadline_seconds


def probe_orders(stage: Stage, settings: Settings) -> int:
    """Let the time pass and many order at once; return how many reached the inventory."""
    say(messages.TIME_PASSES, seconds=settings.open_seconds, crowd=CROWD)
    stage.clock.advance(settings.open_seconds)
    asked_before = stage.neighbour.hits
    at_once(CROWD, stage.order, lambda: stage.neighbour.behave(Behaviour.ANSWER))
    probes = stage.neighbour.hits - asked_before
    say(messages.PROBED, probes=probes, state=stage.circuit.state)
    return probes


def play_processes(shared: Settings) -> int:
    """Share a circuit among processes; return how many of them probed."""
    circuit, neighbour = f"{RUN}:shared", inventory()
    with (
        neighbour.serve() as url,
        OrderProcesses(PROCESSES, circuit, shared, url) as processes,
    ):
        neighbour.behave(Behaviour.FAIL)
        for _ in range(math.ceil(shared.failure_threshold / PROCESSES)):
            processes.order()
        say(messages.PROCESSES_REFUSED, processes=PROCESSES, said=", ".join(processes.order()))
        let_time_pass(circuit, shared.store, shared.open_seconds + 1)
        neighbour.behave(Behaviour.HANG)
        asked_before = neighbour.hits
        said = processes.order(lambda: neighbour.behave(Behaviour.ANSWER))
        say(messages.PROCESSES_PROBED, said=", ".join(sorted(said)))
        return neighbour.hits - asked_before


def play_gateway(settings: Settings) -> Outcome:
    """Use case 2: a weather service that is down, in front of it a gateway with few threads."""
    print(f"\n2. {messages.GATEWAY_TITLE}")
    threads = settings.failure_threshold
    with gateway_stage(settings, f"{RUN}:weather", threads) as stage:
        fresh = stage.get("/weather/seoul")
        say(messages.WEATHER_FRESH, celsius=fresh.body["celsius"], cache=fresh.headers["X-Cache"])
        age = settings.max_age_seconds // 2
        stage.clock.advance(age)
        say(messages.WEATHER_HANGS, minutes=age // 60, threads=threads)
        stage.neighbour.behave(Behaviour.HANG)
        waited = products_beside_weather(stage, threads, hanging=threads)
        say(messages.PRODUCTS_WAITED, seconds=waited, state=stage.circuit.state)
        asked_before = stage.neighbour.hits
        quick = products_beside_weather(stage, STORM, hanging=0)
        stale = stage.get("/weather/seoul")
        asked = stage.neighbour.hits - asked_before
        say(messages.PRODUCTS_QUICK, count=STORM, milliseconds=1000 * quick, asked=asked)
        say(messages.WEATHER_STALE, message=stale.body["message"], age=stale.headers["Age"])
        none = stage.get("/weather/busan")
        say(messages.WEATHER_NONE, status=none.status, message=none.body["message"])
        recovered = recover(stage, settings)
    fact = messages.GATEWAY_FACT.format(
        age=stale.headers["Age"], asked=asked, waited=waited, milliseconds=1000 * quick
    )
    shown = (
        (stale.status, stale.headers["X-Cache"], none.status) == (200, "STALE", 503)
        and stale.headers["Age"] == str(age)
        and asked == 0
        and quick < waited
        and recovered
    )
    return Outcome(messages.GATEWAY_TITLE, shown, fact)


def products_beside_weather(stage: Stage, requests: int, hanging: int) -> float:
    """Let many ask for the weather; return how many seconds another waits for products."""
    hits = stage.neighbour.hits + hanging
    with ThreadPoolExecutor(requests) as crowd:
        for _ in range(requests):
            crowd.submit(stage.get, "/weather/seoul")
        while stage.neighbour.hits < hits:
            time.sleep(0.01)
        return stage.get("/products").seconds


def recover(stage: Stage, settings: Settings) -> bool:
    """Let the weather service come back; tell whether fresh weather does."""
    stage.neighbour.behave(Behaviour.ANSWER)
    stage.clock.advance(settings.open_seconds)
    fresh = stage.get("/weather/seoul")
    say(messages.WEATHER_BACK, cache=fresh.headers["X-Cache"], state=stage.circuit.state)
    return fresh.headers["X-Cache"] == "MISS"


@contextmanager
def shared_store(settings: Settings) -> Iterator[Settings]:
    """Give settings with a Redis server: the chosen one, or one that is started now."""
    if settings.store != MEMORY:
        yield settings
    else:
        with embedded_redis() as address:
            yield replace(settings, store=address)


def say(text: str, **values: object) -> None:
    """Tell what was seen."""
    print(f"   {text.format(**values)}", flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
