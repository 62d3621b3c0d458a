"""Heartbeats: which processes live, and when they worked last."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_BYTES = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "heartbeats",
        sa.Column("id", _BYTES, primary_key=True),
        sa.Column("role", _BYTES, nullable=False),
        sa.Column("machine", sa.Text, nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("started_at", _BYTES, nullable=False),
        sa.Column("heard_at", _BYTES, nullable=False),
        sa.Column("worked_at", _BYTES, nullable=False),
    )
