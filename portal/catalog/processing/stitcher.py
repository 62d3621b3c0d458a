"""Stitching: assembles final entities from documents, relations and status."""

from __future__ import annotations

import json
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from typing import Any

from sqlalchemy.engine import Connection

from portal.catalog.processing import store
from portal.catalog.search_rows import flatten
from portal.kernel.database import batches
from portal.model.entity import Entity
from portal.model.entity import content_hash
from portal.model.entity import json_text

_BATCH = 1_000


def stitch(
    document: Entity,
    uid: str,
    relations: Iterable[tuple[str, str]],
    status_items: list[dict[str, Any]],
) -> Entity:
    """Return the final entity, as clients get it.

    The etag is a hash of everything but uid and etag; one in the descriptor is kept.
    """
    metadata = dict(document["metadata"])
    final: Entity = {**document, "metadata": metadata}
    final["relations"] = [{"type": kind, "targetRef": ref} for kind, ref in relations]
    if status_items:
        final["status"] = {"items": status_items}
    etag = metadata.get("etag") or content_hash(json_text(final))
    metadata["uid"] = uid
    metadata["etag"] = etag
    return final


def stitch_refs(connection: Connection, refs: Collection[str]) -> set[str]:
    """Stitch the entities among ``refs`` again; return those that changed."""
    changed: set[str] = set()
    for batch in batches(sorted(refs), _BATCH):
        stored = list(store.load_entities(connection, batch))
        finals = list(_finals(connection, stored))
        fresh = {row.id for row in stored if not row.etag}
        if finals:
            store.save_finals(connection, finals, fresh)
        ids = {final.id for final in finals}
        changed.update(row.ref for row in stored if row.id in ids)
    return changed


def _finals(connection: Connection, stored: list[store.StoredEntity]) -> Iterator[store.Final]:
    relations = store.load_relations(connection, [row.ref for row in stored])
    for row in stored:
        items = json.loads(row.items) if row.items else []
        document = json.loads(row.document)
        final = stitch(document, row.uid, relations.get(row.ref, ()), items)
        etag = final["metadata"]["etag"]
        if etag != row.etag or "etag" in document["metadata"]:
            yield store.Final(row.id, json_text(final), etag, flatten(final))
