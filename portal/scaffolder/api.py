"""The scaffolder REST API, as Backstage's frontend knows it, under ``/api/scaffolder``."""

from __future__ import annotations

import json
from typing import Any

from flask import Response
from flask import request

from portal.auth.gate import principal
from portal.auth.identity import USER
from portal.kernel.errors import InputError
from portal.model.refs import EntityRef
from portal.scaffolder import schemas as s
from portal.scaffolder.parameters import ValuesError
from portal.scaffolder.service import DryRunRequest
from portal.scaffolder.service import Scaffolder
from portal.scaffolder.service import read_contents
from portal.scaffolder.template import read_template
from portal.web import Blueprint
from portal.web import json_response

#: Templates come with their files, so their requests are larger than others.
MAX_BODY = 10 * 1024 * 1024
_FORM = "/v2/templates/<namespace>/<kind>/<name>/parameter-schema"


def scaffolder_blueprint(scaffolder: Scaffolder) -> Blueprint:
    """Return the routes of the scaffolder."""
    bp = Blueprint("scaffolder", __name__, url_prefix="/api/scaffolder", description=__doc__)

    @bp.before_request  # type: ignore[untyped-decorator]
    def allow_large_bodies() -> None:
        """Let files be sent."""
        request.max_content_length = MAX_BODY

    @bp.errorhandler(ValuesError)  # type: ignore[untyped-decorator]
    def answer_values_error(error: ValuesError) -> Response:
        """Say field by field what is wrong with the values."""
        return json_response({"errors": error.errors}, 400)

    @bp.get(_FORM)
    @bp.response(200, s.Form)
    def get_form(namespace: str, kind: str, name: str) -> Response:
        """Return what a template asks for, page by page."""
        return json_response(scaffolder.form(EntityRef(kind, namespace, name)))

    @bp.get("/v2/actions")
    @bp.response(200, s.ActionAnswer(many=True))
    def get_actions() -> Response:
        """Return the actions that templates may use."""
        return json_response(scaffolder.actions())

    @bp.post("/v2/dry-run")
    @bp.arguments(s.DryRunBody())
    @bp.response(200, s.DryRunAnswer)
    def post_dry_run(args: dict[str, Any]) -> Response:
        """Try a template out: nothing is published, registered or kept."""
        return json_response(scaffolder.dry_run(_dry_run(args)))

    _add_frontend(bp, scaffolder)
    return bp


def _add_frontend(bp: Blueprint, scaffolder: Scaffolder) -> None:
    """Add what a frontend asks besides."""

    @bp.get("/v2/templating-extensions")
    @bp.response(200, s.ExtensionsAnswer)
    def get_extensions() -> Response:
        """Return the filters, functions and values that templates may use."""
        return json_response(scaffolder.extensions())

    @bp.post("/v2/autocomplete/<provider>/<resource>")
    @bp.arguments(s.AutocompleteBody())
    @bp.response(200, s.AutocompleteAnswer)
    def post_autocomplete(args: dict[str, Any], provider: str, resource: str) -> Response:
        """Ask a forge what a field of a form may be filled with."""
        context = args.get("context") or {}
        found = scaffolder.autocomplete(provider, resource, args["token"], context)
        return json_response({"results": found})


def _dry_run(args: dict[str, Any]) -> DryRunRequest:
    template = args["template"]
    if not isinstance(template, dict):
        raise InputError("Input template is not a template")
    read_template(template)
    who = principal()
    return DryRunRequest(
        template,
        args["values"],
        {name: str(value) for name, value in (args["secrets"] or {}).items()},
        read_contents(_checked(args["directoryContents"])),
        who.subject if who.kind == USER else "",
    )


def _checked(items: list[Any]) -> list[dict[str, str]]:
    """Refuse files that are not said the way they have to be."""
    issues: list[dict[str, Any]] = []
    for index, item in enumerate(items):
        for name in ("path", "base64Content"):
            value = item.get(name) if isinstance(item, dict) else None
            if not isinstance(value, str):
                issues.append(_issue(index, name, value))
    if issues:
        raise InputError(f"Malformed request: {json.dumps(issues, indent=2)}")
    return items


def _issue(index: int, name: str, value: Any) -> dict[str, Any]:
    received = "undefined" if value is None else type(value).__name__
    message = "Required" if value is None else f"Expected string, received {received}"
    return {
        "code": "invalid_type",
        "expected": "string",
        "received": received,
        "path": ["directoryContents", index, name],
        "message": message,
    }
