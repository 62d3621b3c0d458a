"""The table of the audit log; ``kernel/migrations`` creates it."""

from __future__ import annotations

import sqlalchemy as sa

METADATA = sa.MetaData()
_BYTES = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")

#: Rows are added, and removed for their age only; ``at`` is in microseconds since the epoch.
audit_events = sa.Table(
    "audit_events",
    METADATA,
    sa.Column("id", _NUMBER, primary_key=True, autoincrement=True),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("action", _BYTES, nullable=False),
    sa.Column("outcome", _BYTES, nullable=False),
    sa.Column("actor_kind", _BYTES, nullable=False),
    sa.Column("actor", _BYTES, nullable=False),
    sa.Column("address", _BYTES, nullable=False),
    sa.Column("resource", _BYTES, nullable=False),
    sa.Column("details", sa.Text, nullable=False),
    sa.Index("audit_events_at", "at"),
    sa.Index("audit_events_actor", "actor", "id"),
    sqlite_autoincrement=True,
)
