"""The transactions that write the catalog, one at a time."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine as Database

from portal.kernel.database import lock_writers

#: Called as the last part of a transaction, to write what has to be of the same state.
BeforeCommit = Callable[[Connection], None]


def write_nothing(_connection: Connection) -> None:
    """Let the transaction end as it is."""


@contextmanager
def writing(
    database: Database, before_commit: BeforeCommit = write_nothing
) -> Iterator[Connection]:
    """Yield the connection of a transaction that is the only one to write the catalog."""
    with database.connect() as connection, connection.begin():
        lock_writers(connection)
        yield connection
        before_commit(connection)
