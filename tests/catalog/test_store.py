"""What a run reads and writes of the catalog: no more than it needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine as Database

from portal.catalog import tables as t
from portal.catalog.ingestion.ingested import Defined
from portal.catalog.ingestion.ingested import Ingested
from portal.catalog.ingestion.ingested import KnownFile
from portal.catalog.processing import known_files
from portal.catalog.processing import store
from portal.catalog.processing.known_files import Owners
from portal.catalog.processing.store import NewDocument


def new(name: str, path: str = "a.yaml") -> NewDocument:
    ref = f"component:default/{name}"
    return NewDocument(Defined(ref, path, 1, {"kind": "Component"}), '{"kind":"Component"}', "hash")


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    """A catalog of two sources, and what was asked of it (in ``info``)."""
    with database.begin() as connection:
        store.add_entities(connection, "own", [new("mine")])
        store.add_entities(connection, "other", [new(f"n{at}", "b.yaml") for at in range(300)])
        statements: list[str] = []
        connection.info["statements"] = statements

        def note(*event: Any) -> None:
            statements.append(event[2])

        sa.event.listen(database, "before_cursor_execute", note)
        yield connection
        sa.event.remove(database, "before_cursor_execute", note)


def owners(connection: Connection) -> Owners:
    return Owners(connection, {"component:default/mine": ("own", "a.yaml")})


def test_an_owner_is_found_whosever_it_is(connection: Connection) -> None:
    known = owners(connection)
    assert known["component:default/mine"] == ("own", "a.yaml")
    assert known["component:default/n7"] == ("other", "b.yaml")
    assert known.get("component:default/nobody") is None
    assert "component:default/nobody" not in known
    assert len(known) == 301
    assert dict(known)["component:default/n299"] == ("other", "b.yaml")
    assert "component:default/nobody" not in set(known)


def test_a_ref_is_asked_for_once_and_the_own_ones_not_at_all(connection: Connection) -> None:
    known, statements = owners(connection), connection.info["statements"]
    for _ in range(3):
        assert known["component:default/mine"]
        assert known["component:default/n7"]
        assert known.get("component:default/nobody") is None
    assert len(statements) == 2


def test_who_asks_for_many_reads_all_at_once(connection: Connection) -> None:
    known, statements = owners(connection), connection.info["statements"]
    found = [known.get(f"component:default/n{at}") for at in range(400)]
    assert found == [("other", "b.yaml")] * 300 + [None] * 100
    assert len(statements) == 201


def _ingested(parents: set[tuple[str, str]], **blobs: str) -> Ingested:
    files = {f"{name}.yaml": KnownFile(blob, {}, (), "url:r") for name, blob in blobs.items()}
    return Ingested({}, files, frozenset(parents), (), frozenset())


def _stored(connection: Connection) -> tuple[set[Any], set[Any]]:
    files = connection.execute(sa.select(t.files.c.source, t.files.c.path, t.files.c.blob_id))
    parents = connection.execute(sa.select(t.parents))
    return {tuple(row) for row in files}, {tuple(row) for row in parents}


def test_files_and_parents_become_what_a_run_found(connection: Connection) -> None:
    known_files.save_files(connection, "other", _ingested({("x", "y")}, z="9"))
    known_files.save_files(connection, "own", _ingested({("a", "l"), ("b", "l")}, a="1", b="1"))
    known_files.save_files(connection, "own", _ingested({("b", "l"), ("c", "l")}, a="2", c="1"))
    assert _stored(connection) == (
        {("own", "a.yaml", "2"), ("own", "c.yaml", "1"), ("other", "z.yaml", "9")},
        {("own", "b", "l"), ("own", "c", "l"), ("other", "x", "y")},
    )
    known_files.save_files(connection, "own", _ingested(set()))
    assert _stored(connection) == ({("other", "z.yaml", "9")}, {("other", "x", "y")})


def test_what_stays_is_not_written_again(connection: Connection) -> None:
    same = _ingested({("a", "l")}, a="1")
    known_files.save_files(connection, "own", same)
    statements = connection.info["statements"]
    statements.clear()
    known_files.save_files(connection, "own", same)
    assert {text.split()[0] for text in statements} == {"SELECT"}


def test_rows_can_be_read_without_their_documents(connection: Connection) -> None:
    (full,) = store.load_entities(connection, source="own")
    (light,) = store.load_entities(connection, source="own", with_documents=False)
    assert full.document == '{"kind":"Component"}'
    assert (light.document, light.document_hash, light.ref) == ("", "hash", full.ref)
