"""Files: the tree that is a value, skeletons, patterns and what is written as YAML."""

from __future__ import annotations

import unicodedata

import pytest

from portal.kernel.errors import InputError
from portal.kernel.errors import NotAllowedError
from portal.kernel.yaml12 import read_one
from portal.scaffolder.expressions.budget import Budget
from portal.scaffolder.patterns import matching
from portal.scaffolder.skeleton import Skeleton
from portal.scaffolder.skeleton import SkeletonOptions
from portal.scaffolder.skeleton import is_binary
from portal.scaffolder.tree import File
from portal.scaffolder.tree import below
from portal.scaffolder.tree import check_tree
from portal.scaffolder.tree import folders
from portal.scaffolder.tree import inside
from portal.scaffolder.yaml_text import to_yaml


def _rendered(files, values, there=(), **options):
    tree = {path: File(data) for path, data in files.items()}
    skeleton = Skeleton(tree, SkeletonOptions(**options), values, Budget())
    made = skeleton.files(lambda path: path in there)
    return {one.path: one.file.data for one in made}


# --- the tree -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "found"), [("./", ""), (".", ""), ("a/./b", "a/b"), ("a/../b", "b"), ("a//b", "a/b")]
)
def test_a_path_is_brought_into_its_shortest_form(path, found):
    assert inside(path) == found


@pytest.mark.parametrize("path", ["..", "../a", "a/../../b", "/", "/etc/passwd", "a\0b"])
def test_a_path_that_leaves_the_tree_is_not_allowed(path):
    with pytest.raises(NotAllowedError):
        inside(path)


def test_folders_are_those_that_have_files():
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
def test_a_tree_with_a_harmful_path_is_refused(path):
    with pytest.raises(InputError):
        check_tree({path: File(b"")})


@pytest.mark.parametrize(
    "paths",
    [("README", "readme"), ("a", "a/b"), ("한글", unicodedata.normalize("NFD", "한글"))],
    ids=range(3),
)
def test_a_tree_whose_paths_collide_somewhere_is_refused(paths):
    with pytest.raises(InputError):
        check_tree({path: File(b"") for path in paths})


def test_ordinary_paths_are_taken():
    names = (
        ".gitignore",
        ".github/workflows/ci.yml",
        "한글 파일.md",
        "a b/c&d.txt",
        ".gitattributes",
    )
    check_tree({path: File(b"x") for path in names})


# --- skeletons ------------------------------------------------------------------


def test_names_and_contents_are_rendered_and_modes_stay():
    tree = {"${{ values.n }}/run.sh": File(b"echo ${{ values.n }}\n", is_executable=True)}
    (one,) = Skeleton(tree, SkeletonOptions(), {"n": "demo"}, Budget()).files(lambda _path: False)
    assert (one.path, one.file) == ("demo/run.sh", File(b"echo demo\n", is_executable=True))
    assert one.file.mode == 0o100755


def test_a_name_that_comes_to_nothing_leaves_the_file_out():
    files = {"{% if values.on %}on{% endif %}/a": b"", "${{ values.no }}": b"", "x": b""}
    assert set(_rendered(files, {"on": False})) == {"x"}
    assert set(_rendered(files, {"on": True})) == {"x", "on/a"}


def test_a_binary_file_is_copied_byte_for_byte():
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
def test_what_is_binary_is_told_by_the_first_bytes(data, found):
    assert is_binary(data) is found


def test_only_files_with_the_extension_are_rendered_and_lose_it():
    files = {"a.txt.njk": b"${{ values.n }}", "b.txt": b"${{ values.n }}", "${{ values.n }}": b""}
    found = _rendered(files, {"n": "x"}, extension=".njk")
    assert found == {"a.txt": b"x", "b.txt": b"${{ values.n }}", "x": b""}


def test_verbatim_files_keep_their_content_but_not_their_name():
    files = {"c/${{ values.n }}.yaml": b"{{ .Values.x }} ${{ values.n }}"}
    found = _rendered(files, {"n": "x"}, verbatim=("c/**",))
    assert found == {"c/x.yaml": b"{{ .Values.x }} ${{ values.n }}"}


def test_files_that_are_there_are_kept_unless_they_are_to_be_replaced():
    assert _rendered({"a": b"new"}, {}, there={"a"}) == {}
    assert _rendered({"a": b"new"}, {}, there={"a"}, replace=True) == {"a": b"new"}


def test_a_cookiecutter_skeleton_has_its_own_delimiters_and_methods():
    files = {"{{ cookiecutter.n }}": b"{% for k, v in cookiecutter.o.items() %}{{ k }}{% endfor %}"}
    assert _rendered(files, {"n": "x", "o": {"a": 1}}, cookiecutter=True) == {"x": b"a"}


def test_line_ends_stay_as_they_are():
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
def test_patterns_choose_files_and_folders(patterns, found):
    assert matching(patterns, NAMES) == found


def test_a_pattern_with_too_many_alternatives_is_refused():
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
    ],
    ids=range(9),
)
def test_what_is_written_as_yaml_reads_back_as_it_was(value):
    assert read_one(to_yaml(value).encode()) == value
