"""What the coverage shows of the catalog: concepts, services, their owners and systems."""

from __future__ import annotations

import json
from collections.abc import Iterable
from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from portal.catalog import tables as catalog
from portal.catalog.reading.sight import Sight
from portal.kernel.database import batches
from portal.links.reading.coverage import Service
from portal.links.store import StoredScan
from portal.model.entity import Entity

_BATCH = 500


def concepts(connection: Connection, sight: Sight) -> dict[str, dict[str, str]]:
    """Return the titles of the concepts that are seen, by ref and language."""
    entities = catalog.entities
    conditions = (entities.c.kind == "Concept", *sight.of_entities(entities.c.id))
    query = sa.select(entities.c.ref, entities.c.document).where(*conditions)
    rows = connection.execute(query.order_by(entities.c.ref)).all()
    return {row.ref: _titles(json.loads(row.document)) for row in rows}


def _titles(concept: Entity) -> dict[str, str]:
    labels = (concept.get("spec") or {}).get("labels") or {}
    return {language: each["preferred"] for language, each in labels.items()}


def services(
    connection: Connection, sight: Sight, refs: Iterable[str], scans: Mapping[str, StoredScan]
) -> list[Service]:
    """Return those of some services that are seen.

    Args:
        connection: A connection to the database.
        sight: What the caller sees.
        refs: The refs of the services.
        scans: The last scan of each, by ref.
    """
    seen = sight.refs(connection, refs)
    owners = _targets(connection, seen, "ownedBy")
    systems = _targets(connection, seen, "partOf", "system")
    systems |= {ref: ref for ref in seen if ref.startswith("system:")}
    domains = _targets(connection, set(systems.values()), "partOf", "domain")
    shown = sight.refs(connection, {*owners.values(), *systems.values(), *domains.values()})
    names = {ref: ref if ref in shown else "" for ref in {*owners.values(), *systems.values()}}
    names |= {ref: ref if ref in shown else "" for ref in domains.values()}
    titles = _titles_of(connection, seen)
    return [
        Service(
            ref,
            titles.get(ref) or ref.rpartition("/")[2],
            names.get(owners.get(ref, ""), ""),
            names.get(systems.get(ref, ""), ""),
            names.get(domains.get(systems.get(ref, ""), ""), ""),
            scans[ref].scan.completeness.value if ref in scans else "",
        )
        for ref in seen
    ]


def _targets(
    connection: Connection,
    refs: Iterable[str],
    relation: str,
    kind: str = "",
) -> dict[str, str]:
    """Return the first target of a relation of some entities, by their refs; of one kind."""
    relations = catalog.relations
    found: dict[str, str] = {}
    for batch in batches(sorted(refs), _BATCH):
        query = sa.select(relations.c.source_ref, relations.c.target_ref).where(
            relations.c.source_ref.in_(batch),
            relations.c.type == relation,
            relations.c.target_ref.startswith(f"{kind}:" if kind else "", autoescape=True),
        )
        for row in connection.execute(query.order_by(relations.c.target_ref.desc())):
            found[row.source_ref] = row.target_ref
    return found


def _titles_of(connection: Connection, refs: Iterable[str]) -> dict[str, str]:
    rows, entities = catalog.search, catalog.entities
    found: dict[str, str] = {}
    for batch in batches(sorted(refs), _BATCH):
        query = (
            sa.select(entities.c.ref, rows.c.original)
            .join(rows, rows.c.entity_id == entities.c.id)
            .where(entities.c.ref.in_(batch), rows.c.key == "metadata.title")
        )
        found |= {row.ref: row.original or "" for row in connection.execute(query)}
    return found
