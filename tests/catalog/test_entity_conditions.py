"""Conditions on entities: what the rules mean, in memory and in SQL."""

from __future__ import annotations

from typing import Any

import pytest

from portal.catalog.entity_conditions import meets
from portal.permission.conditions import read_condition
from portal.permission.permissions import ENTITY

_ENTITY: dict[str, Any] = {
    "kind": "Component",
    "metadata": {
        "name": "a",
        "annotations": {"a.b/c": "x", "empty": ""},
        "labels": {"tier": "1"},
        "tags": ["java"],
        "none": [],
    },
    "spec": {"type": "service", "deep": {"er": "y"}, "off": False, "zero": 0, "map": {}},
    "relations": [
        {"type": "ownedBy", "targetRef": "group:default/a"},
        {"type": "partOf", "targetRef": "group:default/b"},
    ],
}


def rule(name: str, **params: Any) -> dict[str, Any]:
    return {"rule": name, "resourceType": "catalog-entity", "params": params}


_YES, _NO = rule("IS_ENTITY_KIND", kinds=["component"]), rule("IS_ENTITY_KIND", kinds=["API"])
_CONDITIONS: list[tuple[dict[str, Any], bool]] = [
    (rule("HAS_ANNOTATION", annotation="a.b/c"), True),
    (rule("HAS_ANNOTATION", annotation="a.b/c", value="x"), True),
    (rule("HAS_ANNOTATION", annotation="a.b/c", value="y"), False),
    (rule("HAS_ANNOTATION", annotation="empty"), True),
    (rule("HAS_ANNOTATION", annotation="none"), False),
    (rule("HAS_ANNOTATION", annotation="none", value="x"), False),
    (rule("HAS_LABEL", label="tier", value="1"), True),
    (rule("HAS_LABEL", label="tier", value="2"), False),
    (rule("HAS_METADATA", key="tags", value="java"), True),
    (rule("HAS_METADATA", key="tags", value="ja"), False),
    (rule("HAS_METADATA", key="tags"), True),
    (rule("HAS_METADATA", key="none"), False),
    (rule("HAS_METADATA", key="annotations.empty"), True),
    (rule("HAS_SPEC", key="type", value="service"), True),
    (rule("HAS_SPEC", key="deep.er", value="y"), True),
    (rule("HAS_SPEC", key="deep.er.er"), False),
    (rule("HAS_SPEC", key="__class__"), False),
    (rule("HAS_SPEC", key="off"), True),
    (rule("HAS_SPEC", key="zero"), True),
    (rule("HAS_SPEC", key="map"), False),
    (rule("IS_ENTITY_OWNER", claims=["user:default/x", "group:default/a"]), True),
    (rule("IS_ENTITY_OWNER", claims=["group:default/b"]), False),
    (rule("IS_ENTITY_OWNER", claims=[]), False),
    (_YES, True),
    (_NO, False),
    ({"not": _YES}, False),
    ({"allOf": [_YES, _NO]}, False),
    ({"anyOf": [_NO, _YES]}, True),
    ({"allOf": [_YES, {"anyOf": [_NO, {"not": _NO}]}]}, True),
]


@pytest.mark.parametrize(("condition", "expected"), _CONDITIONS, ids=str)
def test_a_condition_is_met_or_not(condition: dict[str, Any], expected: bool) -> None:
    assert meets(_ENTITY, read_condition(condition, ENTITY)) is expected


def nested(depth: int) -> dict[str, Any]:
    return {"not": nested(depth - 1)} if depth else _YES


_MALFORMED: list[Any] = [
    None,
    [],
    {},
    "x",
    {"rule": 1},
    rule("NOPE"),
    rule("IS_ENTITY_KIND"),
    rule("IS_ENTITY_KIND", kinds="Component"),
    rule("IS_ENTITY_KIND", kinds=[1]),
    rule("IS_ENTITY_KIND", kinds=[], other=1),
    rule("HAS_LABEL", label=1),
    rule("HAS_LABEL", label="a", value=None),
    {"rule": "HAS_LABEL", "params": []},
    {"allOf": []},
    {"anyOf": {}},
    {"not": None},
    {"not": _YES, "anyOf": [_YES]},
    rule("HAS_TAG", tag="a"),
    rule("HAS_LABEL", label="a\x00"),
    {"anyOf": [_YES] * 201},
    nested(17),
]


@pytest.mark.parametrize("condition", _MALFORMED, ids=lambda value: str(value)[:60])
def test_a_malformed_condition_is_refused(condition: Any) -> None:
    with pytest.raises(ValueError, match=r"ondition|ermission rule|must be"):
        read_condition(condition, ENTITY)
