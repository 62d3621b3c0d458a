"""Sections on the pages of concepts and services: the other end of each link, and its findings."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from typing import Any

from portal.catalog.reading.entity_reader import EntityReader
from portal.glossary.concepts import titles_of
from portal.kernel.errors import NotFoundError
from portal.links.link import KINDS
from portal.links.link import Link
from portal.links.reading.coverage import CoverageQuery
from portal.links.reading.service import Links
from portal.model.entity import Entity
from portal.model.entity import ref_of
from portal.ui.coverage.marks import SIGNS
from portal.ui.coverage.marks import Mark
from portal.ui.coverage.marks import mark_of
from portal.ui.coverage.matrix import OwnerShare
from portal.ui.coverage.matrix import owner_shares
from portal.ui.frame.names import names_of
from portal.ui.frame.panels import MAIN
from portal.ui.frame.panels import Panel
from portal.ui.frame.reader import Reader

#: How many links a page shows with their findings; the matrix has the others.
_MOST = 10
_ORDER = list(SIGNS)


def titles_in(entities: EntityReader, refs: Iterable[str], language: str) -> dict[str, str]:
    """Return the names of entities in a language, by ref; those that are not there are left out."""
    found = titles_of(entities.documents(sorted(set(refs))))
    return {ref: titles.get(language) or titles[""] for ref, titles in found.items()}


def concept_panel(links: Links, entities: EntityReader) -> Panel:
    """Return the section of a concept's page with the services that implement it."""

    def read(entity: Entity, reads: Reader) -> Mapping[str, Any] | None:
        if entity["kind"] != "Concept":
            return None
        ref = str(ref_of(entity))
        found = _ordered(_of_concept(links, ref))
        shares = _shares(links, ref) if found else []
        owners = names_of(entities, (one.owner for one in shares))
        marks = _marks(links, found[:_MOST], entities, reads, lambda link: link.entity)
        return {
            "concept": ref,
            "marks": marks,
            "total": len(found),
            "shares": shares,
            "owners": owners,
            "signs": SIGNS,
        }

    return Panel(MAIN, "coverage/concept-panel.html", read)


def service_panel(links: Links, entities: EntityReader) -> Panel:
    """Return the section of a service's page with the concepts that it implements."""

    def read(entity: Entity, reads: Reader) -> Mapping[str, Any] | None:
        if entity["kind"] not in KINDS:
            return None
        found = links.of_entity(str(ref_of(entity)))
        if found.scan is None and not found.links:
            return None
        expected = found.gaps[:_MOST]
        ordered = _ordered(found.links)
        marks = _marks(links, ordered[:_MOST], entities, reads, lambda link: link.concept)
        return {
            "scan": found.scan,
            "marks": marks,
            "rest": _rest(ordered[_MOST:], entities, reads),
            "expected": expected,
            "names": titles_in(entities, (gap.concept for gap in expected), reads.language),
            "signs": SIGNS,
        }

    return Panel(MAIN, "coverage/service-panel.html", read)


def _of_concept(links: Links, ref: str) -> tuple[Link, ...]:
    try:
        return links.of_concept(ref)
    except NotFoundError:  # the page shows what was there a moment ago
        return ()


def _ordered(found: Iterable[Link]) -> list[Link]:
    return sorted(found, key=lambda link: (_ORDER.index(link.status), -(link.level or 0)))


def _marks(
    links: Links, shown: list[Link], entities: EntityReader, reads: Reader, end: Any
) -> list[Mark]:
    titles = titles_in(entities, map(end, shown), reads.language)
    return [mark_of(links.detail(link.id), titles.get(end(link), end(link))) for link in shown]


def _rest(links: list[Link], entities: EntityReader, reads: Reader) -> list[Mark]:
    titles = titles_in(entities, (link.concept for link in links), reads.language)
    return [Mark(link, titles.get(link.concept, link.concept)) for link in links]


def _shares(links: Links, concept: str) -> list[OwnerShare]:
    """Return the services of each owner that has one that implements the concept."""
    whole = links.coverage(CoverageQuery(concepts=(concept,)))
    return [one for one in owner_shares(whole.services, whole.cells) if one.counts]
