"""By which labels of workers sources are pinned to them: each tells its own."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column; workers of an earlier version have no labels."""
    op.add_column("heartbeats", sa.Column("labels", sa.Text))
