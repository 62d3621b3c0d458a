"""Reading and writing the tables; every function works inside its caller's transaction."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from portal.catalog import tables as t
from portal.catalog.flatten import Row
from portal.catalog.orchestrator import Defined
from portal.catalog.orchestrator import Ingested
from portal.catalog.orchestrator import Known
from portal.catalog.orchestrator import KnownFile
from portal.kernel.database import batches
from portal.model.entity import Position
from portal.model.entity import Relation
from portal.model.entity import StatusItem

#: How many values one statement may carry; SQLite takes 32,766.
CHUNK = 500
#: Refs looked up one by one before all are read.
_MOST_LOOKUPS = 200


@dataclass(frozen=True, slots=True)
class SourceState:
    """What is remembered of a source between runs; texts are empty when unset."""

    name: str
    fingerprint: str = ""
    commit_id: str = ""
    read_at: str = ""
    checked_at: str = ""
    error: str = ""
    failing_since: str = ""
    held_commit: str = ""
    held_removals: int = 0


@dataclass(frozen=True, slots=True)
class StoredEntity:
    """An entity's row before and after stitching."""

    id: int
    uid: str
    ref: str
    path: str
    line: int
    document: str
    document_hash: str
    items: str
    etag: str


def generation(connection: Connection) -> int:
    """Return the number of the newest committed run that changed something."""
    # Asked by every request: plain SQL costs half of what the same as a construct does.
    return connection.exec_driver_sql("SELECT generation FROM state").scalar() or 0


def next_generation(connection: Connection) -> int:
    """Count one further and return the new number."""
    number = generation(connection) + 1
    if connection.execute(sa.update(t.state).values(generation=number)).rowcount == 0:
        connection.execute(sa.insert(t.state).values(id=1, generation=number))
    return number


def load_source(connection: Connection, name: str) -> SourceState:
    """Return what is remembered of a source, blank when it is new."""
    row = connection.execute(sa.select(t.sources).where(t.sources.c.name == name)).first()
    return SourceState(*row) if row else SourceState(name)


def load_sources(connection: Connection) -> list[SourceState]:
    """Return all sources that were ever looked at."""
    rows = connection.execute(sa.select(t.sources).order_by(t.sources.c.name))
    return [SourceState(*row) for row in rows]


def save_source(connection: Connection, state: SourceState) -> None:
    """Remember a source."""
    values = {column: getattr(state, column) for column in SourceState.__slots__}
    query = sa.update(t.sources).where(t.sources.c.name == state.name)
    if connection.execute(query.values(values)).rowcount == 0:
        connection.execute(sa.insert(t.sources).values(values))


class Owners(Mapping[str, tuple[str, str]]):
    """Source and path of every ref of the catalog, read when they are asked for.

    A run meets its own refs and a few others, each of which is looked up; one that
    meets many reads them all at once.

    Args:
        connection: Where the catalog is.
        own: What is known of the refs of the source that is read.
    """

    def __init__(self, connection: Connection, own: Mapping[str, tuple[str, str]]) -> None:
        self._connection = connection
        self._known: dict[str, tuple[str, str] | None] = dict(own)
        self._lookups = 0

    def __getitem__(self, ref: str) -> tuple[str, str]:
        if ref not in self._known and self._lookups <= _MOST_LOOKUPS:
            self._look_up(ref)
        owner = self._known.get(ref)
        if owner is None:
            raise KeyError(ref)
        return owner

    def __iter__(self) -> Iterator[str]:
        self._read_all()
        return (ref for ref, owner in self._known.items() if owner is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _look_up(self, ref: str) -> None:
        self._lookups += 1
        if self._lookups > _MOST_LOOKUPS:
            self._read_all()
            return
        columns = (t.entities.c.source, t.entities.c.path)
        row = self._connection.execute(sa.select(*columns).where(t.entities.c.ref == ref)).first()
        self._known[ref] = (row.source, row.path) if row else None

    def _read_all(self) -> None:
        query = sa.select(t.entities.c.ref, t.entities.c.source, t.entities.c.path)
        for ref, source, path in self._connection.execute(query):
            self._known[ref] = (source, path)


def load_known(connection: Connection, source: str) -> Known:
    """Return what the catalog holds, as the orchestrator wants to know it."""
    by_path: dict[str, list[str]] = {}
    own: dict[str, tuple[str, str]] = {}
    query = sa.select(t.entities.c.ref, t.entities.c.path).where(t.entities.c.source == source)
    for ref, path in connection.execute(query):
        own[ref] = (source, path)
        by_path.setdefault(path, []).append(ref)
    files = {
        row.path: KnownFile(
            row.blob_id, json.loads(row.dependencies), tuple(by_path.get(row.path, ())), row.root
        )
        for row in connection.execute(sa.select(t.files).where(t.files.c.source == source))
    }
    locations = {
        row.ref: json.loads(row.document)
        for row in connection.execute(
            sa.select(t.entities.c.ref, t.entities.c.document).where(
                t.entities.c.source == source, t.entities.c.kind == "Location"
            )
        )
    }
    return Known(source, files, Owners(connection, own), locations)


def save_files(connection: Connection, source: str, ingested: Ingested) -> None:
    """Replace what is known of the source's files and of who leads to whom."""
    _bring_to(
        connection,
        t.files,
        source,
        (
            {
                "source": source,
                "path": path,
                "blob_id": file.blob_id,
                "dependencies": json.dumps(file.dependencies),
                "root": file.root,
            }
            for path, file in ingested.files.items()
        ),
    )
    _bring_to(
        connection,
        t.parents,
        source,
        (
            {"source": source, "child_ref": child, "parent_ref": parent}
            for child, parent in sorted(ingested.parents)
        ),
    )


def _replace(
    connection: Connection,
    table: sa.Table,
    source: str,
    rows: Iterable[Mapping[str, Any]],
) -> None:
    """Make ``rows`` all that ``table`` holds of a source."""
    connection.execute(sa.delete(table).where(table.c.source == source))
    insert(connection, table, rows)


def _bring_to(
    connection: Connection,
    table: sa.Table,
    source: str,
    rows: Iterable[Mapping[str, Any]],
) -> None:
    """Make ``rows`` all that ``table`` holds of a source; what stays is not written."""
    names = [column.name for column in table.columns]
    wanted = {tuple(row[name] for name in names) for row in rows}
    query = sa.select(table).where(table.c.source == source)
    present = {tuple(row) for row in connection.execute(query)}
    is_it = sa.and_(
        *(column == sa.bindparam(f"b_{column.name}") for column in table.primary_key.columns)
    )
    gone = [
        {f"b_{name}": value for name, value in zip(names, row, strict=True)}
        for row in present - wanted
    ]
    if gone:
        connection.execute(sa.delete(table).where(is_it), gone)
    fresh = sorted(wanted - present)
    insert(connection, table, (dict(zip(names, row, strict=True)) for row in fresh))


def insert(connection: Connection, table: sa.Table, rows: Iterable[Mapping[str, Any]]) -> None:
    """Insert many rows in batches."""
    statement = sa.insert(table)
    for batch in batches(rows, 10_000):
        connection.execute(statement, batch)


def load_entities(
    connection: Connection,
    refs: Collection[str] | None = None,
    source: str | None = None,
    *,
    with_documents: bool = True,
) -> Iterator[StoredEntity]:
    """Yield the rows of some refs, or of a whole source.

    Without their documents, which are most of what there is to read, these are empty.
    """
    columns: list[sa.ColumnElement[Any]] = [t.entities.c[name] for name in StoredEntity.__slots__]
    if not with_documents:
        at = StoredEntity.__slots__.index("document")
        columns[at] = sa.literal("").label("document")
    query = sa.select(*columns)
    if refs is None:
        for row in connection.execute(query.where(t.entities.c.source == source)):
            yield StoredEntity(*row)
        return
    for batch in batches(refs, CHUNK):
        for row in connection.execute(query.where(t.entities.c.ref.in_(batch))):
            yield StoredEntity(*row)


@dataclass(frozen=True, slots=True)
class NewDocument:
    """An entity's data as it goes into the table: canonical JSON and its hash."""

    defined: Defined
    document: str
    document_hash: str


def add_entities(connection: Connection, source: str, documents: Iterable[NewDocument]) -> None:
    """Insert entities that were not there, each under a new uid."""
    insert(
        connection,
        t.entities,
        (
            {
                "uid": str(uuid.uuid4()),
                "ref": new.defined.ref,
                "kind": new.defined.entity["kind"] if new.defined.entity else "",
                "source": source,
                "items": "",
                "etag": "",
                "final": "",
                **_document_columns(new),
            }
            for new in documents
        ),
    )


def change_entities(connection: Connection, documents: Sequence[NewDocument]) -> None:
    """Replace the data of entities that are there; their uid stays."""
    if not documents:
        return
    statement = (
        sa.update(t.entities)
        .where(t.entities.c.ref == sa.bindparam("b_ref"))
        .values(
            {name: sa.bindparam(name) for name in ("path", "line", "document", "document_hash")}
        )
    )
    connection.execute(
        statement, [{"b_ref": new.defined.ref, **_document_columns(new)} for new in documents]
    )


def move_entities(connection: Connection, lines: Mapping[int, int]) -> None:
    """Store where in their files unchanged entities begin now, by row id."""
    if lines:
        statement = (
            sa.update(t.entities)
            .where(t.entities.c.id == sa.bindparam("b_id"))
            .values(line=sa.bindparam("line"))
        )
        connection.execute(statement, [{"b_id": i, "line": line} for i, line in lines.items()])


def _document_columns(new: NewDocument) -> dict[str, Any]:
    return {
        "path": new.defined.path,
        "line": new.defined.line,
        "document": new.document,
        "document_hash": new.document_hash,
    }


def remove_entities(connection: Connection, gone: Collection[StoredEntity]) -> None:
    """Delete entities with all that hangs on them."""
    for batch in batches(gone, CHUNK):
        ids = [entity.id for entity in batch]
        connection.execute(sa.delete(t.search).where(t.search.c.entity_id.in_(ids)))
        connection.execute(sa.delete(t.entities).where(t.entities.c.id.in_(ids)))
        delete_relations(connection, [entity.ref for entity in batch])


def delete_relations(connection: Connection, emitters: Collection[str]) -> None:
    """Forget what some entities say of others."""
    for batch in batches(emitters, CHUNK):
        connection.execute(sa.delete(t.relations).where(t.relations.c.emitter.in_(batch)))


def add_relations(connection: Connection, emitted: Mapping[str, Iterable[Relation]]) -> None:
    """Store what entities say of others; doubles count once."""
    insert(
        connection,
        t.relations,
        (
            {
                "emitter": ref,
                "source_ref": relation.source,
                "type": relation.type,
                "target_ref": relation.target,
            }
            for ref, relations in emitted.items()
            for relation in dict.fromkeys(relations)
        ),
    )


def touched_refs(connection: Connection, emitters: Collection[str]) -> set[str]:
    """Return every ref whose relations come from one of ``emitters``."""
    found: set[str] = set()
    for batch in batches(emitters, CHUNK):
        query = sa.select(t.relations.c.source_ref).where(t.relations.c.emitter.in_(batch))
        found.update(connection.scalars(query))
    return found


def load_relations(
    connection: Connection, refs: Collection[str]
) -> dict[str, list[tuple[str, str]]]:
    """Return type and target of every relation of the given refs, sorted."""
    found: dict[str, list[tuple[str, str]]] = {}
    columns = (t.relations.c.source_ref, t.relations.c.type, t.relations.c.target_ref)
    for batch in batches(refs, CHUNK):
        query = sa.select(*columns).where(t.relations.c.source_ref.in_(batch)).distinct()
        for source, kind, target in connection.execute(query):
            found.setdefault(source, []).append((kind, target))
    return {ref: sorted(pairs) for ref, pairs in found.items()}


def save_items(connection: Connection, items: Mapping[int, str]) -> None:
    """Store the status items (JSON) of entities by row id."""
    if items:
        statement = (
            sa.update(t.entities)
            .where(t.entities.c.id == sa.bindparam("b_id"))
            .values(items=sa.bindparam("items"))
        )
        rows = [{"b_id": row_id, "items": text} for row_id, text in items.items()]
        connection.execute(statement, rows)


@dataclass(frozen=True, slots=True)
class Final:
    """A stitched entity: what is sent, its etag and its search rows."""

    id: int
    text: str
    etag: str
    rows: list[Row]


def save_finals(connection: Connection, finals: Sequence[Final], fresh: Collection[int]) -> None:
    """Store stitched entities and replace their search rows.

    ``fresh`` are the ids that have no search rows yet.
    """
    statement = (
        sa.update(t.entities)
        .where(t.entities.c.id == sa.bindparam("b_id"))
        .values(final=sa.bindparam("final"), etag=sa.bindparam("etag"))
    )
    connection.execute(statement, [{"b_id": f.id, "final": f.text, "etag": f.etag} for f in finals])
    stale = [final.id for final in finals if final.id not in fresh]
    for batch in batches(stale, CHUNK):
        connection.execute(sa.delete(t.search).where(t.search.c.entity_id.in_(batch)))
    insert(
        connection,
        t.search,
        (
            {"entity_id": final.id, "key": key, "value": value, "original": original}
            for final in finals
            for key, value, original in final.rows
        ),
    )


def save_problems(
    connection: Connection,
    source: str,
    items: Iterable[StatusItem],
    commit: str,
    now: str,
) -> None:
    """Replace the problems of a source; one that stays keeps since when it is there."""
    table = t.problems
    rows = connection.execute(sa.select(table).where(table.c.source == source))
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
    _replace(connection, table, source, fresh)


def has_heirs(connection: Connection, source: str) -> bool:
    """Whether a ref the source could not have, because another had it, is free now."""
    taken = sa.exists().where(t.entities.c.ref == t.problems.c.ref)
    query = sa.select(t.problems.c.id).where(
        t.problems.c.source == source, t.problems.c.rule == "conflict", ~taken
    )
    return connection.execute(query.limit(1)).first() is not None


def load_problems(connection: Connection, source: str | None = None) -> list[Mapping[str, Any]]:
    """Return what is wrong now, of one source or of all."""
    query = sa.select(t.problems).order_by(
        t.problems.c.source, t.problems.c.path, t.problems.c.line, t.problems.c.id
    )
    if source is not None:
        query = query.where(t.problems.c.source == source)
    return [dict(row._mapping) for row in connection.execute(query)]
