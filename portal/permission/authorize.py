"""``POST /api/permission/authorize``: validates the request and evaluates the policy.

A decision on a condition is applied to the named resources by whoever has them: frontends
learn ALLOW or DENY. Where no resource is named, the condition itself is the answer; as in
Backstage, users may not ask so, but callers without credentials where none are needed may.

Messages are those of zod, the validator of Backstage's permission backend.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from portal.auth.identity import NONE
from portal.auth.identity import SERVICE
from portal.auth.identity import Principal
from portal.kernel.errors import InputError
from portal.kernel.errors import NotAllowedError
from portal.permission.conditions import Condition
from portal.permission.conditions import to_json
from portal.permission.permissions import PERMISSIONS
from portal.permission.permissions import PLUGIN_OF_RESOURCE
from portal.permission.permissions import Permission
from portal.permission.policy import PermissionPolicy
from portal.permission.policy import Result
from portal.permission.policy import decide

#: The greatest number of items of a request.
MAX_ITEMS = 1000
_ACTIONS = ("create", "read", "update", "delete")
_NAMES = {str: "string", dict: "object", list: "array", bool: "boolean", type(None): "null"}
_MISSING = object()
_NO_RESOURCE = (
    "Resource permissions require a resourceRef to be set. "
    "Direct user requests without a resourceRef are not allowed."
)
#: Returns which resources, named by their refs, meet a condition; by type of resource.
Judges = Mapping[str, Callable[[Condition, Sequence[str]], Sequence[bool]]]
Issue = dict[str, Any]
Path = tuple[str | int, ...]


def authorize(
    policy: PermissionPolicy, judges: Judges, principal: Principal, body: Any
) -> dict[str, Any]:
    """Return the response: a decision for each item, in the order of the request.

    Args:
        policy: Decides.
        judges: Apply its conditions.
        principal: The caller.
        body: The request.

    Raises:
        NotAllowedError: When the caller is a program: only users may call it.
        InputError: When the body is malformed.
    """
    if principal.kind == SERVICE:
        raise NotAllowedError("This endpoint does not allow 'service' credentials")
    issues = list(_body_issues(body))
    if issues:
        raise InputError(json.dumps(issues, indent=2, ensure_ascii=False))
    items = body["items"]
    if len(items) > MAX_ITEMS:
        raise InputError(f"items must not be more than {MAX_ITEMS}")
    is_user = principal.kind != NONE
    if is_user and any(_is_resource(item) and item.get("resourceRef") is None for item in items):
        raise InputError(_NO_RESOURCE)
    return {"items": [_answered(policy, judges, principal, item) for item in items]}


def _is_resource(item: dict[str, Any]) -> bool:
    return bool(item["permission"]["type"] == "resource")


def _answered(
    policy: PermissionPolicy, judges: Judges, principal: Principal, item: dict[str, Any]
) -> dict[str, Any]:
    """Return the decision of an item; one value for a list of resources if all are equal."""
    refs = item.get("resourceRef", "")
    permission = _permission(item["permission"])
    decision = decide(policy, principal, permission)
    if decision.condition is None:
        return {"id": item["id"], "result": decision.result.value}
    if "resourceRef" not in item:
        kind = permission.resource_type
        return {
            "id": item["id"],
            "result": decision.result.value,
            "pluginId": PLUGIN_OF_RESOURCE[kind],
            "resourceType": kind,
            "conditions": to_json(decision.condition, kind),
        }
    judge = judges.get(permission.resource_type)
    asked = refs if isinstance(refs, list) else [refs]
    found = judge(decision.condition, asked) if judge else [False] * len(asked)
    results = [(Result.ALLOW if each else Result.DENY).value for each in found]
    is_one = not isinstance(refs, list) or len(set(results)) == 1
    return {"id": item["id"], "result": results[0] if is_one else results}


def _permission(sent: Mapping[str, Any]) -> Permission:
    """Return the permission of a request; those of plugins that are not here have no resources."""
    known = PERMISSIONS.get(sent["name"])
    return known or Permission(sent["name"], sent["attributes"].get("action", ""))


# --- validation, with the messages of zod -----------------------------------


def _body_issues(body: Any) -> Iterator[Issue]:
    items = yield from _member(body, "items", list, ())
    for index, item in enumerate(items or ()):
        kinds = [list(_item_issues(item, kind, ("items", index))) for kind in _PERMISSIONS]
        if all(kinds):
            errors = [{"issues": issues, "name": "ZodError"} for issues in kinds]
            path = ["items", index]
            message = "Invalid input"
            yield {
                "code": "invalid_union",
                "unionErrors": errors,
                "path": path,
                "message": message,
            }


#: The types of permissions.
_PERMISSIONS = ("basic", "resource")


def _item_issues(item: Any, kind: str, path: Path) -> Iterator[Issue]:
    if not isinstance(item, dict):
        yield _wrong_type("object", item, path)
        return
    yield from _member(item, "id", str, path)
    yield from _ref_issues(item, kind, path)
    permission = yield from _member(item, "permission", dict, path)
    if permission is None:
        return
    path = (*path, "permission")
    if permission.get("type") != kind:
        text = f'Invalid literal value, expected "{kind}"'
        found = {"received": permission["type"]} if "type" in permission else {}
        issue = {"code": "invalid_literal", "expected": kind, "path": [*path, "type"]}
        yield {**found, **issue, "message": text}
    yield from _member(permission, "name", str, path)
    attributes = yield from _member(permission, "attributes", dict, path)
    if attributes is not None and attributes.get("action", "read") not in _ACTIONS:
        yield _invalid((*path, "attributes", "action"))
    if kind == "resource":
        yield from _member(permission, "resourceType", str, path)


def _ref_issues(item: dict[str, Any], kind: str, path: Path) -> Iterator[Issue]:
    ref = item.get("resourceRef", _MISSING)
    if ref is _MISSING:
        return
    if kind == "basic":
        yield _wrong_type("undefined", ref, (*path, "resourceRef"))
    elif isinstance(ref, list):
        if not ref or not all(isinstance(each, str) for each in ref):
            yield _invalid((*path, "resourceRef"))
    elif not isinstance(ref, str):
        yield _invalid((*path, "resourceRef"))


def _member(holder: Any, name: str, kind: type, path: Path) -> Any:
    """Yield the issues of a member; return its value if there are none."""
    if not isinstance(holder, dict):
        yield _wrong_type("object", holder, path)
        return None
    value = holder.get(name, _MISSING)
    if isinstance(value, kind):
        return value
    yield _wrong_type(_NAMES[kind], value, (*path, name))
    return None


def _wrong_type(expected: str, value: Any, path: Path) -> Issue:
    received = "undefined" if value is _MISSING else _NAMES.get(type(value), "number")
    text = f"Expected {expected}, received {received}"
    return {
        "code": "invalid_type",
        "expected": expected,
        "received": received,
        "path": list(path),
        "message": "Required" if value is _MISSING else text,
    }


def _invalid(path: Path) -> Issue:
    return {"code": "invalid_union", "path": list(path), "message": "Invalid input"}
