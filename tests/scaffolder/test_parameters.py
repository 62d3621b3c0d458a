"""Forms: what a template asks for, and how an answer that will not do is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from portal.kernel.errors import InputError
from portal.kernel.errors import PortalError
from portal.scaffolder.forms.json_schema import violations
from portal.scaffolder.forms.parameters import ValuesError
from portal.scaffolder.forms.parameters import check_secrets
from portal.scaffolder.forms.parameters import check_values
from portal.scaffolder.forms.parameters import form
from portal.scaffolder.forms.template import MalformedTemplateError
from portal.scaffolder.forms.template import read_template


def _template(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "scaffolder.backstage.io/v1beta3",
        "kind": "Template",
        "metadata": {"name": "t", "description": "d"},
        "spec": {"type": "service", "steps": [], **spec},
    }


def _messages(schema: dict[str, Any], instance: Any) -> list[tuple[str, str]]:
    return [(error["property"], error["message"]) for error in violations(schema, instance)]


@pytest.mark.parametrize(
    ("schema", "instance", "messages"),
    [
        (
            {"properties": {"a": {"enum": ["x", 1, None]}}},
            {"a": "y"},
            [("instance.a", "is not one of enum values: x,1,null")],
        ),
        (
            {"properties": {"a": {"format": "email"}}},
            {"a": "x"},
            [("instance.a", 'does not conform to the "email" format')],
        ),
        (
            {"anyOf": [{"required": ["a"], "title": "AA"}, {"required": ["b"]}]},
            {},
            [("instance", 'is not any of "AA",[subschema 1]')],
        ),
        (
            {"if": {"required": ["a"]}, "then": {"required": ["b"]}, "else": {"required": ["c"]}},
            {"a": 1},
            [("instance", 'requires property "b"')],
        ),
        (
            {"if": {"required": ["a"]}, "then": {"required": ["b"]}, "else": {"required": ["c"]}},
            {},
            [("instance", 'requires property "c"')],
        ),
        (
            {"items": [{"type": "string"}], "additionalItems": False},
            ["a", 2],
            [("instance", "additionalItems not permitted")],
        ),
        (
            {"$ref": "#/$defs/x", "$defs": {"x": {"required": ["z"]}}},
            {},
            [("instance", 'requires property "z"')],
        ),
        ({"properties": {"n": {"type": "integer"}}}, {"n": 5.0}, []),
        ({"properties": {"a": {"type": "any"}}}, {"a": 1}, []),
        (
            {"items": {"properties": {"x": {"type": "number"}}}},
            [{"x": 1}, {"x": "s"}],
            [("instance[1].x", "is not of a type(s) number")],
        ),
    ],
)
def test_errors_are_said_in_the_words_that_clients_know(
    schema: dict[str, Any],
    instance: dict[str, Any] | list[Any],
    messages: list[tuple[str, str]],
) -> None:
    assert _messages(schema, instance) == messages


@pytest.mark.parametrize(
    "ref", ["file:///etc/passwd", "http://127.0.0.1:9/x.json", "https://json-schema.org/x", "#/no"]
)
def test_a_ref_that_leads_out_of_the_schema_is_refused_and_not_followed(ref: str) -> None:
    with pytest.raises(InputError):
        violations({"properties": {"a": {"$ref": ref}}}, {"a": 1})


def test_a_pattern_that_would_take_for_ever_is_stopped() -> None:
    with pytest.raises(PortalError):
        violations({"properties": {"a": {"pattern": "^(a+)+$"}}}, {"a": "a" * 60 + "!"})


def test_a_pattern_is_javascripts() -> None:
    schema = {"pattern": "^\\p{L}+$"}
    assert violations(schema, "한글") == []
    assert violations({"pattern": "^a$"}, "a\n") != []


def test_a_pattern_that_is_none_is_said_to_be() -> None:
    with pytest.raises(PortalError) as raised:
        violations({"pattern": "[a-"}, "x")
    assert raised.value.name == "SyntaxError"
    message = "Invalid regular expression: /[a-/: Unterminated character class"
    assert raised.value.message == message


def test_a_schema_nested_without_end_is_refused() -> None:
    schema: dict[str, Any] = {}
    for _ in range(3_000):
        schema = {"properties": {"a": schema}}
    value: dict[str, Any] = {}
    for _ in range(3_000):
        value = {"a": value}
    with pytest.raises(InputError):
        violations(schema, value)


def test_values_are_judged_page_by_page_and_the_first_faulty_page_tells() -> None:
    pages = [{"required": ["a"]}, {"required": ["b"]}, {"required": ["c"]}]
    spec = read_template(_template(parameters=pages))
    with pytest.raises(ValuesError) as raised:
        check_values(spec, {"a": 1})
    assert [error["argument"] for error in raised.value.errors] == ["b"]


SECRET_FIELD = {"type": "string", "ui:field": "Secret", "minLength": 8, "pattern": "^[a-z]+$"}


@pytest.mark.parametrize(
    ("schema", "values"),
    [
        ({"required": ["pass"], "properties": {"pass": SECRET_FIELD}}, {"pass": "********"}),
        ({"properties": {"pass": {**SECRET_FIELD, "enum": ["testtest"]}}}, {"pass": "***"}),
        (
            {"properties": {"db": {"type": "object", "properties": {"pass": SECRET_FIELD}}}},
            {"db": {"pass": "********"}},
        ),
        (
            {"properties": {"pass": {"type": "string", "ui:widget": "password", "maxLength": 8}}},
            {"pass": "*" * 9},
        ),
    ],
)
def test_a_secret_field_is_judged_by_its_secret_and_not_by_its_mask(
    schema: dict[str, Any], values: dict[str, Any]
) -> None:
    spec = read_template(_template(parameters=schema))
    check_values(spec, values, {"pass": "testtest"})
    with pytest.raises(ValuesError) as caught:
        check_values(spec, values, {"pass": "Not-Good-9"})
    assert "Not-Good-9" not in json.dumps([str(caught.value), caught.value.errors])


def test_asterisks_of_another_field_are_what_was_typed() -> None:
    spec = read_template(_template(parameters={"properties": {"pass": {"pattern": "^[*]+$"}}}))
    check_values(spec, {"pass": "***"}, {"pass": "secret"})


def test_a_missing_secret_is_named() -> None:
    schema = {"type": "object", "required": ["token"]}
    spec = read_template(_template(secrets={"schema": schema}))
    with pytest.raises(ValuesError) as raised:
        check_secrets(spec, {})
    (error,) = raised.value.errors
    assert (error["property"], error["message"]) == ("secrets", "secrets.token is required")


def test_a_form_has_a_page_for_each_of_the_parameters() -> None:
    page = {"title": "One", "description": "First", "properties": {}}
    found = form(read_template(_template(parameters=[page, {"properties": {}}])))
    assert found == {
        "title": "t",
        "description": "d",
        "steps": [
            {"title": "One", "description": "First", "schema": page},
            {"title": "Please enter the following information", "schema": {"properties": {}}},
        ],
    }


def test_a_template_without_parameters_asks_for_nothing() -> None:
    assert form(read_template(_template()))["steps"] == []


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"steps": {}}, "/spec/steps must be array - type: array"),
        (
            {"steps": [{"id": "a"}]},
            "/spec/steps/0 must have required property 'action' - missingProperty: action",
        ),
        ({"output": "x"}, "/spec/output must be object - type: object"),
        ({"secrets": [1]}, "/spec/secrets must be object - type: object"),
        ({"output": {"a": 1}}, "/spec/output/a must be string - type: string"),
        ({"output": {"links": [5]}}, "/spec/output/links/0 must be object - type: object"),
    ],
)
def test_a_malformed_template_is_told_where(spec: dict[str, Any], message: str) -> None:
    with pytest.raises(MalformedTemplateError) as raised:
        read_template(_template(**spec))
    assert raised.value.message == message


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({}, "/metadata must have required property 'name' - missingProperty: name"),
        (5, "/metadata must be object - type: object"),
        (None, "/metadata must be object - type: object"),
        ({"name": ""}, "/metadata/name must NOT have fewer than 1 characters - limit: 1"),
        ({"name": "t", "tags": 5}, "/metadata/tags must be array - type: array"),
    ],
)
def test_the_metadata_of_a_template_are_those_of_an_entity(metadata: Any, message: str) -> None:
    with pytest.raises(MalformedTemplateError) as raised:
        read_template({**_template(), "metadata": metadata})
    assert raised.value.message == message


def test_a_template_without_metadata_is_malformed() -> None:
    template = _template()
    del template["metadata"]
    with pytest.raises(MalformedTemplateError) as raised:
        read_template(template)
    message = "<root> must have required property 'metadata' - missingProperty: metadata"
    assert raised.value.message == message


def test_every_parameter_error_of_the_recordings_is_among_the_replayed_dry_runs() -> None:
    lines = (Path(__file__).parent / "data/dry-runs.jsonl").read_text().splitlines()
    names = [json.loads(line)["name"] for line in lines]
    assert sum(name.startswith("params/") for name in names) > 20


def test_a_schema_inside_that_names_a_draft_is_judged_like_the_others() -> None:
    draft = "http://json-schema.org/draft-07/schema#"
    schema = {"properties": {"a": {"$schema": draft, "pattern": "^(a+)+$"}}}
    with pytest.raises(PortalError):  # the budget of patterns is spent
        violations(schema, {"a": "a" * 60 + "!"})
