"""The scaffolder REST API, as Backstage's frontend uses it, under ``/api/scaffolder``."""

from __future__ import annotations

import json
from typing import Any

from flask import Response

from portal.auth.gate import principal
from portal.auth.identity import USER
from portal.config.quotas import Quota
from portal.kernel.errors import InputError
from portal.model.refs import EntityRef
from portal.scaffolder import schemas as s
from portal.scaffolder.forms.parameters import ValuesError
from portal.scaffolder.forms.template import read_template
from portal.scaffolder.service import DryRunRequest
from portal.scaffolder.service import Scaffolder
from portal.scaffolder.service import read_contents
from portal.web.doors import asks
from portal.web.doors import counts
from portal.web.doors import public
from portal.web.openapi import Blueprint
from portal.web.requests import MAX_FILES_BODY
from portal.web.responses import json_response

_FORM = "/v2/templates/<namespace>/<kind>/<name>/parameter-schema"


def scaffolder_blueprint(scaffolder: Scaffolder) -> Blueprint:
    """Return the routes of the scaffolder."""
    bp = Blueprint("scaffolder", __name__, url_prefix="/api/scaffolder", description=__doc__)

    bp.allow_bodies(MAX_FILES_BODY)

    @bp.errorhandler(ValuesError)  # type: ignore[untyped-decorator]
    def answer_values_error(error: ValuesError) -> Response:
        """Respond with the errors of each value, and status 400."""
        return json_response({"errors": error.errors}, 400)

    @bp.get(_FORM)
    @bp.response(200, s.Form)
    @asks("catalog.entity.read", "scaffolder.template.parameter.read")
    def get_form(namespace: str, kind: str, name: str) -> Response:
        """Return a template's form: its pages, each with the JSON Schema of its fields."""
        return json_response(scaffolder.form(EntityRef(kind, namespace, name)))

    @bp.get("/v2/actions")
    @bp.response(200, s.ActionAnswer(many=True))
    @public("documents the actions, as the manual does")
    def get_actions() -> Response:
        """Return the actions that templates may use."""
        return json_response(scaffolder.actions())

    @bp.post("/v2/dry-run")
    @bp.arguments(s.DryRunBody())
    @bp.response(200, s.DryRunAnswer)
    @asks("scaffolder.template.dry-run")
    @counts(Quota.DRY_RUNS)
    def post_dry_run(args: dict[str, Any]) -> Response:
        """Dry-run a template: nothing is published, registered or stored."""
        return json_response(scaffolder.dry_run(_dry_run(args)))

    _add_frontend(bp, scaffolder)
    return bp


def _add_frontend(bp: Blueprint, scaffolder: Scaffolder) -> None:
    """Add the routes of the frontend's template editor and form fields."""

    @bp.get("/v2/templating-extensions")
    @bp.response(200, s.ExtensionsAnswer)
    @public("documents the templating language, as the manual does")
    def get_extensions() -> Response:
        """Return the filters, functions and values that templates may use."""
        return json_response(scaffolder.extensions())

    @bp.post("/v2/autocomplete/<provider>/<resource>")
    @bp.arguments(s.AutocompleteBody())
    @bp.response(200, s.AutocompleteAnswer)
    @asks("scaffolder.task.create")
    def post_autocomplete(args: dict[str, Any], provider: str, resource: str) -> Response:
        """Return the choices of a form field, read from a forge."""
        context = args.get("context") or {}
        found = scaffolder.autocomplete(provider, resource, args["token"], context)
        return json_response({"results": found})


def _dry_run(args: dict[str, Any]) -> DryRunRequest:
    read_template(args["template"])
    who = principal()
    return DryRunRequest(
        args["template"],
        args["values"],
        args.get("secrets") or {},
        read_contents(_checked(args["directoryContents"])),
        who.subject if who.kind == USER else "",
    )


def _checked(items: list[dict[str, str]]) -> list[dict[str, str]]:
    """Refuse files of which something is missing, as zod does.

    Raises:
        InputError: With one issue for each.
    """
    issues = [
        {
            "code": "invalid_type",
            "expected": "string",
            "received": "undefined",
            "path": ["directoryContents", index, name],
            "message": "Required",
        }
        for index, item in enumerate(items)
        for name in ("path", "base64Content")
        if name not in item
    ]
    if issues:
        raise InputError(f"Malformed request: {json.dumps(issues, indent=2)}")
    return items
