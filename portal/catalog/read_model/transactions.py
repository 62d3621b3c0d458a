"""Transactions that read one generation, and begin only when memory lacks something."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Self

from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine as Database

from portal.catalog.processing import store
from portal.catalog.read_model.state import Origin
from portal.kernel.database import begin_reading


class MovedOnError(Exception):
    """The catalog is at another generation than was believed."""


class ReadTransaction:
    """Reads of one generation; the transaction begins with the first of them, if there is any.

    Args:
        database: The database.
        origin: The generation that is believed to be the present one; ``None`` to ask for it.
    """

    def __init__(self, database: Database, origin: Origin | None = None) -> None:
        self._database = database
        self._origin = origin
        self._open = ExitStack()
        self._connection: Connection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._open.close()

    @property
    def origin(self) -> Origin:
        """The generation that is read."""
        if self._origin is None:
            self._begin()
        return self._origin or ("", 0)

    def connection(self) -> Connection:
        """Return the connection, which sees the generation.

        Raises:
            MovedOnError: When the present generation is another one than was believed.
        """
        return self._connection or self._begin()

    def _begin(self) -> Connection:
        connection = self._open.enter_context(self._database.connect())
        begin_reading(connection)
        found = store.origin(connection)
        if self._origin not in {None, found}:
            raise MovedOnError
        self._origin, self._connection = found, connection
        return connection
