"""Pages of a form that are shown under a condition: which are, and what is left of the values.

Besides, 12,000 forms made at random were decided as by Backstage's own function.
"""

from __future__ import annotations

from typing import Any

import pytest

from portal.scaffolder.forms.answers import AnswersError
from portal.scaffolder.forms.answers import check_answers
from portal.scaffolder.forms.answers import missing
from portal.scaffolder.forms.form import with_defaults
from portal.scaffolder.forms.parameters import ValuesError
from portal.scaffolder.forms.parameters import check_values
from portal.scaffolder.forms.parameters import form
from portal.scaffolder.forms.template import MalformedTemplateError
from portal.scaffolder.forms.template import TemplateSpec
from portal.scaffolder.forms.template import read_template
from portal.scaffolder.forms.visible_pages import is_shown
from portal.scaffolder.forms.visible_pages import visible_pages

VALUES = {"kind": "web", "none": "", "list": [], "object": {}, "text": "false"}


@pytest.mark.parametrize(
    ("condition", "shown"),
    [
        (None, True),
        (True, True),
        (False, False),
        ("", True),
        ("  ", True),
        ("${{ parameters.kind === 'web' }}", True),
        ("  ${{ parameters.kind === 'job' }}  ", False),
        ("parameters.kind == 'web'", True),
        ("parameters.kind == 'job'", False),
        ("false", False),
        ("parameters.text", True),
        ("parameters.list", False),
        ("parameters.object", True),
        ("parameters.none", False),
        ("parameters.nowhere", False),
        ("parameters.nowhere.deeper", False),
        ("parameters.kind | nofilter", True),
        ("parameters.repoUrl | parseRepoUrl", True),
        ("parameters.kind ==", True),
        ("${{ parameters.none }} ", False),
        ("${{ parameters.none }} is said", True),
        ("{% if false %}x{% endif %}", True),
        ("user.ref", False),
        ("secrets.token", False),
    ],
)
def test_a_condition_is_decided_as_in_backstage(condition: str | bool | None, shown: bool) -> None:
    assert is_shown(condition, VALUES) is shown


def _page(when: Any = None, **properties: Any) -> dict[str, Any]:
    page: dict[str, Any] = {"properties": properties}
    return page if when is None else {**page, "when": when}


@pytest.mark.parametrize(
    ("pages", "values", "left"),
    [
        ([_page(a={}), _page("parameters.a", b={})], {"a": False, "b": 1}, {"a": False}),
        ([_page(a={}), _page("parameters.a", b={})], {"a": True, "b": 1}, {"a": True, "b": 1}),
        # A page sees the values without those of pages hidden before it.
        (
            [_page(False, a={}), _page("parameters.a", b={}), _page("parameters.b", c={})],
            {"a": 1, "b": 1, "c": 1},
            {},
        ),
        # A visible page declares it as well, or nobody does.
        ([_page(False, a={}, b={}), _page(a={})], {"a": 1, "b": 1, "z": 1}, {"a": 1, "z": 1}),
        (
            [
                _page(False, o={"properties": {"a": {}, "b": {}}}),
                _page(o={"properties": {"a": {}}}),
            ],
            {"o": {"a": 1, "b": 1, "z": 1}},
            {"o": {"a": 1, "z": 1}},
        ),
        (
            [
                _page(False, l={"items": {"properties": {"a": {}, "b": {}}}}),
                _page(l={"items": {"properties": {"a": {}}}}),
            ],
            {"l": [{"a": 1, "b": 1}, 5]},
            {"l": [{"a": 1}, 5]},
        ),
        (
            [
                {
                    "when": False,
                    "definitions": {"d": _page(a={})},
                    "allOf": [{"$ref": "#/definitions/d"}],
                    "if": {},
                    "then": _page(b={}),
                    "else": _page(c={}),
                    "dependencies": {"x": {"oneOf": [_page(d={})]}},
                }
            ],
            dict.fromkeys("abcdz", 1),
            {"z": 1},
        ),
        # What cannot be read takes nothing away.
        ([{"when": False, "properties": {"a": {}}, "$ref": "#/nope"}], {"a": 1}, {"a": 1}),
        ([{"when": False, "properties": {"a": {}}, "$ref": "#"}], {"a": 1}, {"a": 1}),
        ([{"when": False, "additionalProperties": True}, _page(a={})], {"b": 1}, {"b": 1}),
        ([_page(False, a={}), {"additionalProperties": True}], {"a": 1}, {"a": 1}),
    ],
)
def test_values_of_hidden_pages_are_left_out(
    pages: list[dict[str, Any]], values: dict[str, Any], left: dict[str, Any]
) -> None:
    assert visible_pages(pages, values).values == left


def test_a_form_that_refers_to_itself_without_end_takes_no_time() -> None:
    doubled = {"allOf": [{"$ref": "#/definitions/d1"}] * 2}
    more = {
        f"d{i}": {"allOf": [{"$ref": f"#/definitions/d{i + 1}"}] * 2, "properties": {"a": {}}}
        for i in range(1, 60)
    }
    page = {"when": False, **doubled, "definitions": more | {"d60": {}}}
    assert visible_pages([page], {"a": 1}).values == {"a": 1}


# --- where forms are used ------------------------------------------------------------


def _spec(*pages: Any) -> TemplateSpec:
    return read_template(
        {
            "apiVersion": "scaffolder.backstage.io/v1beta3",
            "kind": "Template",
            "metadata": {"name": "t"},
            "spec": {"type": "service", "steps": [], "parameters": list(pages)},
        }
    )


WEB = {
    "when": "${{ parameters.kind == 'web' }}",
    "required": ["port"],
    **_page(port={"type": "number"}),
}
PAGES = [_page(kind={"default": "web"}), WEB, _page(name={})]


def test_a_hidden_page_is_not_judged_and_its_values_go() -> None:
    spec = _spec(*PAGES)
    assert check_values(spec, {"kind": "job", "port": "x"}) == {"kind": "job"}
    with pytest.raises(ValuesError):
        check_values(spec, {"kind": "web", "port": "x"})


def test_the_terminal_judges_what_is_shown() -> None:
    values = with_defaults(PAGES, {})
    assert missing(PAGES, values) == ["port: is required (port)"]
    hidden = with_defaults(PAGES, {"kind": "job", "port": "x"})
    assert missing(PAGES, hidden) == []
    assert check_answers(PAGES, hidden) == {"kind": "job"}
    with pytest.raises(AnswersError, match="port"):
        check_answers(PAGES, {"kind": "web", "port": "x"})


def test_defaults_of_a_hidden_page_are_not_filled_in() -> None:
    pages = [
        _page(kind={"default": "job"}),
        _page("parameters.kind == 'web'", port={"default": 80}),
    ]
    assert with_defaults(pages, {}) == {"kind": "job"}
    assert with_defaults(pages, {"kind": "web"}) == {"kind": "web", "port": 80}


def test_the_form_tells_conditions_beside_the_schema() -> None:
    steps = form(_spec(*PAGES, {"when": False}))["steps"]
    assert [step.get("when") for step in steps] == [None, WEB["when"], None, False]
    assert not any("when" in step["schema"] for step in steps)


@pytest.mark.parametrize("when", [None, 5, [], {}])
def test_a_condition_of_another_type_is_refused(when: Any) -> None:
    with pytest.raises(MalformedTemplateError) as caught:
        _spec({"when": when})
    assert caught.value.message == "/spec/parameters must be object - type: object"


@pytest.mark.parametrize("name", ["formDecorators", "EXPERIMENTAL_formDecorators"])
def test_the_form_tells_its_decorators(name: str) -> None:
    decorators = [{"id": "d", "input": {}}]
    spec = _spec({})
    entity = {**spec.entity, "spec": {**spec.entity["spec"], name: decorators}}
    assert form(read_template(entity))["formDecorators"] == decorators
