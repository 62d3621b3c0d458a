"""A table of cases fails with the names of those that fail."""

from __future__ import annotations

import pytest

from tests.tables import each


def test_every_case_that_fails_is_named_and_the_others_are_checked() -> None:
    checked = []

    @each([1, 2, 3, 4], name=lambda number: f"number {number}")
    def test(number: int) -> None:
        checked.append(number)
        assert number % 2
        with pytest.raises(ZeroDivisionError):
            _ = 1 / (number - 1)

    with pytest.raises(
        AssertionError, match=r"(?s)^3 of 4 fail:\nnumber 2: .*number 3: F.*number 4"
    ):
        test()
    assert checked == [1, 2, 3, 4]


def test_a_table_without_cases_is_refused() -> None:
    with pytest.raises(AssertionError, match="there is no case"):
        each([])
