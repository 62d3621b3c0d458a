"""What turns one version into another, as a list anybody can read."""

from __future__ import annotations

from typing import Any

import pytest

from portal.catalog.processing.history import diff


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, [{"op": "replace", "path": "/a", "from": 1, "to": 2}]),
        ({}, {"a": None}, [{"op": "add", "path": "/a", "to": None}]),
        ({"a": None}, {}, [{"op": "remove", "path": "/a", "from": None}]),
        ({"a": 1}, {"a": True}, [{"op": "replace", "path": "/a", "from": 1, "to": True}]),
        ({"a": [1, 2]}, {"a": [2, 1]}, [{"op": "replace", "path": "/a", "from": [1, 2], "to": [2, 1]}]),
        ({"a": {"b/c": 1}}, {"a": {"b/c": 2}}, [{"op": "replace", "path": "/a/b~1c", "from": 1, "to": 2}]),
        ({"a": {"b": 1}}, {"a": "x"}, [{"op": "replace", "path": "/a", "from": {"b": 1}, "to": "x"}]),
        ({"b": 1}, {"a": 1}, [{"op": "add", "path": "/a", "to": 1}, {"op": "remove", "path": "/b", "from": 1}]),
    ],
)  # fmt: skip
def test_a_difference(old: Any, new: Any, expected: list[dict[str, Any]]) -> None:
    assert list(diff(old, new)) == expected
