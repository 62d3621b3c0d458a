"""Files of tasks that are in a store of objects: the name of the object, and its size."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add two columns; files that are there stay in their rows."""
    op.add_column("task_workspaces", sa.Column("object", sa.Text))
    op.add_column("task_workspaces", sa.Column("size", sa.BigInteger))
