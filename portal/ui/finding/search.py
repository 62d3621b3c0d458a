"""The search page."""

from __future__ import annotations

from flask import Blueprint
from flask import Response
from flask import request

from portal.auth.gate import principal
from portal.config.quotas import Quota
from portal.glossary.service import Glossary
from portal.search.api import MAX_TERM
from portal.search.indexing.collators import GLOSSARY
from portal.search.indexing.collators import SOFTWARE_CATALOG
from portal.search.ranking.facets import FACETS
from portal.search.service import Search
from portal.techdocs.service import TechDocs
from portal.techdocs.translations import translations_for
from portal.ui.finding import results
from portal.ui.frame import reader
from portal.ui.frame.menu import MENU
from portal.ui.frame.page import AddPages
from portal.ui.frame.page import page
from portal.ui.frame.page import page_number
from portal.web.doors import asks
from portal.web.doors import counts

#: The greatest number of completions.
_MOST_SUGGESTED = 8


def search_pages(search: Search, glossary: Glossary, techdocs: TechDocs) -> AddPages:
    """Return the search page.

    Args:
        search: Answers queries.
        glossary: Offers concepts when nothing is found.
        techdocs: Finds the pages of documentation in the reader's language.
    """

    def add(bp: Blueprint) -> None:
        _add_suggestions(bp, search)

        @bp.get("/search")
        @asks("catalog.entity.read")
        @counts(Quota.SEARCHES)
        def get_search() -> Response:
            """Show what a query finds."""
            reads = reader.reader_of(request)
            asked = " ".join(request.args.get("q", "").split())
            term = asked[:MAX_TERM]
            chosen = {name: request.args[name] for name in FACETS if request.args.get(name)}
            translate = translations_for(techdocs, principal(), reads.language)
            visible = search.visibility_of(principal())
            wanted = results.PageQuery(term, chosen, visible, translate)
            found = results.find(search, wanted, page_number(), reads.language) if term else None
            offered = [] if found and found.total else glossary.concepts([reads.language])
            return page(
                "finding/search",
                reads,
                term=term,
                is_cut=len(asked) > MAX_TERM,
                found=found,
                chosen=chosen,
                suggestions=offered,
                has_docs=any(entry.path == "/docs" for entry in MENU),
            )

    return add


def _add_suggestions(bp: Blueprint, search: Search) -> None:
    @bp.get("/search/suggestions")
    @asks("catalog.entity.read")
    @counts(Quota.SEARCHES)
    def get_suggestions() -> Response:
        """Show completions of what is being typed, as options of the search box."""
        reads = reader.reader_of(request)
        term = " ".join(request.args.get("q", "").split())[:MAX_TERM]
        types, visible = (GLOSSARY, SOFTWARE_CATALOG), search.visibility_of(principal())
        found = search.suggest(term, _MOST_SUGGESTED, types, visible) if term else ()
        return page("finding/suggestions", reads, found=found, term=term)
