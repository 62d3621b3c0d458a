"""The tables of tasks; ``kernel/migrations`` makes them.

Times are microseconds since the epoch, 0 for never. Columns called ``sealed`` hold what a
secret may have flowed into, encrypted by ``secret_box``.
"""

from __future__ import annotations

import sqlalchemy as sa

METADATA = sa.MetaData()
_BYTES = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")

#: ``lease`` names the worker that runs a task; only its holder may write to it.
tasks = sa.Table(
    "tasks",
    METADATA,
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
    sa.Column("request_id", sa.Text),
    # With which key its secrets were encrypted; NULL for tasks from before there was a mark.
    sa.Column("key_mark", sa.Text),
    # The span of the request that made it (W3C Trace Context), where spans are made.
    sa.Column("traceparent", sa.Text),
    sa.Index("tasks_status", "status", "created_at"),
    sa.Index("tasks_created_by", "created_by", "created_at"),
)
#: The events of tasks. Ids of one task's events ascend in the order they are committed.
events = sa.Table(
    "task_events",
    METADATA,
    sa.Column("id", _NUMBER, primary_key=True, autoincrement=True),
    sa.Column("task_id", _BYTES, nullable=False),
    sa.Column("type", _BYTES, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Index("task_events_task", "task_id", "id"),
    sqlite_autoincrement=True,
)
#: The results of finished steps, by position: ids of steps need not be unique.
steps = sa.Table(
    "task_steps",
    METADATA,
    sa.Column("task_id", _BYTES, primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("status", _BYTES, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
)
#: Results of operations that a step must not repeat.
checkpoints = sa.Table(
    "task_checkpoints",
    METADATA,
    sa.Column("task_id", _BYTES, primary_key=True),
    sa.Column("key", _BYTES, primary_key=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
)
#: The files after the last finished step, as a compressed zip; empty if they were removed
#: for their age, or in a store of objects, where one has a name.
workspaces = sa.Table(
    "task_workspaces",
    METADATA,
    sa.Column("task_id", _BYTES, primary_key=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
    sa.Column("object", sa.Text),
    sa.Column("size", sa.BigInteger),
)
#: The secrets of unfinished tasks, and the texts that are redacted because of them.
secrets = sa.Table(
    "task_secrets",
    METADATA,
    sa.Column("task_id", _BYTES, primary_key=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
)
#: Requests with an ``Idempotency-Key``; ``task_id`` is empty while the task is being made.
requests = sa.Table(
    "task_requests",
    METADATA,
    sa.Column("caller", _BYTES, primary_key=True),
    sa.Column("key", _BYTES, primary_key=True),
    sa.Column("fingerprint", _BYTES, nullable=False),
    sa.Column("task_id", _BYTES, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
)
#: Forms that are being filled in on a page; ``sealed`` has all answers, secrets among them.
drafts = sa.Table(
    "task_drafts",
    METADATA,
    sa.Column("id", _BYTES, primary_key=True),
    sa.Column("template", _BYTES, nullable=False),
    sa.Column("caller", _BYTES, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("updated_at", sa.BigInteger, nullable=False),
    sa.Index("task_drafts_updated_at", "updated_at"),
)
