"""Which documents pass filters and visibility; cached for the next page."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable

from portal.search.documents import Visibility
from portal.search.ranking.entry import filter_term
from portal.search.ranking.facets import Column
from portal.search.ranking.term_index import FilterKey

#: The number of cached arrays of marks.
_CACHED = 32


class FilterMarks:
    """Arrays with one mark (0 or 1) per document of one index, cached.

    Args:
        docs: Returns the documents with a term in a field.
        size: Returns the length of the arrays: the highest number of a document plus one.
        resources: Returns the column of refs that a caller has to be allowed to read.
    """

    def __init__(
        self,
        docs: Callable[[str, str], Iterable[int]],
        size: Callable[[], int],
        resources: Callable[[], Column],
    ) -> None:
        self._docs = docs
        self._size = size
        self._resources = resources
        self._marks: dict[FilterKey | Visibility, bytearray] = {}

    def allowed(self, filters: FilterKey, visibility: Visibility) -> bytearray | None:
        """Return 1 for each document that passes both, else 0; ``None`` when all pass."""
        passed = self._cached(filters, lambda: self._passed(filters)) if filters else None
        if visibility.may_see is None:
            return passed
        may_see = visibility.may_see
        seen = self._cached(visibility, lambda: self._seen(may_see))
        return seen if passed is None else _in_both(passed, seen)

    def _cached(self, key: FilterKey | Visibility, make: Callable[[], bytearray]) -> bytearray:
        if key not in self._marks:
            if len(self._marks) >= _CACHED:
                self._marks.clear()
            self._marks[key] = make()
        return self._marks[key]

    def _passed(self, filters: FilterKey) -> bytearray:
        docs: set[int] | None = None
        for field, values in filters:
            terms = [filter_term(field, value) for value in values]
            found = {doc for term in terms for doc in self._docs("filters", term)}
            docs = found if docs is None else docs & found
        marks = bytearray(self._size())
        for doc in docs or ():
            marks[doc] = 1
        return marks

    def _seen(self, may_see: Callable[[str], bool]) -> bytearray:
        column = self._resources()
        by_number = [int(may_see(ref)) for ref in column.texts]
        return bytearray(map(by_number.__getitem__, column.numbers))


def _in_both(left: bytearray, right: bytearray) -> bytearray:
    both = int.from_bytes(left, "little") & int.from_bytes(right, "little")
    return bytearray(both.to_bytes(min(len(left), len(right)), "little"))
