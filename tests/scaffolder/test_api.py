"""The scaffolder's routes: a template of the catalog, its form, and the actions."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from portal.scaffolder.actions.table import ACTIONS
from tests.conftest import MakePortal
from tests.conftest import MakeSteps
from tests.conftest import Portal

TEMPLATE = """
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: tpl, title: My Tpl, description: d}
spec:
  owner: guests
  type: service
  parameters:
    title: Page one
    required: [name]
    properties: {name: {type: string, title: Name}}
  steps: [{action: debug:log, input: {message: x}}]
"""
PREFIX = "/api/scaffolder"


@pytest.fixture(scope="module")
def portal(make_shared_portal: MakePortal) -> Portal:
    return make_shared_portal({"catalog-info.yaml": TEMPLATE})


@pytest.mark.parametrize("name", ["default/template/tpl", "Default/Template/TPL"])
def test_a_templates_form_is_found_whatever_the_case(portal: Portal, name: str) -> None:
    assert portal.get(f"{PREFIX}/v2/templates/{name}/parameter-schema") == {
        "title": "My Tpl",
        "description": "d",
        "steps": [
            {
                "title": "Page one",
                "schema": {
                    "title": "Page one",
                    "required": ["name"],
                    "properties": {"name": {"type": "string", "title": "Name"}},
                },
            }
        ],
    }


@pytest.mark.parametrize(
    ("name", "status", "error"),
    [
        (
            "default/template/none",
            404,
            {"name": "NotFoundError", "message": "Template template:default/none not found"},
        ),
        (
            "default/component/lib",
            400,
            {"name": "InputError", "message": "Invalid kind, only 'Template' kind is supported"},
        ),
    ],
)
def test_what_is_no_template_has_no_form(
    portal: Portal, name: str, status: int, error: dict[str, Any]
) -> None:
    answer = portal.client.get(f"{PREFIX}/v2/templates/{name}/parameter-schema")
    assert (answer.status_code, answer.get_json()["error"]) == (status, error)


def test_the_actions_are_those_that_exist_sorted_by_their_ids(portal: Portal) -> None:
    actions = portal.get(f"{PREFIX}/v2/actions")
    assert [action["id"] for action in actions] == sorted(ACTIONS)
    assert {"fetch:template", "fs:delete", "catalog:write", "debug:log"} <= set(ACTIONS)
    assert all(action["description"] and action["schema"]["input"] for action in actions)


def test_a_request_may_be_as_large_as_a_template_with_its_files(portal: Portal) -> None:
    body: dict[str, Any] = {
        "template": {
            "apiVersion": "scaffolder.backstage.io/v1beta3",
            "kind": "Template",
            "metadata": {"name": "t"},
            "spec": {"type": "x", "steps": []},
        },
        "values": {},
        "directoryContents": [{"path": "a", "base64Content": "QUJD" * 100_000}],
    }
    post = {"data": json.dumps(body), "content_type": "application/json"}
    assert portal.client.post(f"{PREFIX}/v2/dry-run", **post).status_code == 200
    body["directoryContents"][0]["base64Content"] = "QUJD" * 3_000_000
    post["data"] = json.dumps(body)
    assert portal.client.post(f"{PREFIX}/v2/dry-run", **post).status_code == 413


def test_debug_wait_waits_as_long_as_it_is_told_and_says_nothing(make_steps: MakeSteps) -> None:
    steps = make_steps()
    began = time.monotonic()
    steps.run("debug:wait", {}, milliseconds=40, seconds=0.01)
    assert time.monotonic() - began >= 0.05
    assert steps.said == []
