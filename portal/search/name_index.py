"""The names of many documents, in memory, to be found by how they begin."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable
from collections.abc import Iterator
from functools import cached_property
from itertools import accumulate

from portal.search.analysis import distance
from portal.search.analysis import letters

#: Sorts behind every key that begins with the text before it: no UTF-8 has it.
_AFTER_ALL = b"\xff"
_BITS = 64
#: What follows a key in a row: a byte that sorts before every other, document, sort.
_ROW_END = 6


class NameIndex:
    """Keys in order, packed: 100,000 names take some 4 MB.

    Args:
        rows: A key, the number of its document, and what the key is (below 256).
        last_near: The last sort of keys that may be near misses.
    """

    def __init__(self, rows: Iterable[tuple[str, int, int]], last_near: int = 255) -> None:
        # One object a row while sorting: half the memory of tuples.
        ordered = sorted(key.encode() + _row_end(doc, sort) for key, doc, sort in rows)
        self._docs = array("I", (int.from_bytes(row[-5:-1]) for row in ordered))
        self._sorts = array("B", (row[-1] for row in ordered))
        self._ends = array("I", accumulate(len(row) - _ROW_END for row in ordered))
        self._keys = b"".join(row[:-_ROW_END] for row in ordered)
        self._last_near = last_near

    def __len__(self) -> int:
        """Return how many keys there are."""
        return len(self._docs)

    def key(self, at: int) -> str:
        """Return the key at a place in the order."""
        return self._key(at).decode()

    def exact(self, key: str) -> Iterator[tuple[int, int]]:
        """Yield document and sort of each key that is ``key``."""
        wanted = key.encode()
        for at in range(self._find(wanted), len(self)):
            if self._key(at) != wanted:
                return
            yield self._docs[at], self._sorts[at]

    def beginning(self, prefix: str) -> Iterator[tuple[int, int, int]]:
        """Yield document, sort and length in bytes of keys that begin so."""
        wanted = prefix.encode()
        for at in range(self._find(wanted), self._find(wanted + _AFTER_ALL)):
            begin = self._ends[at - 1] if at else 0
            yield self._docs[at], self._sorts[at], self._ends[at] - begin

    def best_keys(self) -> Iterator[tuple[int, bytes]]:
        """Yield each document and its best key, the first of the best sort."""
        best: dict[int, tuple[int, int]] = {}
        for at, (doc, sort) in enumerate(zip(self._docs, self._sorts, strict=True)):
            if doc not in best or sort < best[doc][0]:
                best[doc] = sort, at
        for doc, (_, at) in best.items():
            yield doc, self._key(at)

    def near(self, key: str, limit: int) -> Iterator[tuple[int, int, int]]:
        """Yield document, sort and distance of keys at most ``limit`` edits off."""
        wanted = letters(key)
        signature = _signature(wanted)
        for at, other in zip(*self._signatures, strict=True):
            if (signature ^ other).bit_count() <= 2 * limit:
                edits = distance(wanted, letters(self.key(at)), limit)
                if edits <= limit:
                    yield self._docs[at], self._sorts[at], edits

    @cached_property
    def _signatures(self) -> tuple[array[int], array[int]]:
        """The places of what may be near, and which letters each one has."""
        places = (at for at, sort in enumerate(self._sorts) if sort <= self._last_near)
        near = array("I", places)
        return near, array("Q", map(self._signature_at, near))

    def _find(self, key: bytes) -> int:
        return bisect_left(range(len(self)), key, key=self._key)

    def _key(self, at: int) -> bytes:
        return self._keys[self._ends[at - 1] if at else 0 : self._ends[at]]

    def _signature_at(self, at: int) -> int:
        return _signature(letters(self.key(at)))


def _signature(text: str) -> int:
    """Return which letters a text has; one edit changes at most two bits."""
    bits = 0
    for letter in text:
        bits |= 1 << ord(letter) % _BITS
    return bits


def _row_end(doc: int, sort: int) -> bytes:
    return b"\0" + doc.to_bytes(4) + bytes((sort,))
