"""Findings become a status and a confidence, by stated rules.

A link is made of strong findings at run time alone: they verify what is declared, and suggest
what is not. Supporting findings and those of other scopes are shown beside them, and make no
link by themselves.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from portal.evidence.finding import Finding
from portal.evidence.finding import Scope
from portal.evidence.finding import Strength


class Status(StrEnum):
    """What is known of a concept and a component, from its descriptor and its files.

    ``verified``: declared and found; ``declared``: declared and not found; ``suggested``:
    found and not declared.
    """

    VERIFIED = "verified"
    DECLARED = "declared"
    SUGGESTED = "suggested"


@dataclass(frozen=True, slots=True)
class Judgement:
    """One concept and one component.

    Attributes:
        concept: The concept's name.
        status: What is known of it.
        confidence: How likely the component implements the concept, from 0 to 1.
        findings: Everything that was found for it, the most telling first.
    """

    concept: str
    status: Status
    confidence: float
    findings: tuple[Finding, ...]


#: The share of rules of each strength that were right when they matched, measured on the
#: repositories of ``docs/evidence-quality.md`` before their results changed any rule.
PRECISION = {Strength.STRONG: 0.97, Strength.SUPPORTING: 0.79}
#: Nothing that was measured on some dozens of repositories is certain.
_MOST = 0.99


def confidence(findings: Iterable[Finding]) -> float:
    """Return how likely a concept is implemented, given what was found for it.

    Each form of evidence (dependency, code, …) that was found at run time counts once, with
    the measured precision of its strongest finding, and forms are taken as independent: the
    result is 1 - (1 - p1)(1 - p2)…, to two digits, at most 0.99. Without any finding at run time it is 0.
    """
    by_form: dict[str, float] = {}
    for finding in findings:
        if finding.scope is Scope.RUNTIME:
            p = PRECISION[finding.strength]
            by_form[finding.form] = max(p, by_form.get(finding.form, 0.0))
    doubt = 1.0
    for p in by_form.values():
        doubt *= 1.0 - p
    return min(_MOST, round(1.0 - doubt, 2))


def judge(findings: Iterable[Finding], declared: Collection[str] = ()) -> tuple[Judgement, ...]:
    """Return one judgement for every concept that is declared or may be suggested.

    Args:
        findings: The findings of a scan.
        declared: The names of the concepts that the component's descriptor claims.
    """
    by_concept: dict[str, list[Finding]] = {name: [] for name in declared}
    for finding in findings:
        by_concept.setdefault(finding.concept, []).append(finding)
    judged = (_judge(name, found, name in declared) for name, found in by_concept.items())
    return tuple(sorted(filter(None, judged), key=lambda one: one.concept))


def _judge(concept: str, found: list[Finding], is_declared: bool) -> Judgement | None:
    is_found = any(finding.counts for finding in found)
    if not (is_found or is_declared):
        return None
    status = Status.DECLARED
    if is_found:
        status = Status.VERIFIED if is_declared else Status.SUGGESTED
    return Judgement(concept, status, confidence(found), tuple(sorted(found, key=_weight)))


def _weight(finding: Finding) -> tuple[int, int, str, int]:
    return (
        list(Scope).index(finding.scope),
        list(Strength).index(finding.strength),
        finding.path,
        finding.line,
    )
