"""Which documents filters let through, remembered for the next page."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable

from portal.search.entry import filter_term
from portal.search.term_index import FilterKey

#: How many filters are remembered.
_KEPT = 32


class FilterMarks:
    """A mark for each document of one index, by filters.

    Args:
        docs: Returns the documents with a term in a field.
        size: Returns how many marks there must be: the highest document and one.
    """

    def __init__(self, docs: Callable[[str, str], Iterable[int]], size: Callable[[], int]) -> None:
        self._docs = docs
        self._size = size
        self._marks: dict[FilterKey, bytearray] = {}

    def allowed(self, filters: FilterKey) -> bytearray | None:
        """Return a mark for each document the filters let through; none for all."""
        if not filters:
            return None
        if filters not in self._marks:
            if len(self._marks) >= _KEPT:
                self._marks.clear()
            self._marks[filters] = self._marked(filters)
        return self._marks[filters]

    def _marked(self, filters: FilterKey) -> bytearray:
        docs: set[int] | None = None
        for field, values in filters:
            terms = [filter_term(field, value) for value in values]
            found = {doc for term in terms for doc in self._docs("filters", term)}
            docs = found if docs is None else docs & found
        marks = bytearray(self._size())
        for doc in docs or ():
            marks[doc] = 1
        return marks
