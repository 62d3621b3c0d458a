"""The generation of every entity's last change, by which read models follow the catalog."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column with its index; what is there counts as changed before the first run."""
    column = sa.Column("generation", sa.Integer, nullable=False, server_default="0")
    op.add_column("entities", column)
    op.create_index("entities_generation", "entities", ["generation"])
