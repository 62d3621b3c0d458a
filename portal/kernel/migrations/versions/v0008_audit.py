"""The audit log: who did what, append-only."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_BYTES = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "audit_events",
        sa.Column("id", _NUMBER, primary_key=True, autoincrement=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("action", _BYTES, nullable=False),
        sa.Column("outcome", _BYTES, nullable=False),
        sa.Column("actor_kind", _BYTES, nullable=False),
        sa.Column("actor", _BYTES, nullable=False),
        sa.Column("address", _BYTES, nullable=False),
        sa.Column("resource", _BYTES, nullable=False),
        sa.Column("details", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("audit_events_at", "audit_events", ["at"])
    op.create_index("audit_events_actor", "audit_events", ["actor", "id"])
