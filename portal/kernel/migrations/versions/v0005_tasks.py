"""Tasks of the scaffolder: what they are, what they told, and what they left so far."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_BYTES = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "tasks",
        sa.Column("id", _BYTES, primary_key=True),
        sa.Column("status", _BYTES, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("created_by", _BYTES, nullable=False),
        sa.Column("spec", sa.Text, nullable=False),
        sa.Column("shown_values", sa.Text, nullable=False),
        sa.Column("template_commit", _BYTES, nullable=False),
        sa.Column("template_repository", sa.Text, nullable=False),
        sa.Column("lease", _BYTES, nullable=False),
        sa.Column("heartbeat_at", sa.BigInteger, nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger, nullable=False),
        sa.Column("cancelled_at", sa.BigInteger, nullable=False),
        sa.Column("interruptions", sa.Integer, nullable=False),
    )
    op.create_index("tasks_status", "tasks", ["status", "created_at"])
    op.create_index("tasks_created_by", "tasks", ["created_by", "created_at"])
    op.create_table(
        "task_events",
        sa.Column("id", _NUMBER, primary_key=True, autoincrement=True),
        sa.Column("task_id", _BYTES, nullable=False),
        sa.Column("type", _BYTES, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("task_events_task", "task_events", ["task_id", "id"])
    op.create_table(
        "task_steps",
        sa.Column("task_id", _BYTES, primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("status", _BYTES, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "task_checkpoints",
        sa.Column("task_id", _BYTES, primary_key=True),
        sa.Column("key", _BYTES, primary_key=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "task_workspaces",
        sa.Column("task_id", _BYTES, primary_key=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "task_secrets",
        sa.Column("task_id", _BYTES, primary_key=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "task_requests",
        sa.Column("caller", _BYTES, primary_key=True),
        sa.Column("key", _BYTES, primary_key=True),
        sa.Column("fingerprint", _BYTES, nullable=False),
        sa.Column("task_id", _BYTES, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
    )
