"""Taking entities out on request: all that hung on them is as if they had never been."""

from __future__ import annotations

import sqlalchemy as sa

from portal.catalog import tables as t
from portal.catalog.ingestion.ingested import Defined
from portal.catalog.processing import history
from portal.catalog.processing import source_states
from portal.catalog.processing import store
from portal.catalog.processing.removal import remove_entity
from portal.catalog.processing.removal import remove_source
from portal.catalog.processing.source_states import SourceState
from portal.catalog.processing.stitcher import stitch_refs
from portal.catalog.processing.store import NewDocument
from portal.model.entity import Relation
from portal.model.entity import canonical_json
from portal.model.entity import content_hash

A, B = "component:default/a", "component:default/b"


def fill(connection: sa.Connection) -> None:
    """Put two entities of two sources into the catalog; ``a`` says something of ``b``."""
    for ref, source in ((A, "one"), (B, "two")):
        entity = {
            "apiVersion": "backstage.io/v1alpha1",
            "kind": "Component",
            "metadata": {"name": ref[-1], "namespace": "default"},
            "spec": {"type": "t"},
        }
        text = canonical_json(entity)
        defined = Defined(ref, f"{ref[-1]}.yaml", 1, entity)
        store.add_entities(connection, source, [NewDocument(defined, text, content_hash(text))])
        source_states.save_source(connection, SourceState(source, fingerprint="f", commit_id="c"))
        row = {
            "source": source,
            "path": f"{ref[-1]}.yaml",
            "blob_id": "x",
            "dependencies": "{}",
            "root": "",
        }
        connection.execute(sa.insert(t.files).values(row))
    pair = (Relation(A, "dependsOn", B), Relation(B, "dependencyOf", A))
    store.add_relations(connection, {A: pair})
    stitch_refs(connection, {A, B})


def final(connection: sa.Connection, ref: str) -> str | None:
    """Return what is served of an entity."""
    query = sa.select(t.entities.c.final).where(t.entities.c.ref == ref)
    found: str | None = connection.scalar(query)
    return found


def test_a_source_is_forgotten_with_all_it_defined(database: sa.Engine) -> None:
    with database.begin() as connection:
        fill(connection)
        assert "dependencyOf" in (final(connection, B) or "")
        generation = store.generation(connection)
        remove_source(connection, "one")
        assert final(connection, A) is None
        assert "dependencyOf" not in (final(connection, B) or "")
        assert store.generation(connection) == generation + 1
        assert source_states.load_source(connection, "one") == SourceState("one")
        assert list(connection.scalars(sa.select(t.files.c.source))) == ["two"]
        (change,) = history.load(connection, A)
        assert (change["operation"], change["tombstone"]["metadata"]["name"]) == ("removed", "a")


def test_a_source_without_entities_is_forgotten_without_a_generation(database: sa.Engine) -> None:
    with database.begin() as connection:
        source_states.save_source(connection, SourceState("empty"))
        remove_source(connection, "empty")
        remove_source(connection, "never-there")
        assert store.generation(connection) == 0
        assert source_states.load_sources(connection) == []


def test_an_entity_is_removed_and_its_file_counts_as_unread(database: sa.Engine) -> None:
    with database.begin() as connection:
        fill(connection)
        uid = str(connection.scalar(sa.select(t.entities.c.uid).where(t.entities.c.ref == A)))
        assert remove_entity(connection, uid) == "one"
        assert final(connection, A) is None
        assert source_states.load_source(connection, "one").fingerprint == ""
        assert list(connection.scalars(sa.select(t.files.c.source))) == ["two"]
        assert remove_entity(connection, uid) == ""
        assert remove_entity(connection, "") == ""
