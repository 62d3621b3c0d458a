"""The tables of the catalog; ``kernel/migrations`` makes them.

One *generation* is one committed run that changed something. ``entities.final``
holds the bytes that are sent; ``search`` holds the rows that filters, orders
and facets look at (docs/reference/wire-contract.md, "Search rows").
"""

from __future__ import annotations

import sqlalchemy as sa

METADATA = sa.MetaData()
#: Text ordered and compared by its bytes, as SQLite does: clients see the same order on both.
BYTES = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

state = sa.Table(
    "state",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("generation", sa.Integer, nullable=False),
    sa.Column("catalog_id", sa.Text),
)

sources = sa.Table(
    "sources",
    METADATA,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("commit_id", sa.Text, nullable=False),
    sa.Column("read_at", sa.Text, nullable=False),
    sa.Column("checked_at", sa.Text, nullable=False),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("failing_since", sa.Text, nullable=False),
    sa.Column("held_commit", sa.Text, nullable=False),
    sa.Column("held_removals", sa.Integer, nullable=False),
    sa.Column("committed_at", sa.Text),
)

files = sa.Table(
    "files",
    METADATA,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("path", sa.Text, primary_key=True),
    sa.Column("blob_id", sa.Text, nullable=False),
    sa.Column("dependencies", sa.Text, nullable=False),
    sa.Column("root", sa.Text, nullable=False),
)

entities = sa.Table(
    "entities",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("uid", BYTES, nullable=False, unique=True),
    sa.Column("ref", BYTES, nullable=False, unique=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("line", sa.Integer, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("document_hash", sa.Text, nullable=False),
    sa.Column("items", sa.Text, nullable=False),
    sa.Column("etag", sa.Text, nullable=False),
    sa.Column("final", sa.Text, nullable=False),
    # When ``final`` was written last: what a read model has to look at again.
    sa.Column("generation", sa.Integer, nullable=False, server_default="0"),
    sa.Index("entities_source", "source", "path"),
    sa.Index("entities_generation", "generation"),
)

relations = sa.Table(
    "relations",
    METADATA,
    sa.Column("emitter", BYTES, primary_key=True),
    sa.Column("source_ref", BYTES, primary_key=True),
    sa.Column("type", sa.Text, primary_key=True),
    sa.Column("target_ref", BYTES, primary_key=True),
    sa.Index("relations_source_ref", "source_ref"),
)

parents = sa.Table(
    "parents",
    METADATA,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("child_ref", BYTES, primary_key=True),
    sa.Column("parent_ref", BYTES, primary_key=True),
    sa.Index("parents_child", "child_ref"),
)

search = sa.Table(
    "search",
    METADATA,
    sa.Column("entity_id", sa.Integer, nullable=False),
    sa.Column("key", BYTES, nullable=False),
    sa.Column("value", BYTES),
    sa.Column("original", BYTES),
    sa.Index("search_key", "key", "value", "entity_id", "original"),
    sa.Index("search_entity", "entity_id", "key", "value"),
)

problems = sa.Table(
    "problems",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("ref", BYTES, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("line", sa.Integer, nullable=False),
    sa.Column("column", sa.Integer, nullable=False),
    sa.Column("json_path", sa.Text, nullable=False),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("level", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("hint", sa.Text, nullable=False),
    sa.Column("commit_id", sa.Text, nullable=False),
    sa.Column("since", sa.Text, nullable=False),
    sa.Index("problems_source", "source"),
)

changes = sa.Table(
    "changes",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("generation", sa.Integer, nullable=False),
    sa.Column("ref", BYTES, nullable=False),
    sa.Column("uid", BYTES, nullable=False),
    sa.Column("operation", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("commit_id", sa.Text, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("committed_at", sa.Text, nullable=False),
    sa.Column("recorded_at", sa.Text, nullable=False),
    sa.Column("diff", sa.Text, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Index("changes_ref", "ref", "id"),
    sa.Index("changes_generation", "generation"),
    sa.Index("changes_time", "recorded_at"),
)

runs = sa.Table(
    "runs",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("commit_id", sa.Text, nullable=False),
    sa.Column("generation", sa.Integer, nullable=False),
    sa.Column("started_at", sa.Text, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("report", sa.Text, nullable=False),
    sa.Index("runs_source", "source", "id"),
)

#: What retention has removed of a log: entries from before ``until``, and up to ``generation``.
removals = sa.Table(
    "removals",
    METADATA,
    sa.Column("name", BYTES, primary_key=True),
    sa.Column("until", BYTES, nullable=False),
    sa.Column("generation", sa.Integer, nullable=False),
    sa.Column("entries", sa.BigInteger, nullable=False),
)

refresh_requests = sa.Table(
    "refresh_requests",
    METADATA,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("requested_at", sa.Text, nullable=False),
    sa.Column("request_id", sa.Text),
    sa.Column("traceparent", sa.Text),
)

locations = sa.Table(
    "locations",
    METADATA,
    sa.Column("id", BYTES, primary_key=True),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("entity_ref", sa.Text, nullable=False),
    sa.Column("created_at", sa.Text, nullable=False),
    sa.UniqueConstraint("type", "target", name="locations_type_target"),
)

listings = sa.Table(
    "listings",
    METADATA,
    sa.Column("provider", BYTES, primary_key=True),
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("pages", sa.Text, nullable=False),
    sa.Column("repositories", sa.Text, nullable=False),
    sa.Column("listed_at", sa.Text, nullable=False),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("failing_since", sa.Text, nullable=False),
    sa.Column("not_before", sa.BigInteger, nullable=False),
    sa.Column("held", sa.Text, nullable=False),
    sa.Column("held_id", sa.Text, nullable=False),
    sa.Column("asked_at", sa.Text),
)

failures = sa.Table(
    "failures",
    METADATA,
    sa.Column("stage", BYTES, primary_key=True),
    sa.Column("name", BYTES, primary_key=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("since", sa.Text, nullable=False),
    sa.Column("failed_at", sa.Text, nullable=False),
)
