"""Entities and their relations in the tables, inside the caller's transaction."""

from __future__ import annotations

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
from portal.catalog.ingestion.ingested import Defined
from portal.catalog.search_rows import Row
from portal.kernel.database import batches
from portal.kernel.processes.news import Topic
from portal.kernel.processes.news import tell
from portal.model.entity import Relation

#: The greatest number of values in one statement; SQLite allows 32,766.
CHUNK = 500


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
    # Run by every request: plain SQL costs half of the same query as a construct.
    return connection.exec_driver_sql("SELECT generation FROM state").scalar() or 0


def origin(connection: Connection) -> tuple[str, int]:
    """Return the random id of this catalog, and its generation; an empty id at generation 0.

    Generations of two catalogs may be equal: what is derived of one notes both.
    """
    row = connection.exec_driver_sql("SELECT catalog_id, generation FROM state").first()
    return (row[0] or "", row[1]) if row else ("", 0)


def next_generation(connection: Connection) -> int:
    """Increment the generation and return the new number."""
    number = generation(connection) + 1
    if connection.execute(sa.update(t.state).values(generation=number)).rowcount == 0:
        connection.execute(
            sa.insert(t.state).values(id=1, generation=number, catalog_id=uuid.uuid4().hex)
        )
    tell(connection, Topic.GENERATION)
    return number


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
    """Yield the rows of given refs, or of a whole source.

    Documents are most of the data; without ``with_documents`` they are empty.
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


def load_entities_of(
    connection: Connection, source: str, paths: Collection[str]
) -> Iterator[StoredEntity]:
    """Yield the rows of the entities that some files of a source define, with documents."""
    columns = [t.entities.c[name] for name in StoredEntity.__slots__]
    query = sa.select(*columns).where(t.entities.c.source == source)
    for row in connection.execute(query.where(t.entities.c.path.in_(paths))):
        yield StoredEntity(*row)


@dataclass(frozen=True, slots=True)
class NewDocument:
    """An entity's document to be stored: canonical JSON and its hash."""

    defined: Defined
    document: str
    document_hash: str


def add_entities(connection: Connection, source: str, documents: Iterable[NewDocument]) -> None:
    """Insert new entities, each with a new uid."""
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
    """Replace the documents of existing entities; their uids stay."""
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
    """Store the new lines of unchanged entities, by row id."""
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
    """Delete entities with their relations and search rows."""
    for batch in batches(gone, CHUNK):
        ids = [entity.id for entity in batch]
        connection.execute(sa.delete(t.search).where(t.search.c.entity_id.in_(ids)))
        connection.execute(sa.delete(t.entities).where(t.entities.c.id.in_(ids)))
        delete_relations(connection, [entity.ref for entity in batch])


def delete_relations(connection: Connection, emitters: Collection[str]) -> None:
    """Delete the relations that entities emit."""
    for batch in batches(emitters, CHUNK):
        connection.execute(sa.delete(t.relations).where(t.relations.c.emitter.in_(batch)))


def add_relations(connection: Connection, emitted: Mapping[str, Iterable[Relation]]) -> None:
    """Store the relations that entities emit, without duplicates."""
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


def load_emitted(connection: Connection, emitter: str) -> list[Relation]:
    """Return the relations that are stored for an emitter, sorted."""
    columns = (t.relations.c.source_ref, t.relations.c.type, t.relations.c.target_ref)
    query = sa.select(*columns).where(t.relations.c.emitter == emitter)
    return sorted(Relation(*row) for row in connection.execute(query))


def touched_refs(connection: Connection, emitters: Collection[str]) -> set[str]:
    """Return the refs of entities with relations emitted by ``emitters``."""
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
    """A final entity: its JSON text, its etag and its search rows."""

    id: int
    text: str
    etag: str
    rows: list[Row]


def save_finals(connection: Connection, finals: Sequence[Final], fresh: Collection[int]) -> None:
    """Store stitched entities with the coming generation, and replace their search rows.

    ``fresh`` are the ids that have no search rows yet.
    """
    statement = (
        sa.update(t.entities)
        .where(t.entities.c.id == sa.bindparam("b_id"))
        .values(
            {name: sa.bindparam(name) for name in ("final", "etag", "generation")},
        )
    )
    number = generation(connection) + 1  # that of the run this is a part of
    connection.execute(
        statement,
        [
            {"b_id": final.id, "final": final.text, "etag": final.etag, "generation": number}
            for final in finals
        ],
    )
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
