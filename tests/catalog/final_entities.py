"""Final entities in the tables of the catalog, without a run that puts them there."""

from __future__ import annotations

import json
from collections.abc import Mapping

import sqlalchemy as sa

from portal.catalog import tables as t
from portal.catalog.search_rows import flatten
from portal.model.entity import Entity

_BLANK = dict.fromkeys(("source", "path", "document", "document_hash", "items", "etag"), "")


def fill(connection: sa.Connection, entities: list[Entity]) -> None:
    """Put final entities into an empty catalog."""
    put(connection, dict(enumerate(entities, 1)))


def put(connection: sa.Connection, entities: Mapping[int, Entity], generation: int = 0) -> None:
    """Put final entities into a catalog, in the place of those with the same row ids."""
    for number, final in entities.items():
        remove(connection, number)
        ref = f"{final['kind']}:default/{final['metadata']['name']}".lower()
        row = {"id": number, "uid": final["metadata"]["uid"], "ref": ref, "line": 1}
        row |= {"kind": final["kind"], "final": json.dumps(final), "generation": generation}
        connection.execute(sa.insert(t.entities).values(_BLANK | row))
        rows = [
            {"entity_id": number, "key": key, "value": value, "original": original}
            for key, value, original in flatten(final)
        ]
        connection.execute(sa.insert(t.search), rows)


def remove(connection: sa.Connection, number: int) -> None:
    """Remove an entity by its row id, if it is there."""
    connection.execute(sa.delete(t.search).where(t.search.c.entity_id == number))
    connection.execute(sa.delete(t.entities).where(t.entities.c.id == number))
