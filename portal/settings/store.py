"""User settings: JSON values by user, bucket and key."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine as Database

from portal.kernel.database import lock_writers
from portal.kernel.errors import InputError
from portal.kernel.errors import NotFoundError

METADATA = sa.MetaData()
_BYTES = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

user_settings = sa.Table(
    "user_settings",
    METADATA,
    sa.Column("user_ref", _BYTES, primary_key=True),
    sa.Column("bucket", _BYTES, primary_key=True),
    sa.Column("key", _BYTES, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
_c = user_settings.c
#: The greatest number of values of one user; a frontend needs a dozen.
MAX_SETTINGS = 1000


class UserSettings:
    """Stores user settings.

    Args:
        database: The database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, user: str, bucket: str, key: str) -> Any:
        """Return one value.

        Raises:
            NotFoundError: When it was never set.
        """
        [found] = self.get_many(user, [(bucket, key)])
        if found is None:
            raise NotFoundError(f"Unable to find '{key}' in bucket '{bucket}'")
        return found["value"]

    def get_many(self, user: str, names: Sequence[tuple[str, str]]) -> list[dict[str, Any] | None]:
        """Return ``{"value": …}`` for each bucket and key, ``None`` for those not set."""
        buckets = {bucket for bucket, _ in names}
        query = sa.select(_c.bucket, _c.key, _c.value)
        query = query.where(_c.user_ref == user, _c.bucket.in_(buckets))
        with self._database.connect() as connection:
            rows = connection.execute(query).all()
        kept = {(row.bucket, row.key): row.value for row in rows}
        return [{"value": json.loads(kept[name])} if name in kept else None for name in names]

    def put(self, user: str, bucket: str, key: str, value: Any) -> None:
        """Set one value.

        Raises:
            InputError: When the user has ``MAX_SETTINGS`` values already.
        """
        with self._database.begin() as connection:
            lock_writers(connection)
            connection.execute(_delete(user, bucket, key))
            count = sa.select(sa.func.count()).where(_c.user_ref == user)
            if (connection.scalar(count) or 0) >= MAX_SETTINGS:
                raise InputError(f"No user may keep more than {MAX_SETTINGS} settings")
            row = {"user_ref": user, "bucket": bucket, "key": key, "value": json.dumps(value)}
            connection.execute(sa.insert(user_settings).values(row))

    def delete(self, user: str, bucket: str, key: str) -> None:
        """Delete one value, if it was set."""
        with self._database.begin() as connection:
            connection.execute(_delete(user, bucket, key))


def _delete(user: str, bucket: str, key: str) -> sa.Delete:
    return sa.delete(user_settings).where(_c.user_ref == user, _c.bucket == bucket, _c.key == key)
