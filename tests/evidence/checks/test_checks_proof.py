"""``portal check`` runs the examples of checks and expectations."""

from __future__ import annotations

from typing import Any

import pytest

from portal.evidence.checks.proof import check_checks
from tests.evidence.checks.concept import TEXTS
from tests.evidence.checks.concept import concept
from tests.evidence.checks.concept import word


def example(text: str, **outcome: bool) -> dict[str, Any]:
    return {**outcome, "files": {"a.py": f"{text} = 1\n"}}


CHECK = {
    "id": "one",
    "level": 1,
    **TEXTS,
    "rule": word("breaker"),
    "examples": [example("breaker", passes=True), example("x", passes=False)],
}
EXPECTATION = {
    "id": "remote",
    "when": {"any": [word("client"), {"entity": {"relations": ["consumesApi"]}}]},
    "because": {"en": "It calls."},
    "examples": [
        example("client", expects=True),
        {"expects": True, "entity": {"relations": ["consumesApi"]}},
        {"expects": False, "files": {"a.py": "x = 1\n"}, "entity": {"type": "service"}},
    ],
}


def items(**spec: Any) -> list[tuple[str, str, tuple[str | int, ...]]]:
    found = check_checks([concept(**spec)])
    return [(one.rule, one.level, one.json_path) for one in found]


def test_what_keeps_its_examples_is_right() -> None:
    assert items(checks=[CHECK], expectations=[EXPECTATION]) == []


WRONG = [example("x", passes=True), example("breaker", passes=False)]
PATH = ("spec", "checks", 0)


@pytest.mark.parametrize(
    ("check", "found"),
    [
        (
            {"examples": WRONG},
            [
                ("check-result", "error", (*PATH, "examples", 0)),
                ("check-result", "error", (*PATH, "examples", 1)),
            ],
        ),
        ({"examples": []}, [("check-example", "warning", PATH)]),
        ({"remedy": {"ko": "한다."}}, [("check-text", "warning", (*PATH, "remedy"))]),
    ],
)
def test_what_is_wrong_with_a_check_is_told_with_its_place(check: Any, found: Any) -> None:
    assert items(checks=[{**CHECK, **check}]) == found


def test_a_check_that_asks_for_evidence_nobody_gives_is_an_error() -> None:
    check = {**CHECK, "rule": {"any": [word("breaker"), {"evidence": {"rules": ["nobody*"]}}]}}

    assert items(checks=[check]) == [("check-evidence", "error", PATH)]


def test_two_checks_have_different_ids() -> None:
    assert items(checks=[CHECK, CHECK]) == [("check-id", "error", ("spec", "checks", 1))]


def test_a_check_without_a_rule_needs_no_examples() -> None:
    assert items(checks=[{"id": "one", "level": 1, **TEXTS}]) == []


def test_an_expectation_keeps_its_examples_too() -> None:
    wrong = {**EXPECTATION, "examples": [example("client", expects=False)]}
    path = ("spec", "expectations", 0)

    assert items(expectations=[wrong]) == [
        ("check-example", "warning", path),
        ("check-result", "error", (*path, "examples", 0)),
    ]
