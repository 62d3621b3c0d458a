"""The same section of a documentation in the language of a reader: search leads to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from portal.auth.identity import Principal
from portal.kernel.errors import PortalError
from portal.model.refs import EntityRef
from portal.techdocs.service import Documentation
from portal.techdocs.service import TechDocs
from portal.techdocs.sites.site import address_of


@dataclass(frozen=True, slots=True)
class SectionPlace:
    """A section: its address below the documentation, with its anchor, and its heading."""

    address: str
    title: str


#: Given an entity and the address of a section, returns the same section in the language of
#: the reader; ``None`` where it is in that language, or there is no other.
FindTranslation = Callable[[EntityRef, str], SectionPlace | None]


def translations_for(techdocs: TechDocs, principal: Principal, language: str) -> FindTranslation:
    """Return what finds sections in a language, for one request: each entity is read once.

    Args:
        techdocs: Finds and renders documentation.
        principal: The caller.
        language: The language.
    """
    known: dict[EntityRef, Documentation | None] = {}

    def find(ref: EntityRef, place: str) -> SectionPlace | None:
        try:
            if ref not in known:
                known[ref] = None
                known[ref] = techdocs.find(principal, ref)
            docs = known[ref]
            return _translated(techdocs, docs, place, language) if docs else None
        except PortalError:  # it is found in the language it was written in
            return None

    return find


def _translated(
    techdocs: TechDocs, docs: Documentation, place: str, language: str
) -> SectionPlace | None:
    address, _, anchor = place.partition("#")
    path = docs.site.page_at(address)
    twin = docs.site.in_language(path, language) if path else ""
    if twin == path:
        return None
    page, own = techdocs.page(docs, twin), techdocs.page(docs, path)
    if not anchor or len(page.headings) != len(own.headings):
        return SectionPlace(address_of(twin), page.title)
    # Twins have the same headings in the same order, whatever they are called.
    pairs = zip(own.headings, page.headings, strict=True)
    there = next((there for here, there in pairs if here.anchor == anchor), None)
    if there is None:
        return SectionPlace(address_of(twin), page.title)
    return SectionPlace(f"{address_of(twin)}#{there.anchor}", there.title)
