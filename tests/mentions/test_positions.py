"""Offsets in the units of the caller's language."""

from __future__ import annotations

import pytest

from portal.mentions.positions import converted

TEXT = "가🎉 Kafka"


@pytest.mark.parametrize(("encoding", "start"), [("utf-32", 3), ("utf-16", 4), ("utf-8", 8)])
def test_offsets_are_in_the_units_of_the_encoding(encoding: str, start: int) -> None:
    assert converted(TEXT, [8, 3, 3], encoding) == {3: start, 8: start + 5}
