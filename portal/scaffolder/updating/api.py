"""Updates of projects from their templates, under ``/api/scaffolder``; the portal's own."""

from __future__ import annotations

from typing import Any

from flask import Response

from portal.config.quotas import Quota
from portal.model.refs import EntityRef
from portal.scaffolder.updating import schemas as s
from portal.scaffolder.updating.instances import Instances
from portal.scaffolder.updating.service import UpdateRequest
from portal.scaffolder.updating.service import Updates
from portal.web.doors import asks
from portal.web.doors import counts
from portal.web.openapi import Blueprint
from portal.web.responses import json_response

_INSTANCES = "/v2/templates/<namespace>/<kind>/<name>/instances"
_UPDATE = "/v2/projects/<namespace>/<kind>/<name>/update"


def update_blueprint(updates: Updates, instances: Instances) -> Blueprint:
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

    _add_instances(bp, instances)
    return bp


def _add_instances(bp: Blueprint, instances: Instances) -> None:
    @bp.get(_INSTANCES)
    @bp.response(200, s.InstancesAnswer)
    @asks("catalog.entity.read")
    def get_instances(namespace: str, kind: str, name: str) -> Response:
        """Return the projects that a template made, with the version each is at."""
        newest, found = instances.of(EntityRef(kind, namespace, name))
        body = {"commit": newest, "instances": [one.to_json() for one in found]}
        return json_response(body)
