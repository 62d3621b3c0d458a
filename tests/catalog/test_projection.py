"""``fields=`` copies what it names to the same place, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.catalog.reading.projection import parse_fields
from portal.catalog.reading.projection import project
from portal.kernel.errors import InputError

_ENTITY: dict[str, Any] = {
    "kind": "Component",
    "metadata": {
        "name": "a",
        "annotations": {"backstage.io/managed-by": "x"},
        "tags": [],
    },
    "spec": {"null": None, "list": [{"a": 1}], "a.b": {"c": 2}, "a": {"x": 3}, "__proto__": 5},
}
_PROJECTIONS: dict[str, Any] = {
    "kind": {"kind": "Component"},
    "metadata.name,kind": {"metadata": {"name": "a"}, "kind": "Component"},
    " kind , , ": {"kind": "Component"},
    "nope": {},
    "metadata.nope.deeper": {},
    "kind.nope": {},
    "metadata.annotations.backstage.io/managed-by": {
        "metadata": {"annotations": {"backstage.io/managed-by": "x"}}
    },
    "metadata.tags": {"metadata": {"tags": []}},
    "spec.null": {"spec": {"null": None}},
    "spec.list": {"spec": {"list": [{"a": 1}]}},
    "spec.list.a": {},
    "spec.a.x": {"spec": {"a": {"x": 3}}},
    "spec.a.b.c": {},  # the shorter key is taken, as in Backstage
    "spec.__proto__": {"spec": {"__proto__": 5}},
    "metadata.annotations,metadata": {"metadata": _ENTITY["metadata"]},
}


@pytest.mark.parametrize(("text", "wanted"), _PROJECTIONS.items())
def test_fields_give(text: str, wanted: Any) -> None:
    assert json.loads(project(json.dumps(_ENTITY), parse_fields([text]))) == wanted


def test_fields_may_be_repeated_and_separated() -> None:
    assert parse_fields(["a,b", "c"]) == ("a", "b", "c")


def test_an_item_of_an_array_cannot_be_asked_for() -> None:
    with pytest.raises(InputError) as refused:
        parse_fields(["kind", "spec.arr[0]"])
    message = 'Invalid field "spec.arr[0]", array type fields are not supported'
    assert refused.value.message == message


_json = st.recursive(
    st.integers() | st.text(max_size=3),
    lambda below: (
        st.dictionaries(st.sampled_from(["a", "b", "a.b", "b.c", ""]), below, max_size=3)
        | st.lists(below, max_size=2)
    ),
    max_leaves=8,
)
_paths = st.lists(st.sampled_from(["a", "b", "c", ""]), min_size=1, max_size=4).map(".".join)


def is_part(part: Any, whole: Any) -> bool:
    """Whether everything in ``part`` is at the same place of ``whole``."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(key in whole and is_part(value, whole[key]) for key, value in part.items())
    return bool(part == whole)


@given(
    value=st.dictionaries(st.sampled_from(["a", "b", "a.b"]), _json, max_size=3),
    paths=st.lists(_paths, max_size=4),
)
def test_a_projection_is_a_part_of_the_entity(value: Any, paths: list[str]) -> None:
    assert is_part(json.loads(project(json.dumps(value), paths)), value)
