"""Work that must not block, as on an event loop: whoever waits there holds up all requests.

What may take longer than some milliseconds calls ``may_block`` before it begins: whatever asks
another machine or another process, waits for a lock that is held for long, or reads much. Work
that was tried without blocking ends there, and is done again in a thread. It has to be work that
may be begun twice: reading.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class WouldBlockError(BaseException):
    """Work that must not block would have to; no ``Exception``, so that nobody handles it."""


class _State(threading.local):
    """Whether the work of this thread must not block."""

    is_nonblocking = False


_STATE = _State()


def nonblocking(work: Callable[[], T]) -> T:
    """Return what the work returns, which is done in this thread and must not block.

    Raises:
        WouldBlockError: When it would have to.
    """
    _STATE.is_nonblocking = True
    try:
        return work()
    finally:
        _STATE.is_nonblocking = False


def may_block() -> None:
    """Say that what follows may take longer than some milliseconds.

    Raises:
        WouldBlockError: When the work of this thread must not block.
    """
    if _STATE.is_nonblocking:
        raise WouldBlockError


def may_block_for(count: int, most: int) -> None:
    """Say that what follows is done for so many things.

    Args:
        count: How many.
        most: For how many it takes some milliseconds at the most.

    Raises:
        WouldBlockError: When there are more, and the work of this thread must not block.
    """
    if count > most:
        may_block()
