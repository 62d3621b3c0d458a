"""The history: an append-only log of entity changes with structural diffs."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from portal.catalog import removals
from portal.catalog import tables as t
from portal.catalog.processing import store
from portal.catalog.removals import Removal
from portal.kernel.errors import InputError
from portal.kernel.errors import NotFoundError
from portal.model.entity import Entity
from portal.model.entity import JsonPath
from portal.model.entity import canonical_json
from portal.model.entity import json_pointer
from portal.scm.commit import Commit

#: The value of a member that a version does not have.
_ABSENT = object()
_COMMIT = re.compile(r"[0-9a-fA-F]{7,64}")


@dataclass(frozen=True, slots=True)
class EntityChange:
    """One entity changed by one commit.

    Attributes:
        ref: The entity.
        uid: Its uid at that time.
        operation: ``added``, ``changed`` or ``removed``.
        path: The descriptor file.
        diff: For ``changed``: operations with JSON pointer, old and new value.
        document: For ``removed``, the tombstone: the last document as JSON.
    """

    ref: str
    uid: str
    operation: str
    path: str
    diff: tuple[Mapping[str, Any], ...] = ()
    document: str = ""


def diff(old: Any, new: Any, path: JsonPath = ()) -> Iterator[dict[str, Any]]:
    """Yield the operations that turn ``old`` into ``new``: ``{op, path, from?, to?}``.

    Objects are compared member by member, everything else as a whole.
    """
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            yield from diff(old.get(key, _ABSENT), new.get(key, _ABSENT), (*path, key))
    elif old is _ABSENT:
        yield {"op": "add", "path": json_pointer(path), "to": new}
    elif new is _ABSENT:
        yield {"op": "remove", "path": json_pointer(path), "from": old}
    elif canonical_json(old) != canonical_json(new):
        # 1, 1.0 and true are equal in Python, but not in JSON.
        yield {"op": "replace", "path": json_pointer(path), "from": old, "to": new}


def document_diff(old: Entity, new: Entity) -> tuple[Mapping[str, Any], ...]:
    """Return the differences of two versions of an entity."""
    return tuple(diff(old, new))


def append(
    connection: Connection,
    generation: int,
    source: str,
    changes: Iterable[EntityChange],
    commits: Mapping[str, Commit],
    head: Commit,
    now: str,
) -> None:
    """Append changes to the log; ``commits`` has the last commit of each path."""
    store.insert(
        connection,
        t.changes,
        (
            {
                "generation": generation,
                "ref": change.ref,
                "uid": change.uid,
                "operation": change.operation,
                "source": source,
                "path": change.path,
                "commit_id": commit.id,
                "author": commit.author,
                "subject": commit.subject,
                "committed_at": commit.time,
                "recorded_at": now,
                "diff": json.dumps(change.diff, ensure_ascii=False) if change.diff else "",
                "document": change.document,
            }
            for change in changes
            for commit in [commits.get(change.path, head)]
        ),
    )


def since(connection: Connection, generation: int) -> tuple[list[str], list[str]]:
    """Return the refs that changed after a generation, and those that were removed."""
    query = sa.select(t.changes.c.ref, t.entities.c.id).where(t.changes.c.generation > generation)
    query = query.outerjoin_from(t.changes, t.entities, t.changes.c.ref == t.entities.c.ref)
    # Deduplicated in Python: for DISTINCT, SQLite would read the whole log by ref.
    exists = {row.ref: row.id is not None for row in connection.execute(query)}
    changed = [ref for ref, is_there in exists.items() if is_there]
    return changed, [ref for ref, is_there in exists.items() if not is_there]


def load(connection: Connection, ref: str, limit: int = 100) -> list[dict[str, Any]]:
    """Return the changes of one entity as JSON, the newest first."""
    query = (
        sa.select(t.changes)
        .where(t.changes.c.ref == ref)
        .order_by(t.changes.c.id.desc())
        .limit(limit)
    )
    return [_change_to_json(row._mapping) for row in connection.execute(query)]


def _change_to_json(row: Mapping[Any, Any]) -> dict[str, Any]:
    entry = {
        "operation": row["operation"],
        "generation": row["generation"],
        "uid": row["uid"],
        "source": row["source"],
        "path": row["path"],
        "commit": {
            "id": row["commit_id"],
            "author": row["author"],
            "subject": row["subject"],
            "time": row["committed_at"],
        },
        "recordedAt": row["recorded_at"],
        "diff": json.loads(row["diff"]) if row["diff"] else [],
    }
    if row["document"]:
        entry["tombstone"] = json.loads(row["document"])
    return entry


def generation_at(connection: Connection, at: str) -> int | None:
    """Return the generation that was served at a time, or after a commit was read.

    Args:
        connection: Inside the caller's transaction.
        at: An ISO 8601 time (UTC when it names no zone), or a commit id or at
            least seven digits of one.

    Raises:
        InputError: When it is neither.
        NotFoundError: When what changed since then is not kept any more.
    """
    removed = removals.load(connection, removals.HISTORY)
    if _COMMIT.fullmatch(at):
        pattern = f"{at.lower()}%"
        query = sa.union_all(
            sa.select(t.runs.c.generation).where(t.runs.c.commit_id.like(pattern)),
            sa.select(t.changes.c.generation).where(t.changes.c.commit_id.like(pattern)),
        ).subquery()
        newest: int | None = connection.scalar(sa.select(sa.func.max(query.c.generation)))
        if newest is not None:
            _require_kept(newest >= removed.generation, removed)
        return newest
    time = _parse_time(at)
    query_time = sa.select(sa.func.max(t.changes.c.generation))
    _require_kept(time >= removed.until, removed)
    found = connection.scalar(query_time.where(t.changes.c.recorded_at <= time)) or 0
    return max(found, removed.generation)


def _require_kept(is_kept: bool, removed: Removal) -> None:
    """Refuse to tell a past of which a part is removed.

    Raises:
        NotFoundError: When it is not kept.
    """
    if not is_kept:
        raise NotFoundError(
            f"The history is kept since {removed.until} only; history_retention keeps it longer"
        )


def _parse_time(text: str) -> str:
    try:
        time = dt.datetime.fromisoformat(text)
    except ValueError:
        raise InputError(
            f"'{text[:40]}' is neither a time such as 2026-01-31T12:00:00Z nor a commit id "
            "of at least seven digits"
        ) from None
    if time.tzinfo is None:
        time = time.replace(tzinfo=dt.UTC)
    return time.astimezone(dt.UTC).isoformat(timespec="milliseconds")


def document_at(connection: Connection, ref: str, generation: int) -> Entity | None:
    """Return an entity's document as it was in a generation, ``None`` if there was none.

    The changes since are undone, one by one, on the current document or the tombstone.
    """
    present = connection.scalar(sa.select(t.entities.c.document).where(t.entities.c.ref == ref))
    document: Entity | None = json.loads(present) if present else None
    query = sa.select(t.changes).where(t.changes.c.ref == ref, t.changes.c.generation > generation)
    for row in connection.execute(query.order_by(t.changes.c.id.desc())):
        if row.operation == "added":
            document = None
        elif row.operation == "removed":
            document = json.loads(row.document)
        elif document is not None and row.diff:
            take_back(document, json.loads(row.diff))
    return document


def take_back(document: Entity, changes: Iterable[Mapping[str, Any]]) -> None:
    """Undo the operations of ``diff`` in place."""
    for change in changes:
        *way, last = _parts(change["path"])
        place: Any = document
        for part in way:
            place = place[part]
        if change["op"] == "add":
            del place[last]
        else:
            place[last] = change["from"]


def _parts(pointer: str) -> list[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
