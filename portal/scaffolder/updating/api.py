"""Updates of projects from their templates, under ``/api/scaffolder``; the portal's own."""

from __future__ import annotations

from typing import Any

from flask import Response

from portal.config.quotas import Quota
from portal.model.refs import EntityRef
from portal.scaffolder.updating import schemas as s
from portal.scaffolder.updating.service import UpdateRequest
from portal.scaffolder.updating.service import Updates
from portal.web.doors import asks
from portal.web.doors import counts
from portal.web.openapi import Blueprint
from portal.web.responses import json_response

_UPDATE = "/v2/projects/<namespace>/<kind>/<name>/update"


def update_blueprint(updates: Updates) -> Blueprint:
    """Return the routes of updates."""
    bp = Blueprint("updates", __name__, url_prefix="/api/scaffolder", description=__doc__)

    @bp.get(_UPDATE)
    @bp.response(200, s.ProjectUpdateAnswer)
    @asks("scaffolder.task.create", "catalog.entity.read")
    @counts(Quota.DRY_RUNS)
    def get_update(namespace: str, kind: str, name: str) -> Response:
        """Return what an update would do to a project; nothing is changed."""
        request = UpdateRequest(EntityRef(kind, namespace, name))
        return json_response(updates.plan(request).to_json())

    @bp.post(_UPDATE)
    @bp.arguments(s.ProjectUpdateBody())
    @bp.response(200, s.ProjectUpdateAnswer)
    @asks("scaffolder.task.create", "scaffolder.template.use", "catalog.entity.read")
    @counts(Quota.TASKS)
    def post_update(args: dict[str, Any], namespace: str, kind: str, name: str) -> Response:
        """Propose an update to a project: a branch, and a pull or merge request.

        The same update is proposed once; nothing is ever overwritten. With conflicts, it is a
        draft whose files have conflict markers.
        """
        request = UpdateRequest(
            EntityRef(kind, namespace, name),
            args.get("answers") or {},
            args.get("token") or "",
            bool(args.get("patch")),
        )
        do = updates.plan if args.get("preview") else updates.propose
        return json_response(do(request).to_json())

    return bp
