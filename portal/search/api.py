"""The search REST API, as Backstage's frontend knows it, under ``/api/search``."""

from __future__ import annotations

import base64
import binascii
import json
import re
import uuid
from collections.abc import Iterable
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from flask import Response
from flask import request

from portal.auth.gate import principal
from portal.config.quotas import Quota
from portal.kernel.errors import InputError
from portal.search import schemas as s
from portal.search.documents import Explanation
from portal.search.documents import Hit
from portal.search.documents import ResultSet
from portal.search.documents import SearchQuery
from portal.search.documents import Suggestion
from portal.search.documents import Visibility
from portal.search.indexing.collators import GLOSSARY
from portal.search.indexing.collators import SOFTWARE_CATALOG
from portal.search.indexing.documentation import TECHDOCS
from portal.search.ranking.facets import FACETS
from portal.search.ranking.facets import TYPES as TYPES_FACET
from portal.search.service import Search
from portal.web.doors import asks
from portal.web.doors import counts
from portal.web.openapi import Blueprint
from portal.web.responses import json_response

#: The document types.
TYPES = (GLOSSARY, SOFTWARE_CATALOG, TECHDOCS)
#: The facets that responses can count.
COUNTED = (TYPES_FACET, *FACETS)
MAX_TERM = 100
MAX_LIMIT = 100
_DEFAULT_LIMIT = 25
_FILTER = re.compile(r"filters\[([^\]]+)\](?:\[\d*\])?")
#: Marks matches in highlights: one pair of tags per process, without regex metacharacters.
_TAG = str(uuid.uuid4())
_PRE_TAG, _POST_TAG = f"<{_TAG}>", f"</{_TAG}>"


def search_blueprint(search: Search) -> Blueprint:
    """Return the routes of search."""
    bp = Blueprint("search", __name__, url_prefix="/api/search", description=__doc__)

    @bp.get("/query")
    @bp.arguments(s.SearchQueryString(), location="query")
    @bp.response(200, s.SearchAnswer)
    @asks("catalog.entity.read")
    @counts(Quota.SEARCHES)
    def get_query(args: dict[str, Any]) -> Response:
        """Find what a term means, best first; narrow it with types and filters.

        With ``explain=true`` each result tells why it was found, and an answer of near
        misses alone has a ``suggestion`` of what was probably meant. ``facets``, names
        of filters with commas between them, and ``types``, count all that was found by
        the values of these; the 100 most frequent of each are told.
        """
        page, query = _question(args, search.visibility_of(principal()))
        asked = request.query_string
        return json_response(search.cached(query.visibility, asked, lambda: _dump(page, query)))

    def _dump(page: int | None, query: SearchQuery) -> bytes:
        answer = _answer(search.search(query), page, query)
        return json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()

    @bp.get("/suggest")
    @bp.arguments(s.SuggestQueryString(), location="query")
    @bp.response(200, s.Suggestions)
    @asks("catalog.entity.read")
    @counts(Quota.SEARCHES)
    def get_suggestions(args: dict[str, Any]) -> Response:
        """Complete a name while it is typed, concepts first."""
        term, types = args["term"], tuple(args["types"])
        _check(term, types, args["limit"], "limit")
        found = search.suggest(term, args["limit"], types, search.visibility_of(principal()))
        return json_response({"suggestions": [_suggestion(one) for one in found if _is_safe(one)]})

    return bp


def _question(args: dict[str, Any], visibility: Visibility) -> tuple[int | None, SearchQuery]:
    """Return the page number of the request, ``None`` for an invalid cursor, and the query."""
    term, types = args["term"], tuple(args["types"])
    limit = args["pageLimit"] or _DEFAULT_LIMIT
    _check(term, types, limit)
    page = _page_number(args["pageCursor"])
    query = SearchQuery(
        term,
        types,
        _filters(),
        offset=(page or 0) * limit,
        limit=limit,
        explain=args["explain"] == "true",
        facets=_facets(args["facets"]),
        visibility=visibility,
    )
    return page, query


def _facets(asked: Iterable[str]) -> tuple[str, ...]:
    """Return the requested facets without duplicates.

    Raises:
        InputError: When a facet is unknown.
    """
    names = [name.strip() for text in asked for name in text.split(",") if name.strip()]
    for name in names:
        if name not in COUNTED:
            raise InputError(
                f"request/query/facets: there is no facet {name!r}; there are: {', '.join(COUNTED)}"
            )
    return tuple(dict.fromkeys(names))


def _check(term: str, types: tuple[str, ...], limit: int, name: str = "pageLimit") -> None:
    """Validate bounds, with the messages of Backstage's validator.

    Raises:
        InputError: When the term, the types or the limit are out of bounds.
    """
    issues: list[tuple[str, list[Any]]] = []
    if len(term) > MAX_TERM:
        issues.append((f'The term length "{len(term)}" is greater than "{MAX_TERM}"', ["term"]))
    issues += [
        ("Invalid input", ["types", index]) for index, kind in enumerate(types) if kind not in TYPES
    ]
    if limit > MAX_LIMIT:
        issues.append((f'The page limit "{limit}" is greater than "{MAX_LIMIT}"', [name]))
    if issues:
        found = [{"code": "custom", "message": text, "path": path} for text, path in issues]
        raise InputError(f"Invalid query string: {json.dumps(found, indent=2)}")
    if request.args.get("term") is None and any(k.startswith("term[") for k in request.args):
        raise InputError("request/query/term must be string")
    if "filters" in request.args:
        raise InputError("request/query/filters must be object")


def _filters() -> dict[str, tuple[str, ...]]:
    """Return the parameters ``filters[kind]=A&filters[kind][1]=B`` as field to values."""
    found: dict[str, tuple[str, ...]] = {}
    for key, value in request.args.items(multi=True):
        if match := _FILTER.fullmatch(key):
            found[match[1]] = (*found.get(match[1], ()), value)
    return found


def _page_number(cursor: str) -> int | None:
    """Return the page number of a cursor; ``None`` when it is invalid."""
    if not cursor:
        return 0
    try:
        text = base64.b64decode(cursor).decode()
    except (binascii.Error, ValueError):
        return None
    return int(text) if re.fullmatch(r"\d{1,6}", text) else None


def _cursor(page: int) -> str:
    return base64.b64encode(str(page).encode()).decode()


def _answer(found: ResultSet, page: int | None, query: SearchQuery) -> dict[str, Any]:
    answer: dict[str, Any] = {"numberOfResults": found.total}
    if query.facets:
        answer["facets"] = {name: _values(counts) for name, counts in found.facets.items()}
    if page is None:
        return {**answer, "results": []}
    if (page + 1) * query.limit < found.total:
        answer["nextPageCursor"] = _cursor(page + 1)
    if page > 0:
        answer["previousPageCursor"] = _cursor(page - 1)
    if query.explain and found.suggestion:
        answer["suggestion"] = found.suggestion
    ranked = enumerate(found.hits, page * query.limit + 1)
    answer["results"] = [_result(hit, rank) for rank, hit in ranked if _is_safe(hit)]
    return answer


def _values(counts: Mapping[str, int]) -> list[dict[str, Any]]:
    return [{"value": value, "count": count} for value, count in counts.items()]


def _is_safe(hit: Hit | Suggestion) -> bool:
    """Return whether a result's location cannot run a script in a browser."""
    location = str(hit.fields.get("location", ""))
    return location.startswith("/") or urlsplit(location).scheme in {"", "http", "https"}


def _result(hit: Hit, rank: int) -> dict[str, Any]:
    document = {key: value for key, value in hit.fields.items() if key != "authorization"}
    result: dict[str, Any] = {"type": hit.type, "document": document, "rank": rank}
    if hit.highlights:
        fields = {
            name: "".join(f"{_PRE_TAG}{text}{_POST_TAG}" if match else text for text, match in runs)
            for name, runs in hit.highlights.items()
        }
        result["highlight"] = {"preTag": _PRE_TAG, "postTag": _POST_TAG, "fields": fields}
    if hit.explanation:
        result["explanation"] = _explanation(hit.tier, hit.explanation)
    return result


def _explanation(tier: str, why: Explanation) -> dict[str, Any]:
    told = {
        "name": why.name,
        "reading": why.reading,
        "readAs": why.read_as,
        "edits": why.edits,
        "matches": why.matches,
        "related": why.related,
        "tools": why.tools,
    }
    return {"tier": tier, **{key: value for key, value in told.items() if value}}


def _suggestion(one: Suggestion) -> dict[str, Any]:
    return {
        "name": one.name,
        "type": one.type,
        "ref": one.ref,
        "title": one.fields.get("title", ""),
        "location": one.fields.get("location", ""),
        "how": one.how,
    }
