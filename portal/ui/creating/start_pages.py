"""The page that lists templates."""

from __future__ import annotations

from flask import Blueprint
from flask import Response
from flask import request

from portal.catalog.reading.entity_reader import EntityReader
from portal.glossary.service import Glossary
from portal.ui.creating.cards import concepts_of
from portal.ui.creating.cards import read_cards
from portal.ui.creating.cards import tags_of
from portal.ui.frame import reader
from portal.ui.frame.names import names_of
from portal.ui.frame.page import AddPages
from portal.ui.frame.page import page
from portal.ui.frame.rights import Rights
from portal.web.doors import asks

_LONGEST = 100


def template_pages(entity_reader: EntityReader, glossary: Glossary, rights: Rights) -> AddPages:
    """Return the page that lists templates.

    Args:
        entity_reader: Reads templates.
        glossary: The concepts, localized.
        rights: What the caller may do.
    """

    def add(bp: Blueprint) -> None:
        @bp.get("/create")
        @asks("catalog.entity.read")
        def get_templates() -> Response:
            """List templates, all or those of a concept or a tag."""
            reads = reader.reader_of(request)
            names = ("concept", "tag", "q")
            chosen = {name: request.args.get(name, "")[:_LONGEST].strip() for name in names}
            every = read_cards(entity_reader)
            concept, tag, words = chosen["concept"], chosen["tag"], chosen["q"].split()
            cards = [
                card
                for card in every
                if (not concept or concept in card.concepts)
                and (not tag or tag in card.tags)
                and card.has(words)
            ]
            concepts = glossary.concepts([reads.language])
            return page(
                "creating/templates",
                reads,
                cards=cards,
                may_create=rights.may("scaffolder.task.create"),
                total=len(every),
                chosen=chosen,
                concepts=concepts_of(every, concepts),
                titles={one.name: one.title for one in concepts},
                tags=tags_of(every),
                owners=names_of(entity_reader, [card.owner for card in cards]),
            )

    return add
