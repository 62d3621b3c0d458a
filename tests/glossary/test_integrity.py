"""What makes a set of concepts a glossary: every rule, broken and kept."""

from __future__ import annotations

from typing import Any

import pytest

from portal.glossary.integrity import check_glossary
from portal.glossary.integrity import normal_form
from portal.model.entity import StatusItem

GLOSSARY = {"kind": "Glossary", "metadata": {"name": "g"}, "spec": {}}


def concept(name: str, summary: str = "", **spec: Any) -> dict[str, Any]:
    return {
        "kind": "Concept",
        "metadata": {"name": name, **spec.pop("metadata", {})},
        "spec": {
            "glossary": "g",
            "labels": {"ko": {"preferred": name}},
            "text": {"ko": {"summary": summary}},
            **spec,
        },
    }


def labels(**by_language: Any) -> dict[str, Any]:
    return {"labels": by_language}


def broken(*concepts: dict[str, Any]) -> list[StatusItem]:
    return list(check_glossary([GLOSSARY, *concepts]))


RULES: list[tuple[str, list[dict[str, Any]], list[dict[str, Any]]]] = [
    (
        "label-unique",
        [
            concept("a", **labels(ko={"preferred": "x"})),
            concept("b", **labels(ko={"preferred": "X"})),
        ],
        [
            concept("a", **labels(ko={"preferred": "x"})),
            concept("b", **labels(en={"preferred": "x"})),
        ],
    ),
    (
        "label-unique",
        [concept("a", **labels(ko={"preferred": "x", "alternatives": ["y", "Y"]}))],
        [concept("a", **labels(ko={"preferred": "x", "alternatives": ["y", "z"]}))],
    ),
    (
        "label-unique",
        [concept("a", **labels(ko={"preferred": "x", "hidden": ["x  "]}))],
        [concept("a", **labels(ko={"preferred": "x", "hidden": ["xx"]}))],
    ),
    (
        "label-unique",
        [
            concept("a", **labels(ko={"preferred": "드리프트"})),
            concept("b", **labels(ko={"preferred": "b", "abbreviation": "드리프트"})),
        ],
        [concept("a", **labels(ko={"preferred": "드리프트"})), concept("b")],
    ),
    ("unknown-concept", [concept("a", related=["b"])], [concept("a", related=["b"]), concept("b")]),
    (
        "unknown-concept",
        [concept("a", replacedBy="b")],
        [concept("a", replacedBy="b"), concept("b")],
    ),
    ("self-link", [concept("a", contrastsWith=["a"])], [concept("a"), concept("b")]),
    ("self-link", [concept("a", broader=["concept:default/A"])], [concept("a")]),
    (
        "cycle",
        [concept("a", broader=["b"]), concept("b", broader=["c"]), concept("c", broader=["a"])],
        [concept("a", broader=["b", "c"]), concept("b", broader=["c"]), concept("c")],
    ),
    (
        "cycle",
        [concept("a", partOf=["b"]), concept("b", partOf=["a"])],
        [concept("a", partOf=["b"]), concept("b", broader=["a"])],
    ),
    (
        "related-hierarchy",
        [concept("a", broader=["b"], related=["c"]), concept("b", partOf=["c"]), concept("c")],
        [concept("a", broader=["b"], related=["c"]), concept("b"), concept("c")],
    ),
    (
        "related-hierarchy",
        [concept("a", broader=["b"]), concept("b", related=["a"])],
        [concept("a", broader=["b"]), concept("b")],
    ),
    (
        "circular-definition",
        [concept("aaa", "is a bbb"), concept("bbb", "is an AAA")],
        [concept("aaa", "is a bbb"), concept("bbb", "is something")],
    ),
    (
        "symptom",
        [concept("retry", symptoms={"en": ["why does a Retry happen twice"]})],
        [concept("retry", symptoms={"en": ["why do retrying calls happen twice"]})],
    ),
    (
        "symptom",
        [concept("멱등성", symptoms={"ko": ["멱등성이 없어서 두 번 결제돼요"]})],
        [concept("멱등성", symptoms={"ko": ["두 번 결제됐다고 항의가 들어와요"]})],
    ),
    (
        "symptom",
        [concept("a-concept", symptoms={"en": ["too slow"[:7]]})],
        [concept("a-concept", symptoms={"en": ["too slow"], "ko": ["너무 느려서 못 써요"]})],
    ),
    (
        "symptom",
        [concept("a-concept", symptoms={"en": ["x" * 121]})],
        [concept("a-concept", symptoms={"en": ["x" * 120]})],
    ),
    (
        "symptom",
        [concept("a-concept", symptoms={"en": ["it is slow", "It is  slow"]})],
        [concept("a-concept", symptoms={"en": ["it is slow", "it is late"]})],
    ),
    ("unknown-glossary", [concept("a", glossary="other")], [concept("a", glossary="g")]),
    (
        "unknown-glossary",
        [concept("a", metadata={"namespace": "team"})],
        [concept("a", metadata={"namespace": "team"}, glossary="default/g")],
    ),
]


@pytest.mark.parametrize(("rule", "bad", "_good"), RULES)
def test_a_broken_rule_is_told_once_at_a_concept(rule: str, bad: Any, _good: Any) -> None:
    [item] = [item for item in broken(*bad) if item.rule != "unknown-glossary" or rule == item.rule]
    assert item.rule == rule
    assert item.ref.startswith("concept:")
    assert item.json_path[0] == "spec"


@pytest.mark.parametrize(("rule", "_bad", "good"), RULES)
def test_a_kept_rule_is_not_told(rule: str, _bad: Any, good: Any) -> None:
    assert [item for item in broken(*good) if item.rule == rule] == []


def test_labels_are_compared_composed_and_without_letter_case() -> None:
    assert normal_form("  Feature\u00a0 STORE ") == "feature store"
    assert normal_form("\u1100\u1161") == normal_form("가")


def test_a_ring_is_told_once_and_from_its_first_name() -> None:
    items = broken(
        concept("b", broader=["c"]), concept("c", broader=["a"]), concept("a", broader=["b"])
    )
    assert [item.message for item in items] == [
        (
            "broader goes round in a circle: concept:default/a > concept:default/b > "
            "concept:default/c > concept:default/a"
        )
    ]


def test_two_rings_are_told_apart() -> None:
    ring = [concept("a", broader=["b"]), concept("b", broader=["a", "c"])]
    items = broken(*ring, concept("c", broader=["d"]), concept("d", broader=["c"]))
    assert [item.ref for item in items] == ["concept:default/a", "concept:default/c"]


def test_thousands_in_a_chain_are_no_trouble() -> None:
    chain = [concept(f"c{i}", broader=[f"c{i + 1}"]) for i in range(2_000)]
    assert broken(*chain, concept("c2000")) == []
    [item] = broken(*chain, concept("c2000", broader=["c0"]))
    assert item.rule == "cycle"
    assert len(item.message) < 500


def test_a_link_that_is_no_ref_is_left_to_the_kinds_own_rules() -> None:
    assert broken(concept("a", related=["a:"])) == []
