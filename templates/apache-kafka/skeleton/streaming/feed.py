"""What fills the topics of a cluster: ``python -m streaming.feed topics | produce | relay``.

topics   creates the topics that are missing, and ends
produce  plays users who click, until it is told to end
relay    sends the shop's changes as they come, until it is told to end
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event

from streaming import activity, capture, messages
from streaming.broker import BrokerError, create_missing
from streaming.producer import DeliveryError, Sender
from streaming.settings import load_settings
from streaming.shop import open_shop

_USERS, _PRODUCTS, _STRIDE = 50, 9, 7


def topics(given: argparse.Namespace, _ended: Event) -> int:
    """Create the topics that are not there yet."""
    partitions = load_settings().partitions
    create_missing(given.bootstrap, dict.fromkeys((activity.TOPIC, capture.TOPIC), partitions))
    return 0


def produce(given: argparse.Namespace, ended: Event) -> int:
    """Send what users do, one event after the other."""
    sent = 0
    with Sender(given.bootstrap) as sender:
        while not ended.is_set() and (not given.count or sent < given.count):
            user = f"user-{sent * _STRIDE % _USERS}"
            kind = activity.KINDS[sent % len(activity.KINDS)]
            event = activity.Activity(user, kind, f"product-{sent % _PRODUCTS}", time.time())
            sender.send(given.topic or activity.TOPIC, user, event.to_json())
            sent += 1
            ended.wait(given.every)
    sys.stdout.write(messages.FEED_SENT.format(count=sent) + "\n")
    return 0


def relay(given: argparse.Namespace, ended: Event) -> int:
    """Send the shop's changes; one that was not taken stays in the outbox and is sent later."""
    given.shop.parent.mkdir(parents=True, exist_ok=True)
    shop = open_shop(given.shop)
    while not ended.is_set():
        try:
            # A new one each time: after an error the old one would repeat it.
            capture.relay(shop, Sender(given.bootstrap), given.topic or capture.TOPIC)
        except DeliveryError as error:
            sys.stderr.write(f"{error}\n")
        ended.wait(given.every)
    shop.close()
    return 0


_COMMANDS: dict[str, Callable[[argparse.Namespace, Event], int]] = {
    "topics": topics,
    "produce": produce,
    "relay": relay,
}


def main() -> int:
    """Run one of the commands; SIGTERM and Ctrl-C end it in order."""
    given = _parser().parse_args()
    ended = Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: ended.set())
    try:
        return _COMMANDS[given.command](given, ended)
    except (BrokerError, DeliveryError) as error:
        sys.stderr.write(f"{error}\n")
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m streaming.feed", description=__doc__)
    parser.add_argument("command", choices=_COMMANDS)
    parser.add_argument("--bootstrap", required=True, help=messages.HELP_BOOTSTRAP)
    parser.add_argument("--topic", default="", help=messages.HELP_TOPIC)
    parser.add_argument("--shop", type=Path, default=Path("var/shop.db"), help=messages.HELP_SHOP)
    parser.add_argument("--every", type=float, default=0.5, help=messages.HELP_EVERY)
    parser.add_argument("--count", type=int, default=0, help=messages.HELP_UNTIL)
    return parser


if __name__ == "__main__":
    sys.exit(main())
