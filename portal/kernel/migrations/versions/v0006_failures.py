"""What fails now after the sources were read, and when a provider was asked last."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_BYTES = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the table and the column."""
    op.create_table(
        "failures",
        sa.Column("stage", _BYTES, primary_key=True),
        sa.Column("name", _BYTES, primary_key=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("since", sa.Text, nullable=False),
        sa.Column("failed_at", sa.Text, nullable=False),
    )
    op.add_column("listings", sa.Column("asked_at", sa.Text))
