"""The search REST API, as Backstage's frontend knows it, under ``/api/search``."""

from __future__ import annotations

import base64
import binascii
import json
import re
import uuid
from typing import Any
from urllib.parse import urlsplit

from flask import Response
from flask import request

from portal.kernel.errors import InputError
from portal.kernel.errors import MissingIndexError
from portal.search import schemas as s
from portal.search.collators import GLOSSARY
from portal.search.collators import SOFTWARE_CATALOG
from portal.search.documents import Explanation
from portal.search.documents import Hit
from portal.search.documents import ResultSet
from portal.search.documents import SearchEngine
from portal.search.documents import SearchQuery
from portal.search.documents import Suggestion
from portal.web import Blueprint
from portal.web import json_response

#: Every type there is an index of.
TYPES = (GLOSSARY, SOFTWARE_CATALOG)
#: Types a Backstage frontend asks for that nothing is indexed of here.
MISSING_TYPES = ("techdocs",)
MAX_TERM = 100
MAX_LIMIT = 100
_DEFAULT_LIMIT = 25
_FILTER = re.compile(r"filters\[([^\]]+)\](?:\[\d*\])?")
#: Around matches; one pair per process, no character that means anything in a pattern.
_TAG = str(uuid.uuid4())
_PRE_TAG, _POST_TAG = f"<{_TAG}>", f"</{_TAG}>"


def search_blueprint(engine: SearchEngine) -> Blueprint:
    """Return the routes of search."""
    bp = Blueprint("search", __name__, url_prefix="/api/search", description=__doc__)

    @bp.get("/query")
    @bp.arguments(s.SearchQueryString(), location="query")
    @bp.response(200, s.SearchAnswer)
    def get_query(args: dict[str, Any]) -> Response:
        """Find what a term means, best first; narrow it with types and filters.

        With ``explain=true`` each result tells why it was found, and an answer of near
        misses alone has a ``suggestion`` of what was probably meant.
        """
        term, types = args["term"], tuple(args["types"])
        limit = args["pageLimit"] or _DEFAULT_LIMIT
        _check(term, types, limit)
        page = _page_number(args["pageCursor"])
        explain = args["explain"] == "true"
        query = SearchQuery(term, types, _filters(), (page or 0) * limit, limit, explain)
        found = engine.search(query)
        if page is None:
            return json_response({"numberOfResults": found.total, "results": []})
        return json_response(_answer(found, page, query))

    @bp.get("/suggest")
    @bp.arguments(s.SuggestQueryString(), location="query")
    @bp.response(200, s.Suggestions)
    def get_suggestions(args: dict[str, Any]) -> Response:
        """Complete a name while it is typed, concepts first."""
        term, types = args["term"], tuple(args["types"])
        _check(term, types, args["limit"], "limit")
        found = engine.suggest(term, args["limit"], types)
        return json_response({"suggestions": [_suggestion(one) for one in found if _is_safe(one)]})

    return bp


def _check(term: str, types: tuple[str, ...], limit: int, name: str = "pageLimit") -> None:
    """Refuse what is out of bounds, in the words of Backstage's validator."""
    issues: list[tuple[str, list[Any]]] = []
    if len(term) > MAX_TERM:
        issues.append((f'The term length "{len(term)}" is greater than "{MAX_TERM}"', ["term"]))
    issues += [
        ("Invalid input", ["types", index])
        for index, kind in enumerate(types)
        if kind not in (*TYPES, *MISSING_TYPES)
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
    for kind in types:
        if kind in MISSING_TYPES:
            raise MissingIndexError(
                f"Missing index for {kind}. This could be because the index hasn't been "
                "created yet or there was a problem during index creation."
            )


def _filters() -> dict[str, tuple[str, ...]]:
    """Return ``filters[kind]=A&filters[kind][1]=B`` as field to values."""
    found: dict[str, tuple[str, ...]] = {}
    for key, value in request.args.items(multi=True):
        if match := _FILTER.fullmatch(key):
            found[match[1]] = (*found.get(match[1], ()), value)
    return found


def _page_number(cursor: str) -> int | None:
    """Return the page a cursor stands for, ``None`` when it is no cursor."""
    if not cursor:
        return 0
    try:
        text = base64.b64decode(cursor).decode()
    except (binascii.Error, ValueError):
        return None
    return int(text) if re.fullmatch(r"\d{1,6}", text) else None


def _cursor(page: int) -> str:
    return base64.b64encode(str(page).encode()).decode()


def _answer(found: ResultSet, page: int, query: SearchQuery) -> dict[str, Any]:
    answer: dict[str, Any] = {"numberOfResults": found.total}
    if (page + 1) * query.limit < found.total:
        answer["nextPageCursor"] = _cursor(page + 1)
    if page > 0:
        answer["previousPageCursor"] = _cursor(page - 1)
    if query.explain and found.suggestion:
        answer["suggestion"] = found.suggestion
    ranked = enumerate(found.hits, page * query.limit + 1)
    answer["results"] = [_result(hit, rank) for rank, hit in ranked if _is_safe(hit)]
    return answer


def _is_safe(hit: Hit | Suggestion) -> bool:
    """Whether following the result's location runs no script."""
    scheme = urlsplit(str(hit.fields.get("location", ""))).scheme
    return scheme in {"", "http", "https"}


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
