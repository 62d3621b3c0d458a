"""A cache of response bodies that depend on the catalog's generation only."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING

from portal.kernel.telemetry.instruments import CACHE

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Hashable


#: The overhead of an entry in bytes, added to the size of its response.
_ENTRY = 256


class GenerationCache:
    """A thread-safe LRU cache of the responses of one generation, bounded in bytes.

    A response of another generation is never returned: the first request after a sync
    empties the cache.

    Args:
        max_bytes: The limit for all responses together; a response larger than half of
            it is not cached.
        name: What it is called in metrics.
    """

    def __init__(self, max_bytes: int, name: str = "catalog") -> None:
        self._name = name
        self._max_bytes = max_bytes
        self._size = 0
        self._generation: Hashable = -1
        self._answers: OrderedDict[Hashable, bytes] = OrderedDict()
        self._lock = Lock()

    def find(self, generation: Hashable, key: Hashable) -> bytes | None:
        """Return the cached response of ``key``; ``None`` when there is none."""
        with self._lock:
            if generation != self._generation or key not in self._answers:
                return None
            self._answers.move_to_end(key)
            found = self._answers[key]
        CACHE.add(self._name, "hit")
        return found

    def get(self, generation: Hashable, key: Hashable, make: Callable[[], bytes]) -> bytes:
        """Return the cached response of ``key``, or that of ``make``."""
        with self._lock:
            if generation != self._generation:
                self._answers.clear()
                self._size = 0
                self._generation = generation
            elif key in self._answers:
                self._answers.move_to_end(key)
                CACHE.add(self._name, "hit")
                return self._answers[key]
        CACHE.add(self._name, "miss")
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
