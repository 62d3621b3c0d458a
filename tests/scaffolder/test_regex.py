"""Patterns of templates: found what Node.js found, and never for long.

``regexes.jsonl`` holds a pattern, its flags, a text, and what ``RegExp.exec`` gave in
Node.js 20: the index and the groups, nothing, or ``E`` for an error.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from portal.scaffolder.expressions.budget import Budget
from portal.scaffolder.expressions.regex import compile_regex
from portal.scaffolder.expressions.regex_syntax import RegexError
from portal.scaffolder.expressions.syntax import TemplateLimitError

LINES = (Path(__file__).parent / "data/regexes.jsonl").read_text().splitlines()


def _exec(pattern: str, flags: str, text: str) -> str | list[Any] | None:
    try:
        found = compile_regex(pattern, flags).search(text, 0, lambda _steps: None)
    except RegexError:
        return "E"
    return [found.start, list(found.groups)] if found else None


def test_every_pattern_finds_what_it_finds_in_nodejs() -> None:
    cases = [json.loads(line) for line in LINES]
    assert len(cases) > 500
    unequal = [case for case in cases if _exec(*case[:3]) != case[3]]
    assert unequal == []


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("(a+)+$", "a" * 50 + "b"),
        ("(a|aa)+$", "a" * 60 + "b"),
        ("(.*)(.*)(.*)(.*)(.*)x", "a" * 400),
        ("(?=(a+)+b)c", "a" * 60),
        ("(?<=(a+)+b)c", "a" * 60 + "c"),
        ("^(([a-z])+.)+[A-Z]([a-z])+$", "a" * 80),
        ("(x+x+)+y", "x" * 60),
    ],
)
def test_a_pattern_that_goes_back_without_end_is_stopped(pattern: str, text: str) -> None:
    with pytest.raises(TemplateLimitError):
        compile_regex(pattern).search(text, 0, Budget(steps=300_000).take)


@pytest.mark.parametrize(
    "pattern", ["(" * 100 + ")" * 100, "a{1001}", "a{%s}" % ("9" * 5_000), "((a{99}){99}){99}"]
)
def test_a_pattern_that_is_too_large_is_refused(pattern: str) -> None:
    with pytest.raises(RegexError):
        compile_regex(pattern)


def test_a_step_is_paid_for_every_place_that_is_tried() -> None:
    paid: Counter[str] = Counter()
    compile_regex("b").search("a" * 5_000, 0, lambda steps: paid.update(steps=steps))
    assert paid["steps"] >= 5_000
