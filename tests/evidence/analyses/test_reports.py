"""Reports in a repository are read as findings, at the place they tell of."""

from __future__ import annotations

import json
from typing import Any

import pytest

from portal.evidence.analyses.table import is_report
from portal.evidence.analyses.table import results_of
from portal.evidence.finding import Scan
from portal.evidence.proof import Files
from portal.evidence.rule import RuleSet
from portal.evidence.rule import rule_of
from portal.evidence.scanning.scan import scan


def result(rule: Any = "breaker-used", uri: Any = "src/pay.py", **members: Any) -> dict[str, Any]:
    place = {"artifactLocation": {"uri": uri}, "region": {"startLine": 3}}
    return {"ruleId": rule, "locations": [{"physicalLocation": place}], **members}


def sarif(*results: Any, tool: Any = "semgrep") -> str:
    run = {"tool": {"driver": {"name": tool}}, "results": list(results)}
    return json.dumps({"version": "2.1.0", "runs": [run]}, indent=1)


def scorecard(*checks: Any) -> str:
    return json.dumps({"scorecard": {"version": "v5"}, "checks": list(checks)}, indent=1)


def scanned(files: dict[str, str], folder: str = "", **body: Any) -> Scan:
    document = {"report": {"results": ["breaker-*"], **body}, "strength": "strong"}
    tree = Files({path: text.encode() for path, text in files.items()})
    return scan(tree, folder, RuleSet((rule_of("circuit-breaker", document, "analysis"),)))


CODE = {"src/pay.py": "a\nb\nc\n"}


def test_a_result_of_sarif_is_a_finding_at_its_place() -> None:
    [finding] = scanned({**CODE, "semgrep.sarif": sarif(result(), result("other"))}).findings

    assert (finding.path, finding.line, finding.matched) == ("src/pay.py", 3, "breaker-used")
    assert (finding.form, finding.scope) == ("report", "runtime")


def test_the_scope_is_that_of_the_place() -> None:
    files = {"tests/test_pay.py": "a\n", "semgrep.sarif": sarif(result(uri="tests/test_pay.py"))}

    assert [one.scope for one in scanned(files).findings] == ["test"]


def test_a_place_in_another_component_is_not_its_finding() -> None:
    files = {"a/semgrep.sarif": sarif(result(uri="b/pay.py")), "b/pay.py": "x\n"}

    assert scanned(files, "a").findings == ()
    assert scanned(files, "a").gaps == ()


def test_a_report_of_a_file_that_is_gone_is_told() -> None:
    found = scanned({"semgrep.sarif": sarif(result(uri="src/gone.py"))})

    assert found.findings == ()
    assert [(gap.reason, gap.path) for gap in found.gaps] == [("outdated", "semgrep.sarif")]


@pytest.mark.parametrize(
    "void",
    [
        {"kind": "notApplicable"},
        {"baselineState": "absent"},
        {"suppressions": [{"kind": "inSource"}]},
    ],
)
def test_what_does_not_stand_is_no_finding(void: dict[str, Any]) -> None:
    assert scanned({**CODE, "a.sarif": sarif(result(**void))}).findings == ()


def test_the_portals_own_report_proves_nothing_to_it() -> None:
    assert scanned({**CODE, "a.sarif": sarif(result(), tool="glossary-portal")}).findings == ()


@pytest.mark.parametrize(("tools", "found"), [(["sem*"], 1), (["codeql"], 0)])
def test_a_rule_may_ask_for_a_tool(tools: list[str], found: int) -> None:
    assert len(scanned({**CODE, "a.sarif": sarif(result())}, tools=tools).findings) == found


@pytest.mark.parametrize(
    ("score", "least", "found"),
    [(10, {}, 1), (9, {}, 0), (7, {"least": 7}, 1), (-1, {"least": 0}, 0)],
)
def test_a_check_of_scorecard_counts_from_a_score(
    score: int, least: dict[str, Any], found: int
) -> None:
    files = {"scorecard.json": scorecard({"name": "Code-Review", "score": score})}
    findings = scanned(files, results=["code-review"], **least).findings

    assert [(one.path, one.line) for one in findings] == [("scorecard.json", 7)] * found


WRONG: tuple[Any, ...] = (None, 1, "x", [], [1], {}, {"a": [None]})


@pytest.mark.parametrize("wrong", WRONG, ids=repr)
def test_wrong_content_is_tolerated(wrong: Any) -> None:
    documents = [
        wrong,
        {"runs": wrong},
        {"runs": [wrong]},
        {"runs": [{"tool": wrong, "results": wrong}]},
        json.loads(sarif(wrong)),
        json.loads(sarif(result(rule=wrong))),
        json.loads(sarif(result(uri=wrong))),
        json.loads(sarif({"ruleId": "breaker-used", "locations": wrong})),
        {"scorecard": wrong, "checks": wrong},
        {"scorecard": {}, "checks": [{"name": wrong, "score": wrong}]},
    ]
    for document in documents:
        text = json.dumps(document)
        files = {**CODE, "breaker-x.sarif": text, "scorecard.json": text}
        assert isinstance(scanned(files), Scan)


@pytest.mark.parametrize(
    "text", ["breaker-used", '{"breaker-used": 1}', "[" * 100_000 + '"breaker-']
)
def test_what_is_no_report_is_told(text: str) -> None:
    assert [gap.reason for gap in scanned({"a.sarif": text}).gaps] == ["syntax"]


def test_a_report_has_a_limit_of_results(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.evidence.analyses.table.MOST_RESULTS", 2)

    assert len(list(results_of("a.sarif", sarif(*[result()] * 5)))) == 2


@pytest.mark.parametrize(
    ("path", "expected"),
    [("a.sarif", True), ("b/A.SARIF.json", True), ("ossf-scorecard.json", True), ("a.json", False)],
)
def test_reports_are_known_by_their_names(path: str, expected: bool) -> None:
    assert is_report(path) is expected
