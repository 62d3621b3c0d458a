"""Precision and recall are 1 on the organisation of the tests, and every trap is explained."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from portal.evidence.finding import Scan
from portal.evidence.judging import Status
from portal.evidence.judging import judge
from portal.evidence.languages import syntax
from portal.evidence.proof import Files
from portal.evidence.rule import RuleSet
from portal.evidence.scanning.scan import scan
from portal.evidence_command import load_concepts
from tests.evidence.organisation import SERVICES
from tests.evidence.organisation import TRAPS
from tests.evidence.organisation import TRUE_LINKS
from tests.evidence.organisation import UTF_16
from tests.evidence.organisation import Service

ROOT = Path(__file__).parents[2]


@cache
def rules() -> RuleSet:
    return load_concepts(ROOT).criteria.rules


def scanned(service: Service, memory: bytes = b"", **files: str) -> Scan:
    contents = {**service.files, **files}
    tree = Files({path: text.encode() for path, text in contents.items()})
    return scan(tree, service.folder, rules(), without=service.without, memory=memory)


def statuses(service: Service) -> dict[str, Status]:
    judged = judge(scanned(service).findings, service.claims)
    return {one.concept: one.status for one in judged}


@pytest.fixture(params=[True, False], ids=["parser", "lines"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the extra is installed: everything holds without it, too."""
    if request.param and not syntax.AVAILABLE:
        pytest.skip("the extra 'evidence' is not installed")
    monkeypatch.setattr(syntax, "AVAILABLE", request.param)
    return bool(request.param)


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize("service", TRUE_LINKS, ids=lambda one: one.name)
def test_what_is_there_is_found(service: Service) -> None:
    found = statuses(service)

    assert set(found) == service.truth
    assert {name for name, status in found.items() if status is Status.VERIFIED} == service.claims


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize("service", TRAPS, ids=lambda one: one.name)
def test_a_trap_makes_no_link(service: Service) -> None:
    assert service.why
    assert statuses(service) == dict.fromkeys(service.claims, Status.DECLARED)


def test_precision_and_recall(capsys: pytest.CaptureFixture[str]) -> None:
    found = {
        (service.name, name)
        for service in SERVICES
        for name, status in statuses(service).items()
        if status is not Status.DECLARED
    }
    true = {(service.name, name) for service in SERVICES for name in service.truth}
    precision, recall = len(found & true) / len(found), len(found & true) / len(true)
    with capsys.disabled():
        print(f"\n{len(SERVICES)} services: precision {precision:.3f}, recall {recall:.3f}")  # noqa: T201

    assert (precision, recall) == (1.0, 1.0)


def test_a_manifest_in_utf_16_is_read() -> None:
    tree = Files({path: text.encode("utf-16") for path, text in UTF_16.files.items()})

    assert [one.rule for one in scan(tree, "", rules()).findings] == ["python-library"]


# --- one commit after another ----------------------------------------------------


def test_the_next_scan_reads_changed_files_only() -> None:
    service = TRUE_LINKS[0]
    first = scanned(service)
    again = scanned(service, first.memory)

    assert first.read > 0
    assert (again.read, again.findings) == (0, first.findings)


def test_a_removed_dependency_turns_the_link_into_a_mere_declaration() -> None:
    service = TRUE_LINKS[0]
    first = scanned(service)
    removed = {"src/pay.ts": "export const pay = call;\n", "package.json": "{}\n"}
    again = scanned(service, first.memory, **removed)

    assert again.read == len(removed)
    [judged] = judge(again.findings, service.claims)
    assert (judged.status, judged.findings) == (Status.DECLARED, ())


def test_a_parent_that_changes_is_seen_by_the_manifests_below_it() -> None:
    service = next(one for one in TRUE_LINKS if one.name == "java-kafka")
    first = scanned(service)
    parent = service.files["pom.xml"].replace("org.springframework.kafka", "org.example")
    again = scanned(service, first.memory, **{"pom.xml": parent})

    assert "jvm-library" in {one.rule for one in first.findings}
    assert "jvm-library" not in {one.rule for one in again.findings}


def test_memory_that_is_damaged_is_ignored() -> None:
    service = TRUE_LINKS[0]

    assert scanned(service, b"nonsense").findings == scanned(service).findings
