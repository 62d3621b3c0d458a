"""The tables of the catalog."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


#: Ordered and compared by its bytes on every database.
_BYTES = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_IN_BYTES = frozenset({"emitter", "source_ref", "target_ref", "child_ref", "parent_ref"})


def _text(name: str) -> sa.Column:
    return sa.Column(name, _BYTES if name in {"ref", "uid", "key"} else sa.Text, nullable=False)


def _integer(name: str) -> sa.Column:
    return sa.Column(name, sa.Integer, nullable=False)


def _id() -> sa.Column:
    return sa.Column("id", sa.Integer, primary_key=True)


def _key(name: str) -> sa.Column:
    kind = _BYTES if name in _IN_BYTES else sa.Text
    return sa.Column(name, kind, primary_key=True)


def upgrade() -> None:
    """Make every table."""
    op.create_table("state", _id(), _integer("generation"))
    op.create_table(
        "sources",
        _key("name"),
        *map(
            _text,
            (
                "fingerprint",
                "commit_id",
                "read_at",
                "checked_at",
                "error",
                "failing_since",
                "held_commit",
            ),
        ),
        _integer("held_removals"),
    )
    op.create_table(
        "files",
        _key("source"),
        _key("path"),
        *map(_text, ("blob_id", "dependencies", "root")),
    )
    op.create_table(
        "entities",
        _id(),
        sa.Column("uid", _BYTES, nullable=False, unique=True),
        sa.Column("ref", _BYTES, nullable=False, unique=True),
        *map(_text, ("kind", "source", "path")),
        _integer("line"),
        *map(_text, ("document", "document_hash", "items", "etag", "final")),
    )
    op.create_index("entities_source", "entities", ["source", "path"])
    op.create_table(
        "relations", *map(_key, ("emitter", "source_ref", "type", "target_ref"))
    )
    op.create_index("relations_source_ref", "relations", ["source_ref"])
    op.create_table("parents", *map(_key, ("source", "child_ref", "parent_ref")))
    op.create_index("parents_child", "parents", ["child_ref"])
    op.create_table(
        "search",
        _integer("entity_id"),
        _text("key"),
        sa.Column("value", _BYTES),
        sa.Column("original", _BYTES),
    )
    op.create_index("search_key", "search", ["key", "value", "entity_id", "original"])
    op.create_index("search_entity", "search", ["entity_id", "key", "value"])
    op.create_table(
        "problems",
        _id(),
        *map(_text, ("source", "ref", "path")),
        _integer("line"),
        _integer("column"),
        *map(
            _text, ("json_path", "rule", "level", "message", "hint", "commit_id", "since")
        ),
    )
    op.create_index("problems_source", "problems", ["source"])
    op.create_table(
        "changes",
        _id(),
        _integer("generation"),
        *map(
            _text,
            (
                "ref",
                "uid",
                "operation",
                "source",
                "path",
                "commit_id",
                "author",
                "subject",
                "committed_at",
                "recorded_at",
                "diff",
                "document",
            ),
        ),
    )
    op.create_index("changes_ref", "changes", ["ref", "id"])
    op.create_index("changes_generation", "changes", ["generation"])
    op.create_table(
        "runs",
        _id(),
        _text("source"),
        _text("commit_id"),
        _integer("generation"),
        _text("started_at"),
        sa.Column("seconds", sa.Float, nullable=False),
        _text("outcome"),
        _text("report"),
    )
    op.create_table("refresh_requests", _key("source"), _text("requested_at"))
