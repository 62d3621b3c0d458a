"""Play both use cases, and tell what was seen: make run."""

import logging
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from outside.bank import Mood
from outside.embedded import own_schema
from outside.processes import ApiProcess
from outside.stage import Stage, at_once, client_of, new_id, stage, wait_until
from shop import messages
from shop.settings import Settings, read_settings

CROWD = 12
PUTS = 8
# That were meant: the timeout, the crowd, the refusals, the crash, and two around the forgetting.
PAYMENTS = 6


@dataclass(frozen=True)
class Outcome:
    """Whether the phenomenon showed, and what was measured."""

    title: str
    shown: bool
    fact: str


def main() -> int:
    """Play both; return 0 when both showed what they should."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    logging.disable(logging.ERROR)
    with empty_database(read_settings()) as settings, stage(settings) as shop:
        outcomes = [play_payments(shop, settings), play_users(shop)]
    print()
    for number, outcome in enumerate(outcomes, start=1):
        verdict = "OK" if outcome.shown else "FAILED"
        print(f"[{number}/{len(outcomes)}] {verdict} {outcome.title}: {outcome.fact}")
    return 0 if all(outcome.shown for outcome in outcomes) else 1


def play_payments(shop: Stage, settings: Settings) -> Outcome:
    """Use case 1: the same payment, asked for in every way a network can repeat it."""
    print(f"\n1. {messages.PAYMENTS_TITLE}")
    replayed = pay_twice(shop)
    statuses = pay_at_once(shop)
    refuse(shop)
    recovered = crash(shop, settings)
    forgotten = forget(shop, settings)
    charges = len(shop.bank.charges)
    fact = messages.PAYMENTS_FACT.format(
        crowd=CROWD, created=statuses[201], busy=statuses[409], charges=charges, attempts=PAYMENTS
    )
    shown = (
        replayed
        and statuses == Counter({409: CROWD - 1, 201: 1})
        and recovered
        and forgotten
        and charges == PAYMENTS
    )
    return Outcome(messages.PAYMENTS_TITLE, shown, fact)


def pay_twice(shop: Stage) -> bool:
    """Give up waiting and ask again; tell whether the first answer came, byte for byte."""
    key = new_id()
    shop.bank.feel(Mood.HANG)
    with suppress(httpx.ReadTimeout):
        shop.client.pay(key, seconds=0.3)
    say(messages.GAVE_UP)
    say(messages.ASKED_TOO_EARLY, status=shop.client.pay(key).status_code)
    shop.bank.feel(Mood.ANSWER)
    wait_until(lambda: shop.client.pay(key).status_code != HTTPStatus.CONFLICT)
    first, second = shop.client.pay(key), shop.client.pay(key)
    say(messages.REPLAYED, status=first.status_code, charge=first.json()["charge"])
    return (
        first.status_code == HTTPStatus.CREATED
        and first.content == second.content
        and second.headers.get("Idempotency-Replayed") == "true"
        and len(shop.bank.charges) == 1
    )


def pay_at_once(shop: Stage) -> Counter[int]:
    """Ask many times at once; return how often which status came."""
    key = new_id()
    shop.bank.feel(Mood.HANG)
    answers = at_once(CROWD, lambda: shop.client.pay(key), lambda: shop.bank.feel(Mood.ANSWER))
    statuses = Counter(answer.status_code for answer in answers)
    say(messages.AT_ONCE, count=CROWD, created=statuses[201], busy=statuses[409])
    return statuses


def refuse(shop: Stage) -> None:
    """Show what is refused."""
    key = new_id()
    shop.client.pay(key)
    other = shop.client.pay(key, amount=1)
    say(messages.OTHER_PAYLOAD, status=other.status_code, title=other.json()["title"])
    none = shop.client.pay(None)
    say(messages.NO_KEY, status=none.status_code, title=none.json()["title"])


def crash(shop: Stage, settings: Settings) -> bool:
    """Kill a process between charge and record; tell whether a retry recovers."""
    key, charged_before = new_id(), len(shop.bank.charges)
    with ApiProcess(settings, shop.bank_url) as process, client_of(process.url) as client:
        shop.bank.when_charged = process.kill
        with suppress(httpx.TransportError):
            client.pay(key)
    shop.bank.when_charged = lambda: None
    early = shop.client.pay(key).status_code
    say(messages.CRASHED, status=early)
    shop.clock.advance(settings.lease_seconds + 60)
    late = shop.client.pay(key).status_code
    charged = len(shop.bank.charges) - charged_before
    say(messages.RECOVERED, seconds=settings.lease_seconds, status=late, charges=charged)
    return (early, late, charged) == (409, 201, 1)


def forget(shop: Stage, settings: Settings) -> bool:
    """Let a key grow old; tell whether it is kept for its time and no longer."""
    key = new_id()
    shop.client.pay(key)
    shop.clock.advance(settings.ttl_seconds - 1)
    kept = "Idempotency-Replayed" in shop.client.pay(key).headers
    shop.clock.advance(1)
    forgotten = "Idempotency-Replayed" not in shop.client.pay(key).headers
    say(messages.FORGOTTEN, hours=settings.ttl_seconds / 3600)
    return kept and forgotten


def play_users(shop: Stage) -> Outcome:
    """Use case 2: the same user, put again and again."""
    print(f"\n2. {messages.USERS_TITLE}")
    user = new_id()
    shop.client.put_user_and_hang_up(user)
    wait_until(lambda: shop.client.http.get(f"/users/{user}").status_code == HTTPStatus.OK)
    before = shop.client.http.get(f"/users/{user}").content
    again = shop.client.put_user(user)
    same = again.content == before
    say(messages.PUT_AGAIN, status=again.status_code)
    other = new_id()
    answers = at_once(PUTS, lambda: shop.client.put_user(other))
    statuses = Counter(answer.status_code for answer in answers)
    states = len({answer.content for answer in answers})
    say(messages.PUT_AT_ONCE, count=PUTS, created=statuses[201], updated=statuses[200])
    deleted = [shop.client.http.delete(f"/users/{other}").status_code for _ in range(2)]
    gone = shop.client.http.get(f"/users/{other}").status_code
    say(messages.DELETED, first=deleted[0], second=deleted[1], gone=gone)
    fact = messages.USERS_FACT.format(
        count=PUTS, created=statuses[201], updated=statuses[200], states=states
    )
    shown = (
        same
        and statuses == Counter({200: PUTS - 1, 201: 1})
        and states == 1
        and (deleted, gone) == ([204, 204], 404)
    )
    return Outcome(messages.USERS_TITLE, shown, fact)


@contextmanager
def empty_database(settings: Settings) -> Iterator[Settings]:
    """Give settings with a database that nobody uses: a file, or a schema on the server."""
    if settings.database.startswith("sqlite:"):
        with TemporaryDirectory() as folder:
            yield replace(settings, database=f"sqlite:{Path(folder) / 'shop.db'}")
    else:
        with own_schema(settings.database) as address:
            yield replace(settings, database=address)


def say(text: str, **values: object) -> None:
    """Tell what was seen."""
    print(f"   {text.format(**values)}", flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
