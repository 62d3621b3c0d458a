"""Which key a task's secrets were encrypted with: workers with another one leave it alone."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column; tasks from before are anybody's."""
    op.add_column("tasks", sa.Column("key_mark", sa.Text))
