"""Tables of cases that are checked by one test.

For cases that need no fixture and take no time: a test for each of thousands takes longer to
collect and to report than to run.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from functools import update_wrapper
from typing import TypeVar

import pytest

Case = TypeVar("Case")


def each(
    cases: Iterable[Case], name: Callable[[Case], object] = str
) -> Callable[[Callable[[Case], None]], Callable[[], None]]:
    """Return a decorator that makes one test of a check: it checks all, and names what fails.

    Args:
        cases: What is checked; there must be some.
        name: Returns what a case is called.
    """
    cases = list(cases)
    assert cases, "there is no case"

    def decorate(check: Callable[[Case], None]) -> Callable[[], None]:
        def test() -> None:
            failed = []
            for case in cases:
                try:
                    check(case)
                except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001 - told below
                    failed.append(f"{name(case)}: {type(error).__name__}: {error}")
            assert not failed, f"{len(failed)} of {len(cases)} fail:\n" + "\n".join(failed)

        update_wrapper(test, check)
        del vars(test)["__wrapped__"]  # or a case would be a fixture
        return test

    return decorate
