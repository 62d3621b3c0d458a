"""The table of what was counted; ``kernel/migrations`` creates it."""

from __future__ import annotations

import sqlalchemy as sa

METADATA = sa.MetaData()
_BYTES = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

#: One row for each identity and kind in its present window, which ends at ``ends_at``, in
#: seconds since the epoch.
quota_windows = sa.Table(
    "quota_windows",
    METADATA,
    sa.Column("key", _BYTES, primary_key=True),
    sa.Column("count", sa.BigInteger, nullable=False),
    sa.Column("ends_at", sa.Double, nullable=False),
    sa.Index("quota_windows_ends_at", "ends_at"),
)
