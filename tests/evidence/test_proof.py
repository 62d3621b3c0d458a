"""Examples prove rules: the ones of the catalog, with a parser and without one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from portal.evidence.languages import syntax
from portal.evidence.proof import check_rules
from portal.evidence.proof import matches
from portal.evidence.rule import Rule
from portal.evidence_command import load_concepts
from tests.tables import each

ROOT = Path(__file__).parents[2]
#: The rules of evidence; those of checks are proved with their checks.
RULES = [rule for rule in load_concepts(ROOT).criteria.rules.rules if not rule.decides]


@pytest.fixture
def no_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syntax, "AVAILABLE", False)


@pytest.mark.usefixtures("no_parser")
@each(RULES, lambda rule: f"{rule.concept}-{rule.id}")
def test_every_rule_of_the_catalog_keeps_its_examples_without_a_parser(rule: Rule) -> None:
    assert {example.found for example in rule.examples} == {True, False}
    for example in rule.examples:
        assert matches(rule, example) is example.found, example.files


@pytest.mark.skipif(not syntax.AVAILABLE, reason="the extra 'evidence' is not installed")
@each(RULES, lambda rule: f"{rule.concept}-{rule.id}")
def test_every_rule_of_the_catalog_keeps_its_examples_with_a_parser(rule: Rule) -> None:
    for example in rule.examples:
        assert matches(rule, example) is example.found, example.files


def concept(*rules: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": "Concept",
        "metadata": {"name": "etl", "namespace": "default"},
        "spec": {"evidence": list(rules)},
    }


def example(path: str, *, found: bool) -> dict[str, Any]:
    return {"found": found, "files": {path: "x\n"}}


GOOD = {
    "id": "one",
    "file": {"paths": ["**/a.txt"]},
    "examples": [example("a.txt", found=True), example("b.txt", found=False)],
}


def test_a_rule_that_keeps_its_examples_is_right() -> None:
    assert list(check_rules([concept(GOOD)])) == []


def test_an_example_that_is_not_kept_is_an_error() -> None:
    wrong = {**GOOD, "examples": [example("b.txt", found=True), example("a.txt", found=False)]}

    found = list(check_rules([concept(wrong)]))

    assert [(item.rule, item.level, item.json_path) for item in found] == [
        ("rule-example", "error", ("spec", "evidence", 0, "examples", 0)),
        ("rule-example", "error", ("spec", "evidence", 0, "examples", 1)),
    ]


def test_a_rule_without_both_kinds_of_examples_is_a_warning() -> None:
    found = list(check_rules([concept({**GOOD, "examples": [example("a.txt", found=True)]})]))

    assert [(item.rule, item.level) for item in found] == [("rule-example", "warning")]


def test_two_rules_of_a_concept_have_different_ids() -> None:
    found = list(check_rules([concept(GOOD, GOOD)]))

    assert [item.rule for item in found] == ["rule-id"]
