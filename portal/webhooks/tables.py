"""The table of webhooks; ``kernel/migrations`` creates it."""

from __future__ import annotations

import sqlalchemy as sa

METADATA = sa.MetaData()
_BYTES = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

#: Recent deliveries, so that no process handles one twice.
deliveries = sa.Table(
    "deliveries",
    METADATA,
    sa.Column("id", _BYTES, primary_key=True),
    sa.Column("received_at", sa.BigInteger, nullable=False),
    sa.Index("deliveries_received_at", "received_at"),
)
