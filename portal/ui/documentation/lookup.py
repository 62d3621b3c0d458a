"""Search within one documentation: every hit leads to its heading."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from portal.auth.identity import Principal
from portal.model.refs import EntityRef
from portal.search.documents import Hit
from portal.search.documents import SearchQuery
from portal.search.service import Search
from portal.ui.frame.prose import Run

_TYPE = "techdocs"
_MOST = 30
_MARK = "mark"


@dataclass(frozen=True, slots=True)
class Found:
    """A section that was found: title, address, and a passage of it as runs of text."""

    title: str
    address: str
    passage: tuple[Run, ...]


def find_in(search: Search, principal: Principal, ref: EntityRef, term: str) -> list[Found]:
    """Return the sections of the documentation of an entity that a query finds.

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
    return [_found(hit) for hit in search.search(query).hits]


def _found(hit: Hit) -> Found:
    fields: Any = hit.fields
    pieces = hit.highlights.get("text", ())
    passage = tuple(Run(text, _MARK if is_match else "") for text, is_match in pieces)
    return Found(str(fields["title"]), str(fields["location"]), passage)
