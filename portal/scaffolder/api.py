"""Templates, under ``/api/scaffolder``: nothing runs them yet, and the pages say so.

The create page lists templates from the catalog; its other tabs ask here.
"""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields

from portal.kernel.errors import UnsupportedError
from portal.model.schema import Anything
from portal.model.schema import DescriptorSchema
from portal.model.schema import ListOf
from portal.model.schema import MapOf
from portal.model.schema import Whole
from portal.web import Blueprint
from portal.web import QuerySchema
from portal.web import QueryTexts
from portal.web import QueryWhole
from portal.web import json_response

_NOT_YET = "This portal lists templates, but does not run them yet"


class _NoQuery(QuerySchema):
    """No parameters at all."""


class TasksQuery(QuerySchema):
    """Parameters of ``GET /v2/tasks``."""

    createdBy = QueryTexts()
    status = QueryTexts()
    order = QueryTexts()
    limit = QueryWhole()
    offset = QueryWhole()


class Action(DescriptorSchema):
    """A step that templates may use."""

    id = fields.String(required=True)


class TasksAnswer(DescriptorSchema):
    """A page of runs of templates."""

    tasks = ListOf(MapOf(Anything()), required=True)
    totalTasks = Whole(required=True)


def scaffolder_blueprint() -> Blueprint:
    """Return the routes of templates."""
    bp = Blueprint("scaffolder", __name__, url_prefix="/api/scaffolder", description=__doc__)

    @bp.get("/v2/actions")
    @bp.arguments(_NoQuery(), location="query")
    @bp.response(200, Action(many=True))
    def get_actions(_query: dict[str, Any]) -> Response:
        """List the steps that templates may use: none yet."""
        return json_response([])

    @bp.get("/v2/tasks")
    @bp.arguments(TasksQuery(), location="query")
    @bp.response(200, TasksAnswer)
    def get_tasks(_query: dict[str, Any]) -> Response:
        """List the runs of templates: none yet."""
        return json_response({"tasks": [], "totalTasks": 0})

    @bp.post("/v2/tasks")
    def post_tasks() -> Response:
        """Run a template: not yet."""
        raise UnsupportedError(_NOT_YET)

    @bp.get("/v2/templates/<namespace>/<kind>/<name>/parameter-schema")
    def get_parameter_schema(namespace: str, kind: str, name: str) -> Response:  # noqa: ARG001
        """Return the form of a template: not yet."""
        raise UnsupportedError(_NOT_YET)

    return bp
