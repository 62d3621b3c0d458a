"""Notifications, what users have read of them, and whom they want to hear."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_BYTES = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the three tables."""
    op.create_table(
        "notifications",
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
    )
    op.create_index("notifications_user", "notifications", ["user_ref", "created_at"])
    op.create_index("notifications_scope", "notifications", ["origin", "scope", "user_ref"])
    op.create_table(
        "notification_marks",
        sa.Column("notification_id", _BYTES, primary_key=True),
        sa.Column("user_ref", _BYTES, primary_key=True),
        sa.Column("read_at", _BYTES),
        sa.Column("saved_at", _BYTES),
    )
    op.create_table(
        "notification_preferences",
        sa.Column("user_ref", _BYTES, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
