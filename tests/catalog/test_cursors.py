"""Cursors: what is written is read again, and nothing else is let in."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.catalog.reading.cursors import Cursor
from portal.catalog.reading.cursors import OrderField
from portal.catalog.reading.cursors import decode_after
from portal.catalog.reading.cursors import decode_cursor
from portal.catalog.reading.cursors import encode_after
from portal.kernel.errors import InputError


def packed(value: Any) -> str:
    """Return JSON in base64."""
    return base64.b64encode(json.dumps(value).encode()).decode()


_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=9)
_orders = st.none() | st.builds(OrderField, _texts, st.sampled_from(["asc", "desc"]))


@st.composite
def cursors(draw: st.DrawFn) -> Cursor:
    """Draw any cursor the portal hands out."""
    order = draw(_orders)
    place = st.tuples(_texts) if order is None else st.tuples(st.none() | _texts, _texts)
    fields = st.none() | st.lists(_texts, max_size=2).map(tuple)
    has_text = draw(st.booleans())
    return Cursor(
        order,
        draw(st.none() | st.dictionaries(_texts, _texts, max_size=2)),
        draw(_texts) if has_text else "",
        draw(fields) if has_text else None,
        draw(st.booleans()),
        draw(place),
        draw(place),
        draw(st.integers(0, 10**9)),
        has_text,
    )


@given(cursor=cursors())
def test_a_cursor_is_read_as_it_was_written(cursor: Cursor) -> None:
    assert decode_cursor(cursor.encode()) == cursor


@given(cursor=cursors())
def test_a_client_can_open_a_cursor(cursor: Cursor) -> None:
    content = json.loads(base64.b64decode(cursor.encode(), validate=True))
    assert ("query" in content) is (cursor.query is not None)
    assert ("fullTextFilter" in content) is cursor.has_text_filter


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda below: st.lists(below, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["orderFields", "orderFieldValues", "isPrevious", "totalItems", "query", "filter",
             "fullTextFilter", "term", "fields", "firstSortFieldValues", "field", "order"]
        ),
        below,
        max_size=6,
    ),
    max_leaves=20,
)  # fmt: skip


@given(text=st.text(max_size=60) | _json.map(packed))
def test_any_text_is_a_cursor_or_an_input_error(text: str) -> None:
    try:
        decode_cursor(text)
    except InputError as error:
        assert error.message.startswith("Malformed cursor: ")  # noqa: PT017


@given(text=st.text(max_size=60) | _json.map(packed))
def test_any_text_is_an_after_or_an_input_error(text: str) -> None:
    try:
        decode_after(text)
    except InputError as error:
        assert error.message.startswith("Malformed after cursor, ")  # noqa: PT017


_GOOD = {"orderFields": [], "orderFieldValues": ["x"], "isPrevious": False, "totalItems": 1}
_BAD = {
    "a place that is too long": {"orderFieldValues": ["x", "y"]},
    "a place that is too short": {"orderFields": [{"field": "kind"}]},
    "a place of numbers": {"orderFieldValues": [1]},
    "half of a surrogate pair": {"orderFieldValues": ["\ud800"]},
    "NUL": {"orderFieldValues": ["\0"]},
    "an order of another way": {
        "orderFields": [{"field": "kind", "order": "up"}], "orderFieldValues": ["x", "y"]
    },
    "an order without a field": {"orderFields": [{}], "orderFieldValues": ["x", "y"]},
    "a term that is none": {"fullTextFilter": {"term": 1}},
    "a total that is none": {"totalItems": "many"},
    "a filter that is none": {"filter": {"foo": 1}},
}  # fmt: skip


@pytest.mark.parametrize("change", _BAD.values(), ids=_BAD.keys())
def test_a_cursor_is_refused_for(change: dict[str, Any]) -> None:
    decode_cursor(packed(_GOOD))
    with pytest.raises(InputError):
        decode_cursor(packed(_GOOD | change))


def test_every_member_that_is_missing_is_named() -> None:
    with pytest.raises(InputError) as refused:
        decode_cursor(packed({"isPrevious": "no"}))
    issues = json.loads(
        refused.value.message.partition("Malformed cursor: InputError: Malformed cursor: ")[2]
    )
    assert [(issue["path"], issue["message"]) for issue in issues] == [
        (["orderFields"], "Required"),
        (["orderFieldValues"], "Required"),
        (["isPrevious"], "Expected boolean, received string"),
    ]


@given(limit=st.integers(0, 2**53 - 1), offset=st.integers(0, 2**53 - 1))
def test_an_after_is_read_as_it_was_written(limit: int, offset: int) -> None:
    assert decode_after(encode_after(limit, offset)) == (limit, offset)


@pytest.mark.parametrize("number", [-1, 1.5, True, "1", 2**53])
def test_an_after_holds_whole_numbers(number: Any) -> None:
    for name in ("limit", "offset"):
        with pytest.raises(InputError, match=f"Malformed after cursor, {name} was not an? number"):
            decode_after(packed({name: number}))
