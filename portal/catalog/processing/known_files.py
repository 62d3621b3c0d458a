"""Loads the state before a run, and stores that for the next one.

With it, a file of known content is not parsed again, and a ref keeps its owner.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from portal.catalog import tables as t
from portal.catalog.ingestion.ingested import Ingested
from portal.catalog.ingestion.ingested import Known
from portal.catalog.ingestion.ingested import KnownFile
from portal.catalog.processing.store import insert
from portal.model.entity import MANAGED_BY

#: The number of refs looked up one by one before all are read.
_MOST_LOOKUPS = 200


class Owners(Mapping[str, tuple[str, str]]):
    """Source and path of every ref of the catalog, read lazily.

    A run needs its own refs and a few others, which are looked up singly; a run that needs
    many reads all at once.

    Args:
        connection: A connection to the database.
        own: The owners of the refs of the source.
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
    """Return the state of the catalog for a walk."""
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
    return Known(source, files, Owners(connection, own), locations, partial(_place_of, connection))


def _place_of(connection: Connection, ref: str) -> str:
    """Return the location ref of the file that defines an entity; empty without one."""
    query = sa.select(t.entities.c.document).where(t.entities.c.ref == ref)
    document = connection.scalar(query)
    if document is None:
        return ""
    return str(json.loads(document)["metadata"]["annotations"][MANAGED_BY])


def save_edited(connection: Connection, source: str, files: Mapping[str, KnownFile]) -> None:
    """Replace what is stored of some files of a source; their entities and parents stay."""
    gone = sa.and_(t.files.c.source == source, t.files.c.path.in_(list(files)))
    connection.execute(sa.delete(t.files).where(gone))
    insert(connection, t.files, _file_rows(source, files))


def save_files(connection: Connection, source: str, ingested: Ingested) -> None:
    """Replace the stored files and parents of a source."""
    _bring_to(connection, t.files, source, _file_rows(source, ingested.files))
    _bring_to(
        connection,
        t.parents,
        source,
        (
            {"source": source, "child_ref": child, "parent_ref": parent}
            for child, parent in sorted(ingested.parents)
        ),
    )


def _file_rows(source: str, files: Mapping[str, KnownFile]) -> Iterator[dict[str, str]]:
    for path, file in files.items():
        yield {
            "source": source,
            "path": path,
            "blob_id": file.blob_id,
            "dependencies": json.dumps(file.dependencies),
            "root": file.root,
        }


def _bring_to(
    connection: Connection,
    table: sa.Table,
    source: str,
    rows: Iterable[Mapping[str, Any]],
) -> None:
    """Make ``rows`` the only rows of a source in ``table``; equal rows are not written."""
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
