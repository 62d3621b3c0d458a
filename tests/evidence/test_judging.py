"""A link needs strong evidence at run time; everything else is shown beside it."""

from __future__ import annotations

import pytest

from portal.evidence.finding import Finding
from portal.evidence.finding import Scope
from portal.evidence.finding import Strength
from portal.evidence.judging import PRECISION
from portal.evidence.judging import Status
from portal.evidence.judging import confidence
from portal.evidence.judging import judge


def finding(
    strength: Strength = Strength.STRONG, scope: Scope = Scope.RUNTIME, form: str = "code"
) -> Finding:
    return Finding("etl", "rule-1", form, "a.py", 3, "", scope, strength, {"en": "It is."})


def test_strong_evidence_suggests_what_is_not_declared() -> None:
    [judged] = judge([finding()])

    assert (judged.concept, judged.status) == ("etl", Status.SUGGESTED)


def test_strong_evidence_verifies_what_is_declared() -> None:
    [judged] = judge([finding()], {"etl"})

    assert judged.status is Status.VERIFIED


@pytest.mark.parametrize(
    "weak",
    [
        finding(Strength.SUPPORTING),
        finding(scope=Scope.TEST),
        finding(scope=Scope.OPTIONAL),
        finding(scope=Scope.DEVELOPMENT),
    ],
)
def test_weak_evidence_makes_no_link(weak: Finding) -> None:
    assert judge([weak]) == ()

    [judged] = judge([weak], {"etl"})
    assert (judged.status, judged.findings) == (Status.DECLARED, (weak,))


def test_a_declaration_without_any_evidence_has_no_confidence() -> None:
    [judged] = judge([], {"etl"})

    assert (judged.status, judged.confidence) == (Status.DECLARED, 0.0)


def test_each_form_counts_once_with_its_strongest_finding() -> None:
    strong, supporting = PRECISION[Strength.STRONG], PRECISION[Strength.SUPPORTING]

    assert confidence([finding(), finding(), finding(Strength.SUPPORTING)]) == strong
    hints = [finding(Strength.SUPPORTING, form=form) for form in ("dependency", "file")]
    assert confidence(hints) == round(1 - (1 - supporting) ** 2, 2)


def test_nothing_is_certain() -> None:
    assert confidence([finding(form=form) for form in ("code", "text", "file")]) == 0.99


def test_what_never_runs_adds_no_confidence() -> None:
    assert confidence([finding(scope=Scope.TEST)]) == 0.0
