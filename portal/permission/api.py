"""The routes of permissions: decisions for frontends, and what a policy elsewhere asks.

The latter are below ``/api/<plugin>/.well-known``, for programs: which permissions and rules there
are, and which resources meet a condition. The paths, and what is sent, are those of Backstage's
``createPermissionIntegrationRouter``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response

from portal.auth import gate
from portal.auth.identity import SERVICE
from portal.kernel.database import is_storable
from portal.kernel.errors import InputError
from portal.kernel.errors import NotAllowedError
from portal.kernel.errors import UnsupportedError
from portal.model.schema import Anything
from portal.model.schema import DescriptorSchema
from portal.model.schema import ListOf
from portal.model.schema import MapOf
from portal.model.schema import ObjectOf
from portal.model.schema import Text
from portal.permission import schemas as s
from portal.permission.authorize import Judges
from portal.permission.authorize import authorize
from portal.permission.conditions import read_condition
from portal.permission.permissions import PERMISSIONS
from portal.permission.permissions import PLUGIN_OF_RESOURCE
from portal.permission.policy import PermissionPolicy
from portal.permission.rules import RULES
from portal.web.doors import asks
from portal.web.doors import public
from portal.web.openapi import Blueprint
from portal.web.requests import BodySchema
from portal.web.responses import json_response

#: So many resources may be judged at once.
MAX_REFS = 10_000
_RULES = "Which permissions and rules a plugin has, and which resources meet a condition."
_PATH = "/.well-known/backstage/permissions"


def permission_blueprint(policy: PermissionPolicy, judges: Judges) -> Blueprint:
    """Return the routes of permissions.

    Args:
        policy: Decides.
        judges: Apply its conditions to resources.
    """
    bp = Blueprint(
        "permission",
        __name__,
        url_prefix="/api/permission",
        description="Decides what the caller may do, by the portal's permission policy.",
    )

    @bp.get("/health")
    @bp.response(200, s.HealthAnswer)
    @public("tells that it answers, nothing else")
    def get_permission_health() -> Response:
        """Return the health of the permission API."""
        return json_response({"status": "ok"})

    @bp.post("/authorize")
    @bp.arguments(s.AuthorizeBody())
    @bp.response(200, s.AuthorizeAnswer)
    @public("tells callers what they themselves may do")
    def post_authorize(body: dict[str, Any]) -> Response:
        """Decide on each requested permission: ALLOW, DENY or, without a resource, a condition."""
        return json_response(authorize(policy, judges, gate.principal(), body))

    return bp


class PermissionsAnswer(DescriptorSchema):
    """What may be permitted, and on which conditions."""

    permissions = ListOf(MapOf(Anything()), required=True)
    rules = ListOf(MapOf(Anything()), required=True)


class _Item(DescriptorSchema):
    id = Text(required=True)
    resourceRef = Anything(required=True)
    resourceType = Text(required=True)
    conditions = MapOf(Anything(), required=True)


class ConditionsBody(BodySchema):
    """Conditions, and the resources that may meet them."""

    items = ListOf(ObjectOf(_Item), required=True)


class _Judged(DescriptorSchema):
    id = Text(required=True)
    result = Anything(required=True)


class ConditionsAnswer(DescriptorSchema):
    """What meets its condition."""

    items = ListOf(ObjectOf(_Judged), required=True)


def permission_rules_blueprint(name: str, plugin: str, read: str, judges: Judges) -> Blueprint:
    """Return the routes of the permission rules of a plugin.

    Args:
        name: The name of the blueprint.
        plugin: The plugin.
        read: The permission to read its resources.
        judges: Apply conditions to its resources; without one for a type, none can be asked of.
    """
    prefix = f"/api/{plugin}"
    bp = Blueprint(name, __name__, url_prefix=prefix, description=_RULES)
    metadata = _metadata(plugin)

    @bp.get(f"{_PATH}/metadata")
    @bp.response(200, PermissionsAnswer)
    @public("the names of permissions and rules are those of Backstage")
    def get_permissions_metadata() -> Response:
        """List what may be permitted, and the rules conditions are made of."""
        return json_response(metadata)

    @bp.post(f"{_PATH}/apply-conditions")
    @bp.arguments(ConditionsBody())
    @bp.response(200, ConditionsAnswer)
    @asks(read)
    def post_apply_conditions(body: dict[str, Any]) -> Response:
        """Say of each resource whether it meets its condition.

        Raises:
            NotAllowedError: When the caller is no program.
            InputError: When there are too many, or resources of another plugin.
        """
        if gate.principal().kind != SERVICE:
            raise NotAllowedError
        items = body["items"]
        _check_types(plugin, judges, {item["resourceType"] for item in items})
        if sum(len(_refs(item)) for item in items) > MAX_REFS:
            raise InputError(f"No more than {MAX_REFS} resources may be judged at once")
        return json_response({"items": [_judged(item, judges) for item in items]})

    return bp


def _metadata(plugin: str) -> dict[str, Any]:
    """Return what may be permitted of a plugin, and the rules of conditions on its resources."""
    permissions = [each for each in PERMISSIONS.values() if each.plugin == plugin]
    types = {kind for kind, owner in PLUGIN_OF_RESOURCE.items() if owner == plugin}
    return {
        "permissions": [each.to_json() for each in permissions],
        "rules": [each.to_json() for each in RULES.values() if each.resource_type in types],
    }


def _check_types(plugin: str, judges: Judges, asked: set[str]) -> None:
    others = sorted(kind for kind in asked if PLUGIN_OF_RESOURCE.get(kind) != plugin)
    if others:
        raise InputError(f"Unexpected resource types: {', '.join(others)}.")
    for kind in sorted(asked - set(judges)):
        raise UnsupportedError(
            "This plugin does not expose any permission rule or can't evaluate the conditions "
            f"request for {kind}"
        )


def _refs(item: Mapping[str, Any]) -> list[str]:
    ref = item["resourceRef"]
    refs = ref if isinstance(ref, list) else [ref]
    if not refs or not all(isinstance(each, str) and is_storable(each) for each in refs):
        raise InputError("request/body/items: resourceRef must be a ref or a list of refs")
    return refs


def _judged(item: Mapping[str, Any], judges: Judges) -> dict[str, Any]:
    kind = item["resourceType"]
    try:
        condition = read_condition(item["conditions"], kind)
    except ValueError as error:
        raise InputError(str(error)) from None
    found = judges[kind](condition, _refs(item))
    results = ["ALLOW" if is_met else "DENY" for is_met in found]
    is_list = isinstance(item["resourceRef"], list)
    return {"id": item["id"], "result": results if is_list else results[0]}
