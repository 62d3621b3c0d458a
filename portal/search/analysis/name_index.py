"""A sorted, packed index of names in memory, for exact, prefix and near look-ups."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable
from collections.abc import Iterator
from functools import cached_property
from itertools import accumulate

from portal.search.analysis.words import distance
from portal.search.analysis.words import letters

#: Sorts after every key with the same prefix: the byte never occurs in UTF-8.
_AFTER_ALL = b"\xff"
_BITS = 64
#: The bytes after a key in a row: a byte that sorts before every other, document, sort.
_ROW_END = 6


class NameIndex:
    """Sorted keys of names, packed: 100,000 take some 4 MB.

    Args:
        rows: Key, number of its document, and sort of the key (``entry.SORTS``, below 256).
        last_near: The greatest sort of keys that ``near`` looks at.
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
        """Return the number of keys."""
        return len(self._docs)

    def key(self, at: int) -> str:
        """Return the key at an index of the order."""
        return self._key(at).decode()

    def exact(self, key: str) -> Iterator[tuple[int, int]]:
        """Yield document and sort of every key equal to ``key``."""
        wanted = key.encode()
        for at in range(self._find(wanted), len(self)):
            if self._key(at) != wanted:
                return
            yield self._docs[at], self._sorts[at]

    def beginning(self, first: str, last: str = "") -> Iterator[tuple[int, int, int]]:
        """Yield document, sort and length in bytes of keys with a prefix from first to last."""
        end = (last or first).encode() + _AFTER_ALL
        for at in range(self._find(first.encode()), self._find(end)):
            begin = self._ends[at - 1] if at else 0
            yield self._docs[at], self._sorts[at], self._ends[at] - begin

    def best_keys(self) -> Iterator[tuple[int, bytes]]:
        """Yield each document and its best key: the first of its lowest sort."""
        best: dict[int, tuple[int, int]] = {}
        for at, (doc, sort) in enumerate(zip(self._docs, self._sorts, strict=True)):
            if doc not in best or sort < best[doc][0]:
                best[doc] = sort, at
        for doc, (_, at) in best.items():
            yield doc, self._key(at)

    def near(self, key: str, limit: int) -> Iterator[tuple[int, int, int]]:
        """Yield document, sort and distance of keys within ``limit`` edits of ``key``."""
        wanted = letters(key)
        signature = _signature(wanted)
        for at, other in zip(*self._signatures, strict=True):
            if (signature ^ other).bit_count() <= 2 * limit:
                edits = distance(wanted, letters(self.key(at)), limit)
                if edits <= limit:
                    yield self._docs[at], self._sorts[at], edits

    @cached_property
    def _signatures(self) -> tuple[array[int], array[int]]:
        """The indexes of keys that ``near`` looks at, and the signature of each."""
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
    """Return the set of a text's letters as bits; an edit changes at most two of them."""
    bits = 0
    for letter in text:
        bits |= 1 << ord(letter) % _BITS
    return bits


def _row_end(doc: int, sort: int) -> bytes:
    return b"\0" + doc.to_bytes(4) + bytes((sort,))
