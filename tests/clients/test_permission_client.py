"""Backstage's own permission client against a running portal: it accepts what it is told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.clients.node_clients import install_packages
from tests.clients.node_clients import run_client
from tests.conftest import repository_at
from tests.stories.test_tasks import Serving

pytestmark = pytest.mark.slow

_COMPONENT = """
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {{name: {name}, labels: {{visibility: {visibility}}}}}
spec: {{type: service, lifecycle: production, owner: shops}}
"""
_POLICY = """
g, $guests, role:default/guest
p, role:default/guest, catalog.location.create, create, allow
"""
_CONDITIONS = """
result: CONDITIONAL
roleEntityRef: role:default/guest
pluginId: catalog
resourceType: catalog-entity
permissionMapping: [read]
conditions:
  allOf:
    - not: {rule: HAS_LABEL, resourceType: catalog-entity,
            params: {label: visibility, value: private}}
    - anyOf:
        - {rule: IS_ENTITY_KIND, resourceType: catalog-entity, params: {kinds: [component]}}
        - {rule: IS_ENTITY_OWNER, resourceType: catalog-entity, params: {claims: [$ownerRefs]}}
---
result: CONDITIONAL
roleEntityRef: role:default/guest
pluginId: scaffolder
resourceType: scaffolder-task
permissionMapping: [read]
conditions: {rule: IS_TASK_OWNER, resourceType: scaffolder-task, params: {createdBy: [user:default/x]}}
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what each question to the client returned."""
    install_packages()
    folder = tmp_path_factory.mktemp("client")
    content = "".join(
        _COMPONENT.format(name=name, visibility=visibility)
        for name, visibility in (("open", "public"), ("secret", "private"))
    )
    source = repository_at(folder / "content", {"catalog-info.yaml": content}).path
    (folder / "policy.csv").write_text(_POLICY)
    (folder / "conditions.yaml").write_text(_CONDITIONS)
    settings = f"sources: [{{name: content, url: {json.dumps(str(source))}}}]\n"
    settings += "policy: policy.csv\npolicy_conditions: conditions.yaml\n"
    serving = Serving(folder, settings)
    try:
        path = "/api/catalog/entities/by-name/component/default/open"
        serving.until(lambda: serving.get(path)[0] == 200)
        return run_client("permission_client.mjs", f"http://127.0.0.1:{serving.port}")
    finally:
        serving.stop()


def results(answers: dict[str, Any], name: str) -> list[str]:
    return [one["result"] for one in answers[name]]


def test_a_user_learns_what_they_may_do(answers: dict[str, Any]) -> None:
    assert results(answers, "basic") == ["ALLOW", "DENY", "DENY"]
    assert results(answers, "resources") == ["ALLOW", "DENY", "DENY"]
    assert results(answers, "batched") == ["ALLOW", "DENY", "DENY", "ALLOW"]


def test_without_a_resource_the_condition_is_the_answer(answers: dict[str, Any]) -> None:
    read, refresh, tasks = answers["conditional"]
    kind = "catalog-entity"
    assert refresh["result"] == "DENY"
    assert (read["result"], read["pluginId"], read["resourceType"]) == (
        "CONDITIONAL",
        "catalog",
        kind,
    )
    not_private, either = read["conditions"]["allOf"]
    assert not_private == {
        "not": {
            "rule": "HAS_LABEL",
            "resourceType": kind,
            "params": {"label": "visibility", "value": "private"},
        }
    }
    assert [one["rule"] for one in either["anyOf"]] == ["IS_ENTITY_KIND", "IS_ENTITY_OWNER"]
    assert either["anyOf"][0]["params"] == {"kinds": ["component"]}
    assert (tasks["pluginId"], tasks["resourceType"]) == ("scaffolder", "scaffolder-task")
    assert tasks["conditions"]["params"] == {"createdBy": ["user:default/x"]}


def test_a_user_has_to_name_a_resource(answers: dict[str, Any]) -> None:
    """As in Backstage: only backends ask for conditions, on behalf of users."""
    assert answers["conditionalOfAUser"]["error"]["message"].startswith("Request failed with 400")
