"""Forms of templates that are being filled in on a page."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_BYTES = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "task_drafts",
        sa.Column("id", _BYTES, primary_key=True),
        sa.Column("template", _BYTES, nullable=False),
        sa.Column("caller", _BYTES, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
    )
    op.create_index("task_drafts_updated_at", "task_drafts", ["updated_at"])
