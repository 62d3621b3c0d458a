"""Conditions of a policy elsewhere: who may ask whether entities meet them."""

from __future__ import annotations

from typing import Any

from portal.scaffolder.tasks.model.store import add
from portal.scaffolder.tasks.model.task import OPEN
from portal.scaffolder.tasks.model.task import Task
from tests.conftest import MakePortal

_TOKEN = "a-token-of-the-tests"


def rule(name: str, **params: Any) -> dict[str, Any]:
    return {"rule": name, "resourceType": "catalog-entity", "params": params}


_YES, _NO = rule("IS_ENTITY_KIND", kinds=["component"]), rule("IS_ENTITY_KIND", kinds=["API"])


def test_only_programs_ask(make_portal: MakePortal) -> None:
    path = "/api/catalog/.well-known/backstage/permissions/apply-conditions"
    files = {"catalog-info.yaml": "apiVersion: x/v1\nkind: Location\nmetadata: {name: a}\n"}
    opened = make_portal(files).client
    response = opened.post(path, json={"items": []})
    assert (response.status_code, response.get_json()["error"]["message"]) == (403, "")
    closed = make_portal(files, service_token=_TOKEN).client
    headers = {"Authorization": f"Bearer {_TOKEN}"}
    assert closed.post(path, json={"items": []}, headers=headers).json == {"items": []}
    unknown = {"id": "1", "resourceRef": "component:default/x", "resourceType": "catalog-entity"}
    body = {"items": [{**unknown, "conditions": {"not": _NO}}]}
    answer = closed.post(path, json=body, headers=headers).json
    assert answer == {"items": [{"id": "1", "result": "DENY"}]}
    for ref in (1, [1], None, "\x00"):
        asked = [{**unknown, "resourceRef": ref, "conditions": _YES}]
        assert closed.post(path, json={"items": asked}, headers=headers).status_code == 400


_SCAFFOLDER = "/api/scaffolder/.well-known/backstage/permissions"


def test_the_scaffolder_tells_its_permissions_and_rules(make_portal: MakePortal) -> None:
    found = make_portal({"catalog-info.yaml": ""}).get(f"{_SCAFFOLDER}/metadata")
    names = {one["name"]: one for one in found["permissions"]}
    assert names["scaffolder.task.create"] == {
        "type": "basic",
        "name": "scaffolder.task.create",
        "attributes": {"action": "create"},
    }
    assert names["scaffolder.task.cancel"]["resourceType"] == "scaffolder-task"
    rules = {one["name"]: one["resourceType"] for one in found["rules"]}
    assert rules.pop("PUBLISHES_ONLY_TO") == "scaffolder-action"  # this portal's own
    assert rules == {
        "HAS_TAG": "scaffolder-template",
        "HAS_ACTION_ID": "scaffolder-action",
        "HAS_BOOLEAN_PROPERTY": "scaffolder-action",
        "HAS_NUMBER_PROPERTY": "scaffolder-action",
        "HAS_STRING_PROPERTY": "scaffolder-action",
        "IS_TASK_OWNER": "scaffolder-task",
    }


def test_conditions_are_applied_to_tasks_and_to_nothing_else_of_it(make_portal: MakePortal) -> None:
    portal = make_portal({"catalog-info.yaml": ""}, service_token=_TOKEN)
    headers = {"Authorization": f"Bearer {_TOKEN}"}
    task = "22222222-2222-4222-8222-222222222222"
    with portal.services.database.begin() as connection:
        add(connection, Task(task, OPEN, 1, "user:default/ada", {}))
    found = []
    for creator in ("user:default/ada", "user:default/bob"):
        params = {"createdBy": [creator]}
        condition = {"rule": "IS_TASK_OWNER", "resourceType": "scaffolder-task", "params": params}
        item = {"id": "1", "resourceRef": [task, "none"], "conditions": condition}
        body = {"items": [{**item, "resourceType": "scaffolder-task"}]}
        path = f"{_SCAFFOLDER}/apply-conditions"
        found += portal.client.post(path, json=body, headers=headers).get_json()["items"]
    assert [one["result"] for one in found] == [["ALLOW", "DENY"], ["DENY", "DENY"]]
    answers = [
        portal.client.post(
            path, json={"items": [{**item, "resourceType": kind}]}, headers=headers
        ).status_code
        for kind in ("scaffolder-action", "scaffolder-template", "catalog-entity")
    ]
    assert answers == [501, 501, 400]
