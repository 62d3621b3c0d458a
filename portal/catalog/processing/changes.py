"""The difference between the entities of a commit and those of the catalog."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field

from portal.catalog.ingestion.ingested import Defined
from portal.catalog.ingestion.ingested import Ingested
from portal.catalog.processing.store import NewDocument
from portal.catalog.processing.store import StoredEntity
from portal.model.entity import content_hash
from portal.model.entity import json_text


@dataclass(frozen=True, slots=True)
class Changes:
    """The difference between a commit and the catalog."""

    added: tuple[NewDocument, ...] = ()
    changed: tuple[NewDocument, ...] = ()
    removed: tuple[StoredEntity, ...] = ()
    kept: Mapping[str, StoredEntity] = field(default_factory=dict)
    #: The new lines of unchanged entities, by row id.
    moved: Mapping[int, int] = field(default_factory=dict)

    def refs(self) -> set[str]:
        """Return the refs of added, changed and removed entities."""
        written = (new.defined.ref for new in (*self.added, *self.changed))
        return {*written, *(row.ref for row in self.removed)}


def compare(ingested: Ingested, own: Mapping[str, StoredEntity]) -> Changes:
    """Return the changes that bring the catalog to the commit.

    Args:
        ingested: Everything the commit defines.
        own: The stored entities of the source, by ref.
    """
    added: list[NewDocument] = []
    changed: list[NewDocument] = []
    moved: dict[int, int] = {}
    for ref, defined in ingested.entities.items():
        if defined.entity is None:
            continue
        new = _new_document(defined)
        if ref not in own:
            added.append(new)
        elif own[ref].document_hash != new.document_hash or own[ref].path != defined.path:
            changed.append(new)
        elif own[ref].line != defined.line:
            moved[own[ref].id] = defined.line
    removed = tuple(
        row
        for ref, row in own.items()
        if ref not in ingested.entities
        and ref not in ingested.kept_refs
        and row.path not in ingested.kept_paths
    )
    gone = {row.ref for row in removed}
    kept = {ref: row for ref, row in own.items() if ref not in gone}
    return Changes(tuple(added), tuple(changed), removed, kept, moved)


def _new_document(defined: Defined) -> NewDocument:
    text = json_text(defined.entity)
    return NewDocument(defined, text, content_hash(text))
