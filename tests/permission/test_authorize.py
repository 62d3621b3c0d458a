"""``POST /api/permission/authorize``: frontends learn what the policy decides."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from portal.auth.identity import NOBODY
from portal.kernel.errors import InputError
from portal.permission.authorize import MAX_ITEMS
from portal.permission.authorize import authorize
from portal.permission.conditions import Condition
from portal.permission.permissions import ENTITY
from portal.permission.policy import DENY
from portal.permission.policy import AllowAllPermissionPolicy
from portal.permission.policy import PermissionPolicy
from tests.conftest import MakePortal
from tests.conftest import Portal
from tests.policies import TablePolicy
from tests.policies import when

_AUTHORIZE = "/api/permission/authorize"
_ENTITIES = """
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: a}
spec: {type: team, children: []}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: mine}
spec: {type: service, lifecycle: production, owner: a}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: other}
spec: {type: service, lifecycle: production, owner: b}
"""


@pytest.fixture(scope="module")
def portal(make_shared_portal: MakePortal) -> Portal:
    return make_shared_portal({"catalog-info.yaml": _ENTITIES})


def basic(**changes: Any) -> dict[str, Any]:
    permission = {"type": "basic", "name": "catalog.entity.create", "attributes": {}}
    return {"id": "1", "permission": permission} | changes


def resource(**changes: Any) -> dict[str, Any]:
    permission = {
        "type": "resource",
        "name": "catalog.entity.read",
        "attributes": {"action": "read"},
        "resourceType": "catalog-entity",
    }
    item = {"id": "1", "permission": permission, "resourceRef": "component:default/a"} | changes
    return {name: value for name, value in item.items() if value is not ...}


def test_a_frontend_without_credentials_is_answered_where_none_are_needed(portal: Portal) -> None:
    response = portal.client.post(_AUTHORIZE, json={"items": [basic(), resource(id="2")]})
    assert response.json == {
        "items": [{"id": "1", "result": "ALLOW"}, {"id": "2", "result": "ALLOW"}]
    }


def decided(policy: PermissionPolicy, *asked: dict[str, Any]) -> list[Any]:
    def judge(_condition: Condition, refs: Sequence[str]) -> list[bool]:
        return [ref != "b" for ref in refs]

    items = authorize(policy, {ENTITY: judge}, NOBODY, {"items": list(asked)})["items"]
    return [item["result"] for item in items]


def test_answers_are_the_policys() -> None:
    policy = TablePolicy(
        everybody={
            "catalog.entity.create": DENY,
            "catalog.entity.read": when("IS_ENTITY_KIND", kinds=["API"]),
        }
    )
    asked = [basic(), resource(resourceRef=["a", "b"]), resource(resourceRef=["a", "c"])]
    assert decided(policy, *asked) == ["DENY", ["ALLOW", "DENY"], "ALLOW"]
    assert decided(policy, resource(resourceRef="a"), resource(resourceRef="b")) == [
        "ALLOW",
        "DENY",
    ]


def test_a_condition_on_what_nobody_here_has_is_a_denial() -> None:
    name = "scaffolder.action.execute"
    action = {"type": "resource", "name": name, "attributes": {}}
    policy = TablePolicy(everybody={name: when("IS_ENTITY_KIND", kinds=["API"])})
    asked = basic(
        permission={**action, "resourceType": "scaffolder-action"}, resourceRef="debug:log"
    )
    assert decided(policy, asked) == ["DENY"]


def test_conditions_are_applied_to_the_entities_of_the_catalog(make_portal: MakePortal) -> None:
    owned = when("IS_ENTITY_OWNER", claims=["group:default/a"])
    policy = TablePolicy(everybody={"catalog.entity.delete": owned})
    portal = make_portal({"catalog-info.yaml": _ENTITIES}, permission_policy=policy)
    permission = {
        "type": "resource",
        "name": "catalog.entity.delete",
        "attributes": {"action": "delete"},
        "resourceType": "catalog-entity",
    }
    refs = ["component:default/mine", "component:default/other", "component:default/none"]
    items = [resource(permission=permission, resourceRef=refs)]
    answer = portal.client.post(_AUTHORIZE, json={"items": items}).get_json()
    assert answer["items"][0]["result"] == ["ALLOW", "DENY", "DENY"]


_WRONG: dict[str, Any] = {
    "no items": {},
    "items no list": {"items": {}},
    "item no object": {"items": [1]},
    "no id": {"items": [{"permission": basic()["permission"]}]},
    "id no text": {"items": [basic(id=1)]},
    "basic with ref": {"items": [basic(resourceRef="a")]},
    "ref no text": {"items": [resource(resourceRef=1)]},
    "ref null": {"items": [resource(resourceRef=None)]},
    "no refs": {"items": [resource(resourceRef=[])]},
    "refs no texts": {"items": [resource(resourceRef=["a", 1])]},
    "no permission": {"items": [{"id": "a"}]},
    "other type": {"items": [{"id": "a", "permission": {"type": "x"}}]},
    "other action": {
        "items": [basic(permission=basic()["permission"] | {"attributes": {"action": "x"}})]
    },
}


@pytest.mark.parametrize("body", _WRONG.values(), ids=_WRONG)
def test_a_malformed_question_is_refused_with_the_place(portal: Portal, body: Any) -> None:
    response = portal.client.post(_AUTHORIZE, json=body)
    assert response.status_code == 400
    [issue, *_] = json.loads(response.get_json()["error"]["message"])
    assert {"code", "path", "message"} <= issue.keys()
    assert issue["path"][0] == "items"


def test_a_resource_has_to_be_named(portal: Portal) -> None:
    body = {"items": [resource(resourceRef=...)]}
    headers = {"Authorization": f"Bearer {portal.guest_token()}"}
    response = portal.client.post(_AUTHORIZE, json=body, headers=headers)
    assert response.get_json()["error"]["message"].startswith("Resource permissions require")


def test_not_everything_may_be_asked_at_once() -> None:
    items = [basic()] * (MAX_ITEMS + 1)
    with pytest.raises(InputError, match="1000"):
        authorize(AllowAllPermissionPolicy(), {}, NOBODY, {"items": items})
