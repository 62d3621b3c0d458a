"""The catalog's REST API for owners: how sources are doing, and why an entity is as it is."""

from __future__ import annotations

from typing import Any

from flask import Response

from portal.catalog.explanation import Explanations
from portal.catalog.registrations import Registrations
from portal.catalog.schemas import NoQuery
from portal.model.refs import EntityRef
from portal.model.schema import Anything
from portal.model.schema import DescriptorSchema
from portal.model.schema import ListOf
from portal.model.schema import MapOf
from portal.model.schema import Text
from portal.model.schema import Whole
from portal.web import Blueprint
from portal.web import json_response


class SourceAnswer(DescriptorSchema):
    """How a source is doing; ``state`` is current, held or failing."""

    source = Text(required=True)
    state = Text(required=True)
    commit = Text(allow_none=True)
    readAt = Text(allow_none=True)
    checkedAt = Text(required=True)
    nextCheckAt = Text(required=True)
    error = MapOf(Text())
    held = MapOf(Anything())
    entities = Whole()
    problems = ListOf(MapOf(Anything()))


class ExplanationAnswer(DescriptorSchema):
    """Where an entity comes from, what is wrong, and what a refresh would do now."""

    entityRef = Text(required=True)
    exists = Anything(required=True, metadata={"type": "boolean"})
    file = Text(allow_none=True)
    line = Whole(allow_none=True)
    source = MapOf(Anything(), required=True)
    problems = ListOf(MapOf(Anything()), required=True)
    lastChanges = ListOf(MapOf(Anything()), required=True)
    now = Text(required=True)


class SourcesAnswer(DescriptorSchema):
    """How every source is doing."""

    items = ListOf(MapOf(Anything()), required=True)


def explanation_blueprint(explanations: Explanations, registrations: Registrations) -> Blueprint:
    """Return the routes for owners."""
    bp = Blueprint("explanations", __name__, url_prefix="/api/catalog", description=__doc__)

    @bp.get("/sources")
    @bp.arguments(NoQuery(), location="query")
    @bp.response(200, SourcesAnswer)
    def get_sources(_query: dict[str, Any]) -> Response:
        """Say how every source is doing."""
        return json_response({"items": explanations.sources()})

    @bp.get("/sources/<name>")
    @bp.arguments(NoQuery(), location="query")
    @bp.response(200, SourceAnswer)
    def get_source(_query: dict[str, Any], name: str) -> Response:
        """Say how a source is doing and everything wrong in it."""
        return json_response(explanations.source(name))

    @bp.get("/locations/<location_id>/status")
    @bp.arguments(NoQuery(), location="query")
    @bp.response(200, SourceAnswer)
    def get_location_status(_query: dict[str, Any], location_id: str) -> Response:
        """Say how a registered location is doing and everything wrong in it."""
        name = registrations.get(location_id).source_name
        return json_response(explanations.source(name))

    @bp.get("/entities/by-name/<kind>/<namespace>/<name>/explain")
    @bp.arguments(NoQuery(), location="query")
    @bp.response(200, ExplanationAnswer)
    def get_entity_explanation(
        _query: dict[str, Any], kind: str, namespace: str, name: str
    ) -> Response:
        """Explain an entity: file, source, problems, last changes, what comes next."""
        return json_response(explanations.entity(EntityRef(kind, namespace, name)))

    return bp
