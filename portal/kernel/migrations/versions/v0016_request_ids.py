"""The id of the request that a refresh, or a task, was asked for by."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column to both tables."""
    for table in ("refresh_requests", "tasks"):
        column = sa.Column("request_id", sa.Text)
        op.add_column(table, column)
