"""The catalog's REST API, as Backstage's clients know it, under ``/api/catalog``.

Reading: lists (``/entities``), pages with cursors (``/entities/by-query``), single
entities, batches by ref, facets and ancestry.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote
from urllib.parse import urlencode

from flask import Response
from flask import request

from portal.catalog.api import schemas as s
from portal.catalog.filters import Predicate
from portal.catalog.filters import predicate_of_filters
from portal.catalog.reading.cursors import OrderField
from portal.catalog.reading.cursors import decode_after
from portal.catalog.reading.cursors import decode_cursor
from portal.catalog.reading.entities_catalog import EntitiesCatalog
from portal.catalog.reading.explanation import Explanations
from portal.catalog.reading.projection import parse_fields
from portal.catalog.reading.queries import EntitiesRequest
from portal.catalog.reading.queries import QueryRequest
from portal.catalog.reading.refresh_queue import RefreshQueue
from portal.kernel.errors import InputError
from portal.kernel.errors import NotFoundError
from portal.model.refs import EntityRef
from portal.web.doors import asks
from portal.web.openapi import Blueprint
from portal.web.responses import empty_response
from portal.web.responses import json_response
from portal.web.responses import json_stream
from portal.web.responses import plugin_url

_DIRECTIONS = ("asc", "desc")
_BY_NAME = "/entities/by-name/<kind>/<namespace>/<name>"
#: So many orders or facets may be asked for at once: each costs a look at every row.
_MOST_FIELDS = 100


def catalog_blueprint(
    catalog: EntitiesCatalog, explanations: Explanations, refresh_queue: RefreshQueue
) -> Blueprint:
    """Return the routes of the catalog."""
    bp = Blueprint("catalog", __name__, url_prefix="/api/catalog", description=__doc__)
    _add_lists(bp, catalog)
    _add_batches(bp, catalog)
    _add_single_entities(bp, catalog, explanations)
    _add_facets(bp, catalog)
    _add_refresh(bp, refresh_queue)
    return bp


def _add_lists(bp: Blueprint, catalog: EntitiesCatalog) -> None:
    @bp.get("/entities")
    @bp.arguments(s.EntitiesQuery(), location="query")
    @bp.response(200, s.PartOfEntity(many=True))
    @asks("catalog.entity.read")
    def get_entities(args: dict[str, Any]) -> Response:
        """List entities, whole or page by page."""
        paths = parse_fields(args.get("fields_", ()))
        asked = _entities_request(args)
        body, after = catalog.entities(_key(), asked, paths)
        response = json_stream(body)
        if after:
            response.headers["Link"] = f'<{_next_url(after)}>; rel="next"'
        return response

    @bp.get("/entities/by-query")
    @bp.arguments(s.ByQueryQuery(), location="query")
    @bp.response(200, s.QueryAnswer)
    @asks("catalog.entity.read")
    def get_entities_by_query(args: dict[str, Any]) -> Response:
        """Page through sorted and filtered entities."""
        paths = parse_fields(args.get("fields_", ()))
        return json_stream(catalog.by_query(_key(), _query_request(args), paths))

    @bp.post("/entities/by-query")
    @bp.arguments(s.NoQuery(), location="query")
    @bp.arguments(s.ByQueryBody())
    @bp.response(200, s.QueryAnswer)
    @asks("catalog.entity.read")
    def post_entities_by_query(_query: dict[str, Any], body: dict[str, Any]) -> Response:
        """Page through entities that match a predicate."""
        paths = parse_fields(body.get("fields_", ()))
        return json_stream(catalog.by_query(_key(), _body_request(body), paths))


def _add_batches(bp: Blueprint, catalog: EntitiesCatalog) -> None:
    @bp.post("/entities/by-refs")
    @bp.arguments(s.ByRefsQuery(), location="query")
    @bp.arguments(s.ByRefsBody())
    @bp.response(200, s.ByRefsAnswer)
    @asks("catalog.entity.read")
    def post_entities_by_refs(query: dict[str, Any], body: dict[str, Any]) -> Response:
        """Return the entities of a list of refs, null for those missing."""
        paths = parse_fields(body.get("fields_", ()))
        predicate = _predicate_of_both(query, body)
        return json_stream(catalog.by_refs(_key(), body["entityRefs"], predicate, paths))


def _predicate_of_both(query: dict[str, Any], body: dict[str, Any]) -> Predicate | None:
    """Return what the filters of the query and the predicate of the body let through."""
    predicates = [predicate_of_filters(query.get("filter", ())), body.get("query")]
    both = [predicate for predicate in predicates if predicate is not None]
    return {"$all": both} if both else None


def _add_single_entities(
    bp: Blueprint, catalog: EntitiesCatalog, explanations: Explanations
) -> None:
    @bp.get(_BY_NAME)
    @bp.arguments(s.AtQuery(), location="query")
    @bp.response(200, s.EntityAnswer)
    @asks("catalog.entity.read")
    def get_entity_by_name(query: dict[str, Any], kind: str, namespace: str, name: str) -> Response:
        """Return one entity, as it is or was; letter case does not matter.

        The name an entity had before leads to the one it has now.
        """
        ref = EntityRef(kind, namespace, name)
        if "at" in query:
            return json_response(explanations.at(ref, query["at"]))
        try:
            return json_response(catalog.by_name(ref))
        except NotFoundError:
            moved = explanations.moved_to(ref)
            if moved is None:
                raise
            return _redirect_to(moved)

    @bp.get(f"{_BY_NAME}/ancestry")
    @bp.arguments(s.NoQuery(), location="query")
    @bp.response(200, s.AncestryAnswer)
    @asks("catalog.entity.read")
    def get_entity_ancestry(
        _query: dict[str, Any], kind: str, namespace: str, name: str
    ) -> Response:
        """Return an entity and the Locations that lead to it."""
        return json_response(catalog.ancestry(EntityRef(kind, namespace, name)))

    @bp.get("/entities/by-uid/<uid>")
    @bp.arguments(s.NoQuery(), location="query")
    @bp.response(200, s.EntityAnswer)
    @asks("catalog.entity.read")
    def get_entity_by_uid(_query: dict[str, Any], uid: str) -> Response:
        """Return one entity by its uid."""
        return json_response(catalog.by_uid(uid))


def _redirect_to(ref: EntityRef) -> Response:
    """Answer with where an entity went; relative, for a proxy may have put us elsewhere."""
    response = json_response({"movedTo": str(ref)}, 308)
    parts = (quote(part.lower(), safe="") for part in (ref.kind, ref.namespace, ref.name))
    response.headers["Location"] = f"../../{'/'.join(parts)}"
    return response


def _add_facets(bp: Blueprint, catalog: EntitiesCatalog) -> None:
    @bp.get("/entity-facets")
    @bp.arguments(s.FacetsQuery(), location="query")
    @bp.response(200, s.FacetsAnswer)
    @asks("catalog.entity.read")
    def get_entity_facets(args: dict[str, Any]) -> Response:
        """Count the values of fields."""
        predicate = predicate_of_filters(args.get("filter", ()))
        facets = _not_too_many("facet", args["facet"])
        return json_response(catalog.facets(_key(), facets, predicate))

    @bp.post("/entity-facets")
    @bp.arguments(s.NoQuery(), location="query")
    @bp.arguments(s.FacetsBody())
    @bp.response(200, s.FacetsAnswer)
    @asks("catalog.entity.read")
    def post_entity_facets(_query: dict[str, Any], body: dict[str, Any]) -> Response:
        """Count the values of fields among entities that match a predicate."""
        if not body["facets"]:
            raise InputError("Missing or empty facets parameter")
        facets = _not_too_many("facets", body["facets"])
        return json_response(catalog.facets(_key(), facets, body.get("query")))


def _add_refresh(bp: Blueprint, refresh_queue: RefreshQueue) -> None:
    @bp.post("/refresh")
    @bp.arguments(s.NoQuery(), location="query")
    @bp.arguments(s.RefreshBody())
    @bp.response(200)
    @asks("catalog.entity.refresh")
    def post_refresh(_query: dict[str, Any], body: dict[str, Any]) -> Response:
        """Ask for the source of an entity to be read now; does not wait."""
        refresh_queue.ask(body["entityRef"])
        return empty_response()


def _key() -> bytes:
    """Return what an answer is kept under: a digest of all that tells requests apart."""
    digest = hashlib.blake2b(digest_size=20)
    for part in (request.path + request.method, request.query_string, request.get_data()):
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8) + data)
    return digest.digest()


def _entities_request(args: dict[str, Any]) -> EntitiesRequest:
    limit, offset = args.get("limit"), args.get("offset")
    if "after" in args:
        after_limit, after_offset = decode_after(args["after"])
        limit = limit if after_limit is None else after_limit
        offset = offset if after_offset is None else after_offset
    if limit == 0:
        raise InputError("Invalid limit, must be greater than zero")
    orders = tuple(_order(text) for text in _not_too_many("order", args.get("order", ())))
    predicate = predicate_of_filters(args.get("filter", ()))
    return EntitiesRequest(predicate, orders, limit, offset)


def _not_too_many(name: str, texts: Sequence[str]) -> list[str]:
    """Return the texts, each once."""
    found = list(dict.fromkeys(texts))
    if len(found) > _MOST_FIELDS:
        raise InputError(f"More than {_MOST_FIELDS} different values of '{name}'")
    return found


def _order(text: str) -> OrderField:
    direction, colon, field = text.partition(":")
    if not colon or direction not in _DIRECTIONS or not field:
        msg = f'Invalid order parameter "{text}", expected "<asc or desc>:<field name>"'
        raise InputError(msg)
    return OrderField(field, direction)


def _next_url(after: str) -> str:
    """Return the plugin-relative URL of the next page."""
    sent = [pair for pair in request.args.items(multi=True) if pair[0] != "offset"]
    if "after" not in request.args:
        sent.append(("after", ""))
    pairs = [(key, after if key == "after" else value) for key, value in sent]
    path = plugin_url().partition("?")[0]
    return f"{path}?{urlencode(pairs)}"


def _query_request(args: dict[str, Any]) -> QueryRequest:
    orders = args.get("orderField", ())
    fields = [path for text in args.get("fullTextFilterFields", ()) for path in text.split(",")]
    return QueryRequest(
        predicate_of_filters(args.get("filter", ())),
        _order_field(orders[0]) if orders else None,
        args.get("fullTextFilterTerm", ""),
        tuple(filter(None, map(str.strip, fields))) or None,
        limit=args.get("limit", 200),
        offset=args.get("offset", 0),
        count_total=args.get("totalItems") != "exclude",
        cursor=decode_cursor(args["cursor"]) if "cursor" in args else None,
    )


def _order_field(text: str) -> OrderField:
    field, _, direction = text.partition(",")
    direction = direction.strip() or "asc"
    if direction not in _DIRECTIONS:
        raise InputError("Invalid order field order, must be asc or desc")
    return OrderField(field.strip(), direction)


def _body_request(body: dict[str, Any]) -> QueryRequest:
    if body.get("cursor") == "":
        raise InputError("Cursor cannot be empty")
    orders = body.get("orderBy") or ()
    text = body.get("fullTextFilter")
    limit, offset = body.get("limit", 200), body.get("offset", 0)
    for name, number in (("limit", limit), ("offset", offset)):
        if number < 0:
            raise InputError(f"request/body/{name} must be >= 0")
    return QueryRequest(
        body.get("query"),
        OrderField(orders[0]["field"], orders[0]["order"]) if orders else None,
        (text or {}).get("term", ""),
        tuple((text or {}).get("fields_", ())) or None,
        has_text_filter=text is not None,
        limit=limit,
        offset=offset,
        count_total=body.get("totalItems") != "exclude",
        cursor=decode_cursor(body["cursor"]) if "cursor" in body else None,
    )
