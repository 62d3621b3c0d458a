"""What ranking asks of an index of documents, whatever it is made of.

A document is a number here. The fields of terms are ``names`` and ``words``, which
have weights, and ``grams``, ``kin``, ``filters`` and ``ref``, which have none.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import Protocol

from portal.search.documents import Sight
from portal.search.facets import Column

Filters = Mapping[str, tuple[str, ...]]
FilterKey = tuple[tuple[str, tuple[str, ...]], ...]


class TermIndex(Protocol):
    """The documents of one type as they were on one moment."""

    count: int

    @property
    def by_first_name(self) -> Sequence[int]:
        """All documents in the order of their names."""

    def shown(self, doc: int) -> Any:
        """Return what is kept of a document."""

    def docs(self, field: str, term: str) -> Collection[int]:
        """Return the documents with a term in a field."""

    def weights(self, field: str, term: str) -> Iterable[tuple[int, float]]:
        """Yield the documents with a term in a field, and its weight in each."""

    def frequency(self, term: str) -> int:
        """Return how many documents hold a word; deleted ones may count."""

    def rarity(self, term: str) -> float:
        """Return how much finding a word says; an unknown one says most."""

    def name_words(self, prefix: str) -> Iterator[str]:
        """Yield some words of names that begin with ``prefix``."""

    def words_beginning(self, prefix: str) -> Iterator[str]:
        """Yield some words of any text that begin with ``prefix``."""

    def nearest_name_word(self, term: str) -> str:
        """Return the word of a name that was meant by ``term``, or ``term``."""

    def named(self, key: str) -> Iterator[tuple[int, int]]:
        """Yield the documents with a name of this key, and the sort of name."""

    def names_beginning(self, prefix: str) -> Iterator[tuple[int, int, int]]:
        """Yield documents with a name that begins so, its sort and its length."""

    def names_near(self, key: str) -> Iterator[tuple[int, int, int]]:
        """Yield documents with a name almost like this, its sort and the slips."""

    def allowed(self, filters: FilterKey, sight: Sight) -> bytearray | None:
        """Return a mark for each document let through by both; none for all."""

    def column(self, name: str) -> Column:
        """Return the values of every document in one of ``facets.COLUMNS``."""


def filter_key(filters: Filters) -> FilterKey:
    """Return filters in the one form that equal ones have."""
    return tuple(sorted((key, tuple(sorted(values))) for key, values in filters.items()))
