"""The tables of notifications."""

from __future__ import annotations

import sqlalchemy as sa

METADATA = sa.MetaData()
_BYTES = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

#: ``user_ref`` is empty for a broadcast; times are ISO 8601 in UTC, so they sort as texts.
notifications = sa.Table(
    "notifications",
    METADATA,
    sa.Column("id", _BYTES, primary_key=True),
    sa.Column("user_ref", _BYTES, nullable=False),
    sa.Column("origin", _BYTES, nullable=False),
    sa.Column("scope", _BYTES),
    sa.Column("topic", _BYTES),
    sa.Column("severity", _BYTES, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("description", sa.Text),
    sa.Column("payload", sa.Text, nullable=False),
    sa.Column("created_at", _BYTES, nullable=False),
    sa.Column("updated_at", _BYTES),
    sa.Index("notifications_user", "user_ref", "created_at"),
    sa.Index("notifications_scope", "origin", "scope", "user_ref"),
)
#: What a user has read or saved; a row without either is not kept.
marks = sa.Table(
    "notification_marks",
    METADATA,
    sa.Column("notification_id", _BYTES, primary_key=True),
    sa.Column("user_ref", _BYTES, primary_key=True),
    sa.Column("read_at", _BYTES),
    sa.Column("saved_at", _BYTES),
)
preferences = sa.Table(
    "notification_preferences",
    METADATA,
    sa.Column("user_ref", _BYTES, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
