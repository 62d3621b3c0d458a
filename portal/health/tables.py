"""The table of heartbeats; ``kernel/migrations`` makes it. Times are ISO 8601 in UTC."""

from __future__ import annotations

import sqlalchemy as sa

METADATA = sa.MetaData()
_BYTES = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

heartbeats = sa.Table(
    "heartbeats",
    METADATA,
    sa.Column("id", _BYTES, primary_key=True),
    sa.Column("role", _BYTES, nullable=False),
    sa.Column("machine", sa.Text, nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("started_at", _BYTES, nullable=False),
    sa.Column("heard_at", _BYTES, nullable=False),
    sa.Column("worked_at", _BYTES, nullable=False),
    sa.Column("labels", sa.Text),
)
