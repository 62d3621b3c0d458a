"""Webhook deliveries that were taken, and the lists of repositories of providers."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_BYTES = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the two tables."""
    op.create_table(
        "deliveries",
        sa.Column("id", _BYTES, primary_key=True),
        sa.Column("received_at", sa.BigInteger, nullable=False),
    )
    op.create_index("deliveries_received_at", "deliveries", ["received_at"])
    op.create_table(
        "listings",
        sa.Column("provider", _BYTES, primary_key=True),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("pages", sa.Text, nullable=False),
        sa.Column("repositories", sa.Text, nullable=False),
        sa.Column("listed_at", sa.Text, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("failing_since", sa.Text, nullable=False),
        sa.Column("not_before", sa.BigInteger, nullable=False),
        sa.Column("held", sa.Text, nullable=False),
        sa.Column("held_id", sa.Text, nullable=False),
    )
