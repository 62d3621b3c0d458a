"""Display names of entities: people and teams are called as they call themselves."""

from __future__ import annotations

from collections.abc import Iterable

from portal.catalog.reading.entity_reader import EntityReader
from portal.model.entity import display_name
from portal.model.entity import ref_of


def names_of(reader: EntityReader, refs: Iterable[str]) -> dict[str, str]:
    """Return the display names of refs; those that the catalog does not have are left out."""
    found = reader.documents(sorted({ref for ref in refs if ref}))
    return {str(ref_of(entity)): display_name(entity) for entity in found}
