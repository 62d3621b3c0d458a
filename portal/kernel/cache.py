"""Answers that depend on the catalog's generation only, kept as bytes."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Hashable


#: What an entry takes beside its answer, in bytes: many small answers add up.
_ENTRY = 256


class GenerationCache:
    """The most recently used answers of one generation, bounded in bytes.

    An answer of another generation is never given: the first request after a
    sync empties the cache. Safe to share between threads.

    Args:
        max_bytes: How much all answers together may take; an answer larger
            than half of it is not kept.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._size = 0
        self._generation: Hashable = -1
        self._answers: OrderedDict[Hashable, bytes] = OrderedDict()
        self._lock = Lock()

    def get(self, generation: Hashable, key: Hashable, make: Callable[[], bytes]) -> bytes:
        """Return the answer for ``key``, made by ``make`` when it is not kept."""
        with self._lock:
            if generation != self._generation:
                self._answers.clear()
                self._size = 0
                self._generation = generation
            elif key in self._answers:
                self._answers.move_to_end(key)
                return self._answers[key]
        answer = make()
        with self._lock:
            if (
                generation == self._generation
                and key not in self._answers
                and len(answer) * 2 <= self._max_bytes
            ):
                self._keep(key, answer)
        return answer

    def _keep(self, key: Hashable, answer: bytes) -> None:
        self._answers[key] = answer
        self._size += len(answer) + _ENTRY
        while self._size > self._max_bytes:
            _, dropped = self._answers.popitem(last=False)
            self._size -= len(dropped) + _ENTRY
