"""When the commit that each source is at was made: how old what one reads is."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column; it is unknown until a source is at another commit."""
    op.add_column("sources", sa.Column("committed_at", sa.Text))
