"""A form: which fields it asks for, which texts are answers, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from portal.authoring.terminal.questions import Terminal
from portal.authoring.terminal.questions import ask_all
from portal.kernel.errors import InputError
from portal.scaffolder.forms.answers import AnswersError
from portal.scaffolder.forms.answers import check_answers
from portal.scaffolder.forms.answers import from_options
from portal.scaffolder.forms.answers import missing
from portal.scaffolder.forms.answers import parsed
from portal.scaffolder.forms.answers import read_values
from portal.scaffolder.forms.form import fields
from portal.scaffolder.forms.form import secret_names
from portal.scaffolder.forms.form import triggers
from portal.scaffolder.forms.form import with_defaults

PAGE: dict[str, Any] = {
    "title": "About it",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "title": "Name", "pattern": "^[a-z]+$"},
        "size": {"type": "integer", "minimum": 1, "default": 3},
        "share": {"type": "number"},
        "public": {"type": "boolean", "default": False},
        "tags": {"type": "array", "items": {"type": "string"}},
        "language": {"type": "string", "enum": ["ko", "en"], "enumNames": ["한국어", "English"]},
        "token": {"type": "string", "ui:field": "Secret", "minLength": 3},
    },
}
CONDITIONAL: dict[str, Any] = {
    "properties": {"database": {"type": "string", "enum": ["none", "sql"]}},
    "dependencies": {
        "database": {
            "oneOf": [
                {"properties": {"database": {"enum": ["none"]}}},
                {
                    "properties": {"database": {"enum": ["sql"]}, "dialect": {"default": "lite"}},
                    "required": ["dialect"],
                },
            ]
        }
    },
    "allOf": [
        {
            "if": {"properties": {"dialect": {"const": "lite"}}, "required": ["dialect"]},
            "then": {"properties": {"file": {"type": "string"}}, "required": ["file"]},
        }
    ],
}


class TestFields:
    @pytest.mark.parametrize(
        ("values", "expected"),
        [
            ({}, ["database"]),
            ({"database": "none"}, ["database"]),
            ({"database": "sql"}, ["database", "dialect"]),
            ({"database": "sql", "dialect": "lite"}, ["database", "file", "dialect"]),
        ],
    )
    def test_conditions_ask_for_more(self, values: dict[str, Any], expected: list[str]) -> None:
        assert [field.name for field in fields(CONDITIONAL, values)] == expected

    def test_a_condition_makes_a_field_required(self) -> None:
        found = fields(CONDITIONAL, {"database": "sql"})
        assert {field.name: field.is_required for field in found} == {
            "database": False,
            "dialect": True,
        }

    def test_an_else_counts_when_the_condition_does_not_hold(self) -> None:
        page = {
            "if": {"properties": {"a": {"const": 1}}, "required": ["a"]},
            "then": {"properties": {"yes": {}}},
            "else": {"properties": {"no": {}}},
        }
        assert [field.name for field in fields(page, {"a": 2})] == ["no"]

    def test_a_list_of_dependencies_requires(self) -> None:
        page = {"properties": {"a": {}, "b": {}}, "dependencies": {"a": ["b"]}}
        assert [field.is_required for field in fields(page, {"a": 1})] == [False, True]

    def test_defaults_of_conditions_are_filled_in_until_there_are_no_more(self) -> None:
        assert with_defaults([CONDITIONAL], {"database": "sql"}) == {
            "database": "sql",
            "dialect": "lite",
        }

    def test_defaults_do_not_replace_what_was_given(self) -> None:
        assert with_defaults([PAGE], {"size": 5}) == {"size": 5, "public": False}

    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            ({}, {"db": {"size": 3}}),
            ({"db": {"name": "a"}}, {"db": {"name": "a", "size": 3}}),
            ({"db": {"size": 1}}, {"db": {"size": 1}}),
            ({"db": "none"}, {"db": "none"}),
        ],
    )
    def test_defaults_inside_of_objects_are_filled_in(
        self, given: dict[str, Any], expected: dict[str, Any]
    ) -> None:
        inner = {"name": {"type": "string"}, "size": {"default": 3}}
        page = {"properties": {"db": {"type": "object", "properties": inner}}}
        assert with_defaults([page], given) == expected

    def test_secrets_and_triggers_are_told(self) -> None:
        assert secret_names(PAGE) == {"token"}
        assert triggers(CONDITIONAL) == {"database", "dialect"}


class TestTexts:
    @pytest.mark.parametrize(
        ("schema", "text", "expected"),
        [
            ({"type": "string"}, "3", "3"),
            ({"type": "integer"}, "3", 3),
            ({"type": "number"}, "0.5", 0.5),
            ({"type": "number"}, "2", 2),
            ({"type": "boolean"}, "yes", True),
            ({"type": "boolean"}, "아니오", False),
            ({"type": "array", "items": {"type": "integer"}}, "1, 2", [1, 2]),
            ({"type": "array"}, '["a,b"]', ["a,b"]),
            ({"type": "array"}, "", []),
            ({"type": "object"}, '{"a": 1}', {"a": 1}),
            ({"enum": [1, "two"]}, "1", 1),
            ({}, "free", "free"),
        ],
    )
    def test_a_text_becomes_a_value_of_its_type(
        self, schema: dict[str, Any], text: str, expected: Any
    ) -> None:
        assert parsed(schema, text) == expected

    @pytest.mark.parametrize(
        ("kind", "text", "reason"),
        [
            ("boolean", "maybe", "neither yes nor no"),
            ("integer", "1.5", "no whole number"),
            ("number", "many", "no number"),
            ("object", "{", "no JSON"),
        ],
    )
    def test_a_text_of_another_type_is_refused(self, kind: str, text: str, reason: str) -> None:
        with pytest.raises(ValueError, match=reason):
            parsed({"type": kind}, text)

    def test_options_are_typed_by_the_form_and_win_over_a_file(self) -> None:
        values = from_options([PAGE], ["size=5", "tags=a,b"], {"size": 1, "name": "x"})
        assert values == {"size": 5, "name": "x", "tags": ["a", "b"]}

    def test_all_wrong_options_are_told_at_once(self) -> None:
        with pytest.raises(AnswersError) as caught:
            from_options([PAGE], ["size=big", "public=maybe", "nothing"], {})
        assert [fault.partition(":")[0] for fault in caught.value.faults] == [
            "size",
            "public",
            "-p nothing",
        ]


class TestFiles:
    def test_a_file_holds_values_or_a_case(self, tmp_path: Path) -> None:
        plain, case = tmp_path / "plain.yaml", tmp_path / "case.yaml"
        plain.write_text("name: 값\n")
        case.write_text("values: {name: 값}\n")
        assert read_values(plain) == read_values(case) == {"name": "값"}

    @pytest.mark.parametrize("content", ["- a\n", "a: [\n", "just text\n"])
    def test_anything_else_is_refused_with_the_file(self, tmp_path: Path, content: str) -> None:
        file = tmp_path / "values.yaml"
        file.write_text(content)
        with pytest.raises(InputError, match=r"values\.yaml"):
            read_values(file)


class TestJudging:
    def test_every_fault_of_every_page_is_a_line(self) -> None:
        other = {"required": ["more"], "properties": {"more": {"title": "More"}}}
        with pytest.raises(AnswersError) as caught:
            check_answers([PAGE, other], {"name": "NO", "size": 0})
        assert caught.value.faults == [
            'name: does not match pattern "^[a-z]+$" (given: NO)',
            "size: must be greater than or equal to 1 (given: 0)",
            "more: is required",
        ]

    def test_a_name_nobody_asks_for_is_refused_with_the_nearest(self) -> None:
        with pytest.raises(AnswersError, match="did you mean 'name'"):
            check_answers([PAGE], {"name": "x", "nmae": "y"})

    def test_a_secret_is_never_shown(self) -> None:
        with pytest.raises(AnswersError) as caught:
            check_answers([PAGE], {"name": "x", "token": "pw"})
        [fault] = caught.value.faults
        assert fault.startswith("token: ")
        assert "pw" not in fault

    def test_what_is_missing_is_named_with_its_title(self) -> None:
        assert missing([PAGE], {}) == ["name: is required (Name)"]


class Person:
    """Types answers, and reads what is printed."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.read: list[str] = []
        self.hidden: list[str] = []

    @property
    def terminal(self) -> Terminal:
        return Terminal(self.read.append, self.ask)

    def ask(self, prompt: str, is_secret: bool) -> str:
        self.read.append(prompt)
        if is_secret:
            self.hidden.append(prompt)
        return self.answers.pop(0)


class TestQuestions:
    def test_every_field_is_asked_in_order(self) -> None:
        person = Person("abc", "", "0.5", "yes", "a, b", "2", "s3cret")
        assert ask_all([PAGE], {}, person.terminal, only_needed=False) == {
            "name": "abc",
            "size": 3,
            "share": 0.5,
            "public": True,
            "tags": ["a", "b"],
            "language": "en",
            "token": "s3cret",
        }
        assert person.answers == []
        assert [prompt.split()[0] for prompt in person.hidden] == ["token:"]
        assert "[1/1] About it" in person.read
        assert "  2) en · English" in person.read

    def test_a_wrong_answer_is_asked_again(self) -> None:
        person = Person("NO", "", "ok")
        page = {"required": ["name"], "properties": {"name": PAGE["properties"]["name"]}}
        assert ask_all([page], {}, person.terminal, only_needed=False) == {"name": "ok"}
        assert any("does not match pattern" in line for line in person.read)
        assert "  an answer is required" in person.read

    def test_what_is_given_is_not_asked_and_nothing_is_left_of_an_optional_one(self) -> None:
        person = Person("")
        page = {"properties": {"given": {}, "optional": {"type": "string"}}}
        assert ask_all([page], {"given": 1}, person.terminal, only_needed=False) == {"given": 1}

    def test_a_page_is_asked_when_its_condition_is_true(self) -> None:
        pages: list[dict[str, Any]] = [
            {"properties": {"kind": {"type": "string"}}},
            {"when": "parameters.kind == 'web'", "properties": {"port": {"type": "integer"}}},
            {"when": "parameters.port", "properties": {"path": {"type": "string"}}},
        ]
        assert ask_all(pages, {}, Person("job").terminal, only_needed=False) == {"kind": "job"}
        person = Person("web", "80", "/x")
        assert ask_all(pages, {}, person.terminal, only_needed=False) == {
            "kind": "web",
            "port": 80,
            "path": "/x",
        }

    def test_only_what_is_needed_is_asked_when_defaults_will_do(self) -> None:
        person = Person("abc")
        values = ask_all([PAGE], {}, person.terminal, only_needed=True)
        assert values == {"name": "abc", "size": 3, "public": False}

    def test_an_answer_opens_further_questions(self) -> None:
        person = Person("sql", "", "data.db")
        assert ask_all([CONDITIONAL], {}, person.terminal, only_needed=False) == {
            "database": "sql",
            "dialect": "lite",
            "file": "data.db",
        }

    @pytest.mark.parametrize(
        "schema",
        [
            {"default": 1, "ui:widget": "hidden"},
            {"const": 1},
            {"default": 1, "readOnly": True},
        ],
    )
    def test_hidden_fields_have_their_value_without_a_question(
        self, schema: dict[str, Any]
    ) -> None:
        page = {"properties": {"it": schema}}
        assert ask_all([page], {}, Person().terminal, only_needed=False) == {"it": 1}

    def test_choices_of_an_array_are_taken_by_number_and_by_value(self) -> None:
        page = {"properties": {"it": {"type": "array", "items": {"enum": ["a", "b", "c"]}}}}
        person = Person("1, c")
        assert ask_all([page], {}, person.terminal, only_needed=False) == {"it": ["a", "c"]}
