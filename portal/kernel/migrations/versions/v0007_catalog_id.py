"""A random id of the catalog, by which an index knows whose generation it is at."""

import uuid

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; a catalog that is there gets its id."""
    op.add_column("state", sa.Column("catalog_id", sa.Text))
    state = sa.table("state", sa.column("catalog_id"))
    op.execute(sa.update(state).values(catalog_id=uuid.uuid4().hex))
