"""``roadiehq:utils:*``: files, data and archives, as the package of that name makes them."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest

from portal.kernel.errors import InputError
from portal.kernel.errors import NotAllowedError
from portal.scaffolder.actions.roadie_data import merged
from portal.scaffolder.language.jsonata import JsonataError
from portal.scaffolder.running.action import ActionError
from portal.scaffolder.running.action import ActionResult
from portal.scaffolder.workspace.tree import File
from portal.scaffolder.workspace.tree import FolderInTheWayError
from tests.conftest import MakeSteps
from tests.conftest import Steps


@pytest.fixture
def steps(make_steps: MakeSteps) -> Steps:
    return make_steps()


def _done(steps: Steps, action: str, tree: dict[str, str], **given: Any) -> ActionResult:
    return steps.run(f"roadiehq:utils:{action}", tree, **given)


def _text(done: ActionResult, path: str) -> str:
    return done.tree[path].data.decode()


# --- files -----------------------------------------------------------------------


def test_a_file_is_written_and_appended_to(steps: Steps) -> None:
    done = _done(steps, "fs:write", {}, path="a/b.txt", content="한글\n")
    assert _text(done, "a/b.txt") == "한글\n"
    assert done.output["path"].endswith("/a/b.txt")
    assert _text(_done(steps, "fs:append", {"a/b": "x"}, path="a/b", content="y"), "a/b") == "xy"
    assert _text(_done(steps, "fs:append", {"a/b": "x"}, path="a/c", content="y"), "a/c") == "y"


def test_json_is_formatted_where_it_is_json(steps: Steps) -> None:
    given = {"path": "a", "preserveFormatting": True}
    assert _text(_done(steps, "fs:write", {}, content='{"a":[1]}', **given), "a") == (
        '{\n  "a": [\n    1\n  ]\n}'
    )
    assert _text(_done(steps, "fs:write", {}, content="{a}", **given), "a") == "{a}"


@pytest.mark.parametrize(
    ("action", "given", "error"),
    [
        ("fs:write", {"path": "../a", "content": ""}, NotAllowedError),
        ("fs:write", {"path": "d", "content": ""}, FolderInTheWayError),
        ("fs:write", {"path": ".", "content": ""}, FolderInTheWayError),
        ("fs:append", {"path": "none/a", "content": ""}, ActionError),
        ("fs:parse", {"path": "none"}, ActionError),
        ("fs:parse", {"path": "d/f", "parser": "json"}, ActionError),
        ("fs:parse", {"path": "d/f", "parser": "yaml"}, ActionError),
        ("fs:replace", {"files": [{"find": "a", "replaceWith": "b"}]}, InputError),
        ("fs:replace", {"files": [{"file": "d/f", "find": "a"}]}, InputError),
        (
            "fs:replace",
            {"files": [{"file": "d/f", "find": "[", "replaceWith": "b", "matchRegex": True}]},
            ActionError,
        ),
        ("zip", {"path": "none", "outputPath": "z.zip"}, InputError),
        ("zip", {"path": "d", "outputPath": "../z.zip"}, NotAllowedError),
        ("sleep", {"amount": 601}, InputError),
        ("json:merge", {"path": "d/f", "content": {}}, ActionError),
        ("merge", {"path": "none.yaml", "content": {}}, ActionError),
    ],
)
def test_what_cannot_be_done_is_told(
    steps: Steps, action: str, given: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        _done(steps, action, {"d/f": "{a: [\n"}, **given)


@pytest.mark.parametrize(
    ("parser", "content", "value"),
    [
        (None, "a: 1", "a: 1"),
        ("json", '{"a": [1, null]}', {"a": [1, None]}),
        ("yaml", "a: 1\nb: [x]\n", {"a": 1, "b": ["x"]}),
        ("yaml", "", None),
        ("multiyaml", "a: 1\n---\nb: 2\n", [{"a": 1}, {"b": 2}]),
    ],
)
def test_a_file_is_parsed(steps: Steps, parser: str | None, content: str, value: Any) -> None:
    given = {"path": "x", **({"parser": parser} if parser else {})}
    assert _done(steps, "fs:parse", {"x": content}, **given).output == {"content": value}


def test_bytes_that_are_no_text_are_neither_parsed_nor_replaced(steps: Steps) -> None:
    tree = {"bin": File(b"a\xff")}
    with pytest.raises(ActionError, match="neither UTF-8"):
        steps.run("roadiehq:utils:fs:parse", tree, path="bin")
    files = [{"file": "*", "find": "a", "replaceWith": "b"}]
    assert steps.run("roadiehq:utils:fs:replace", tree, files=files).tree == tree


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"find": "a", "replaceWith": "b"}, "bb.b"),
        ({"find": "a.", "replaceWith": "-"}, "a-a"),
        ({"find": "a.", "replaceWith": "-", "matchRegex": True}, "-.a"),
        ({"find": "(a)(a)", "replaceWith": "$2[$&]$$", "matchRegex": True}, "a[aa]$.a"),
        ({"find": "aa", "replaceWith": "$&$&"}, "aaaa.a"),
    ],
)
def test_text_is_replaced_as_by_javascript(steps: Steps, given: dict[str, Any], found: str) -> None:
    done = _done(steps, "fs:replace", {"x": "aa.a"}, files=[{"file": "x", **given}])
    assert _text(done, "x") == found


@pytest.mark.parametrize(
    ("file", "dots", "changed"),
    [
        ("a.txt", False, {"a.txt"}),
        (".dot", False, {".dot"}),
        ("*", False, {"a.txt"}),
        ("*", True, {"a.txt", ".dot"}),
        ("**/*", False, {"a.txt", "d/b.txt"}),
        (".github/*", False, {".github/c.txt"}),
        ("d", False, set()),
    ],
)
def test_files_are_named_or_matched(steps: Steps, file: str, dots: bool, changed: set[str]) -> None:
    tree = dict.fromkeys(("a.txt", ".dot", "d/b.txt", ".github/c.txt"), "x")
    one = {"file": file, "find": "x", "replaceWith": "y", "includeDotFiles": dots}
    done = _done(steps, "fs:replace", tree, files=[one])
    assert {path for path in tree if _text(done, path) == "y"} == changed


def test_a_folder_and_a_file_are_zipped(steps: Steps) -> None:
    for path, names in (("d", ["b.txt"]), ("d/b.txt", ["b.txt"]), (".", ["a.txt", "d/b.txt"])):
        done = _done(steps, "zip", {"a.txt": "a", "d/b.txt": "b"}, path=path, outputPath="o/z.zip")
        assert done.output == {"outputPath": "o/z.zip"}
        with zipfile.ZipFile(io.BytesIO(done.tree["o/z.zip"].data)) as archive:
            assert sorted(archive.namelist()) == names


def test_a_step_sleeps(steps: Steps) -> None:
    assert _done(steps, "sleep", {"a": "x"}, amount=0.01).output == {}


# --- data ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "other", "joins", "found"),
    [
        ({"a": 1}, {"b": 2}, False, {"a": 1, "b": 2}),
        ({"a": {"x": 1}}, {"a": {"y": 2}}, False, {"a": {"x": 1, "y": 2}}),
        ({"a": [1, 2]}, {"a": [3]}, False, {"a": [3]}),
        ({"a": [1, 2]}, {"a": [2, 3, 3]}, True, {"a": [1, 2, 3]}),
        ({"a": [{"k": 1}]}, {"a": [{"k": 1}]}, True, {"a": [{"k": 1}, {"k": 1}]}),
        ({"a": [1]}, {"a": "x"}, True, {"a": [1, "x"]}),
        ({"a": [1]}, {"a": "x"}, False, {"a": "x"}),
        ({"a": [True, 1]}, {"a": [1, True]}, True, {"a": [True, 1]}),
        ({"a": 1}, {"a": {"b": 2}}, False, {"a": {"b": 2}}),
        ({"a": {"b": 2}}, {"a": None}, False, {"a": None}),
    ],
)
def test_values_are_merged_as_lodash_does(value: Any, other: Any, joins: bool, found: Any) -> None:
    assert merged(value, other, joins=joins) == found


def test_json_is_merged_into_a_file_that_may_not_be_there(steps: Steps) -> None:
    done = _done(steps, "json:merge", {}, path="a.json", content='{"a": 1}')
    assert _text(done, "a.json") == '{\n  "a": 1\n}'
    tree = {"a.json": '{\n    "a": [1]\n}'}
    given = {"path": "a.json", "content": {"a": [2]}, "matchFileIndent": True, "mergeArrays": True}
    assert _text(_done(steps, "json:merge", tree, **given), "a.json") == (
        '{\n    "a": [\n        1,\n        2\n    ]\n}'
    )


def test_yaml_is_merged(steps: Steps) -> None:
    tree = {"x.yaml": "a: 1 # comment\nb: [x]\n", "x.json": '{"a": 1}', "x.txt": "a"}
    assert _text(_done(steps, "merge", tree, path="x.yaml", content="b: 2"), "x.yaml") == (
        "a: 1\nb: 2\n"
    )
    done = _done(steps, "merge", tree, path="x.json", content={"b": 2})
    assert json.loads(_text(done, "x.json")) == {"a": 1, "b": 2}
    assert _done(steps, "merge", tree, path="x.txt", content={}).output == {}


def test_one_of_several_documents_is_changed(steps: Steps) -> None:
    tree = {"x.yaml": "kind: A\n---\nkind: B\n"}
    field = {"key": "kind", "value": "B"}
    given = {"path": "x.yaml", "content": {"n": 1}}
    done = _done(steps, "merge", tree, **given, useDocumentIncludingField=field)
    assert _text(done, "x.yaml") == "kind: A\n---\nkind: B\nn: 1\n"
    for more in ({}, {"useDocumentIncludingField": {"key": "none", "value": "B"}}):
        with pytest.raises(ActionError):
            _done(steps, "merge", tree, **given, **more)
    with pytest.raises(ActionError, match="No documents"):
        _done(steps, "merge", {"x.yaml": ""}, **given)


def test_objects_are_written_as_text(steps: Steps) -> None:
    data = {"k": "v", "n": {"x": [1, {"k": 2, "z": 3}]}}
    assert _done(steps, "serialize:json", {}, data=data).output == {
        "serialized": '{"k":"v","n":{"x":[1,{"k":2,"z":3}]}}'
    }
    given = {"data": data, "replacer": ["n", "x", "k"], "space": "\t"}
    assert _done(steps, "serialize:json", {}, **given).output == {
        "serialized": '{\n\t"n": {\n\t\t"x": [\n\t\t\t1,\n\t\t\t{\n\t\t\t\t"k": 2\n\t\t\t}\n\t\t]\n\t},\n\t"k": "v"\n}'
    }
    assert _done(steps, "serialize:yaml", {}, data=data).output == {
        "serialized": "k: v\nn:\n  x:\n    - 1\n    - k: 2\n      z: 3\n"
    }


# --- JSONata -----------------------------------------------------------------------

PEOPLE = [{"name": "Kim", "age": 30}, {"name": "Lee", "age": 25}, {"name": "Ann", "age": 41}]


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ("$[age > 26].name", {"result": ["Kim", "Ann"]}),
        ("$sum(age)", {"result": 96}),
        ('{"names": $join(name, "-")}', {"result": {"names": "Kim-Lee-Ann"}}),
        ("nothing", {}),
    ],
)
def test_a_value_is_queried(steps: Steps, expression: str, output: dict[str, Any]) -> None:
    assert _done(steps, "jsonata", {}, data=PEOPLE, expression=expression).output == output


def test_files_are_queried(steps: Steps) -> None:
    tree = {"x.json": json.dumps(PEOPLE), "x.yaml": "a: 1\n---\na: 2\n"}
    given: dict[str, Any] = {"path": "x.json", "expression": "$[0]"}
    as_text = _done(steps, "jsonata:json:transform", tree, **given)
    assert as_text.output == {"result": '{"name":"Kim","age":30}'}
    as_value = _done(steps, "jsonata:json:transform", tree, **given, **{"as": "object"})
    assert as_value.output == {"result": PEOPLE[0]}
    given = {"path": "x.yaml", "expression": '{"all": a}', "loadAll": True}
    assert _done(steps, "jsonata:yaml:transform", tree, **given).output == {
        "result": "all:\n  - 1\n  - 2\n"
    }


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ('$uppercase("x"', "Expected"),
        ("$error('no')", "no"),
        ("function($x){$x}", "failed to evaluate"),
        ("$pad('x', 99999999999)", "failed to evaluate"),
        pytest.param(
            *("$reduce([1..1000000], function($a, $b){$a & $string($b) & $a}, '')", "evaluate"),
            marks=pytest.mark.slow,
        ),
    ],
)
def test_an_expression_that_cannot_be_evaluated_is_told(
    steps: Steps, expression: str, reason: str
) -> None:
    with pytest.raises(JsonataError, match=reason):
        _done(steps, "jsonata", {}, expression=expression)


def test_an_expression_without_end_is_stopped(
    steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.scaffolder.language.jsonata.SECONDS", -4)
    endless = "($f := function($n){$f($n + 1)}; $f(0))"
    with pytest.raises(JsonataError):
        _done(steps, "jsonata", {}, expression=endless)
