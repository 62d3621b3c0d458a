"""Every starter passes the checks of its own concept, and the portal those that it claims."""

from __future__ import annotations

from pathlib import Path

import pytest

from portal.authoring.folder import read_folder
from portal.authoring.offline import render
from portal.authoring.proof.cases import case_files
from portal.authoring.proof.cases import read_case
from portal.evidence.judging import Status
from portal.evidence.judging import judge
from portal.evidence.proof import Files
from portal.evidence.scanning.scan import scan
from portal.evidence_command import declared_concepts
from portal.evidence_command import load_concepts
from portal.scm.snapshot import FileTree
from portal.scm.worktree import WorkingTree

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
CRITERIA = load_concepts(ROOT / "catalog").criteria
#: What a starter implements beside its own concept, and by what.
ALSO = {
    # Models of dbt extract, transform and load.
    "data-warehouse": {"etl"},
    # It holds a software template, which other teams begin projects with.
    "backstage": {"platform-engineering"},
}
#: The level that every starter and the portal reach at least.
LEAST = 2


def levels(tree: FileTree) -> dict[str, tuple[Status, int]]:
    """Return the status and the level of every concept that a tree has or claims."""
    found = scan(tree, "", CRITERIA.rules)
    judged = judge(found.findings, frozenset(declared_concepts(tree, "")))
    return {one.concept: (one.status, CRITERIA.grade(one.concept, found).level) for one in judged}


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("concept", sorted(CRITERIA.checks))
def test_a_starter_is_verified_and_suggests_nothing_false(concept: str, language: str) -> None:
    template = read_folder(ROOT / "templates" / concept)
    [path] = [one for one in case_files(template) if one.stem == language]
    case = read_case(template, path)
    made = render(template, case.values, case.secrets).tree
    found = levels(Files({name: file.data for name, file in made.items()}))

    status, level = found.pop(concept)
    assert status is Status.VERIFIED
    assert level >= LEAST
    assert set(found) == ALSO.get(concept, set())


def test_the_portal_passes_its_own_checks() -> None:
    found = levels(WorkingTree(ROOT))

    assert found
    assert {status for status, _ in found.values()} == {Status.VERIFIED}
    assert min(level for _, level in found.values()) >= LEAST
