"""A concept is expected where its reason is found and nothing of it is."""

from __future__ import annotations

from typing import Any

import pytest

from portal.evidence.checks.condition import Relation
from portal.evidence.checks.criteria import Criteria
from portal.evidence.checks.expectation import unmet
from portal.evidence.checks.proof import scanned
from tests.evidence.checks.concept import concept
from tests.evidence.checks.concept import word

EXPECTED = {
    "id": "remote",
    "when": {
        "all": [
            {"any": [word("client"), {"entity": {"relations": ["consumesApi"]}}]},
            {"not": {"evidence": {}}},
        ]
    },
    "because": {"en": "It calls others."},
}
CRITERIA = Criteria.of([concept(expectations=[EXPECTED])])


def entity(*relations: str) -> dict[str, Any]:
    several = [{"type": one, "targetRef": "api:default/stock"} for one in relations]
    return {"spec": {"type": "service"}, "relations": several}


@pytest.mark.parametrize(
    ("files", "described", "implemented", "found"),
    [
        ({"a.py": "client = 1\n"}, entity(), (), [("a.py", 1)]),
        ({"a.py": "client = 1\n"}, None, (), [("a.py", 1)]),
        ({"a.py": "client = 1\n"}, entity(), ("etl",), None),
        ({"a.py": "client = 1\nloader = 2\n"}, entity(), (), None),
        ({"a.py": "x = 1\n"}, entity(), (), None),
        ({"a.py": "x = 1\n"}, None, (), None),
        ({"a.py": "x = 1\n"}, entity("consumesApi"), (), []),
    ],
)
def test_a_gap_is_told_with_its_reason(
    files: dict[str, str], described: Any, implemented: tuple[str, ...], found: Any
) -> None:
    gaps = unmet(CRITERIA.expectations, scanned(CRITERIA, files), implemented, described)

    places = [[(one.path, one.line) for one in gap.findings] for gap in gaps]
    assert places == ([] if found is None else [found])


def test_the_relation_that_decided_is_told() -> None:
    scan = scanned(CRITERIA, {"a.py": "x = 1\n"})
    [gap] = unmet(CRITERIA.expectations, scan, (), entity("consumesApi", "ownedBy"))

    assert gap.relations == (Relation("consumesApi", "api:default/stock"),)
    assert gap.expectation.because == {"en": "It calls others."}
