"""The checks and expectations of the catalog keep their examples, with a parser and without."""

from __future__ import annotations

from pathlib import Path

import pytest

from portal.evidence.checks.proof import check_checks
from portal.evidence.languages import syntax
from portal.evidence_command import concepts_in
from portal.model.entity import Entity

ROOT = Path(__file__).parents[3]
CONCEPTS = concepts_in(ROOT / "catalog")


@pytest.mark.parametrize("with_parser", [True, False], ids=["parser", "lines"])
@pytest.mark.parametrize("entity", CONCEPTS, ids=lambda one: one["metadata"]["name"])
def test_examples_are_kept(
    entity: Entity, with_parser: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if with_parser and not syntax.AVAILABLE:
        pytest.skip("the extra 'evidence' is not installed")
    monkeypatch.setattr(syntax, "AVAILABLE", with_parser)

    assert [(item.rule, item.message) for item in check_checks([entity])] == []


@pytest.mark.parametrize("entity", CONCEPTS, ids=lambda one: one["metadata"]["name"])
def test_every_concept_has_checks_of_three_levels_in_both_languages(entity: Entity) -> None:
    checks = entity["spec"]["checks"]

    assert {check["level"] for check in checks} == {1, 2, 3}
    for check in checks:
        for member in ("title", "description", "remedy"):
            assert set(check[member]) == {"ko", "en"}
