"""News between processes: PostgreSQL tells who listens that something was committed.

News are hints. They are lost while a connection is away, and a pooler of transactions in
between loses all of them: whoever listens looks by itself as well, only not as often.
SQLite tells nobody.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine as Database

_LOG = logging.getLogger(__name__)
_CHANNEL = "portal_news"
#: Seconds after which a silent connection is asked whether it lives.
_SILENCE_SECONDS = 15.0
#: Seconds between two attempts to listen, at first and at most.
_FIRST_PAUSE, _LAST_PAUSE = 0.5, 10.0


class Topic(StrEnum):
    """What there are news of."""

    #: The catalog has another generation.
    GENERATION = "generation"
    #: Somebody asked for a source to be read.
    REFRESH = "refresh"
    #: A task waits.
    TASK = "task"
    #: A task told something, or ended.
    TASK_EVENT = "task event"


def tell(connection: Connection, topic: Topic) -> None:
    """Tell who listens, once the transaction is committed; equal news of it are told once."""
    if connection.dialect.name == "postgresql":
        # Through ``exec_driver_sql``: both texts are constants.
        connection.exec_driver_sql(f"NOTIFY {_CHANNEL}, '{topic}'")


class Listener:
    """Listens in a thread of its own, with a connection of its own.

    After a connection was away, everything is told once: nobody knows what was missed.

    Args:
        database: The database.
        told: What is called by topic; it must be quick.
    """

    def __init__(self, database: Database, told: Mapping[Topic, Callable[[], None]]) -> None:
        self._database = database
        self._told = {str(topic): tell for topic, tell in told.items()}
        self._is_over = threading.Event()
        self._is_listening = False

    @property
    def is_listening(self) -> bool:
        """Whether news come in."""
        return self._is_listening

    def start(self) -> None:
        """Listen until ``stop``; on SQLite nothing is started."""
        if self._database.dialect.name == "postgresql":
            threading.Thread(target=self._run, daemon=True, name="news").start()

    def stop(self) -> None:
        """Listen no more."""
        self._is_over.set()

    def _run(self) -> None:
        pause = _FIRST_PAUSE
        while not self._is_over.is_set():
            try:
                with contextlib.closing(self._connect()) as connection:
                    pause = _FIRST_PAUSE
                    self._listen(connection)
            except Exception as error:  # noqa: BLE001 - whoever listens polls meanwhile
                level = logging.DEBUG if pause > _FIRST_PAUSE else logging.WARNING
                _LOG.log(level, "no news of other processes: %s", str(error).partition("\n")[0])
            self._is_listening = False
            self._is_over.wait(pause)
            pause = min(2 * pause, _LAST_PAUSE)

    def _connect(self) -> Any:
        """Return a connection of the driver that no pool knows."""
        pooled = self._database.raw_connection()
        connection: Any = pooled.driver_connection
        pooled.detach()
        connection.rollback()
        connection.autocommit = True
        return connection

    def _listen(self, connection: Any) -> None:
        connection.execute(f"LISTEN {_CHANNEL}")
        self._is_listening = True
        for tell_all in self._told.values():
            tell_all()
        while not self._is_over.is_set():
            for each in connection.notifies(timeout=_SILENCE_SECONDS, stop_after=1):
                found = self._told.get(each.payload)
                if found is not None:
                    found()
            connection.execute("SELECT 1")
