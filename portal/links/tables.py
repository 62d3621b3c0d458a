"""The tables of links; ``kernel/migrations`` makes them.

Times are ISO 8601 in UTC. Texts that are JSON say so. ``link_memories`` may be emptied at any
time: the next scan then reads all files again.
"""

from __future__ import annotations

import sqlalchemy as sa

METADATA = sa.MetaData()
_BYTES = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")

#: One row for each service: how its files were read last. ``gaps`` is JSON; ``inputs`` is the
#: hash of all that decides what a scan finds; ``files_at`` is the address of the repository's
#: files at its forge.
scans = sa.Table(
    "link_scans",
    METADATA,
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
#: What the next scan of a service needs to read changed files only.
memories = sa.Table(
    "link_memories",
    METADATA,
    sa.Column("entity_ref", _BYTES, primary_key=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
)
#: ``judgment`` is JSON, empty for none; ``level`` is NULL where no checks were run.
links = sa.Table(
    "links",
    METADATA,
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
    sa.Index("links_concept", "concept_ref", "entity_ref"),
    sa.Index("links_entity", "entity_ref", "concept_ref"),
)
#: The places of a link or gap, in the order of ``position``. Those of a check have its id.
findings = sa.Table(
    "link_findings",
    METADATA,
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
checks = sa.Table(
    "link_checks",
    METADATA,
    sa.Column("link_id", _BYTES, primary_key=True),
    sa.Column("check_id", _BYTES, primary_key=True),
    sa.Column("level", sa.Integer, nullable=False),
    sa.Column("outcome", _BYTES, nullable=False),
    sa.Column("reason", _BYTES, nullable=False),
)
#: Concepts that are expected of services and not there; what makes them needed is among the
#: findings, under the id of the gap.
gaps = sa.Table(
    "link_gaps",
    METADATA,
    sa.Column("id", _BYTES, primary_key=True),
    sa.Column("concept_ref", _BYTES, nullable=False),
    sa.Column("entity_ref", _BYTES, nullable=False),
    sa.Column("expectation_id", _BYTES, nullable=False),
    sa.Column("message_ko", sa.Text, nullable=False),
    sa.Column("message_en", sa.Text, nullable=False),
    sa.Index("link_gaps_concept", "concept_ref"),
    sa.Index("link_gaps_entity", "entity_ref"),
)
#: Every change of a status or level. ``checks`` is JSON: before and after by the id of a check.
changes = sa.Table(
    "link_changes",
    METADATA,
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
    sa.Index("link_changes_link", "link_id", "id"),
    sa.Index("link_changes_commit", "commit_id"),
    sa.Index("link_changes_time", "recorded_at"),
    sqlite_autoincrement=True,
)
