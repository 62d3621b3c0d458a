"""How many requests were counted for whom; on SQLite another file holds them."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_BYTES = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "quota_windows",
        sa.Column("key", _BYTES, primary_key=True),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.Column("ends_at", sa.Double, nullable=False),
    )
    op.create_index("quota_windows_ends_at", "quota_windows", ["ends_at"])
