"""The tables of campaigns and of what was proposed; ``kernel/migrations`` creates them. Times are seconds."""

from __future__ import annotations

import sqlalchemy as sa

METADATA = sa.MetaData()
_BYTES = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

#: ``created_by`` is a user, ``program`` the subject of a named token; both may be empty.
campaigns = sa.Table(
    "campaigns",
    METADATA,
    sa.Column("id", _BYTES, primary_key=True),
    sa.Column("template_ref", _BYTES, nullable=False),
    sa.Column("per_hour", sa.Integer, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("created_by", _BYTES, nullable=False),
    sa.Column("program", _BYTES, nullable=False),
    sa.Column("stopped_at", sa.BigInteger, nullable=False),
    sa.Index("campaigns_template", "template_ref", "created_at"),
)
#: ``lease`` names the process that updates a project now, and this attempt.
projects = sa.Table(
    "campaign_projects",
    METADATA,
    sa.Column("campaign_id", _BYTES, primary_key=True),
    sa.Column("project_ref", _BYTES, primary_key=True),
    sa.Column("state", _BYTES, nullable=False),
    sa.Column("lease", _BYTES, nullable=False),
    sa.Column("taken_at", sa.BigInteger, nullable=False),
    sa.Column("interruptions", sa.Integer, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Index("campaign_projects_state", "state"),
)
#: The newest version that the owners of a project were told of.
notices = sa.Table(
    "update_notices",
    METADATA,
    sa.Column("project_ref", _BYTES, primary_key=True),
    sa.Column("version", _BYTES, nullable=False),
)
#: The last update that was proposed to each project; ``updated_at`` is also when its forge was
#: asked last.
updates = sa.Table(
    "project_updates",
    METADATA,
    sa.Column("project_ref", _BYTES, primary_key=True),
    sa.Column("template_ref", _BYTES, nullable=False),
    sa.Column("commit_id", _BYTES, nullable=False),
    sa.Column("state", _BYTES, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("updated_at", sa.BigInteger, nullable=False),
)
