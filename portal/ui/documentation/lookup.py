"""Search within one documentation: every hit leads to its heading."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from portal.auth.identity import Principal
from portal.model.refs import EntityRef
from portal.search.documents import Hit
from portal.search.documents import SearchQuery
from portal.search.service import Search
from portal.techdocs.translations import FindTranslation
from portal.ui.documentation.addresses import home_of
from portal.ui.frame.prose import Run

_TYPE = "techdocs"
_MOST = 30
_MARK = "mark"


@dataclass(frozen=True, slots=True)
class Found:
    """A section that was found: title, page, address, and a passage of it as runs of text."""

    title: str
    page: str
    address: str
    passage: tuple[Run, ...]


def find_in(
    search: Search, principal: Principal, ref: EntityRef, term: str, translate: FindTranslation
) -> list[Found]:
    """Return the sections of the documentation of an entity that a query finds, each once.

    Args:
        search: Answers queries.
        principal: The caller.
        ref: The entity.
        term: The query.
        translate: Finds sections in the reader's language.

    Raises:
        MissingIndexError: When the index has not been built.
    """
    query = SearchQuery(
        term,
        (_TYPE,),
        {
            "kind": (ref.kind.lower(),),
            "namespace": (ref.namespace.lower(),),
            "name": (ref.name.lower(),),
        },
        limit=_MOST,
        visibility=search.visibility_of(principal),
    )
    found: dict[str, Found] = {}
    for hit in search.search(query).hits:
        one = _found(hit, ref, translate)
        found.setdefault(one.address, one)
    return list(found.values())


def _found(hit: Hit, ref: EntityRef, translate: FindTranslation) -> Found:
    fields: Any = hit.fields
    pieces = hit.highlights.get("text", ())
    passage = tuple(Run(text, _MARK if is_match else "") for text, is_match in pieces)
    if there := translate(ref, str(fields["path"])):
        address = home_of(ref) + quote(there.address, safe="/#")
        return Found(there.title, _page_of(there.address), address, passage)
    place = str(fields["path"])
    return Found(str(fields["title"]), _page_of(place), str(fields["location"]), passage)


def _page_of(place: str) -> str:
    """Return the page of a section as it is shown, without anchor and last slash."""
    return place.partition("#")[0].strip("/")
