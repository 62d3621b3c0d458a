"""One system in a process of its own: ``python -m streaming realtime-analytics``."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from threading import Event

from confluent_kafka import KafkaException

from streaming import messages
from streaming.activity import TOPIC
from streaming.consumer import Subscription
from streaming.settings import load_settings
from streaming.systems import SYSTEMS


def main() -> int:
    """Read until told to end, or until so many events are in."""
    given = _parser().parse_args()
    ended = Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: ended.set())
    given.database.parent.mkdir(parents=True, exist_ok=True)
    system = SYSTEMS[given.system](given.database)
    commit_every = load_settings().commit_every
    reading = Subscription(given.bootstrap, given.system, given.topic, commit_every)

    def is_done() -> bool:
        return ended.is_set() or 0 < given.until <= system.count()

    try:
        reading.consume(system.handle, is_done)
    except KafkaException as error:
        sys.stderr.write(f"{error.args[0].str()}\n")
        return 2
    finally:
        system.close()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m streaming")
    parser.add_argument("system", choices=SYSTEMS, help=messages.HELP_SYSTEM)
    parser.add_argument("--bootstrap", required=True, help=messages.HELP_BOOTSTRAP)
    parser.add_argument("--topic", default=TOPIC, help=messages.HELP_TOPIC)
    parser.add_argument("--database", type=Path, required=True, help=messages.HELP_DATABASE)
    parser.add_argument("--until", type=int, default=0, help=messages.HELP_UNTIL)
    return parser


if __name__ == "__main__":
    sys.exit(main())
