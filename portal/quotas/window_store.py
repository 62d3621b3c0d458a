"""Counts windows of time in the database: a storage for the package ``limits``.

On SQLite the table is in a file of its own, ``quotas.db``: whoever counts does not wait for
those who write to the catalog, and the catalog's caches do not take a count for a change. On
PostgreSQL it is among the portal's other tables, so that machines count together.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from limits.storage import Storage
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Engine as Database
from sqlalchemy.exc import SQLAlchemyError

from portal.kernel.database import open_file
from portal.quotas.tables import METADATA
from portal.quotas.tables import quota_windows

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

_c = quota_windows.c
#: Seconds a count waits for one of another process.
_PATIENCE = 2.0
#: Seconds between two removals of windows that have ended.
_SWEEP_SECONDS = 60.0


def open_window_store(database: Database, data_dir: Path) -> WindowStore:
    """Return the store that belongs to a portal's database."""
    if database.dialect.name != "sqlite":
        return WindowStore(database)
    own = open_file(data_dir / "quotas.db", _PATIENCE)
    METADATA.create_all(own)
    return WindowStore(own)


def _insertion(database: Database) -> sqlite.Insert | postgresql.Insert:
    if database.dialect.name == "sqlite":
        return sqlite.insert(quota_windows)
    # Every start would wait 60 ms for it.
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(quota_windows)


class WindowStore(Storage):
    """Fixed windows: one begins with the first count after the end of the last.

    Args:
        database: Where they are counted.
        clock: Returns the seconds since the epoch.
    """

    STORAGE_SCHEME = None

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        super().__init__()
        self._database = database
        self._clock = clock
        self._swept_at = 0.0
        self._counted = threading.local()
        given = _insertion(database).values(
            key=sa.bindparam("key"), count=sa.bindparam("amount"), ends_at=sa.bindparam("end")
        )
        goes_on = _c.ends_at > sa.bindparam("now")
        self._count = given.on_conflict_do_update(
            index_elements=[_c.key],
            set_={
                "count": given.excluded.count + sa.case((goes_on, _c.count), else_=0),
                "ends_at": sa.case((goes_on, _c.ends_at), else_=given.excluded.ends_at),
            },
        ).returning(_c.count, _c.ends_at)

    @property
    def base_exceptions(self) -> type[Exception]:
        """What fails when the database does."""
        return SQLAlchemyError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count in the window of a key; return what it holds now."""
        now = self._clock()
        values = {"key": key, "amount": amount, "now": now, "end": now + expiry}
        with self._database.begin() as connection:
            held, end = connection.execute(self._count, values).one()
            if now > self._swept_at + _SWEEP_SECONDS:
                self._swept_at = now
                connection.execute(quota_windows.delete().where(_c.ends_at < now))
        self._counted.window = key, end
        return int(held)

    def get(self, key: str) -> int:
        """Return what the window of a key holds."""
        return int(self._window(key)[0])

    def get_expiry(self, key: str) -> float:
        """Return when the window of a key ends, in seconds since the epoch.

        Of the one that this thread counted in last, it is known: a window's end never changes.
        """
        counted, end = getattr(self._counted, "window", ("", 0.0))
        return end if counted == key else self._window(key)[1]

    def _window(self, key: str) -> tuple[int, float]:
        now = self._clock()
        held = sa.select(_c.count, _c.ends_at).where(_c.key == key, _c.ends_at > now)
        with self._database.connect() as connection:
            found = connection.execute(held).one_or_none()
        return (found[0], found[1]) if found else (0, now)

    def check(self) -> bool:
        """Return whether the database answers."""
        try:
            with self._database.connect() as connection:
                connection.execute(sa.select(sa.literal(1)))
        except SQLAlchemyError:
            return False
        return True

    def reset(self) -> int:
        """Forget all windows; return how many there were."""
        with self._database.begin() as connection:
            return connection.execute(quota_windows.delete()).rowcount

    def clear(self, key: str) -> None:
        """Forget the window of a key."""
        with self._database.begin() as connection:
            connection.execute(quota_windows.delete().where(_c.key == key))
