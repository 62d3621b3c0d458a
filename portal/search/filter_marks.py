"""Which documents filters let through, and who may see them, remembered for the next page."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable

from portal.search.documents import Sight
from portal.search.entry import filter_term
from portal.search.facets import Column
from portal.search.term_index import FilterKey

#: How many marks are remembered.
_KEPT = 32


class FilterMarks:
    """A mark for each document of one index.

    Args:
        docs: Returns the documents with a term in a field.
        size: Returns how many marks there must be: the highest document and one.
        resources: Returns the column of what a caller must be allowed to see.
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
        self._marks: dict[FilterKey | Sight, bytearray] = {}

    def allowed(self, filters: FilterKey, sight: Sight) -> bytearray | None:
        """Return a mark for each document let through by both; none for all."""
        passed = self._kept(filters, lambda: self._passed(filters)) if filters else None
        if sight.may_see is None:
            return passed
        may_see = sight.may_see
        seen = self._kept(sight, lambda: self._seen(may_see))
        return seen if passed is None else _in_both(passed, seen)

    def _kept(self, key: FilterKey | Sight, make: Callable[[], bytearray]) -> bytearray:
        if key not in self._marks:
            if len(self._marks) >= _KEPT:
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
