"""The catalog's REST API beyond Backstage, for those who own what is in it.

How sources are doing, everything wrong with the content, and why an entity is as
it is: where it comes from, who changed it, what a refresh would do.
"""

from __future__ import annotations

from typing import Any

from flask import Response

from portal.catalog.api.schemas import NoQuery
from portal.catalog.reading.entities_catalog import EntitiesCatalog
from portal.catalog.reading.explanation import Explanations
from portal.catalog.registering.service import Registrations
from portal.model.refs import EntityRef
from portal.model.schema import Anything
from portal.model.schema import DescriptorSchema
from portal.model.schema import ListOf
from portal.model.schema import MapOf
from portal.model.schema import Text
from portal.model.schema import Whole
from portal.web.doors import asks
from portal.web.openapi import Blueprint
from portal.web.responses import json_response


class SourceAnswer(DescriptorSchema):
    """How a source is doing; ``state`` is current, held, failing or unread."""

    source = Text(required=True)
    state = Text(required=True)
    commit = Text(allow_none=True)
    committedAt = Text(allow_none=True)
    readAt = Text(allow_none=True)
    checkedAt = Text(allow_none=True)
    nextCheckAt = Text(allow_none=True)
    bytes = Whole(allow_none=True)
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
    """How every source is doing, and whatever fails now, lists and index included."""

    items = ListOf(MapOf(Anything()), required=True)
    failures = ListOf(MapOf(Anything()))


class ProblemsAnswer(DescriptorSchema):
    """Everything wrong with the content now."""

    items = ListOf(MapOf(Anything()), required=True)


class UnprocessedAnswer(DescriptorSchema):
    """Entities with errors, in the shape of Backstage's module for them."""

    type = Text(required=True)
    entities = ListOf(MapOf(Anything()), required=True)


class HistoryAnswer(DescriptorSchema):
    """What happened to an entity, the newest change first."""

    entityRef = Text(required=True)
    items = ListOf(MapOf(Anything()), required=True)


_BY_NAME = "/entities/by-name/<kind>/<namespace>/<name>"


def explanation_blueprint(
    catalog: EntitiesCatalog, explanations: Explanations, registrations: Registrations
) -> Blueprint:
    """Return the routes for owners."""
    bp = Blueprint("explanations", __name__, url_prefix="/api/catalog", description=__doc__)
    _add_sources(bp, explanations, registrations)
    _add_entities(bp, catalog, explanations)
    return bp


def _add_sources(bp: Blueprint, explanations: Explanations, registrations: Registrations) -> None:
    @bp.get("/problems")
    @bp.arguments(NoQuery(), location="query")
    @bp.response(200, ProblemsAnswer)
    @asks("catalog.entity.read")
    def get_problems(_query: dict[str, Any]) -> Response:
        """Return everything wrong with the descriptors: file, line, rule, hint."""
        return json_response({"items": explanations.problems()})

    @bp.get("/sources")
    @bp.arguments(NoQuery(), location="query")
    @bp.response(200, SourcesAnswer)
    @asks("catalog.location.read", "catalog.entity.read")
    def get_sources(_query: dict[str, Any]) -> Response:
        """Say how every source is doing."""
        answer = {"items": explanations.sources()}
        if failures := explanations.failures():
            answer["failures"] = failures
        return json_response(answer)

    @bp.get("/sources/<name>")
    @bp.arguments(NoQuery(), location="query")
    @bp.response(200, SourceAnswer)
    @asks("catalog.location.read", "catalog.entity.read")
    def get_source(_query: dict[str, Any], name: str) -> Response:
        """Say how a source is doing and everything wrong in it."""
        return json_response(explanations.source(name))

    @bp.get("/locations/<location_id>/status")
    @bp.arguments(NoQuery(), location="query")
    @bp.response(200, SourceAnswer)
    @asks("catalog.location.read", "catalog.entity.read")
    def get_location_status(_query: dict[str, Any], location_id: str) -> Response:
        """Say how a registered location is doing and everything wrong in it."""
        name = registrations.get(location_id).source_name
        return json_response(explanations.location(name))


def _add_entities(bp: Blueprint, catalog: EntitiesCatalog, explanations: Explanations) -> None:
    @bp.get("/entities/unprocessed/failed")
    @bp.response(200, UnprocessedAnswer)
    @asks("catalog.entities.unprocessed.read")
    def get_failed_entities() -> Response:
        """List entities with errors, for Backstage's page for developers."""
        return json_response({"type": "failed", "entities": explanations.failed()})

    @bp.get("/entities/unprocessed/pending")
    @bp.response(200, UnprocessedAnswer)
    @asks("catalog.entities.unprocessed.read")
    def get_pending_entities() -> Response:
        """List entities that wait: none, for a run processes all it reads."""
        return json_response({"type": "pending", "entities": []})

    @bp.get(f"{_BY_NAME}/history")
    @bp.arguments(NoQuery(), location="query")
    @bp.response(200, HistoryAnswer)
    @asks("catalog.entity.read")
    def get_entity_history(
        _query: dict[str, Any], kind: str, namespace: str, name: str
    ) -> Response:
        """Return who changed an entity, when and how; also after it is gone."""
        return json_response(catalog.history(EntityRef(kind, namespace, name)))

    @bp.get(f"{_BY_NAME}/explain")
    @bp.arguments(NoQuery(), location="query")
    @bp.response(200, ExplanationAnswer)
    @asks("catalog.entity.read")
    def get_entity_explanation(
        _query: dict[str, Any], kind: str, namespace: str, name: str
    ) -> Response:
        """Explain an entity: file, source, problems, last changes, what comes next."""
        return json_response(explanations.entity(EntityRef(kind, namespace, name)))
