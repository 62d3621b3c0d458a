"""Words that have to stand near each other: a rule over text with ``near``."""

from __future__ import annotations

from typing import Any

import pytest

from portal.evidence.proof import matches
from portal.evidence.rule import Example
from portal.evidence.rule import rule_of

LINES = """commit = False
a = 1
b = 2
offsets = kept
"""


def found(text: str, body: dict[str, Any], path: str = "app.py") -> bool:
    rule = rule_of("apache-kafka", {"text": body}, "offsets")
    return matches(rule, Example(found=True, files={path: text}))


@pytest.mark.parametrize(("near", "is_found"), [(0, False), (2, False), (3, True), (99, True)])
def test_words_stand_at_most_so_many_lines_apart(near: int, is_found: bool) -> None:
    body = {"words": ["commit"], "also": [["offsets"]], "near": near}

    assert found(LINES, body) is is_found


def test_lines_above_and_the_line_itself_count_as_well() -> None:
    assert found(LINES, {"words": ["offsets"], "also": [["commit"]], "near": 3})
    assert found(LINES, {"words": ["commit"], "also": [["false"]], "near": 0})


def test_one_place_of_several_is_enough() -> None:
    body = {"words": ["a", "b"], "also": [["kept"]], "near": 1}

    assert found(LINES, body)


def test_a_comment_is_no_word_nearby() -> None:
    body = {"words": ["commit"], "also": [["offsets"]], "near": 1}

    assert not found("commit = 1  # offsets\n", body)
    assert found("commit = 1; offsets = 2", body)
