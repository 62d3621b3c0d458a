"""Judgements as text, JSON or SARIF."""

from __future__ import annotations

import json
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from typing import Any

from portal.evidence.checks.check import CheckResult
from portal.evidence.checks.check import Grade
from portal.evidence.checks.check import State
from portal.evidence.finding import Finding
from portal.evidence.finding import Gap
from portal.evidence.judging import Judgement
from portal.evidence.judging import Status

_SARIF = "https://json.schemastore.org/sarif-2.1.0.json"
_WORDS = {
    "ko": {
        "verified": "확인됨",
        "declared": "선언만 있음",
        "suggested": "제안",
        "confidence": "신뢰도",
        "level": "수준",
        "nothing": "찾은 개념이 없다.",
        "runtime": "실행",
        "optional": "선택",
        "development": "개발",
        "test": "시험",
        "unused": "불러왔지만 쓰지 않음",
        "unwired": "정의했지만 쓰는 곳이 없음",
        "indirect": "다른 의존성을 따라 옴",
        "none": "근거를 찾지 못했다.",
        "missing": "수준 {}에 모자란 점:",
        "failed": "통과하지 못함",
        "incomplete": "파일을 다 읽지 못해 판단하지 못함",
        "unimplemented": "판단할 규칙이 아직 없음",
    },
    "en": {
        "verified": "verified",
        "declared": "declared only",
        "suggested": "suggested",
        "confidence": "confidence",
        "level": "level",
        "nothing": "No concept was found.",
        "runtime": "runtime",
        "optional": "optional",
        "development": "development",
        "test": "test",
        "unused": "imported and not used",
        "unwired": "defined and used nowhere",
        "indirect": "comes with another dependency",
        "none": "No evidence was found.",
        "missing": "Missing for level {}:",
        "failed": "failed",
        "incomplete": "not decided, because not all files were read",
        "unimplemented": "no rule decides it yet",
    },
}


@dataclass(frozen=True, slots=True)
class Report:
    """What a scan says of one folder.

    Attributes:
        judgements: The concepts, by name.
        titles: The titles of concepts in the language of the report.
        grades: How far the component passes the checks of each concept.
        gaps: What was not read.
        language: ``ko`` or ``en``.
        version: The version of the portal.
    """

    judgements: tuple[Judgement, ...]
    titles: Mapping[str, str]
    grades: Mapping[str, Grade] = field(default_factory=dict)
    gaps: tuple[Gap, ...] = ()
    language: str = "ko"
    version: str = ""

    def message(self, finding: Finding) -> str:
        """Return a finding's sentence in the language of the report."""
        return self.text(finding.message)

    def text(self, texts: Mapping[str, str]) -> str:
        """Return a text in the language of the report, in another when it has no such one."""
        return texts.get(self.language) or next(iter(texts.values()), "")

    def level(self, concept: str) -> int:
        """Return the level of a concept; 0 when it has no checks."""
        found = self.grades.get(concept)
        return found.level if found else 0


def as_json(report: Report) -> str:
    """Return a report as JSON."""
    concepts = [
        {
            "concept": one.concept,
            "status": one.status.value,
            "confidence": one.confidence,
            "level": report.level(one.concept),
            "findings": [
                {
                    "path": finding.path,
                    "line": finding.line,
                    "rule": finding.rule,
                    "scope": finding.scope.value,
                    "message": report.message(finding),
                }
                for finding in one.findings
            ],
        }
        for one in report.judgements
    ]
    return json.dumps({"concepts": concepts}, ensure_ascii=False, indent=2)


def as_text(report: Report) -> str:
    """Return a report for a terminal."""
    return "\n".join(_text(report))


def _text(report: Report) -> Iterator[str]:
    words = _WORDS[report.language]
    if not report.judgements:
        yield words["nothing"]
    for one in report.judgements:
        title = report.titles.get(one.concept, one.concept)
        found = report.grades.get(one.concept)
        reached = f", {words['level']} {found.level}" if found and found.results else ""
        yield (
            f"{title} ({one.concept}): {words[one.status.value]}, "
            f"{words['confidence']} {one.confidence:.2f}{reached}"
        )
        if not one.findings:
            yield f"  {words['none']}"
        for finding in one.findings:
            about = [words[finding.scope.value], *_why(finding, words)]
            yield f"  {finding.path}:{finding.line}  {finding.rule}  [{', '.join(about)}]"
            yield f"    {report.message(finding)}"
        yield from _missing(report, found)
    for gap in report.gaps:
        yield f"# {gap.path}: {gap.message}" if gap.path else f"# {gap.message}"


def _missing(report: Report, found: Grade | None) -> Iterator[str]:
    """Yield what is missing for the next level, and what to do about it."""
    words = _WORDS[report.language]
    for number, result in enumerate(found.missing if found else ()):
        if not number:
            yield f"  {words['missing'].format(result.check.level)}"
        why = words[result.reason or result.state]
        yield f"  - {report.text(result.check.title)} ({result.check.id}): {why}"
        yield f"    {report.text(result.check.remedy)}"


def _why(finding: Finding, words: Mapping[str, str]) -> Iterator[str]:
    if finding.weakened:
        yield words[finding.weakened]


def as_sarif(report: Report) -> str:
    """Return a report as SARIF 2.1.0.

    What is claimed and not found is a warning, and so is a check that a claimed concept fails
    at the level it would reach next.
    """
    rules = {
        f"{finding.concept}/{finding.rule}": report.message(finding)
        for one in report.judgements
        for finding in one.findings
    }
    rules |= {
        f"{result.check.concept}/{result.check.id}": report.text(result.check.description)
        for result in _failed(report)
    }
    rules |= {
        f"{one.concept}/declared": _WORDS[report.language]["none"]
        for one in report.judgements
        if one.status is Status.DECLARED
    }
    driver = {
        "name": "glossary-portal",
        "version": report.version,
        "rules": [
            {"id": name, "shortDescription": {"text": text}} for name, text in sorted(rules.items())
        ],
    }
    run = {"tool": {"driver": driver}, "results": list(_results(report))}
    document = {"$schema": _SARIF, "version": "2.1.0", "runs": [run]}
    return json.dumps(document, ensure_ascii=False, indent=2)


def _failed(report: Report) -> Iterator[CheckResult]:
    """Yield the checks that hold back the next level of what is claimed and was found."""
    for one in report.judgements:
        found = report.grades.get(one.concept)
        if found and one.status is Status.VERIFIED:
            yield from (result for result in found.missing if result.state is State.FAILED)


def _check_result(report: Report, result: CheckResult) -> dict[str, Any]:
    check = result.check
    text = f"{report.text(check.title)}: {report.text(check.remedy)}"
    found = {
        "ruleId": f"{check.concept}/{check.id}",
        "level": "warning",
        "message": {"text": text},
        "properties": {"concept": check.concept, "level": check.level},
    }
    return {
        **found,
        **({"locations": [_place(one) for one in result.findings]} if result.findings else {}),
    }


def _place(finding: Finding) -> dict[str, Any]:
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": finding.path},
            "region": {"startLine": finding.line},
        }
    }


def _results(report: Report) -> Iterator[dict[str, Any]]:
    yield from (_check_result(report, result) for result in _failed(report))
    words = _WORDS[report.language]
    for one in report.judgements:
        if one.status is Status.DECLARED:
            text = f"{report.titles.get(one.concept, one.concept)}: {words['none']}"
            yield {
                "ruleId": f"{one.concept}/declared",
                "level": "warning",
                "message": {"text": text},
            }
        for finding in one.findings:
            yield {
                "ruleId": f"{finding.concept}/{finding.rule}",
                "level": "note",
                "kind": "informational",
                "message": {"text": report.message(finding)},
                "locations": [_place(finding)],
                "properties": {
                    "concept": one.concept,
                    "status": one.status.value,
                    "scope": finding.scope.value,
                    "strength": finding.strength.value,
                },
            }


#: The formats by name.
FORMATS: dict[str, Callable[[Report], str]] = {
    "text": as_text,
    "json": as_json,
    "sarif": as_sarif,
}
