"""What a policy elsewhere asks of the catalog, under ``/api/catalog/.well-known``.

For programs: which permissions and rules there are, and which entities meet a condition.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response

from portal.auth import gate
from portal.auth.identity import SERVICE
from portal.catalog import permission_rules as rules
from portal.catalog.service import Catalog
from portal.kernel.database import is_storable
from portal.kernel.errors import InputError
from portal.kernel.errors import NotAllowedError
from portal.model.entity import Entity
from portal.model.schema import Anything
from portal.model.schema import DescriptorSchema
from portal.model.schema import ListOf
from portal.model.schema import MapOf
from portal.model.schema import ObjectOf
from portal.model.schema import Text
from portal.web import Blueprint
from portal.web import BodySchema
from portal.web import json_response

#: So many entities may be judged at once.
MAX_REFS = 10_000
_PATH = "/.well-known/backstage/permissions"


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
    """Conditions, and the entities that may meet them."""

    items = ListOf(ObjectOf(_Item), required=True)


class _Judged(DescriptorSchema):
    id = Text(required=True)
    result = Anything(required=True)


class ConditionsAnswer(DescriptorSchema):
    """What meets its condition."""

    items = ListOf(ObjectOf(_Judged), required=True)


def permission_rules_blueprint(catalog: Catalog) -> Blueprint:
    """Return the routes of permission rules."""
    bp = Blueprint("permission-rules", __name__, url_prefix="/api/catalog", description=__doc__)

    @bp.get(f"{_PATH}/metadata")
    @bp.response(200, PermissionsAnswer)
    def get_permissions_metadata() -> Response:
        """List what may be permitted, and the rules conditions are made of."""
        return json_response(rules.metadata())

    @bp.post(f"{_PATH}/apply-conditions")
    @bp.arguments(ConditionsBody())
    @bp.response(200, ConditionsAnswer)
    def post_apply_conditions(body: dict[str, Any]) -> Response:
        """Say of each entity whether it meets its condition."""
        if gate.principal().kind != SERVICE:
            raise NotAllowedError
        items = body["items"]
        others = sorted({item["resourceType"] for item in items} - {rules.RESOURCE_TYPE})
        if others:
            raise InputError(f"Unexpected resource types: {', '.join(others)}.")
        refs = {ref for item in items for ref in _refs(item)}
        if len(refs) > MAX_REFS:
            raise InputError(f"No more than {MAX_REFS} entities may be judged at once")
        entities = catalog.documents_by_ref(refs)
        return json_response({"items": [_judged(item, entities) for item in items]})

    return bp


def _refs(item: Mapping[str, Any]) -> list[str]:
    ref = item["resourceRef"]
    refs = ref if isinstance(ref, list) else [ref]
    if not all(isinstance(each, str) and is_storable(each) for each in refs):
        raise InputError("request/body/items: resourceRef must be a ref or a list of refs")
    return refs


def _judged(item: Mapping[str, Any], entities: Mapping[str, Entity]) -> dict[str, Any]:
    meets = rules.compile_condition(item["conditions"])
    found = [entities.get(ref) for ref in _refs(item)]
    results = ["ALLOW" if entity is not None and meets(entity) else "DENY" for entity in found]
    is_list = isinstance(item["resourceRef"], list)
    return {"id": item["id"], "result": results if is_list else results[0]}
