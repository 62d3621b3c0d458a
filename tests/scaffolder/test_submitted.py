"""A submitted page: texts to values, and what is wrong with them."""

from __future__ import annotations

from typing import Any

import pytest

from portal.scaffolder.forms.submitted import Submission
from portal.scaffolder.forms.submitted import faults_of
from portal.scaffolder.forms.submitted import submitted


def sent(
    properties: dict[str, Any], given: dict[str, Any], before: dict[str, Any] | None = None
) -> Submission:
    texts = {key: text if isinstance(text, list) else [text] for key, text in given.items()}
    shown = texts.pop("shown", [f"/{name}" for name in properties])
    return submitted({"properties": properties}, before or {}, {}, texts, shown)


@pytest.mark.parametrize(
    ("schema", "text", "value"),
    [
        ({"type": "string"}, "a b", "a b"),
        ({"type": "integer"}, "7", 7),
        ({"type": "number"}, "1.5", 1.5),
        ({"type": "boolean"}, "true", True),
        ({"enum": [1, 2]}, "2", 2),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, ["a", "b"], ["a", "b"]),
        ({"type": "array", "ui:field": "EntityTagsPicker"}, "a, b,\na", ["a", "b"]),
        ({"type": "object"}, '{"y": [1]}', {"y": [1]}),
    ],
)
def test_a_text_becomes_a_value_of_its_type(schema: dict[str, Any], text: Any, value: Any) -> None:
    assert sent({"x": schema}, {"/x": text}).values == {"x": value}


def test_an_unticked_box_is_false_only_where_it_was_shown() -> None:
    schema = {"x": {"type": "boolean"}}

    assert sent(schema, {}).values == {"x": False}
    assert sent(schema, {"shown": []}, {"x": True}).values == {"x": True}


def test_an_emptied_field_has_no_value() -> None:
    assert sent({"x": {"type": "string"}}, {"/x": "  "}, {"x": "old"}).values == {}


def test_a_text_that_is_no_value_is_kept_and_told() -> None:
    found = sent({"x": {"type": "integer"}}, {"/x": "many"}, {"x": 1})

    assert found.values == {}
    assert found.texts == {"/x": "many"}
    assert [(one.key, one.rule) for one in found.faults] == [("/x", "text")]


def test_lists_of_objects_are_read_item_by_item() -> None:
    schema = {
        "x": {
            "type": "array",
            "items": {"type": "object", "properties": {"n": {"type": "integer"}, "s": {}}},
        }
    }
    shown = ["/x", "/x/0", "/x/0/n", "/x/0/s", "/x/1", "/x/1/n", "/x/1/s"]
    given = {"/x/0/n": "1", "/x/0/s": "a", "/x/1/n": "2", "shown": shown}
    before = {"x": [{"n": 0}, {"n": 0}]}

    assert sent(schema, given, before).values == {"x": [{"n": 1, "s": "a"}, {"n": 2}]}


def test_a_secret_is_kept_apart_and_an_empty_text_keeps_it() -> None:
    schema = {"token": {"type": "string", "ui:field": "Secret"}}
    first = sent(schema, {"/token": "hush"})
    again = submitted({"properties": schema}, first.values, first.secrets, {}, ["/token"])

    assert first.values == {"token": "****"}
    assert first.secrets == again.secrets == {"token": "hush"}
    assert "hush" not in repr(first)


def test_the_parts_of_a_repository_make_its_address() -> None:
    schema = {"repo": {"type": "string", "ui:field": "RepoUrlPicker"}}
    given = {"/repo#host": "git.example.org", "/repo#owner": "a b", "/repo#repo": "shop"}

    assert sent(schema, given).values == {"repo": "git.example.org?owner=a+b&repo=shop"}
    assert sent(schema, {"/repo#host": "git.example.org"}).values == {}


def test_a_field_that_another_shows_is_read_in_the_same_request() -> None:
    page = {
        "properties": {"more": {"type": "boolean"}},
        "if": {"properties": {"more": {"const": True}}, "required": ["more"]},
        "then": {"properties": {"name": {"type": "string"}}},
    }
    texts = {"/more": ["true"], "/name": ["shop"]}

    found = submitted(page, {}, {}, texts, ["/more", "/name"])
    assert found.values == {"more": True, "name": "shop"}


def test_faults_are_of_controls() -> None:
    page = {
        "required": ["name"],
        "properties": {
            "name": {"type": "string"},
            "ports": {"type": "array", "items": {"type": "integer", "minimum": 1}},
            "tags": {"type": "array", "ui:field": "EntityTagsPicker"},
            "id": {"type": "string", "ui:field": "EntityNamePicker"},
        },
    }
    values = {"ports": [0], "tags": ["No"], "id": "-x"}
    found = {(one.key, one.rule, one.argument) for one in faults_of(page, values, {})}

    assert found == {
        ("/name", "required", "name"),
        ("/ports/0", "minimum", "1"),
        ("/tags", "tags", "No"),
        ("/id", "name", ""),
    }


def test_secrets_are_judged_and_never_told() -> None:
    page = {"properties": {"pin": {"type": "string", "ui:field": "Secret", "minLength": 6}}}
    found = faults_of(page, {"pin": "***"}, {"pin": "abc"})

    assert [one.rule for one in found] == ["minLength"]
    assert "abc" not in repr(found)
