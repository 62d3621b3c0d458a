"""Templates with a schema of secrets: the form asks for them on a page of its own."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from portal.app import create_app
from portal.scaffolder.forms.secrets_page import asked_pages
from portal.scaffolder.forms.secrets_page import secrets_page
from portal.scaffolder.forms.template import read_template
from tests.conftest import MakePortal
from tests.conftest import Portal

_TEMPLATE = """
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: service}
spec:
  owner: builders
  type: service
  secrets:
    schema:
      type: object
      required: [apiKey]
      properties:
        apiKey: {type: string, title: Key of the API, minLength: 8}
        note: {type: string}
  parameters:
    - title: About
      additionalProperties: false
      properties: {name: {type: string}}
  steps:
    - {id: log, name: Log, action: debug:log, input: {message: "${{ parameters.name }}"}}
"""
_FORM = "/create/default/service"
_SHOWN = ["/apiKey", "/note"]


@pytest.fixture(scope="module")
def portal(make_shared_portal: MakePortal) -> Portal:
    return make_shared_portal({"catalog-info.yaml": _TEMPLATE})


@pytest.fixture
def client(portal: Portal) -> FlaskClient:
    return create_app(portal.services).test_client()


def send(client: FlaskClient, url: str, **form: Any) -> Any:
    return client.post(url, data=form, headers={"Accept": "text/html", "Accept-Language": "en"})


def test_secrets_are_asked_for_judged_and_handed_to_the_task(client: FlaskClient) -> None:
    second = send(client, _FORM, **{"~shown": ["/name"], "/name": "shop"}).headers["Location"]
    korean = client.get(second, headers={"Accept-Language": "ko"}).text
    assert "<h2>비밀 값</h2>" in korean
    assert 'type="password"' in korean

    missing = send(client, second, **{"~shown": _SHOWN})
    short = send(client, second, **{"~shown": _SHOWN, "/apiKey": "short"})
    assert (missing.status_code, short.status_code) == (422, 422)
    assert "This is required." in missing.text
    review = send(client, second, **{"~shown": _SHOWN, "/apiKey": "a-long-secret"})
    shown = client.get(review.headers["Location"], headers={"Accept-Language": "en"}).text
    assert "<dt>Key of the API</dt><dd>••••••••</dd>" in shown
    assert "a-long-secret" not in shown

    task = send(client, review.headers["Location"].replace("/review", "/create"))
    assert task.status_code == 303
    stored = client.get(f"/api/scaffolder/v2{task.headers['Location']}").get_json()
    assert stored["spec"]["parameters"] == {"name": "shop"}


def entity(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "scaffolder.backstage.io/v1beta3",
        "kind": "Template",
        "metadata": {"name": "t"},
        "spec": {"owner": "a", "type": "b", "steps": [], **spec},
    }


def test_what_the_form_asks_for_already_is_not_asked_for_twice() -> None:
    token = {"type": "string", "ui:field": "Secret"}
    url = {"ui:options": {"requestUserCredentials": {"secretsKey": "FORGE_TOKEN"}}}
    properties: dict[str, Any] = {"token": {}, "FORGE_TOKEN": {}}
    schema = {"required": ["token", "more"], "properties": properties}
    parameters = {"properties": {"token": token, "repoUrl": url}}
    spec = read_template(entity(parameters=parameters, secrets={"schema": schema}))
    assert secrets_page(spec) is None

    properties["more"] = {"title": "More"}
    spec = read_template(entity(parameters=parameters, secrets={"schema": schema}))
    page = asked_pages(spec)[-1]
    assert (page["required"], page["properties"]) == (
        ["more"],
        {"more": {"title": "More", "ui:field": "Secret"}},
    )
    assert secrets_page(read_template(entity())) is None
