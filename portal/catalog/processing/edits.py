"""Commits that only edit a few files: these files and their entities are all that is looked at.

A run over a whole source looks at every file and every row of it. That is for nothing when a
commit changes the contents of some descriptors and nobody else is concerned: the same entities
are defined by the same files, no Location and no rule over many entities is among them, and
nothing of them is wrong. Whatever could have an effect elsewhere makes it a whole run.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from portal.catalog import tables as t
from portal.catalog.ingestion.ingested import Ingested
from portal.catalog.ingestion.ingested import Known
from portal.catalog.ingestion.walk import ingest_files
from portal.catalog.processing import store
from portal.catalog.processing.known_files import Owners
from portal.catalog.processing.problems import has_effects_elsewhere
from portal.catalog.processing.source_states import SourceState
from portal.catalog.processing.store import StoredEntity
from portal.catalog.sources.opening import Location
from portal.model.refs import LocationRef
from portal.model.refs import parse_location_ref
from portal.scm.snapshot import FileTree

#: A commit that edits more files gets a whole run.
MOST_EDITED = 20


@dataclass(frozen=True, slots=True)
class Edits:
    """What a commit edits.

    Attributes:
        ingested: What the edited descriptors define.
        own: The stored entities of these files, by ref.
    """

    ingested: Ingested
    own: Mapping[str, StoredEntity]


def read_edits(
    connection: Connection,
    location: Location,
    state: SourceState,
    snapshot: FileTree,
    together_kinds: Collection[str],
) -> Edits | None:
    """Return what a commit edits; ``None`` when it needs a whole run.

    Args:
        connection: Inside the transaction of the run.
        location: The opened source.
        state: Its state before the run.
        snapshot: The commit.
        together_kinds: The kinds that rules over many entities read.
    """
    leading = _edited_descriptors(connection, location, state, snapshot.commit)
    if leading is None or has_effects_elsewhere(connection, location.name, leading):
        return None
    own = {row.ref: row for row in store.load_entities_of(connection, location.name, leading)}
    excluded = {"location", *(kind.lower() for kind in together_kinds)}
    if any(ref.partition(":")[0] in excluded for ref in own):
        return None
    owners = Owners(connection, {ref: (location.name, row.path) for ref, row in own.items()})
    ingested = ingest_files(snapshot, location.roots, Known(location.name, owners=owners), leading)
    is_same = not ingested.items and ingested.files.keys() == leading.keys()
    if not is_same or _by_path(ingested) != {(row.path, ref) for ref, row in own.items()}:
        return None
    return Edits(ingested, own)


def _by_path(ingested: Ingested) -> set[tuple[str, str]]:
    return {(defined.path, ref) for ref, defined in ingested.entities.items()}


def _edited_descriptors(
    connection: Connection, location: Location, state: SourceState, commit: str
) -> dict[str, LocationRef] | None:
    """Return the edited descriptors with the targets that lead to them.

    Returns:
        ``None`` when it is not known that nothing else of the source is concerned.
    """
    is_known = state.commit_id and state.fingerprint == location.fingerprint
    if not is_known or state.held_commit:
        return None
    edited = location.mirror.edited(state.commit_id, commit)
    if edited is None or len(edited) > MOST_EDITED or _is_used(connection, location.name, edited):
        return None
    of_source = sa.select(t.files.c.path, t.files.c.root).where(t.files.c.source == location.name)
    rows = connection.execute(of_source.where(t.files.c.path.in_(edited)))
    return {row.path: parse_location_ref(row.root) for row in rows}


def _is_used(connection: Connection, source: str, paths: Sequence[str]) -> bool:
    """Return whether entities of the source depend on files, besides being defined there."""
    named = [t.files.c.dependencies.contains(json.dumps(path), autoescape=True) for path in paths]
    query = sa.select(t.files.c.path).where(t.files.c.source == source, sa.or_(sa.false(), *named))
    return connection.execute(query.limit(1)).first() is not None
