"""The pages of concepts."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint
from flask import Response
from flask import request

from portal.catalog.reading.entities_catalog import EntitiesCatalog
from portal.glossary.concepts import ConceptView
from portal.glossary.service import Glossary
from portal.mentions.service import Mentions
from portal.model.refs import EntityRef
from portal.ui.browsing import changes
from portal.ui.browsing.related import Link
from portal.ui.browsing.related import Links
from portal.ui.browsing.related import drawing_of
from portal.ui.finding.terms import TermLinks
from portal.ui.frame import reader
from portal.ui.frame.page import AddPages
from portal.ui.frame.page import page
from portal.ui.frame.panels import Panel
from portal.ui.frame.panels import panels_of
from portal.web.doors import asks
from portal.web.doors import public

_CONCEPT = "Concept"
_NAMESPACE = "default"
_EDIT_URL = "backstage.io/edit-url"
#: The relations of a drawing, in order.
_DRAWN = (
    "broader",
    "partOf",
    "replaces",
    "narrower",
    "hasPart",
    "relatedTo",
    "contrastsWith",
    "replacedBy",
    "hasStarter",
    "conceptImplementedBy",
)
#: The greatest number of entities of one relation in it.
_MOST_OF_A_RELATION = 3


def concept_pages(
    catalog: EntitiesCatalog,
    glossary: Glossary,
    mentions: Mentions,
    panels: Sequence[Panel] = (),
) -> AddPages:
    """Return the pages of concepts.

    Args:
        catalog: Reads the history of concepts.
        glossary: The concepts, localized.
        mentions: Finds terms, which become links.
        panels: Sections that other rooms add.
    """

    def add(bp: Blueprint) -> None:
        @bp.get("/glossary")
        @public("leads to the start page")
        def get_glossary() -> Response:
            """Send readers to the start page: it is the glossary."""
            reads = reader.reader_of(request)
            return Response(status=302, headers={"Location": reads.url("/")})

        @bp.get("/glossary/<name>")
        @asks("catalog.entity.read")
        def get_concept(name: str) -> Response:
            """Show one concept, every section of it."""
            reads = reader.reader_of(request)
            concept = glossary.concept(name, [reads.language])
            before, after = _neighbours(glossary.concepts([reads.language]), concept)
            ref = EntityRef(_CONCEPT, _NAMESPACE, concept.name)
            entity = glossary.entity(name)
            notes = entity["metadata"].get("annotations") or {}
            return page(
                "finding/concept",
                reads,
                concept=concept,
                terms=TermLinks(mentions, glossary, reads, concept.name.lower()),
                before=before,
                after=after,
                history=changes.last_changes(catalog, ref),
                drawing=drawing_of(concept.title, _drawn(concept)),
                edit_url=notes.get(_EDIT_URL, ""),
                panels=panels_of(panels, entity, reads),
            )

    return add


def _drawn(concept: ConceptView) -> list[Links]:
    """Return the relations of a concept that its drawing shows."""
    return [
        Links(
            relation,
            tuple(
                Link(one.ref, one.kind, one.title, one.exists)
                for one in concept.links[relation][:_MOST_OF_A_RELATION]
            ),
            0,
        )
        for relation in _DRAWN
        if relation in concept.links
    ]


def _neighbours(
    concepts: list[ConceptView], concept: ConceptView
) -> tuple[ConceptView | None, ConceptView | None]:
    """Return the concepts before and after one, in the order of the glossary."""
    refs = [view.ref for view in concepts]
    if concept.ref not in refs:
        return None, None
    at = refs.index(concept.ref)
    return (concepts[at - 1] if at else None), next(iter(concepts[at + 1 :]), None)
