"""What the database takes, and how SQLite gives back what is free in its file.

A new file has ``auto_vacuum = INCREMENTAL``: free pages are cut off its end, some at a time. A
file of an earlier version is written anew once (``VACUUM``), which takes up that mode: who reads
goes on, who writes waits, so this is done by itself up to a size only. PostgreSQL uses free space
again by itself (autovacuum).
"""

from __future__ import annotations

import logging
import shutil
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine as Database

_LOG = logging.getLogger(__name__)
#: The share of the file that is free, and its bytes, from which on it is given back.
FREE_SHARE, FREE_BYTES = 0.25, 4_000_000
#: Pages given back at a time: 1 MB.
_PAGES = 256
#: The greatest file that is written anew while others write; about a second for 100 MB.
MOST_BYTES = 1_000_000_000
_INCREMENTAL = 2


@dataclass(frozen=True, slots=True)
class Space:
    """What a database takes.

    Attributes:
        size: Bytes.
        free: Of them, bytes that hold nothing; 0 where the database does not tell.
        is_incremental: Whether free ones are given back a part at a time.
    """

    size: int
    free: int = 0
    is_incremental: bool = False

    @property
    def is_wasteful(self) -> bool:
        """Whether so much is free that it should be given back."""
        return self.free >= FREE_BYTES and self.free >= FREE_SHARE * self.size


def space_of(database: Database) -> Space:
    """Return what a database takes."""
    with database.connect() as connection:
        if database.dialect.name != "sqlite":
            size = connection.scalar(sa.text("SELECT pg_database_size(current_database())"))
            return Space(int(size or 0))

        def ask(name: str) -> int:
            return int(connection.exec_driver_sql(f"PRAGMA {name}").scalar() or 0)

        page = ask("page_size")
        is_incremental = ask("auto_vacuum") == _INCREMENTAL
        return Space(page * ask("page_count"), page * ask("freelist_count"), is_incremental)


class FreeSpace:
    """Gives back what is free in a file of SQLite.

    Args:
        database: The database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._is_going_on = False

    def give_back_some(self) -> bool:
        """Give back a part of what is free, if much is; return whether there is more to do."""
        if self._database.dialect.name != "sqlite":
            return False
        space = space_of(self._database)
        # Once begun, all that is free is given back, not only what is above the limit.
        self._is_going_on = bool(space.free) and (self._is_going_on or space.is_wasteful)
        if not self._is_going_on:
            return False
        if space.is_incremental:
            self._run(f"PRAGMA incremental_vacuum({_PAGES})")
            return True
        self._is_going_on = False
        if space.size > MOST_BYTES or not self._has_room(space):
            return False
        # The mode of a file changes when it is written anew.
        self._run("PRAGMA auto_vacuum = INCREMENTAL", "VACUUM")
        _LOG.info("the database was written anew: %d bytes in it were free", space.free)
        return False

    def _has_room(self, space: Space) -> bool:
        """Return whether the disk has room for the copy, and for the log of its way back."""
        folder = Path(self._database.url.database or "").absolute().parent
        return shutil.disk_usage(folder).free > 2 * space.size

    def _run(self, *statements: str) -> None:
        with self._database.connect() as connection:
            driver: Any = connection.connection.driver_connection
            with closing(driver.cursor()) as cursor:
                for statement in statements:
                    # Fetching runs the statement to its end.
                    cursor.execute(statement).fetchall()
