"""What a person fills in, by the schema of a field."""

from __future__ import annotations

from typing import Any

import pytest

from portal.scaffolder.forms.controls import Control
from portal.scaffolder.forms.controls import Widget
from portal.scaffolder.forms.controls import controls
from portal.scaffolder.forms.controls import flat


def only(schema: dict[str, Any], value: Any = None, **page: Any) -> Control:
    values = {} if value is None else {"x": value}
    (found,) = controls({"properties": {"x": schema}, **page}, values)
    return found


@pytest.mark.parametrize(
    ("schema", "widget"),
    [
        ({"type": "string"}, Widget.TEXT),
        ({}, Widget.TEXT),
        ({"type": "integer"}, Widget.NUMBER),
        ({"type": "boolean"}, Widget.CHECKBOX),
        ({"type": "string", "enum": ["a"]}, Widget.SELECT),
        ({"type": "boolean", "enum": [True, False], "ui:widget": "radio"}, Widget.RADIO),
        ({"type": "string", "ui:widget": "textarea"}, Widget.TEXTAREA),
        ({"type": "string", "ui:options": {"multiline": True}}, Widget.TEXTAREA),
        ({"type": "string", "ui:widget": "hidden"}, Widget.HIDDEN),
        ({"type": "string", "ui:widget": "password"}, Widget.SECRET),
        ({"type": "string", "ui:field": "Secret"}, Widget.SECRET),
        ({"type": "string", "ui:field": "OwnerPicker"}, Widget.ENTITY),
        ({"type": "string", "ui:field": "EntityPicker"}, Widget.ENTITY),
        ({"type": "array", "ui:field": "MultiEntityPicker"}, Widget.ENTITIES),
        ({"type": "array", "ui:field": "EntityTagsPicker"}, Widget.TAGS),
        ({"type": "string", "ui:field": "RepoUrlPicker"}, Widget.REPO_URL),
        ({"type": "string", "ui:field": "SomebodysOwn"}, Widget.TEXT),
        ({"type": "array", "items": {"enum": ["a"]}}, Widget.CHECKBOXES),
        ({"type": "array", "items": {"type": "string"}}, Widget.LIST),
        ({"type": "array"}, Widget.JSON),
        ({"type": "object", "properties": {"y": {}}}, Widget.OBJECT),
        ({"type": "object"}, Widget.JSON),
        ({"type": "string", "oneOf": [{"const": "a", "title": "A"}]}, Widget.SELECT),
    ],
)
def test_a_schema_has_its_widget(schema: dict[str, Any], widget: Widget) -> None:
    assert only(schema).widget is widget


def test_choices_have_names_and_the_value_is_chosen() -> None:
    found = only({"type": "integer", "enum": [1, 2], "enumNames": ["One", "Two"]}, 2).choices

    assert [(one.value, one.label, one.is_chosen) for one in found] == [
        ("1", "One", False),
        ("2", "Two", True),
    ]


def test_items_of_lists_and_members_of_objects_are_controls_of_their_own() -> None:
    schema = {
        "type": "array",
        "items": {"type": "object", "properties": {"a/b": {"type": "string"}}},
    }
    keys = [one.key for one in flat([only(schema, [{"a/b": "v"}, {}])])]

    assert keys == ["/x", "/x/0", "/x/0/a~1b", "/x/1", "/x/1/a~1b"]


def test_fields_of_a_chosen_alternative_are_shown_and_no_others() -> None:
    page = {
        "properties": {"kind": {"enum": ["web", "job"]}},
        "dependencies": {
            "kind": {
                "oneOf": [
                    {"properties": {"kind": {"enum": ["web"]}, "port": {"type": "integer"}}},
                    {"properties": {"kind": {"enum": ["job"]}, "cron": {"type": "string"}}},
                ]
            }
        },
    }

    assert [one.field.name for one in controls(page, {"kind": "job"})] == ["kind", "cron"]
    assert [one.field.name for one in controls(page, {"kind": "web"})] == ["kind", "port"]


def test_constants_are_not_asked_for_and_an_order_may_be_given() -> None:
    page = {
        "properties": {"a": {}, "fixed": {"const": 1}, "b": {}, "c": {}},
        "ui:order": ["c", "*", "a"],
    }

    assert [one.field.name for one in controls(page, {})] == ["c", "b", "a"]


def test_limits_of_the_schema_are_attributes() -> None:
    number = only({"type": "integer", "minimum": 0, "maximum": 9, "ui:placeholder": "5"})
    text = only({"type": "string", "minLength": 2, "format": "email", "ui:autofocus": True})

    assert number.attributes == {"min": "0", "max": "9", "placeholder": "5", "step": "1"}
    assert text.attributes == {"minlength": "2", "autofocus": ""}
    assert (number.input_type, text.input_type) == ("number", "email")
