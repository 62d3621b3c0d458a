"""What a frontend asks of the policy: the request judged in Backstage's words, and answered.

The words are those of zod, the validator of Backstage's permission backend.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from portal.auth.identity import SERVICE
from portal.auth.identity import Principal
from portal.auth.policy import Decision
from portal.auth.policy import decide
from portal.kernel.errors import InputError
from portal.kernel.errors import NotAllowedError

#: So many questions may be asked at once.
MAX_ITEMS = 1000
_ACTIONS = ("create", "read", "update", "delete")
_NAMES = {str: "string", dict: "object", list: "array", bool: "boolean", type(None): "null"}
_MISSING = object()
_NO_RESOURCE = (
    "Resource permissions require a resourceRef to be set. "
    "Direct user requests without a resourceRef are not allowed."
)
Issue = dict[str, Any]
Path = tuple[str | int, ...]


def authorize(principal: Principal, body: Any) -> dict[str, Any]:
    """Answer what somebody may do, in the order they asked.

    Raises:
        NotAllowedError: For programs: they ask for themselves, not through this door.
        InputError: When the question is malformed.
    """
    if principal.kind == SERVICE:
        raise NotAllowedError("This endpoint does not allow 'service' credentials")
    issues = list(_body_issues(body))
    if issues:
        raise InputError(json.dumps(issues, indent=2, ensure_ascii=False))
    items = body["items"]
    if len(items) > MAX_ITEMS:
        raise InputError(f"items must not be more than {MAX_ITEMS}")
    if any(_is_resource(item) and item.get("resourceRef") is None for item in items):
        raise InputError(_NO_RESOURCE)
    return {"items": [_answered(principal, item) for item in items]}


def _is_resource(item: dict[str, Any]) -> bool:
    return bool(item["permission"]["type"] == "resource")


def _answered(principal: Principal, item: dict[str, Any]) -> dict[str, Any]:
    """Return one answer; a list of resources gets one value when all are alike."""
    name, refs = item["permission"]["name"], item.get("resourceRef", "")
    if not isinstance(refs, list):
        return {"id": item["id"], "result": decide(principal, name, refs).value}
    results = [decide(principal, name, ref) for ref in refs]
    alike = all(result is results[0] for result in results)
    values = [Decision(result).value for result in results]
    return {"id": item["id"], "result": values[0] if alike else values}


# --- zod's words ------------------------------------------------------------


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


#: Each type of permission, and whether it is about a resource.
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
    """Yield what is wrong with a member; return it when nothing is."""
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
