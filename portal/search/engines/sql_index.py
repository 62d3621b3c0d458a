"""What an index of one document type is in any SQL database; implements most of ``TermIndex``.

Terms are rows: the words of names with their share, the keys of names with their sort, filters.
Where the words of texts are, the engines differ in.
"""

from __future__ import annotations

import json
from abc import ABC
from abc import abstractmethod
from array import array
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import log
from typing import Any
from typing import Generic
from typing import TypeVar

from portal.search.analysis.name_index import NameIndex
from portal.search.analysis.words import letters
from portal.search.analysis.words import slips_allowed
from portal.search.documents import Visibility
from portal.search.ranking.entry import HIDDEN
from portal.search.ranking.entry import Entry
from portal.search.ranking.facets import FACETS
from portal.search.ranking.facets import RESOURCE
from portal.search.ranking.facets import Column
from portal.search.ranking.facets import columns
from portal.search.ranking.facets import with_changes
from portal.search.ranking.filter_marks import FilterMarks
from portal.search.ranking.term_index import FilterKey

#: The greatest code point: what begins with a prefix sorts before the prefix and this.
LAST = "\U0010ffff"
_KEPT = 512
#: With more changed documents than this, a cached reading is replaced, not amended.
_MOST_CHANGED = 500
#: An edition before the first: every document has changed since.
_EVERY = -1
_ONE_NAMED = "SELECT doc FROM {0}terms WHERE field = 'names' AND term = ? LIMIT 1"

Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class _Reading(Generic[Read]):
    """A cached reading of documents, and the edition of the index it is of."""

    edition: int
    value: Read


class SqlIndex(ABC):
    """The documents of one type at one edition; not thread-safe.

    Statements have ``{0}`` where the names of this type's tables begin, and ``?`` for values.

    Args:
        tables: What the names of the tables begin with.
        edition: The edition of the index.
        before: The index of the edition before; cached readings are taken over.
    """

    def __init__(self, tables: str, edition: int, before: SqlIndex | None = None) -> None:
        self._tables = tables
        self._edition = edition
        #: Cached readings of all documents, by name.
        self._readings: dict[str, _Reading[Any]] = before._readings if before else {}
        self._later_readings: dict[str, _Reading[Any]] = {}
        self._columns: dict[str, Column] = {}
        self._changed: dict[int, int] = {}
        self._frequencies: dict[str, int] = {}
        self._marks = FilterMarks(self.docs, self.numbers, lambda: self.column(RESOURCE))

    @abstractmethod
    def rows(self, sql: str, *values: Any) -> Iterable[Any]:
        """Return the rows of a query."""

    @abstractmethod
    def docs(self, field: str, term: str) -> list[int]:
        """Return the documents with a term in a field."""

    @abstractmethod
    def weights(self, field: str, term: str) -> Iterable[tuple[int, float]]:
        """Yield the documents with a term in a field, and its weight in each."""

    @abstractmethod
    def words_beginning(self, prefix: str) -> Iterator[str]:
        """Yield the words of any text that begin with ``prefix``."""

    @abstractmethod
    def count_with(self, term: str) -> int:
        """Return the number of documents with a word."""

    @cached_property
    def count(self) -> int:
        """The number of documents."""
        return int(self.column_of("SELECT count(*) FROM {0}docs")[0])

    @cached_property
    def by_first_name(self) -> Sequence[int]:
        """The numbers of all documents, sorted by first name."""
        return array("I", self.column_of("SELECT doc FROM {0}docs ORDER BY name, doc"))

    def shown(self, docs: Sequence[int]) -> list[Any]:
        """Return the stored fields of documents, in their order."""
        numbers = ", ".join(f"{doc:d}" for doc in docs) or "NULL"
        rows = self.rows(f"SELECT doc, shown FROM {{0}}docs WHERE doc IN ({numbers})")  # noqa: S608 - numbers, names of our own tables  # nosec B608
        found = {doc: json.loads(shown) for doc, shown in rows}
        return [found[doc] for doc in docs]

    def frequency(self, term: str) -> int:
        """Return the number of documents with a word."""
        if term not in self._frequencies:
            if len(self._frequencies) >= _KEPT:
                self._frequencies.clear()
            self._frequencies[term] = self.count_with(term)
        return self._frequencies[term]

    def rarity(self, term: str) -> float:
        """Return the rarity (inverse document frequency) of a word."""
        frequency = self.frequency(term) if term else 0
        return log(1 + (self.count + 0.5) / (frequency + 0.5))

    def name_words(self, prefix: str) -> Iterator[str]:
        """Yield the words of names that begin with ``prefix``."""
        return self.beginning("names", prefix)

    def beginning(self, field: str, prefix: str) -> Iterator[str]:
        """Yield the terms of a field that begin with ``prefix``."""
        sql = "SELECT DISTINCT term FROM {0}terms WHERE field = ? AND term BETWEEN ? AND ?"
        return (row[0] for row in self.rows(sql, field, prefix, prefix + LAST))

    def near_name_words(self, term: str) -> dict[str, int]:
        """Return the words of names within the allowed edits, and how many these are."""
        limit = slips_allowed(letters(term))
        edits = {
            words.value.key(at): edits
            for words in self._read("vocabulary", self._vocabulary)
            for at, _, edits in words.value.near(term, limit)
        }
        return {word: count for word, count in edits.items() if self.column_of(_ONE_NAMED, word)}

    def _vocabulary(self, since: int) -> NameIndex:
        sql = f"SELECT DISTINCT term FROM {{0}}terms WHERE field = 'names' {_later(since)} ORDER BY term"  # noqa: S608 - names of our own tables  # nosec B608
        return NameIndex((word, at, 0) for at, word in enumerate(self.column_of(sql)))

    def _keys(self, since: int) -> NameIndex:
        sql = f"SELECT term, doc, weight FROM {{0}}terms WHERE field = 'keys' AND weight <= ? {_later(since)}"  # noqa: S608 - names of our own tables  # nosec B608
        return NameIndex((key, doc, int(sort)) for key, doc, sort in self.rows(sql, HIDDEN))

    def _read(self, what: str, read: Callable[[int], Read]) -> list[_Reading[Read]]:
        """Return cached readings: one of all documents, and those of later changes.

        Args:
            what: The name of the reading in the cache.
            read: Reads the documents that changed after an edition.
        """
        base = self._readings.get(what)
        changed = self._changed_since(base.edition) if base else 0
        if base is None or changed > _MOST_CHANGED:
            base = self._readings[what] = _Reading(self._edition, read(_EVERY))
            changed = 0
        if not changed:
            return [base]
        if what not in self._later_readings:
            self._later_readings[what] = _Reading(self._edition, read(base.edition))
        return [base, self._later_readings[what]]

    def _changed_since(self, edition: int) -> int:
        """Return how many documents changed after an edition."""
        if edition not in self._changed:
            sql = "SELECT count(*) FROM {0}docs WHERE edition > ?"
            self._changed[edition] = int(self.column_of(sql, edition)[0])
        return self._changed[edition]

    def named(self, key: str) -> Iterator[tuple[int, int]]:
        """Yield the documents with a name of this key, and the sort of name."""
        sql = (
            "SELECT doc, CAST(weight AS INTEGER) FROM {0}terms "
            "WHERE field = 'keys' AND term = ? AND weight <= ?"
        )
        return iter([(doc, sort) for doc, sort in self.rows(sql, key, HIDDEN)])

    def names_beginning(self, first: str, last: str = "") -> Iterator[tuple[int, int, int]]:
        """Yield documents with a name of a prefix from first to last, with sort and length."""
        sql = (
            "SELECT doc, CAST(weight AS INTEGER), term FROM {0}terms "
            "WHERE field = 'keys' AND term BETWEEN ? AND ? ORDER BY term"
        )
        rows = self.rows(sql, first, (last or first) + LAST)
        return ((doc, sort, len(term.encode())) for doc, sort, term in rows)

    def names_near(self, key: str) -> Iterator[tuple[int, int, int]]:
        """Yield documents with a name near this one, with its sort and the edit distance."""
        limit = slips_allowed(letters(key))
        sql = "SELECT doc FROM {0}docs WHERE doc = ? AND edition <= ?"
        for names in self._read("keys", self._keys) if limit else ():
            for doc, sort, edits in names.value.near(key, limit):
                if self.column_of(sql, doc, names.edition):
                    yield doc, sort, edits

    def allowed(self, filters: FilterKey, visibility: Visibility) -> bytearray | None:
        """Return 1 for each document that passes both, else 0; ``None`` when all pass."""
        return self._marks.allowed(filters, visibility)

    def column(self, name: str) -> Column:
        """Return the values of every document in one of ``facets.COLUMNS``."""
        if name not in self._columns:
            # Facets are requested together, so one reading loads all of them.
            names = FACETS if name in FACETS else (name,)
            self._columns |= self._columns_of(names)
        return self._columns[name]

    def _columns_of(self, names: tuple[str, ...]) -> dict[str, Column]:
        def read(since: int) -> dict[str, Column]:
            return columns(names, self.numbers(), self._packed(since))

        before = self._read(names[0], read)[0]
        later, size = list(self._packed(before.edition)), self.numbers()
        return {name: with_changes(name, before.value[name], size, later) for name in names}

    def _packed(self, since: int) -> Iterable[tuple[int, str]]:
        return self.rows("SELECT doc, counted FROM {0}docs WHERE edition > ?", since)

    def numbers(self) -> int:
        """Return the highest number of a document plus one."""
        last: int = self.column_of("SELECT coalesce(max(doc), 0) FROM {0}docs")[0]
        return last + 1

    def column_of(self, sql: str, *values: Any) -> list[Any]:
        """Return the first column of the rows of a query."""
        return [row[0] for row in self.rows(sql, *values)]


def first_name(entry: Entry) -> str:
    """Return the key that a document is sorted by where nothing else decides."""
    return min(((sort, key) for key, sort in entry.keys), default=(0, ""))[1]


def term_rows(entry: Entry) -> Iterator[tuple[str, str, float]]:
    """Yield the terms of a document that every engine keeps as rows: field, term and weight."""
    for term, weight in entry.named.items():
        yield "names", term, weight
    for term in entry.filters:
        yield "filters", term, 1.0
    for key, sort in dict.fromkeys(entry.keys):
        yield "keys", key, sort


def _later(since: int) -> str:
    """Return the SQL condition that a document changed after an edition; empty for all."""
    changed = f"SELECT doc FROM {{0}}docs WHERE edition > {since:d}"  # noqa: S608 - names of our own tables  # nosec B608
    return f"AND doc IN ({changed})" if since >= 0 else ""
