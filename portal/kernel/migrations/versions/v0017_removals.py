"""What retention has removed of the past, and the indexes it finds old rows by."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table and the indexes."""
    key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "removals",
        sa.Column("name", key, primary_key=True),
        sa.Column("until", key, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("entries", sa.BigInteger, nullable=False),
    )
    op.create_index("changes_time", "changes", ["recorded_at"])
    op.create_index("runs_source", "runs", ["source", "id"])
