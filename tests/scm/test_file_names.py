"""Paths are found by name or glob, in either Unicode form."""

from __future__ import annotations

import unicodedata

import pytest

from portal.scm.file_names import FileNames


def nfd(text: str) -> str:
    """Return a text as macOS writes the name of a file."""
    return unicodedata.normalize("NFD", text)


PATHS = (
    nfd("서비스/결제.yaml"),
    nfd("서비스/깊이/안.yaml"),
    "caf\u00e9.md",
    "app/[id]/catalog-info.yaml",
    "app/[id]/[slug]/page.yaml",
    "app/i/catalog-info.yaml",
    "plain.yaml",
)
NAMES = FileNames(PATHS)


@pytest.mark.parametrize("path", ["서비스/결제.yaml", nfd("caf\u00e9.md"), nfd("서비스/결제.yaml")])
def test_a_path_is_found_in_its_other_form(path: str) -> None:
    found = NAMES.find(path)
    assert found in PATHS
    assert unicodedata.normalize("NFC", found) == unicodedata.normalize("NFC", path)


def test_a_path_that_is_there_as_it_is_written_goes_first() -> None:
    both = FileNames((nfd("가.md"), "가.md"))
    assert both.find("가.md") == "가.md"
    assert both.find(nfd("가.md")) == nfd("가.md")


def test_a_path_that_is_nowhere_comes_back_as_it_was_asked_for() -> None:
    assert NAMES.find("서비스/없음.yaml") == "서비스/없음.yaml"
    assert NAMES.find("none") == "none"


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("서비스/*.yaml", [PATHS[0]]),
        ("서비스/??.yaml", [PATHS[0]]),
        ("서비스/**/*.yaml", [PATHS[0], PATHS[1]]),
        (nfd("서비스/*"), [PATHS[0]]),
        ("app/[id]/catalog-info.yaml", [PATHS[3]]),
        ("app/[id]/*.yaml", [PATHS[3]]),
        ("app/[id]/[slug]/*.yaml", [PATHS[4]]),
        ("app/[a-z]/*.yaml", [PATHS[5]]),
        ("app/[xi]/catalog-info.yaml", [PATHS[5]]),
        ("p*.yaml", [PATHS[6]]),
        ("none/*.yaml", []),
        ("none.yaml", []),
    ],
)
def test_a_glob_matches_in_either_form(pattern: str, found: list[str]) -> None:
    assert NAMES.matching(pattern) == sorted(found)


def test_the_files_of_a_folder_are_found_in_either_form() -> None:
    for folder in ("서비스", nfd("서비스")):
        assert NAMES.below(folder) == sorted(PATHS[:2])
    assert NAMES.below("") == sorted(PATHS)
    assert NAMES.below("서비스/결제") == []
