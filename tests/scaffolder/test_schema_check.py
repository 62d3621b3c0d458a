"""JSON Schemas of templates: malformed ones are the author's error, and none is fetched."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from portal.kernel.errors import InputError
from portal.kernel.errors import RenderingError
from portal.scaffolder.forms.json_schema import _Validator
from portal.scaffolder.forms.json_schema import violations
from portal.scaffolder.forms.schema_check import KEYWORDS
from tests.command_line import run
from tests.command_line import write_files
from tests.conftest import MakePortal
from tests.conftest import Serving

DRY_RUN = "/api/scaffolder/v2/dry-run"
SECRET = "content-of-a-file-of-the-host"


def template(parameters: Any, **spec: Any) -> dict[str, Any]:
    steps = [{"id": "a", "action": "debug:log", "input": {"message": "x"}}]
    return {
        "apiVersion": "scaffolder.backstage.io/v1beta3",
        "kind": "Template",
        "metadata": {"name": "t"},
        "spec": {
            "type": "service",
            "owner": "team-a",
            "parameters": parameters,
            "steps": steps,
            **spec,
        },
    }


@pytest.fixture(scope="module")
def client(make_shared_portal: MakePortal) -> FlaskClient:
    return make_shared_portal({"catalog-info.yaml": ""}).client


def dry_run(client: FlaskClient, parameters: Any, values: Any, **spec: Any) -> TestResponse:
    body = {
        "template": template(parameters, **spec),
        "values": values,
        "secrets": {},
        "directoryContents": [],
    }
    return client.post(DRY_RUN, json=body)


MALFORMED = [
    ({"multipleOf": 0}, "/multipleOf must be a number above 0"),
    ({"multipleOf": "x"}, "/multipleOf must be a number above 0"),
    ({"properties": [1]}, "/properties must be an object of schemas"),
    ({"properties": None}, "/properties must be an object of schemas"),
    ({"properties": {"b": None}}, "/properties must be an object of schemas"),
    ({"patternProperties": ["x"]}, "/patternProperties must be an object of schemas"),
    ({"propertyNames": 5}, "/propertyNames must be a schema (an object, true or false)"),
    ({"$ref": 5}, "/$ref must be a string"),
    ({"$ref": "#/nowhere"}, "/$ref '#/nowhere' must lead to a schema inside this one"),
    ({"$ref": "#nowhere"}, "/$ref '#nowhere' must lead to a schema inside this one"),
    ({"$ref": "#/title", "title": "x"}, "/$ref '#/title' must lead to a schema inside this one"),
    ({"$ref": "http://[::1"}, "/$ref 'http://[::1' must lead to a schema inside this one"),
    ({"$id": "http://[::1"}, "/$id must be an address"),
    ({"$id": 5}, "/$id must be"),
    ({"required": 5}, "/required must be an array of names"),
    ({"required": [[]]}, "/required must be an array of names"),
    ({"type": 7}, "/type must be one of any, array,"),
    ({"type": ["string", "text"]}, "/type must be one of any, array,"),
    ({"enum": {}}, "/enum must be an array"),
    ({"allOf": 3}, "/allOf must be an array of schemas"),
    ({"anyOf": [5]}, "/anyOf must be an array of schemas"),
    ({"items": 1}, "/items must be a schema or an array of schemas"),
    ({"prefixItems": {}}, "/prefixItems must be an array of schemas"),
    ({"minLength": "x"}, "/minLength must be a number"),
    ({"maxItems": []}, "/maxItems must be a number"),
    ({"dependencies": 5}, "/dependencies must be an object of schemas and arrays of names"),
    ({"dependentRequired": {"a": 5}}, "/dependentRequired must be an object of arrays of names"),
    ({"if": 3}, "/if must be a schema (an object, true or false)"),
    ({"then": 3}, "/then must be a schema (an object, true or false)"),
    ({"format": []}, "/format must be a string"),
    ({"additionalProperties": 5}, "/additionalProperties must be a schema"),
    ({"oneOf": [{"not": {"items": {"minimum": None}}}]}, "/oneOf/0/not/items/minimum must be"),
    ({"$defs": {"x": 5}, "$ref": "#/$defs/x"}, "/$defs must be an object of schemas"),
    ({"ui:x": {"y": {"type": 7}}, "$ref": "#/ui:x/y"}, "/$ref/#/ui:x/y/type must be one of"),
    ({"$ref": "#"}, "its $refs lead in a circle"),
    ({"allOf": [{"anyOf": [{"$ref": "#"}]}]}, "its $refs lead in a circle"),
]


@pytest.mark.parametrize(("schema", "reason"), MALFORMED)
def test_a_malformed_form_is_the_authors_error_and_told_where(
    client: FlaskClient, schema: Any, reason: str
) -> None:
    page = {"properties": {"a": {"title": "A"}}}
    answer = dry_run(client, [page, schema], {"a": [1.5, "x"]})
    assert answer.status_code == 400
    message = answer.get_json()["error"]["message"]
    assert message.startswith(f"The schema of page 2 cannot be used: {reason}"), message


def test_a_malformed_schema_of_secrets_is_told_as_well(client: FlaskClient) -> None:
    answer = dry_run(client, [], {}, secrets={"schema": {"properties": 5}})
    assert answer.status_code == 400
    reason = "/properties must be an object of schemas"
    message = f"The schema of the secrets cannot be used: {reason}"
    assert answer.get_json()["error"]["message"] == message


@pytest.mark.parametrize("keyword", ["not", "items", "additionalProperties", "if", "contains"])
@pytest.mark.parametrize("depth", [50, 90, 900, 4000])
def test_a_schema_nested_however_deep_is_no_error_of_the_portal(
    client: FlaskClient, keyword: str, depth: int
) -> None:
    text = '{"a":' * depth + "1" + "}" * depth
    schema = json.dumps({"items": 0}).replace("0", text.replace('"a"', json.dumps(keyword)))
    body = json.dumps(
        {"template": template(0), "values": {}, "secrets": {}, "directoryContents": []}
    )
    body = body.replace('"parameters": 0', f'"parameters": {schema}')
    answer = client.post(DRY_RUN, data=body, content_type="application/json")
    assert answer.status_code == 400


@pytest.mark.parametrize("value", [10**400, 1e308, -(10**400)])
def test_a_value_too_large_to_be_divided_is_no_error_of_the_portal(
    client: FlaskClient, value: float
) -> None:
    answer = dry_run(client, {"properties": {"a": {"multipleOf": 0.1}}}, {"a": value})
    assert answer.status_code in {200, 400}


def test_every_keyword_that_is_evaluated_is_checked_first() -> None:
    assert set(_Validator.VALIDATORS) <= set(KEYWORDS)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*KEYWORDS, "a"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(sorted(KEYWORDS)), _JSON, max_size=3), _JSON)
def test_whatever_a_schema_holds_is_judged_or_refused(schema: Any, value: Any) -> None:
    try:
        found = violations(schema, value)
    except (InputError, RenderingError):
        return
    json.dumps(found)


# --- nothing is fetched --------------------------------------------------------------------


@pytest.fixture(params=["http", "file", "http of an $id", "file of an $id"])
def remote(request: pytest.FixtureRequest, tmp_path: Path, serving: Serving) -> dict[str, Any]:
    """Return a form whose ``$ref`` names a document elsewhere."""
    path = tmp_path / "schema.json"
    path.write_text(json.dumps({"const": SECRET}))
    kind, _, has_id = request.param.partition(" ")
    address = path.as_uri() if kind == "file" else f"http://{serving.host}/schema.json"
    if has_id:
        base, _, name = address.rpartition("/")
        return {"$id": f"{base}/", "properties": {"a": {"$ref": name, "default": 1}}}
    return {"properties": {"a": {"$ref": address, "default": 1}}}


LOCAL = [
    {"definitions": {"x": {"const": 1}}, "properties": {"a": {"$ref": "#/definitions/x"}}},
    {"$defs": {"x": {"const": 1}}, "properties": {"a": {"$ref": "#/$defs/x"}}},
    {"$defs": {"x": {"$anchor": "y", "const": 1}}, "properties": {"a": {"$ref": "#y"}}},
    {"$defs": {"x": {"$id": "http://x.org/y", "const": 1}}, "items": {"$ref": "http://x.org/y"}},
    {
        "$id": "http://x.org/",
        "$defs": {"x": {"$id": "y", "const": 1}},
        "properties": {"a": {"$ref": "y"}},
    },
]


@pytest.mark.parametrize("schema", LOCAL)
def test_what_a_schema_refers_to_in_itself_is_found(schema: Any) -> None:
    value = [2] if "items" in schema else {"a": 2}
    (found,) = violations(schema, value)
    assert found["message"] == "does not exactly match expected constant: 1"


def test_trying_a_template_out_fetches_no_schema(
    client: FlaskClient, remote: dict[str, Any], serving: Serving
) -> None:
    for values in ({"a": 1}, {}):
        answer = dry_run(client, remote, values)
        assert answer.status_code == 400
        assert "must lead to a schema inside this one" in answer.get_json()["error"]["message"]
        assert SECRET not in answer.text
    secrets = {"schema": {**remote, "required": ["a"]}}
    assert dry_run(client, [], {}, secrets=secrets).status_code == 400
    assert serving.seen == []


def test_no_door_for_a_template_of_the_catalog_fetches_a_schema(
    make_portal: MakePortal, remote: dict[str, Any], serving: Serving
) -> None:
    portal = make_portal({"catalog-info.yaml": json.dumps(template(remote))})
    form = portal.client.get("/api/scaffolder/v2/templates/default/template/t/parameter-schema")
    assert form.status_code == 200
    task = {"templateRef": "template:default/t", "values": {"a": 1}}
    created = portal.client.post("/api/scaffolder/v2/tasks", json=task)
    assert created.status_code == 400
    assert "must lead to a schema inside this one" in created.get_json()["error"]["message"]
    assert SECRET not in form.text + created.text
    assert serving.seen == []


def test_no_door_for_an_entity_fetches_a_schema(
    make_portal: MakePortal, remote: dict[str, Any], serving: Serving
) -> None:
    settings = {"location_hosts": (serving.host,), "location_kinds": ("Template",)}
    portal = make_portal({"catalog-info.yaml": ""}, **settings)
    entity = template(remote)
    body = {"entity": entity, "location": "url:https://example.org/a.yaml"}
    validated = portal.client.post("/api/catalog/validate-entity", json=body)
    assert validated.status_code == 200
    shop = serving.repository("shop", {"catalog-info.yaml": json.dumps(entity)})
    serving.publish(shop, "acme/shop.git")
    target = f"http://{serving.host}/acme/shop/blob/main/catalog-info.yaml"
    tried = portal.client.post(
        "/api/catalog/locations?dryRun=true", json={"type": "url", "target": target}
    )
    assert tried.status_code == 201, tried.text
    assert (tried.status_code, len(tried.get_json()["entities"])) == (201, 2)
    assert SECRET not in validated.text + tried.text
    assert [path for path, _ in serving.seen if "schema.json" in path] == []


@pytest.mark.parametrize("command", ["render", "test", "check"])
def test_no_command_fetches_a_schema(
    command: str, tmp_path: Path, remote: dict[str, Any], serving: Serving
) -> None:
    files = {"template.yaml": json.dumps(template(remote)), "cases/one.yaml": "values: {a: 1}\n"}
    folder = write_files(tmp_path / "hello", files)
    arguments = {
        "render": ["template", "render", folder, "--out", tmp_path / "out", "-p", "a=1"],
        "test": ["template", "test", folder],
        "check": ["check", folder],
    }[command]
    done = run(*arguments)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert SECRET not in done.output
    assert serving.seen == []
