"""Four results, each exactly when it is meant, and the level they make."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from portal.evidence.checks.check import Check
from portal.evidence.checks.check import CheckResult
from portal.evidence.checks.check import Reason
from portal.evidence.checks.check import State
from portal.evidence.checks.check import check_of
from portal.evidence.checks.check import grade
from portal.evidence.checks.check import level_of
from portal.evidence.checks.criteria import Criteria
from portal.evidence.checks.proof import scanned
from portal.evidence.finding import Gap
from portal.evidence.finding import Scan
from portal.evidence.proof import Files
from portal.evidence.scanning.limits import Limits
from portal.evidence.scanning.scan import scan
from tests.evidence.checks.concept import TEXTS
from tests.evidence.checks.concept import concept
from tests.evidence.checks.concept import word

BREAKER = {"breaker.py": "breaker = 1\n"}
FALLBACK = {"fallback.py": "fallback = 1\n"}
TESTED = {"tests/test_breaker.py": "def test_open():\n    assert breaker == opened\n"}


def checked(rule: Any, files: dict[str, str], *, when: Any = None) -> CheckResult:
    members = {"when": when} if when else {}
    check = {"id": "one", "level": 1, **TEXTS, "rule": rule, **members}
    criteria = Criteria.of([concept(checks=[check])])
    [result] = criteria.grade("etl", scanned(criteria, files)).results
    return result


# --- conditions ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "files", "state", "paths"),
    [
        (word("breaker"), BREAKER, State.PASSED, ["breaker.py"]),
        (word("breaker"), FALLBACK, State.FAILED, []),
        (word("breaker"), {"tests/test_x.py": "breaker = 1\n"}, State.FAILED, []),
        ({**word("breaker"), "scopes": ["test"]}, TESTED, State.PASSED, ["tests/test_breaker.py"]),
        ({**word("breaker"), "scopes": ["test"]}, BREAKER, State.FAILED, []),
        (
            {"all": [word("breaker"), word("fallback")]},
            {**BREAKER, **FALLBACK},
            State.PASSED,
            ["breaker.py", "fallback.py"],
        ),
        ({"all": [word("breaker"), word("fallback")]}, BREAKER, State.FAILED, []),
        ({"any": [word("breaker"), word("fallback")]}, FALLBACK, State.PASSED, ["fallback.py"]),
        ({"not": word("breaker")}, FALLBACK, State.PASSED, []),
        ({"not": word("breaker")}, BREAKER, State.FAILED, ["breaker.py"]),
        (
            {"all": [word("fallback"), {"not": {"any": [word("breaker"), word("circuit")]}}]},
            {**BREAKER, **FALLBACK},
            State.FAILED,
            ["breaker.py"],
        ),
    ],
)
def test_a_rule_decides_and_its_findings_are_told(
    rule: Any, files: dict[str, str], state: State, paths: list[str]
) -> None:
    result = checked(rule, files)

    assert (result.state, [one.path for one in result.findings]) == (state, paths)


@pytest.mark.parametrize(
    ("body", "state"),
    [
        ({}, State.PASSED),
        ({"rules": ["load*"]}, State.PASSED),
        ({"rules": ["other"]}, State.FAILED),
        ({"strength": "strong"}, State.PASSED),
        ({"strength": "supporting"}, State.FAILED),
    ],
)
def test_a_check_may_rest_on_the_evidence_of_its_concept(body: Any, state: State) -> None:
    assert checked({"evidence": body}, {"load.py": "loader = 1\n"}).state is state


def test_what_a_check_finds_makes_no_link_and_evidence_no_check() -> None:
    check = {"id": "one", "level": 1, **TEXTS, "rule": word("loader")}
    criteria = Criteria.of([concept(checks=[check])])
    found = scanned(criteria, {"load.py": "loader = 1\n"})

    assert [one.rule for one in found.findings] == ["loading"]
    assert [one.rule for one in found.observations] == ["one.1"]


def test_documentation_is_read_where_a_rule_asks_for_it() -> None:
    rule = {"text": {"files": ["**/*.md"], "words": ["rollback"], "documentation": True}}
    files = {"docs/runbook.md": "The rollback.\n", "src/a.py": "x = 1\n"}

    assert checked(rule, files).state is State.PASSED
    rule["text"]["documentation"] = False
    assert checked(rule, files).state is State.FAILED


# --- skipped and unimplemented ---------------------------------------------------


def test_a_check_that_does_not_apply_is_skipped() -> None:
    result = checked(word("fallback"), FALLBACK, when=word("breaker"))

    assert (result.state, result.reason) == (State.SKIPPED, Reason.INAPPLICABLE)
    applied = checked(word("fallback"), {**FALLBACK, **BREAKER}, when=word("breaker"))
    assert applied.state is State.PASSED


def test_a_check_without_a_rule_is_unimplemented() -> None:
    check = {"id": "one", "level": 1, **TEXTS}
    criteria = Criteria.of([concept(checks=[check])])
    found = criteria.grade("etl", scanned(criteria, BREAKER))

    assert [one.state for one in found.results] == [State.UNIMPLEMENTED]
    assert (found.level, found.missing) == (0, found.results)


@pytest.mark.parametrize(
    ("rule", "state"),
    [
        (word("breaker"), State.PASSED),
        (word("fallback"), State.SKIPPED),
        ({"not": word("fallback")}, State.SKIPPED),
        ({"not": word("breaker")}, State.FAILED),
        ({"any": [word("breaker"), word("fallback")]}, State.PASSED),
        ({"all": [word("breaker"), word("fallback")]}, State.SKIPPED),
        ({"all": [{"not": word("breaker")}, word("fallback")]}, State.FAILED),
    ],
)
def test_what_an_incomplete_scan_did_not_find_decides_nothing(rule: Any, state: State) -> None:
    check = check_of("etl", {"id": "one", "level": 1, **TEXTS, "rule": rule})
    criteria = Criteria.of([concept(checks=[{"id": "one", "level": 1, **TEXTS, "rule": rule}])])
    whole = scanned(criteria, BREAKER)
    cut = replace(whole, gaps=(Gap("limit", "not all files were read"),))

    [result] = grade("etl", [check], cut).results
    assert result.state is state
    assert (result.reason is Reason.INCOMPLETE) is (state is State.SKIPPED)


def test_a_scan_that_ends_at_a_limit_is_incomplete() -> None:
    check = {"id": "one", "level": 1, **TEXTS, "rule": word("fallback")}
    criteria = Criteria.of([concept(checks=[check])])
    tree = Files({"a.py": b"fallback = 0\n", "b.py": b"fallback = 1\n"})
    cut = scan(tree, "", criteria.rules, limits=Limits(files=0))

    assert not cut.is_complete
    assert criteria.grade("etl", cut).results[0].reason is Reason.INCOMPLETE


# --- the entity ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entity", "state"),
    [
        ({"spec": {"type": "service"}, "relations": []}, State.PASSED),
        ({"spec": {"type": "website"}, "relations": []}, State.FAILED),
        (None, State.SKIPPED),
    ],
)
def test_a_condition_may_ask_what_the_entity_is(entity: Any, state: State) -> None:
    rule = {"entity": {"types": ["service"]}}
    check = check_of("etl", {"id": "one", "level": 1, **TEXTS, "rule": rule})

    assert grade("etl", [check], Scan("", "", "", ()), entity).results[0].state is state


# --- levels ----------------------------------------------------------------------


def result(level: int, state: State, reason: Reason = Reason.NONE) -> CheckResult:
    return CheckResult(Check("etl", f"c{level}", level, {}, {}, {}), state, reason)


PASSED, FAILED = State.PASSED, State.FAILED


@pytest.mark.parametrize(
    ("results", "level"),
    [
        ([], 0),
        ([result(1, PASSED)], 1),
        ([result(1, PASSED), result(2, PASSED), result(3, PASSED)], 3),
        ([result(1, PASSED), result(2, FAILED), result(3, PASSED)], 1),
        ([result(1, FAILED), result(2, PASSED)], 0),
        ([result(1, PASSED), result(1, FAILED), result(2, PASSED)], 0),
        ([result(1, PASSED), result(2, State.UNIMPLEMENTED)], 1),
        ([result(1, PASSED), result(2, State.SKIPPED, Reason.INCOMPLETE), result(3, PASSED)], 1),
        ([result(1, PASSED), result(2, State.SKIPPED, Reason.INAPPLICABLE), result(3, PASSED)], 3),
        ([result(1, PASSED), result(2, State.SKIPPED, Reason.INAPPLICABLE)], 1),
        ([result(1, State.SKIPPED, Reason.INAPPLICABLE)], 0),
    ],
)
def test_the_level_is_the_highest_below_what_is_open(
    results: list[CheckResult], level: int
) -> None:
    assert level_of(results) == level


def test_what_is_missing_is_what_holds_back_the_next_level() -> None:
    checks = [
        {"id": "three", "level": 3, **TEXTS, "rule": word("nowhere")},
        {"id": "one", "level": 1, **TEXTS, "rule": word("breaker")},
        {"id": "two", "level": 2, **TEXTS, "rule": word("fallback")},
    ]
    criteria = Criteria.of([concept(checks=checks)])
    found = criteria.grade("etl", scanned(criteria, BREAKER))

    assert (found.level, [one.check.id for one in found.missing]) == (1, ["two"])
    done = criteria.grade(
        "etl", scanned(criteria, {**BREAKER, **FALLBACK, "x.py": "nowhere = 1\n"})
    )
    assert (done.level, done.missing) == (3, ())
