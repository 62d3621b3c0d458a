"""Keys that sign user tokens, and what people set for themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_BYTES = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the two tables."""
    op.create_table(
        "signing_keys",
        sa.Column("kid", _BYTES, primary_key=True),
        sa.Column("private_key", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "user_settings",
        sa.Column("user_ref", _BYTES, primary_key=True),
        sa.Column("bucket", _BYTES, primary_key=True),
        sa.Column("key", _BYTES, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
