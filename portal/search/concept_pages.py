"""Search within the documentation of a concept, which is made from its sections.

Its pages are no documents of the index: the concept's own document has all of their text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from portal.search.documents import Hit
from portal.search.documents import ResultSet
from portal.search.documents import SearchQuery
from portal.search.indexing.collators import GLOSSARY
from portal.search.indexing.documentation import TECHDOCS

_CONCEPT = "concept"
_MARKED = "text"


def within_a_concept(query: SearchQuery) -> SearchQuery | None:
    """Return the query for the concept whose documentation is searched.

    ``None`` when it is not that of one concept alone, or more than its first page is asked for.
    """
    kinds = tuple(kind.lower() for kind in query.filters.get("kind", ()))
    is_of_one = kinds == (_CONCEPT,) and len(query.filters.get("name", ())) == 1
    if query.types != (TECHDOCS,) or not is_of_one or query.offset:
        return None
    return replace(query, types=(GLOSSARY,))


def as_pages(found: ResultSet) -> ResultSet:
    """Return the pages of the concepts that were found, one for each language."""
    pages = tuple(page for hit in found.hits for page in _pages(hit))
    return ResultSet(pages, len(pages), found.suggestion)


def _pages(hit: Hit) -> Iterator[Hit]:
    fields: Any = hit.fields
    about = {key: fields[key] for key in ("kind", "namespace", "name", "owner") if key in fields}
    home = f"/docs/{fields['namespace']}/{_CONCEPT}/{fields['name']}/".lower()
    for number, (language, summary) in enumerate(fields["summaries"].items()):
        title = fields["titles"].get(language, fields["title"])
        path = f"{language}/" if number else ""
        page = {
            **about,
            "title": title,
            "text": summary,
            "path": path,
            "location": f"{home}{path}",
            "entityTitle": title,
            "lifecycle": fields.get("lifecycle", ""),
            "componentType": fields.get("componentType", ""),
            "authorization": fields.get("authorization"),
        }
        passage = hit.highlights.get(_MARKED, ())
        yield Hit(
            TECHDOCS,
            hit.ref,
            page,
            {_MARKED: passage} if passage else {},
            hit.tier,
            hit.explanation,
        )
