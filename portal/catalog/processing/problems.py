"""The problems of each source's content, with the commit since which they exist."""

from __future__ import annotations

import json
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from portal.catalog import tables as t
from portal.catalog.processing.store import StoredEntity
from portal.catalog.processing.store import insert
from portal.model.entity import Position
from portal.model.entity import StatusItem

#: The rule of problems with pages of documentation, which are judged by themselves.
PAGE_RULE = "documentation-page"
#: The rule of problems with what persons said of links, likewise.
LINK_RULE = "concept-link"
#: The rules whose problems are found after a run, by later stages.
_LATER = (PAGE_RULE, LINK_RULE)


def save_problems(
    connection: Connection,
    source: str,
    items: Iterable[StatusItem],
    commit: str,
    now: str,
) -> None:
    """Replace the problems of a source; those that remain keep their first commit.

    Those that later stages find stay: they are judged after the run.
    """
    _replace(connection, source, items, commit, now, t.problems.c.rule.not_in(_LATER))


def save_later_problems(
    connection: Connection,
    rule: str,
    source: str,
    items: Iterable[StatusItem],
    commit: str,
    now: str,
) -> None:
    """Replace the problems of one rule of a later stage in a source."""
    _replace(connection, source, items, commit, now, t.problems.c.rule == rule)


def has_problems(connection: Connection, rule: str, source: str) -> bool:
    """Return whether a source has problems of a rule."""
    query = sa.select(t.problems.c.id).where(
        t.problems.c.source == source, t.problems.c.rule == rule
    )
    return connection.execute(query.limit(1)).first() is not None


def _replace(
    connection: Connection,
    source: str,
    items: Iterable[StatusItem],
    commit: str,
    now: str,
    which: sa.ColumnElement[bool],
) -> None:
    table = t.problems
    replaced = sa.and_(table.c.source == source, which)
    rows = connection.execute(sa.select(table).where(replaced))
    since = {(row.ref, row.path, row.rule, row.message): row for row in rows}
    fresh = []
    for item in items:
        position = item.position or Position("", 0, 0)
        old = since.get((item.ref, position.path, item.rule, item.message))
        fresh.append(
            {
                "source": source,
                "ref": item.ref,
                "path": position.path,
                "line": position.line,
                "column": position.column,
                "json_path": json.dumps(item.json_path),
                "rule": item.rule,
                "level": item.level,
                "message": item.message,
                "hint": item.hint,
                "commit_id": old.commit_id if old else commit,
                "since": old.since if old else now,
            }
        )
    connection.execute(sa.delete(table).where(replaced))
    insert(connection, table, fresh)


def has_effects_elsewhere(connection: Connection, source: str, paths: Collection[str]) -> bool:
    """Return whether what is wrong with a source may change with some of its files.

    That is everything wrong with these files; and errors, which are judged in every run.
    """
    table = t.problems
    concerned = sa.or_(
        table.c.level == "error", table.c.rule == "conflict", table.c.path.in_(paths)
    )
    query = sa.select(table.c.id).where(
        table.c.source == source, table.c.rule.not_in(_LATER), concerned
    )
    return connection.execute(query.limit(1)).first() is not None


def has_unblocked_refs(connection: Connection, source: str) -> bool:
    """Return whether a ref is free that the source could not define, as another owned it.

    The other one had it in a conflict, or by the same file.
    """
    conflicts = sa.select(t.problems.c.ref).where(
        t.problems.c.source == source, t.problems.c.rule == "conflict", _is_free(t.problems.c.ref)
    )
    children = sa.select(t.parents.c.child_ref).where(
        t.parents.c.source == source, _is_free(t.parents.c.child_ref)
    )
    return any(connection.execute(query.limit(1)).first() for query in (conflicts, children))


def _is_free(ref: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    return ~sa.exists().where(t.entities.c.ref == ref)


def load_problems(connection: Connection, source: str | None = None) -> list[Mapping[str, Any]]:
    """Return the current problems of one source, or of all."""
    query = sa.select(t.problems).order_by(
        t.problems.c.source, t.problems.c.path, t.problems.c.line, t.problems.c.id
    )
    if source is not None:
        query = query.where(t.problems.c.source == source)
    return [dict(row._mapping) for row in connection.execute(query)]


#: Rules whose problems are not in ``status.items``: a conflict is no fault of the served
#: entity, and Backstage shows missing documentation on the page itself.
REPORTED_ONLY = frozenset({"conflict", "documentation", *_LATER})


def status_by_ref(
    items: Iterable[StatusItem],
    kept: Mapping[str, StoredEntity],
    leading: Mapping[str, Iterable[str]],
) -> dict[str, list[dict[str, Any]]]:
    """Return ``status.items`` by entity.

    An error without an entity of its own (a file that is no YAML) belongs to the Locations
    that lead to the file, as in Backstage, and to all entities the file defined before.
    What is in ``REPORTED_ONLY`` is left out.

    Args:
        items: The problems of a source.
        kept: Its entities that were there before the run, by ref.
        leading: The refs of the Locations that lead to each file with an error.
    """
    by_path: dict[str, list[str]] = {}
    for row in kept.values():
        by_path.setdefault(row.path, []).append(row.ref)
    found: dict[str, list[dict[str, Any]]] = {}
    for item in items:
        if item.rule in REPORTED_ONLY:
            continue
        path = item.position.path if item.position else ""
        refs = [item.ref] if item.ref else [*by_path.get(path, ()), *leading.get(path, ())]
        for ref in dict.fromkeys(refs):
            found.setdefault(ref, []).append(item.to_json())
    return found
