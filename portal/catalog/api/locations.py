"""The catalog's REST API for writing: locations, and judging what is not in it yet.

Registering answers at once; the worker reads the location right after.
"""

from __future__ import annotations

import json
from typing import Any

from flask import Response
from flask import request

from portal.catalog.api import location_schemas as s
from portal.catalog.api.schemas import NoQuery
from portal.catalog.reading.cursors import decode_location_cursor
from portal.catalog.reading.cursors import encode_location_cursor
from portal.catalog.registering.service import Registrations
from portal.config.quotas import Quota
from portal.kernel.errors import InputError
from portal.model.entity import StatusItem
from portal.model.refs import EntityRef
from portal.web.doors import asks
from portal.web.doors import counts
from portal.web.openapi import Blueprint
from portal.web.responses import empty_response
from portal.web.responses import json_response

_TRUE = frozenset({"true", "1", "yes", "y", "on"})
_DEFAULT_PAGE = 1000
_LOCATION_MEMBERS = frozenset({"type", "target", "presence"})


def location_blueprint(registrations: Registrations) -> Blueprint:
    """Return the routes of locations."""
    bp = Blueprint("locations", __name__, url_prefix="/api/catalog", description=__doc__)
    _add_registering(bp, registrations)
    _add_removing(bp, registrations)
    _add_reading(bp, registrations)
    _add_query(bp, registrations)
    _add_judging(bp, registrations)
    return bp


def _add_registering(bp: Blueprint, registrations: Registrations) -> None:
    @bp.post("/locations")
    @bp.arguments(s.AddLocationQuery(), location="query")
    @bp.arguments(s.LocationBody())
    @bp.response(201, s.AddLocationAnswer)
    @asks("catalog.location.create")
    @counts(Quota.REGISTRATIONS)
    def post_locations(query: dict[str, Any], body: dict[str, Any]) -> Response:
        """Register a location, or see what it would bring."""
        _refuse_unknown_members()
        if query.get("dryRun", "").lower() in _TRUE:
            found = registrations.dry_run(body["type"], body["target"])
            answer = {
                "exists": found.exists,
                "location": found.location.to_json(),
                "entities": found.entities,
            }
            return json_response(answer, 201)
        is_refresh = query.get("onConflict") == "refresh"
        location = registrations.add(body["type"], body["target"], is_refresh)
        return json_response({"location": location.to_json(), "entities": []}, 201)

    @bp.put("/locations/<location_id>")
    @bp.arguments(NoQuery(), location="query")
    @bp.arguments(s.LocationBody())
    @bp.response(200, s.LocationAnswer)
    @asks("catalog.location.create", "catalog.location.delete")
    @counts(Quota.REGISTRATIONS)
    def put_location(_query: dict[str, Any], body: dict[str, Any], location_id: str) -> Response:
        """Give a registered location another target."""
        location = registrations.change(location_id, body["type"], body["target"])
        return json_response(location.to_json())


def _add_removing(bp: Blueprint, registrations: Registrations) -> None:
    @bp.delete("/locations/<location_id>")
    @bp.arguments(NoQuery(), location="query")
    @bp.response(204)
    @asks("catalog.location.delete")
    def delete_location(_query: dict[str, Any], location_id: str) -> Response:
        """Forget a location, and at once all that only it defines."""
        registrations.remove(location_id)
        return empty_response(204)

    @bp.delete("/entities/by-uid/<uid>")
    @bp.arguments(NoQuery(), location="query")
    @bp.response(204)
    @asks("catalog.entity.delete")
    def delete_entity(_query: dict[str, Any], uid: str) -> Response:
        """Delete an entity; it comes back while a file defines it."""
        registrations.remove_entity(uid)
        return empty_response(204)


def _refuse_unknown_members() -> None:
    """Refuse what Backstage's own check of this one body refuses, in its words."""
    unknown = [name for name in request.get_json() if name not in _LOCATION_MEMBERS]
    if unknown:
        names = ", ".join(f"'{name}'" for name in unknown)
        issue = {
            "code": "unrecognized_keys",
            "keys": unknown,
            "path": [],
            "message": f"Unrecognized key(s) in object: {names}",
        }
        raise InputError(f"Malformed request: {json.dumps([issue], indent=2)}")


def _add_reading(bp: Blueprint, registrations: Registrations) -> None:
    @bp.get("/locations")
    @bp.arguments(NoQuery(), location="query")
    @bp.response(200, s.LocationItem(many=True))
    @asks("catalog.location.read")
    def get_locations(_query: dict[str, Any]) -> Response:
        """List the registered locations."""
        return json_response([{"data": x.to_json()} for x in registrations.all()])

    @bp.get("/locations/<location_id>")
    @bp.arguments(NoQuery(), location="query")
    @bp.response(200, s.LocationAnswer)
    @asks("catalog.location.read")
    def get_location(_query: dict[str, Any], location_id: str) -> Response:
        """Return one registered location."""
        return json_response(registrations.get(location_id).to_json())

    @bp.get("/locations/by-entity/<kind>/<namespace>/<name>")
    @bp.arguments(NoQuery(), location="query")
    @bp.response(200, s.LocationAnswer)
    @asks("catalog.location.read", "catalog.entity.read")
    def get_location_by_entity(
        _query: dict[str, Any], kind: str, namespace: str, name: str
    ) -> Response:
        """Return the registered location an entity comes from."""
        location = registrations.of_entity(EntityRef(kind, namespace, name))
        return json_response(location.to_json())


def _add_query(bp: Blueprint, registrations: Registrations) -> None:
    @bp.post("/locations/by-query")
    @bp.arguments(NoQuery(), location="query")
    @bp.arguments(s.LocationsQueryBody())
    @bp.response(200, s.LocationsAnswer)
    @asks("catalog.location.read")
    def post_locations_by_query(_query: dict[str, Any], body: dict[str, Any]) -> Response:
        """Page through registered locations that match a predicate."""
        limit, after, predicate = body.get("limit", _DEFAULT_PAGE), "", body.get("query")
        if "cursor" in body:
            cursor = decode_location_cursor(body["cursor"])
            limit, after = cursor["limit"], cursor["afterId"]
            predicate = cursor.get("query")
        if limit < 1 or limit != int(limit):
            raise InputError("Limit must be a positive integer >= 1")
        found, total, has_more = registrations.by_query(predicate, int(limit), after)
        info = {}
        if has_more:
            info["nextCursor"] = encode_location_cursor(int(limit), found[-1].id, predicate)
        items = [location.to_json() for location in found]
        return json_response({"items": items, "totalItems": total, "pageInfo": info})


def _add_judging(bp: Blueprint, registrations: Registrations) -> None:
    @bp.post("/validate-entity")
    @bp.arguments(NoQuery(), location="query")
    @bp.arguments(s.ValidateBody())
    @bp.response(200)
    @bp.also_answers(400, s.FaultyEntity)
    @asks("catalog.entity.validate")
    def post_validate_entity(_query: dict[str, Any], body: dict[str, Any]) -> Response:
        """Judge an entity as if it stood at a location."""
        try:
            items = registrations.validate(body["entity"], body["location"])
        except ValueError as error:
            errors = [{"name": "TypeError", "message": str(error)}]
            return json_response({"errors": errors}, 400)
        if items:
            shown = items if items[0].rule == "target" else items[:1]
            return json_response({"errors": [_error(item) for item in shown]}, 400)
        return empty_response()

    @bp.post("/analyze-location")
    @bp.arguments(NoQuery(), location="query")
    @bp.arguments(s.AnalyzeBody())
    @bp.response(200, s.AnalyzeAnswer)
    @asks("catalog.location.analyze")
    @counts(Quota.REGISTRATIONS)
    def post_analyze_location(_query: dict[str, Any], body: dict[str, Any]) -> Response:
        """Look into a repository: the descriptors it has, or one to begin with."""
        name = body.get("catalogFilename", "catalog-info.yaml")
        return json_response(registrations.analyze(body["location"]["target"], name))


def _error(item: StatusItem) -> dict[str, Any]:
    error: dict[str, Any] = {"name": item.error, "message": item.message}
    if item.cause:
        error["cause"] = {"name": item.cause[0], "message": item.cause[1]}
    return error
