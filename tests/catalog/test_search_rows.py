"""The rows that filters, facets and orders look at."""

from __future__ import annotations

from typing import Any

import pytest

from portal.catalog.search_rows import casing_clash
from portal.catalog.search_rows import flatten


def rows(spec: Any, **entity: Any) -> set[tuple[str, str | None, str | None]]:
    found = flatten({"kind": "System", "metadata": {"name": "X"}, "spec": spec, **entity})
    return {row for row in found if row[0].startswith(("spec", "relations"))}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"a": "Text"}, {("spec.a", "text", "Text")}),
        ({"A": {"bC": 1}}, {("spec.a.bc", "1", "1")}),
        ({"a": True, "b": False}, {("spec.a", "true", "true"), ("spec.b", "false", "false")}),
        ({"a": None}, {("spec.a", None, None)}),
        ({"a": 1.5}, {("spec.a", "1.5", "1.5")}),
        ({"a": {}, "b": []}, set()),
        ({"a": "x" * 200}, {("spec.a", "x" * 200, "x" * 200)}),
        ({"a": "x" * 201}, {("spec.a", None, None)}),
        ({"x" * 200: "a"}, set()),
        (
            {"arr": ["C", {"d": 1}]},
            {("spec.arr", "c", "C"), ("spec.arr.c", "true", "true"), ("spec.arr.d", "1", "1")},
        ),
        ({"arr": ["a", "A"]}, {("spec.arr", "a", "a"), ("spec.arr.a", "true", "true")}),
        ({"한글": "값"}, {("spec.한글", "값", "값")}),
    ],
)
def test_a_value_becomes_rows(spec: Any, expected: Any) -> None:
    assert rows(spec) == expected


def test_identity_and_relations_have_rows_and_what_changes_with_them_has_none() -> None:
    entity = {
        "kind": "System",
        "metadata": {"name": "X", "uid": "U", "etag": "E", "title": "T"},
        "relations": [{"type": "ownedBy", "targetRef": "group:default/g"}],
        "status": {"items": [{"level": "error"}]},
    }
    assert set(flatten(entity)) == {
        ("kind", "system", "System"),
        ("metadata.title", "t", "T"),
        ("metadata.name", "x", "X"),
        ("metadata.namespace", "default", "default"),
        ("metadata.uid", "u", "U"),
        ("relations.ownedby", "group:default/g", "group:default/g"),
    }


def test_keys_that_differ_in_letter_case_only_are_named() -> None:
    entity = {"kind": "System", "metadata": {"name": "x"}, "spec": {"aB": 1, "Ab": 2}}
    assert casing_clash(entity) == "spec.Ab"
    assert casing_clash({**entity, "spec": {"ab": [1, 2]}}) is None
