"""Files: the tree that is a value, skeletons, patterns and what is written as YAML."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from collections.abc import Mapping
from typing import Any

import pytest

from portal.kernel.errors import InputError
from portal.kernel.errors import NotAllowedError
from portal.kernel.yaml12 import read_one
from portal.scaffolder.expressions.budget import Budget
from portal.scaffolder.expressions.syntax import TemplateError
from portal.scaffolder.workspace.file_text import is_binary
from portal.scaffolder.workspace.file_text import why_not_rendered
from portal.scaffolder.workspace.patterns import matching
from portal.scaffolder.workspace.skeleton import Skeleton
from portal.scaffolder.workspace.skeleton import SkeletonOptions
from portal.scaffolder.workspace.tree import File
from portal.scaffolder.workspace.tree import FolderInTheWayError
from portal.scaffolder.workspace.tree import Places
from portal.scaffolder.workspace.tree import below
from portal.scaffolder.workspace.tree import check_tree
from portal.scaffolder.workspace.tree import folders
from portal.scaffolder.workspace.tree import inside
from portal.scaffolder.workspace.yaml_text import to_yaml


def _rendered(
    files: Mapping[str, bytes],
    values: dict[str, Any],
    there: Iterable[str] = (),
    replace: bool = False,
    **options: Any,
) -> dict[str, bytes]:
    tree = {path: File(data) for path, data in files.items()}
    skeleton = Skeleton(tree, SkeletonOptions(**options), values, Budget())
    places = Places(dict.fromkeys(there, File(b"")), replace=replace)
    skeleton.rendered_folders(places.takes_folder)
    made = skeleton.files(places.takes_file)
    return {one.path: one.file.data for one in made}


# --- the tree -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "found"), [("./", ""), (".", ""), ("a/./b", "a/b"), ("a/../b", "b"), ("a//b", "a/b")]
)
def test_a_path_is_brought_into_its_shortest_form(path: str, found: str) -> None:
    assert inside(path) == found


@pytest.mark.parametrize("path", ["..", "../a", "a/../../b", "/", "/etc/passwd", "a\0b"])
def test_a_path_that_leaves_the_tree_is_not_allowed(path: str) -> None:
    with pytest.raises(NotAllowedError):
        inside(path)


def test_folders_are_those_that_have_files() -> None:
    tree = {"a/b/c": File(b""), "d": File(b"")}
    assert folders(tree) == {"a", "a/b"}
    assert below(tree, "a") == {"b/c": File(b"")}


@pytest.mark.parametrize(
    "path",
    [
        "../x",
        "/x",
        "a//b",
        "a/./b",
        "",
        ".git/config",
        "a/.GIT/x",
        ".git\u200c/config",
        ".git./x",
        "GIT~1/x",
        "a\nb",
        "n" * 256,
        "/".join(["long"] * 300),
        "\ud800",
    ],
)
def test_a_tree_with_a_harmful_path_is_refused(path: str) -> None:
    with pytest.raises(InputError):
        check_tree({path: File(b"")})


@pytest.mark.parametrize(
    "paths",
    [("README", "readme"), ("a", "a/b"), ("한글", unicodedata.normalize("NFD", "한글"))],
    ids=range(3),
)
def test_a_tree_whose_paths_collide_somewhere_is_refused(
    paths: tuple[str, str],
) -> None:
    with pytest.raises(InputError):
        check_tree({path: File(b"") for path in paths})


def test_ordinary_paths_are_taken() -> None:
    names = (
        ".gitignore",
        ".github/workflows/ci.yml",
        "한글 파일.md",
        "a b/c&d.txt",
        ".gitattributes",
    )
    check_tree({path: File(b"x") for path in names})


# --- skeletons ------------------------------------------------------------------


def test_names_and_contents_are_rendered_and_modes_stay() -> None:
    tree = {"${{ values.n }}/run.sh": File(b"echo ${{ values.n }}\n", is_executable=True)}
    (one,) = Skeleton(tree, SkeletonOptions(), {"n": "demo"}, Budget()).files(lambda _path: True)
    assert (one.path, one.file) == ("demo/run.sh", File(b"echo demo\n", is_executable=True))
    assert one.file.mode == 0o100755


def test_a_name_that_comes_to_nothing_leaves_the_file_out() -> None:
    files = {"{% if values.on %}on{% endif %}/a": b"", "${{ values.no }}": b"", "x": b""}
    assert set(_rendered(files, {"on": False})) == {"x"}
    assert set(_rendered(files, {"on": True})) == {"x", "on/a"}


def test_a_binary_file_is_copied_byte_for_byte() -> None:
    data = b"\x89PNG\r\n\x1a\n\0${{ values.n }}"
    assert _rendered({"a.png": data}, {"n": 1}) == {"a.png": data}


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", False),
        ("한글 텍스트".encode() * 200, False),
        (b"\xef\xbb\xbftext", False),
        (b"caf\xe9 and some more text that is latin", False),
        (b"\xff\xd8\xff\xe0\x01\x02\x03", True),
        (b"%PDF-1.7 text", True),
        (b"a\0b", True),
    ],
)
def test_what_is_binary_is_told_by_the_first_bytes(data: bytes, found: bool) -> None:
    assert is_binary(data) is found


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("키 = 값 ${{ values.n }}\n".encode("cp949") + b"plain text " * 60, "neither UTF-8 nor"),
        (b"${{ values.n }} " + "가나다라마바사".encode("cp949"), "looks binary"),
        (b"#!/bin/sh\n" + b"x" * 600 + b"\xff\xfe\0\x80 ${{ values.n }}", "neither UTF-8 nor"),
        (b"caf\xe9 and some more text that is latin", "neither UTF-8 nor"),
        (b"\xff\xfea", "neither UTF-8 nor"),
        (b"\xff\xfe\0\0a\0\0\0", "neither UTF-8 nor"),
        (b"\x89PNG\r\n\x1a\n\0${{ values.n }}", "looks binary, although it holds '${{'"),
        (b"\x89PNG\r\n\x1a\n\0", ""),
    ],
)
def test_what_cannot_be_decoded_is_copied_byte_for_byte_and_says_why(
    data: bytes, reason: str
) -> None:
    tree = {"a.txt": File(data)}
    (one,) = Skeleton(tree, SkeletonOptions(), {"n": 1}, Budget()).files(lambda _path: True)
    assert one.file.data == data
    assert reason in one.reason
    assert bool(one.reason) == bool(reason)


@pytest.mark.parametrize(
    ("codec", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", b"\xef\xbb\xbf"),
        ("utf-16-le", b"\xff\xfe"),
        ("utf-16-be", b"\xfe\xff"),
    ],
)
def test_marked_text_is_rendered_and_keeps_its_encoding_and_mark(codec: str, mark: bytes) -> None:
    data = mark + "한글 ${{ values.n }}\r\n".encode(codec)
    assert _rendered({"a": data}, {"n": "값"}) == {"a": mark + "한글 값\r\n".encode(codec)}
    assert why_not_rendered(data, "${{") == ""


@pytest.mark.parametrize("path", ["static/a.map", "static/${{ values.x | nofilter }}"])
def test_an_error_of_rendering_names_its_file(path: str) -> None:
    with pytest.raises(TemplateError, match=r"^static/.*: Template error at line 1, column"):
        _rendered({path: b"{# no end"}, {})


def test_only_files_with_the_extension_are_rendered_and_lose_it() -> None:
    files = {"a.txt.njk": b"${{ values.n }}", "b.txt": b"${{ values.n }}", "${{ values.n }}": b""}
    found = _rendered(files, {"n": "x"}, extension=".njk")
    assert found == {"a.txt": b"x", "b.txt": b"${{ values.n }}", "x": b""}


def test_verbatim_files_keep_their_content_but_not_their_name() -> None:
    files = {"c/${{ values.n }}.yaml": b"{{ .Values.x }} ${{ values.n }}"}
    found = _rendered(files, {"n": "x"}, verbatim=("c/**",))
    assert found == {"c/x.yaml": b"{{ .Values.x }} ${{ values.n }}"}


def test_files_that_are_there_are_kept_unless_they_are_to_be_replaced() -> None:
    assert _rendered({"a": b"new"}, {}, there={"a"}) == {}
    assert _rendered({"a": b"new"}, {}, there={"a"}, replace=True) == {"a": b"new"}


def test_a_cookiecutter_skeleton_has_its_own_delimiters_and_methods() -> None:
    files = {"{{ cookiecutter.n }}": b"{% for k, v in cookiecutter.o.items() %}{{ k }}{% endfor %}"}
    assert _rendered(files, {"n": "x", "o": {"a": 1}}, cookiecutter=True) == {"x": b"a"}


def test_line_ends_stay_as_they_are() -> None:
    data = b"a\r\n${{ values.n }}\r\nb\r\n\n"
    assert _rendered({"a": data}, {"n": 1}) == {"a": b"a\r\n1\r\nb\r\n\n"}


# --- patterns --------------------------------------------------------------------

NAMES = ("a.txt", "b.md", "d/", "d/a.txt", "d/e/", "d/e/f.txt", ".x/", ".x/y")


@pytest.mark.parametrize(
    ("patterns", "found"),
    [
        (["*.txt"], {"a.txt"}),
        (["**/*.txt"], {"a.txt", "d/a.txt", "d/e/f.txt"}),
        (["d"], {"d/", "d/a.txt", "d/e/", "d/e/f.txt"}),
        (["d/*"], {"d/a.txt", "d/e/"}),
        (["d/**"], {"d/a.txt", "d/e/", "d/e/f.txt"}),
        (["./a.txt"], {"a.txt"}),
        (["{a.txt,b.md}"], {"a.txt", "b.md"}),
        (["**", "!d/**"], {"a.txt", "b.md", "d/", ".x/", ".x/y"}),
        (["[ab].*"], {"a.txt", "b.md"}),
        ([], set()),
    ],
)
def test_patterns_choose_files_and_folders(patterns: list[str], found: set[str]) -> None:
    assert matching(patterns, NAMES) == found


def test_a_pattern_with_too_many_alternatives_is_refused() -> None:
    with pytest.raises(InputError):
        matching(["{a,b}" * 30], NAMES)


# --- YAML -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        {"a": "1", "b": "true", "c": "null", "d": "~", "e": "", "f": "0x1f", "g": ".5", "h": "1e3"},
        {"a": "x: y", "b": "x #y", "c": " x", "d": "x ", "e": "- x", "f": "*x", "g": "'q'\"q\""},
        {
            "a": "line\nline\n",
            "b": "no end\nline",
            "c": "\n\nx\n",
            "d": "  x\n y\n",
            "e": "a\n\n\n",
        },
        {"a": "tab\tx\n", "b": "\x01", "c": "\u2028", "d": "한글", "e": "x\r\ny", "f": "---"},
        {"a": "word " * 60, "b": ("x" * 90 + " ") * 3, "c": "a  b " * 30, "d": "k: " * 50},
        {"a": [], "b": {}, "c": [[], {}, [1, [2]]], "d": [{"x": 1, "y": [{"z": None}]}]},
        {"yes": "no", "1": "x", "a: b": 1, "": 2, "#": 3, "x\ny": 4},
        [1, 1.5, 1e30, -0.25, True, None, "x"],
        "text",
        [f"a{end}b" for end in "\u2028\u2029\x85\x7f\x9f\ufeff\ufffe"],
        [f"a: {end}\nb" for end in "\u2028\u2029\x85"],
        {f"a{end}b": f"{end} # x" for end in "\u2028\u2029\x85\ufeff"},
        [f"{'word ' * 30}{end} {'word ' * 30}" for end in "\u2028\x85"],
    ],
    ids=range(13),
)
def test_what_is_written_as_yaml_reads_back_as_it_was(
    value: dict[str, Any] | list[Any] | str,
) -> None:
    assert read_one(to_yaml(value).encode()) == value


# --- names that render to nothing, or to what is there -------------------------------


@pytest.mark.parametrize("x", ["", None])
@pytest.mark.parametrize(
    "name",
    [
        ".github/{% if values.x %}ci.yml{% endif %}",
        "{% if values.x %}ci.yml{% endif %}",
        "a/{% if values.x %}b{% endif %}/c.txt",
        "{% if values.x %}a{% endif %}/c.txt",
        "a/b/${{ values.x }}",
        "a/./${{ values.x }}",
        "a/b/../${{ values.x }}",
    ],
)
def test_a_name_that_renders_empty_leaves_the_file_out(name: str, x: Any) -> None:
    files = {name: b"out", "a/b/stays.txt": b"in", ".github/stays.txt": b"in"}
    found = _rendered(files, {"x": x})
    assert set(found) == {"a/b/stays.txt", ".github/stays.txt"}


def test_the_folder_of_a_file_that_is_left_out_is_no_file() -> None:
    assert _rendered({".github/${{ values.x }}": b"out"}, {"x": ""}) == {}
    assert _rendered({"a/b/${{ values.x }}": b"out"}, {"x": ""}, there=["a"]) == {}


@pytest.mark.parametrize(
    ("name", "value", "there", "found"),
    [
        ("${{ values.x }}", "new/", [], {"new"}),
        ("${{ values.x }}", "there/", ["there/file"], set()),
        ("${{ values.x }}", "there", ["there/file"], set()),
        ("${{ values.x }}", ".", [], set()),
        ("a/${{ values.x }}", "..", [], set()),
        ("a/${{ values.x }}", " ", [], {"a/ "}),
        ("a/${{ values.x }}", "/b", [], set()),
    ],
)
def test_a_name_that_comes_to_a_folder_writes_no_file(
    name: str, value: str, there: list[str], found: set[str]
) -> None:
    assert set(_rendered({name: b""}, {"x": value}, there=there)) == found


def test_a_file_never_replaces_a_folder() -> None:
    with pytest.raises(FolderInTheWayError, match="EISDIR: illegal operation on a directory"):
        _rendered({"a/${{ values.x }}": b""}, {"x": ""}, replace=True)


def test_of_two_names_that_come_out_alike_the_first_is_written_unless_replaced() -> None:
    files = {"${{ values.x }}": b"1", "same": b"2"}
    assert _rendered(files, {"x": "same"}) == {"same": b"1"}
    assert _rendered(files, {"x": "same"}, replace=True) == {"same": b"2"}


@pytest.mark.parametrize(
    ("name", "extension", "is_template"),
    [
        ("a.txt.njk", ".njk", True),
        (".njk", ".njk", False),
        ("a.b.njk", ".b.njk", False),
        ("d.njk/a", ".njk", False),
        ("a..njk", ".njk", True),
    ],
)
def test_an_extension_is_what_node_takes_for_one(
    name: str, extension: str, is_template: bool
) -> None:
    found = _rendered({name: b"${{ values.n }}"}, {"n": "x"}, extension=extension)
    assert list(found.values()) == [b"x" if is_template else b"${{ values.n }}"]
