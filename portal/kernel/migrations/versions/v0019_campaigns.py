"""Campaigns of updates, the last update of each project, and what owners were told."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "campaigns",
        sa.Column("id", key, primary_key=True),
        sa.Column("template_ref", key, nullable=False),
        sa.Column("per_hour", sa.Integer, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("created_by", key, nullable=False),
        sa.Column("program", key, nullable=False),
        sa.Column("stopped_at", sa.BigInteger, nullable=False),
    )
    op.create_index("campaigns_template", "campaigns", ["template_ref", "created_at"])
    op.create_table(
        "campaign_projects",
        sa.Column("campaign_id", key, primary_key=True),
        sa.Column("project_ref", key, primary_key=True),
        sa.Column("state", key, nullable=False),
        sa.Column("lease", key, nullable=False),
        sa.Column("taken_at", sa.BigInteger, nullable=False),
        sa.Column("interruptions", sa.Integer, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
    )
    op.create_index("campaign_projects_state", "campaign_projects", ["state"])
    op.create_table(
        "project_updates",
        sa.Column("project_ref", key, primary_key=True),
        sa.Column("template_ref", key, nullable=False),
        sa.Column("commit_id", key, nullable=False),
        sa.Column("state", key, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "update_notices",
        sa.Column("project_ref", key, primary_key=True),
        sa.Column("version", key, nullable=False),
    )
