"""The span of the request that a refresh, or a task, was asked for by: its trace goes on."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column to both tables."""
    for table in ("refresh_requests", "tasks"):
        op.add_column(table, sa.Column("traceparent", sa.Text))
