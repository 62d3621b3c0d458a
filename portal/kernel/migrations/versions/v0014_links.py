"""Links between concepts and services, with what shows them and how they changed."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_BYTES = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the seven tables."""
    op.create_table(
        "link_scans",
        sa.Column("entity_ref", _BYTES, primary_key=True),
        sa.Column("completeness", _BYTES, nullable=False),
        sa.Column("repository", sa.Text, nullable=False),
        sa.Column("files_at", sa.Text, nullable=False),
        sa.Column("folder", sa.Text, nullable=False),
        sa.Column("commit_id", _BYTES, nullable=False),
        sa.Column("tree_id", _BYTES, nullable=False),
        sa.Column("rule_set", _BYTES, nullable=False),
        sa.Column("inputs", _BYTES, nullable=False),
        sa.Column("scanned_at", _BYTES, nullable=False),
        sa.Column("checked_at", _BYTES, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("files", sa.Integer, nullable=False),
        sa.Column("read", sa.Integer, nullable=False),
        sa.Column("gaps", sa.Text, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("failing_since", _BYTES, nullable=False),
    )
    op.create_table(
        "link_memories",
        sa.Column("entity_ref", _BYTES, primary_key=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "links",
        sa.Column("id", _BYTES, primary_key=True),
        sa.Column("concept_ref", _BYTES, nullable=False),
        sa.Column("entity_ref", _BYTES, nullable=False),
        sa.Column("status", _BYTES, nullable=False),
        sa.Column("confidence", sa.Float, nullable=False),
        sa.Column("level", sa.Integer),
        sa.Column("commit_id", _BYTES, nullable=False),
        sa.Column("is_declared", sa.Boolean, nullable=False),
        sa.Column("since", _BYTES, nullable=False),
        sa.Column("template", sa.Text, nullable=False),
        sa.Column("judgment", sa.Text, nullable=False),
    )
    op.create_table(
        "link_findings",
        sa.Column("link_id", _BYTES, primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("check_id", _BYTES, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("line", sa.Integer, nullable=False),
        sa.Column("commit_id", _BYTES, nullable=False),
        sa.Column("rule", _BYTES, nullable=False),
        sa.Column("form", _BYTES, nullable=False),
        sa.Column("scope", _BYTES, nullable=False),
        sa.Column("strength", _BYTES, nullable=False),
        sa.Column("weakened", _BYTES, nullable=False),
        sa.Column("matched", sa.Text, nullable=False),
        sa.Column("message_ko", sa.Text, nullable=False),
        sa.Column("message_en", sa.Text, nullable=False),
    )
    op.create_table(
        "link_checks",
        sa.Column("link_id", _BYTES, primary_key=True),
        sa.Column("check_id", _BYTES, primary_key=True),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("outcome", _BYTES, nullable=False),
        sa.Column("reason", _BYTES, nullable=False),
    )
    op.create_table(
        "link_gaps",
        sa.Column("id", _BYTES, primary_key=True),
        sa.Column("concept_ref", _BYTES, nullable=False),
        sa.Column("entity_ref", _BYTES, nullable=False),
        sa.Column("expectation_id", _BYTES, nullable=False),
        sa.Column("message_ko", sa.Text, nullable=False),
        sa.Column("message_en", sa.Text, nullable=False),
    )
    op.create_index("link_gaps_concept", "link_gaps", ["concept_ref"])
    op.create_index("link_gaps_entity", "link_gaps", ["entity_ref"])
    op.create_table(
        "link_changes",
        sa.Column("id", _NUMBER, primary_key=True, autoincrement=True),
        sa.Column("link_id", _BYTES, nullable=False),
        sa.Column("concept_ref", _BYTES, nullable=False),
        sa.Column("entity_ref", _BYTES, nullable=False),
        sa.Column("before", _BYTES, nullable=False),
        sa.Column("after", _BYTES, nullable=False),
        sa.Column("level_before", sa.Integer),
        sa.Column("level_after", sa.Integer),
        sa.Column("checks", sa.Text, nullable=False),
        sa.Column("confidence", sa.Float, nullable=False),
        sa.Column("commit_id", _BYTES, nullable=False),
        sa.Column("committed_at", _BYTES, nullable=False),
        sa.Column("recorded_at", _BYTES, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("links_concept", "links", ["concept_ref", "entity_ref"])
    op.create_index("links_entity", "links", ["entity_ref", "concept_ref"])
    op.create_index("link_changes_link", "link_changes", ["link_id", "id"])
    op.create_index("link_changes_commit", "link_changes", ["commit_id"])
    op.create_index("link_changes_time", "link_changes", ["recorded_at"])
