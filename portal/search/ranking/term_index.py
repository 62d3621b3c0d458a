"""The interface of an index that ranking uses, whatever engine it is of, and a part of one.

A document is a number here. The fields of terms are ``names`` and ``words``, which
have weights, and ``grams``, ``variants``, ``filters`` and ``ref``, which have none.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from functools import cached_property
from math import log
from typing import Any
from typing import NamedTuple
from typing import Protocol

from portal.search.documents import Visibility
from portal.search.ranking.facets import Column

Filters = Mapping[str, tuple[str, ...]]
#: The number of cached frequencies of words.
_KEPT = 512
FilterKey = tuple[tuple[str, tuple[str, ...]], ...]
#: How many documents of terms one index keeps in memory, eight bytes each; a term counts as
#: so many more.
_MOST_POSTINGS, _OF_A_TERM = 500_000, 50


class Postings(NamedTuple):
    """The documents with a term, and its weight in each."""

    docs: array[int]
    weights: array[float]


class PostingsCache:
    """The postings of the terms that were asked for last; not thread-safe.

    One query asks for some again and again, and queries share words.

    Args:
        read: Returns the documents with a term in a field, and its weight in each.
    """

    def __init__(self, read: Callable[[str, str], Iterable[tuple[int, float]]]) -> None:
        self._read = read
        self._kept: dict[tuple[str, str], Postings] = {}
        self._size = 0

    def of(self, field: str, term: str) -> Postings:
        """Return the documents with a term in a field."""
        found = self._kept.pop((field, term), None)
        if found is None:
            found = Postings(array("I"), array("f"))
            for doc, weight in self._read(field, term):
                found.docs.append(doc)
                found.weights.append(weight)
            self._size += _OF_A_TERM + len(found.docs)
        self._kept[field, term] = found
        while self._size > _MOST_POSTINGS and len(self._kept) > 1:
            oldest = self._kept.pop(next(iter(self._kept)))
            self._size -= _OF_A_TERM + len(oldest.docs)
        return found


class TermIndex(Protocol):
    """The documents of one type as of one edition of the index."""

    @property
    def count(self) -> int:
        """The number of documents."""

    @property
    def by_first_name(self) -> Sequence[int]:
        """The numbers of all documents, sorted by first name."""

    def shown(self, docs: Sequence[int]) -> list[Any]:
        """Return the stored fields of documents, in their order."""

    def docs(self, field: str, term: str) -> Collection[int]:
        """Return the documents with a term in a field."""

    def weights(self, field: str, term: str) -> Iterable[tuple[int, float]]:
        """Yield the documents with a term in a field, and its weight in each."""

    def frequency(self, term: str) -> int:
        """Return the number of documents with a word; deleted ones may count."""

    def rarity(self, term: str) -> float:
        """Return the rarity (inverse document frequency) of a word; unknown words have most."""

    def name_words(self, prefix: str) -> Iterator[str]:
        """Yield the words of names that begin with ``prefix``: there may be many."""

    def words_beginning(self, prefix: str) -> Iterator[str]:
        """Yield the words of any text that begin with ``prefix``: there may be many."""

    def near_name_words(self, term: str) -> Mapping[str, int]:
        """Return the words of names within the allowed edits, and how many these are."""

    def named(self, key: str) -> Iterator[tuple[int, int]]:
        """Yield the documents with a name of this key, each with the sort of the name."""

    def names_beginning(self, first: str, last: str = "") -> Iterator[tuple[int, int, int]]:
        """Yield documents with a name of a prefix from first to last, with sort and length.

        Prefixes are compared by code point; without ``last`` there is one.
        """

    def names_near(self, key: str) -> Iterator[tuple[int, int, int]]:
        """Yield documents with a name near this one, with its sort and the edit distance."""

    def allowed(self, filters: FilterKey, visibility: Visibility) -> bytearray | None:
        """Return 1 for each document that passes both, else 0; ``None`` when all pass."""

    def column(self, name: str) -> Column:
        """Return the values of every document in one of ``facets.COLUMNS``."""


class VisibleIndex:
    """An index as callers see it who do not see everything; implements ``TermIndex``.

    How rare a word is, whether anybody knows it and what it was mistaken for depend on the
    documents of the index. For such callers they depend on those that they see: otherwise the
    order of results, or a correction, would tell of others.

    Args:
        index: The whole index.
        visibility: What they see; not everything.
    """

    def __init__(self, index: TermIndex, visibility: Visibility) -> None:
        self._index = index
        self._visibility = visibility
        self._frequencies: dict[str, int] = {}

    @cached_property
    def _seen(self) -> bytearray:
        marks = self._index.allowed((), self._visibility)
        return bytearray() if marks is None else marks

    @cached_property
    def count(self) -> int:
        """The number of documents."""
        return len(self.by_first_name)

    @cached_property
    def by_first_name(self) -> Sequence[int]:
        """The numbers of all documents, sorted by first name."""
        return list(filter(self._seen.__getitem__, self._index.by_first_name))

    def shown(self, docs: Sequence[int]) -> list[Any]:
        """Return the stored fields of documents, in their order."""
        return self._index.shown(docs)

    def docs(self, field: str, term: str) -> list[int]:
        """Return the documents with a term in a field."""
        return list(filter(self._seen.__getitem__, self._index.docs(field, term)))

    def weights(self, field: str, term: str) -> Iterator[tuple[int, float]]:
        """Yield the documents with a term in a field, and its weight in each."""
        seen = self._seen
        return ((doc, weight) for doc, weight in self._index.weights(field, term) if seen[doc])

    def frequency(self, term: str) -> int:
        """Return the number of documents with a word."""
        if term not in self._frequencies:
            if len(self._frequencies) >= _KEPT:
                self._frequencies.clear()
            self._frequencies[term] = len(self.docs("words", term))
        return self._frequencies[term]

    def rarity(self, term: str) -> float:
        """Return the rarity (inverse document frequency) of a word."""
        frequency = self.frequency(term) if term else 0
        return log(1 + (self.count + 0.5) / (frequency + 0.5))

    def name_words(self, prefix: str) -> Iterator[str]:
        """Yield the words of names that begin with ``prefix``."""
        return self._known("names", self._index.name_words(prefix))

    def words_beginning(self, prefix: str) -> Iterator[str]:
        """Yield the words of any text that begin with ``prefix``."""
        return self._known("words", self._index.words_beginning(prefix))

    def near_name_words(self, term: str) -> Mapping[str, int]:
        """Return the words of names within the allowed edits, and how many these are."""
        near = self._index.near_name_words(term)
        return {word: near[word] for word in self._known("names", near)}

    def _known(self, field: str, words: Iterable[str]) -> Iterator[str]:
        return (word for word in words if self.docs(field, word))

    def named(self, key: str) -> Iterator[tuple[int, int]]:
        """Yield the documents with a name of this key, each with the sort of the name."""
        return (found for found in self._index.named(key) if self._seen[found[0]])

    def names_beginning(self, first: str, last: str = "") -> Iterator[tuple[int, int, int]]:
        """Yield documents with a name of a prefix from first to last, with sort and length."""
        return (each for each in self._index.names_beginning(first, last) if self._seen[each[0]])

    def names_near(self, key: str) -> Iterator[tuple[int, int, int]]:
        """Yield documents with a name near this one, with its sort and the edit distance."""
        return (found for found in self._index.names_near(key) if self._seen[found[0]])

    def allowed(self, filters: FilterKey, visibility: Visibility) -> bytearray | None:
        """Return 1 for each document that passes both, else 0; ``None`` when all pass."""
        return self._index.allowed(filters, visibility)

    def column(self, name: str) -> Column:
        """Return the values of every document in one of ``facets.COLUMNS``."""
        return self._index.column(name)


def filter_key(filters: Filters) -> FilterKey:
    """Return filters in canonical form: equal filters give equal keys."""
    return tuple(sorted((key, tuple(sorted(values))) for key, values in filters.items()))
