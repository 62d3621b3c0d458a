"""Debezium itself: reads the log of PostgreSQL and sends what changed to the topic.

Needs ``requirements-debezium.txt``, Java 17 and a server with ``wal_level = logical``.
The envelope is the one of ``capture``, so the services that follow do not notice.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

from pydbzengine import BasePythonChangeHandler, DebeziumJsonEngine

from streaming import messages
from streaming.capture import TOPIC
from streaming.producer import Sender


class _Forward(BasePythonChangeHandler):
    """Sends each batch on; Debezium moves its place in the log when this returns."""

    def __init__(self, sender: Sender, topic: str) -> None:
        super().__init__()
        self._sender = sender
        self._topic = topic

    # The name is the library's.
    def handleJsonBatch(self, records: list[object]) -> None:  # noqa: N802
        """Send a batch and wait until it has arrived."""
        for record in records:
            value = record.value()  # type: ignore[attr-defined]
            data = None if value is None else str(value).encode()
            self._sender.send(self._topic, str(record.key()), data)  # type: ignore[attr-defined]
        self._sender.flush()


def properties(postgres: str, state: Path) -> dict[str, str]:
    """Return the settings of Debezium's connector.

    Args:
        postgres: ``postgresql://user:password@host:port/database``.
        state: A folder in which it keeps its place in the log.
    """
    url = urlsplit(postgres)
    return {
        "name": "shop",
        "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
        "plugin.name": "pgoutput",
        "database.hostname": url.hostname or "127.0.0.1",
        "database.port": str(url.port or 5432),
        "database.user": url.username or "postgres",
        "database.password": url.password or "",
        "database.dbname": url.path.removeprefix("/"),
        "topic.prefix": "shop",
        "table.include.list": "public.product",
        "key.converter.schemas.enable": "false",
        "value.converter.schemas.enable": "false",
        "converter.schemas.enable": "false",
        "offset.storage": "org.apache.kafka.connect.storage.FileOffsetBackingStore",
        "offset.storage.file.filename": str(state / "offsets"),
        "offset.flush.interval.ms": "0",
    }


def main() -> None:
    """Capture until the process is told to end; the password stays in the environment."""
    parser = argparse.ArgumentParser(prog="python -m streaming.debezium")
    parser.add_argument("--bootstrap", required=True, help=messages.HELP_BOOTSTRAP)
    parser.add_argument("--topic", default=TOPIC, help=messages.HELP_TOPIC)
    parser.add_argument("--state", type=Path, required=True, help=messages.HELP_STATE)
    given = parser.parse_args()
    postgres = os.environ.get("SHOP_POSTGRES", "")
    if not postgres:
        sys.exit("SHOP_POSTGRES=postgresql://user:password@host:port/database is not set")
    given.state.mkdir(parents=True, exist_ok=True)
    handler = _Forward(Sender(given.bootstrap), given.topic)
    DebeziumJsonEngine(properties(postgres, given.state), handler).run()


if __name__ == "__main__":
    main()
