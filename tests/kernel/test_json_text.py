"""JSON that others wrote: read within limits, or a ``ValueError``."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.json_text import MOST_LEVELS
from portal.kernel.json_text import NestedTooDeepError
from portal.kernel.json_text import parse_json

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def nested(levels: int, text: str = "") -> str:
    return "[" * levels + json.dumps(text) + "]" * levels


@given(_VALUES)
def test_json_is_read_as_it_was_written(value: Any) -> None:
    assert parse_json(json.dumps(value)) == value
    assert parse_json(json.dumps(value).encode("utf-16")) == value


@given(st.text(alphabet='[]{}"\\,:a', max_size=400) | st.binary(max_size=400))
def test_whatever_is_no_json_is_a_value_error(data: str | bytes) -> None:
    try:
        parse_json(data, 3)
    except ValueError:
        return


@pytest.mark.parametrize("text", ["", '[{"\\"' * 500, "]}" * 500])
def test_what_stands_in_a_text_nests_nothing(text: str) -> None:
    assert parse_json(json.dumps([text] * 20)) == [text] * 20
    parse_json(nested(MOST_LEVELS, text))
    with pytest.raises(NestedTooDeepError, match="nested more than 100 levels deep"):
        parse_json(nested(MOST_LEVELS + 1, text))


@pytest.mark.parametrize("data", ["[" * 1_000_000, '{"a":' * 50_000, "9" * 10_000, b"\xff[", ""])
def test_what_would_be_too_much_is_a_value_error(data: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_json(data)
