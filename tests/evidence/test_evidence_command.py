"""``portal evidence PATH``: the exact JSON, SARIF, both languages, and the exit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from click.testing import Result

from portal.cli import main

PAY = 'import CircuitBreaker from "opossum";\n\nnew CircuitBreaker(call).fire();\n'
DESCRIPTOR = """apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: pay
spec:
  type: service
  lifecycle: production
  owner: shop
  implementsConcepts: [%s]
"""


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["evidence", *map(str, arguments)])


def written(folder: Path, claims: str = "", **files: str) -> Path:
    contents = {"src/pay.ts": PAY, "catalog-info.yaml": DESCRIPTOR % claims, **files}
    for name, text in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_the_json_has_exactly_its_members(tmp_path: Path) -> None:
    result = run(written(tmp_path), "--format", "json", "--lang", "en")

    assert result.exit_code == 0
    [concept] = json.loads(result.stdout)["concepts"]
    assert (concept["concept"], concept["status"]) == ("circuit-breaker", "suggested")
    assert set(concept) == {"concept", "status", "confidence", "level", "findings"}
    assert concept["findings"] == [
        {
            "path": "src/pay.ts",
            "line": 1,
            "rule": "javascript-use",
            "scope": "runtime",
            "message": "JavaScript or TypeScript code uses a circuit breaker.",
        }
    ]


@pytest.mark.parametrize(
    ("claims", "statuses"),
    [
        ("circuit-breaker", {"circuit-breaker": "verified"}),
        ("etl", {"circuit-breaker": "suggested", "etl": "declared"}),
    ],
)
def test_the_descriptor_says_what_is_declared(
    tmp_path: Path, claims: str, statuses: dict[str, str]
) -> None:
    found: Any = json.loads(run(written(tmp_path, claims), "--format", "json").stdout)

    assert {one["concept"]: one["status"] for one in found["concepts"]} == statuses


def test_an_annotation_declares_as_well(tmp_path: Path) -> None:
    text = (DESCRIPTOR % "").replace(
        "  name: pay\n", "  name: pay\n  annotations:\n    glossary/implements: circuit-breaker\n"
    )
    found: Any = json.loads(
        run(written(tmp_path, **{"catalog-info.yaml": text}), "--format", "json").stdout
    )

    assert [one["status"] for one in found["concepts"]] == ["verified"]


def test_a_folder_of_a_repository_is_a_component_with_paths_of_the_repository(
    tmp_path: Path,
) -> None:
    (tmp_path / ".git").mkdir()
    written(tmp_path / "services" / "pay")
    found: Any = json.loads(run(tmp_path / "services" / "pay", "--format", "json").stdout)

    assert found["concepts"][0]["findings"][0]["path"] == "services/pay/src/pay.ts"


@pytest.mark.parametrize(
    ("claims", "threshold", "code"),
    [("circuit-breaker", "0.9", 0), ("circuit-breaker", "1", 1), ("etl", "0", 1), ("", "1", 0)],
)
def test_the_threshold_decides_the_exit_code(
    tmp_path: Path, claims: str, threshold: str, code: int
) -> None:
    assert run(written(tmp_path, claims), "--threshold", threshold).exit_code == code


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("ko", "서킷 브레이커를 쓴다."), ("en", "uses a circuit breaker.")],
)
def test_the_sentences_are_in_both_languages(tmp_path: Path, language: str, sentence: str) -> None:
    result = run(written(tmp_path), "--lang", language)

    assert sentence in result.stdout
    assert "src/pay.ts:1" in result.stdout


def test_sarif_has_a_place_for_each_finding_and_a_warning_for_each_empty_claim(
    tmp_path: Path,
) -> None:
    document = json.loads(run(written(tmp_path, "etl"), "--format", "sarif").stdout)

    assert document["version"] == "2.1.0"
    results = {one["ruleId"]: one for one in document["runs"][0]["results"]}
    assert results["etl/declared"]["level"] == "warning"
    place = results["circuit-breaker/javascript-use"]["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("src/pay.ts", 1)


def test_an_empty_folder_has_nothing(tmp_path: Path) -> None:
    assert json.loads(run(tmp_path, "--format", "json").stdout) == {"concepts": []}


def test_a_folder_of_rules_without_concepts_is_a_clear_error(tmp_path: Path) -> None:
    result = run(tmp_path, "--rules", tmp_path)

    assert result.exit_code == 2
    assert "there is no concept" in result.stderr


# --- levels ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claims", "level", "code"),
    [
        ("circuit-breaker", "1", 0),
        ("circuit-breaker", "2", 1),
        ("etl", "1", 1),
        ("", "3", 0),
    ],
)
def test_the_level_decides_the_exit_code(
    tmp_path: Path, claims: str, level: str, code: int
) -> None:
    assert run(written(tmp_path, claims), "--level", level).exit_code == code


def test_the_json_has_the_level(tmp_path: Path) -> None:
    [concept] = json.loads(run(written(tmp_path), "--format", "json").stdout)["concepts"]

    assert concept["level"] == 1


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        ("ko", ["수준 1", "수준 2에 모자란 점:", "(fallback): 통과하지 못함"]),
        ("en", ["level 1", "Missing for level 2:", "(fallback): failed"]),
    ],
)
def test_the_text_has_the_level_and_what_is_missing_for_the_next(
    tmp_path: Path, language: str, lines: list[str]
) -> None:
    printed = run(written(tmp_path, "circuit-breaker"), "--lang", language).stdout

    assert [line for line in lines if line not in printed] == []


def test_sarif_warns_of_checks_that_a_claimed_concept_fails(tmp_path: Path) -> None:
    def failed(claims: str) -> set[str]:
        document = json.loads(run(written(tmp_path, claims), "--format", "sarif").stdout)
        run_ = document["runs"][0]
        known = {rule["id"] for rule in run_["tool"]["driver"]["rules"]}
        warned = {one["ruleId"] for one in run_["results"] if one["level"] == "warning"}
        assert warned <= known
        return warned

    assert failed("circuit-breaker") == {"circuit-breaker/timeout", "circuit-breaker/fallback"}
    assert failed("") == set()


def test_a_concept_without_checks_has_no_level_to_reach(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "catalog/circuit-breaker/catalog-info.yaml").read_text()
    folder = tmp_path / "glossary" / "circuit-breaker"
    folder.mkdir(parents=True)
    (folder / "catalog-info.yaml").write_text(text.partition("\n  checks:\n")[0] + "\n")
    service = written(tmp_path / "pay", "circuit-breaker")

    assert run(service, "--rules", tmp_path / "glossary", "--level", "3").exit_code == 0
