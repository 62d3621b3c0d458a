"""An open Whoosh index of one document type; implements ``TermIndex``."""

from __future__ import annotations

import json
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from collections.abc import Sequence
from functools import cached_property
from math import log
from typing import Any

from whoosh.matching import FilterMatcher
from whoosh.reading import TermNotFound

from portal.search.analysis.name_index import NameIndex
from portal.search.analysis.words import letters
from portal.search.analysis.words import slips_allowed
from portal.search.documents import Visibility
from portal.search.engines import whoosh_mapping
from portal.search.ranking.entry import HIDDEN
from portal.search.ranking.facets import FACETS
from portal.search.ranking.facets import RESOURCE
from portal.search.ranking.facets import Column
from portal.search.ranking.facets import columns
from portal.search.ranking.facets import joined
from portal.search.ranking.filter_marks import FilterMarks
from portal.search.ranking.term_index import FilterKey
from portal.search.ranking.term_index import PostingsCache

#: The fields whose terms have weights.
_WEIGHTED = frozenset({"names", "words"})
#: Of so many words the number of documents is known, before they are counted anew.
_MOST_FREQUENCIES = 2_000


class OpenIndex:
    """The documents of one type; not thread-safe.

    Args:
        index: The Whoosh index.
        before: The index of the state before; data of unchanged segments is taken over.
    """

    def __init__(self, index: Any, before: OpenIndex | None = None) -> None:
        self._reader = index.reader()
        self._leaves = list(self._reader.leaf_readers())
        self._offsets = [offset for _, offset in self._leaves]
        # Opening a column copies it, so open ones are taken over.
        shown: dict[str, Any] = before._shown if before else {}
        self._shown: dict[str, Any] = {
            segment: shown[segment]
            if segment in shown
            else leaf.column_reader("shown", translate=False)
            for leaf, _ in self._leaves
            for segment in (str(leaf.segment().segment_id()),)
        }
        self._shown_in_order = list(self._shown.values())
        # A segment never changes, and neither do its names.
        known: dict[str, NameIndex] = before._names if before else {}
        self._names: dict[str, NameIndex] = {
            segment: known[segment] if segment in known else NameIndex(_name_rows(leaf), HIDDEN)
            for leaf, _ in self._leaves
            for segment in (str(leaf.segment().segment_id()),)
        }
        self._deleted = frozenset(
            doc + offset for leaf, offset in self._leaves for doc in leaf.segment().deleted_docs()
        )
        self._columns: dict[tuple[str, str], Column] = {}
        self._vocabularies: dict[str, NameIndex] = {}
        if before is not None:
            self._take_over(before)
        self._joined: dict[str, Column] = {}
        self._postings = PostingsCache(self._read_postings)
        self._frequencies: dict[str, int] = {}
        self._marks = FilterMarks(
            self.docs, self._reader.doc_count_all, lambda: self.column(RESOURCE)
        )
        self.count: int = self._reader.doc_count()

    def _take_over(self, before: OpenIndex) -> None:
        """Take over what was read of segments that are there still."""
        columns_, words = before._columns.copy(), before._vocabularies.copy()
        self._columns |= {key: each for key, each in columns_.items() if key[0] in self._names}
        self._vocabularies |= {key: each for key, each in words.items() if key in self._names}

    def shown(self, docs: Sequence[int]) -> list[Any]:
        """Return the stored fields of documents, in their order."""
        return [self._shown_of(doc) for doc in docs]

    def _shown_of(self, doc: int) -> Any:
        leaf = bisect_right(self._offsets, doc) - 1
        return json.loads(self._shown_in_order[leaf][doc - self._offsets[leaf]])

    @cached_property
    def by_first_name(self) -> array[int]:
        """The numbers of all documents, sorted by first name."""
        rows = (
            (key, doc + offset)
            for offset, names in zip(self._offsets, self._names.values(), strict=True)
            for doc, key in names.best_keys()
            if doc + offset not in self._deleted
        )
        return array("I", [doc for _, doc in sorted(rows)])

    def docs(self, field: str, term: str) -> list[int]:
        """Return the documents with a term in a field."""
        return self._postings.of(field, term).docs.tolist()

    def weights(self, field: str, term: str) -> Iterator[tuple[int, float]]:
        """Yield the documents with a term in a field, and its weight in each."""
        found = self._postings.of(field, term)
        return zip(found.docs, found.weights, strict=True)

    def _read_postings(self, field: str, term: str) -> Iterator[tuple[int, float]]:
        for offset, matcher in self._matchers(field, term):
            if field not in _WEIGHTED:
                every = (doc + offset for doc in matcher.all_ids())
                yield from ((doc, 0.0) for doc in every if doc not in self._deleted)
                continue
            while matcher.is_active():
                doc = matcher.id() + offset
                if doc not in self._deleted:
                    yield doc, matcher.weight()
                matcher.next()

    def frequency(self, term: str) -> int:
        """Return the number of documents with a word; deleted ones may count."""
        found = self._frequencies.get(term)
        if found is None:
            if len(self._frequencies) >= _MOST_FREQUENCIES:
                self._frequencies.clear()
            found = self._frequencies[term] = int(self._reader.doc_frequency("words", term))
        return found

    def rarity(self, term: str) -> float:
        """Return the rarity (inverse document frequency) of a word."""
        frequency = self.frequency(term) if term else 0
        return log(1 + (self.count + 0.5) / (frequency + 0.5))

    def name_words(self, prefix: str) -> Iterator[str]:
        """Yield the words of names that begin with ``prefix``."""
        return self._expanded("names", prefix)

    def words_beginning(self, prefix: str) -> Iterator[str]:
        """Yield the words of any text that begin with ``prefix``."""
        return self._expanded("words", prefix)

    def _expanded(self, field: str, prefix: str) -> Iterator[str]:
        return (term.decode() for term in self._reader.expand_prefix(field, prefix))

    def near_name_words(self, term: str) -> dict[str, int]:
        """Return the words of names within the allowed edits, and how many these are."""
        limit = slips_allowed(letters(term))
        edits = {
            words.key(at): edits
            for segment, (leaf, _) in zip(self._names, self._leaves, strict=True)
            for words in (self._vocabulary_of(segment, leaf),)
            for at, _, edits in words.near(term, limit)
        }
        return {word: count for word, count in edits.items() if self.docs("names", word)}

    def _vocabulary_of(self, segment: str, leaf: Any) -> NameIndex:
        if segment not in self._vocabularies:
            known = sorted(word.decode() for word in leaf.lexicon("names"))
            words = NameIndex((word, at, 0) for at, word in enumerate(known))
            self._vocabularies[segment] = words
        return self._vocabularies[segment]

    def named(self, key: str) -> Iterator[tuple[int, int]]:
        """Yield the documents with a name of this key, and the sort of name."""
        for offset, names in self._named():
            for doc, sort in names.exact(key):
                if sort <= HIDDEN and doc + offset not in self._deleted:
                    yield doc + offset, sort

    def names_beginning(self, first: str, last: str = "") -> Iterator[tuple[int, int, int]]:
        """Yield documents with a name of a prefix from first to last, with sort and length."""
        for offset, names in self._named():
            for doc, sort, size in names.beginning(first, last):
                if doc + offset not in self._deleted:
                    yield doc + offset, sort, size

    def names_near(self, key: str) -> Iterator[tuple[int, int, int]]:
        """Yield documents with a name near this one, with its sort and the edit distance."""
        limit = slips_allowed(letters(key))
        for offset, names in self._named() if limit else ():
            for doc, sort, edits in names.near(key, limit):
                if sort <= HIDDEN and doc + offset not in self._deleted:
                    yield doc + offset, sort, edits

    def allowed(self, filters: FilterKey, visibility: Visibility) -> bytearray | None:
        """Return 1 for each document that passes both, else 0; ``None`` when all pass."""
        return self._marks.allowed(filters, visibility)

    def column(self, name: str) -> Column:
        """Return the values of every document in one of ``facets.COLUMNS``."""
        if name not in self._joined:
            parts = [
                self._column_of(segment, leaf, name)
                for segment, (leaf, _) in zip(self._names, self._leaves, strict=True)
            ]
            self._joined[name] = joined(parts)
        return self._joined[name]

    def _column_of(self, segment: str, leaf: Any, name: str) -> Column:
        if (segment, name) not in self._columns:
            packed = leaf.column_reader("counted", translate=False)
            rows = ((doc, packed[doc].decode()) for doc in range(leaf.doc_count_all()))
            # Facets are requested together, so one reading loads all of them.
            names = FACETS if name in FACETS else (name,)
            for one, column in columns(names, leaf.doc_count_all(), rows).items():
                self._columns[segment, one] = column
        return self._columns[segment, name]

    def _named(self) -> Iterator[tuple[int, NameIndex]]:
        return zip(self._offsets, self._names.values(), strict=True)

    def _matchers(self, field: str, term: str) -> Iterator[tuple[int, Any]]:
        """Yield, per segment, the number of its first document and a matcher on a term."""
        for leaf, offset in self._leaves:
            try:
                matcher = leaf.postings(field, term)
            except TermNotFound:
                continue
            # A look-up in the set of deleted documents costs a third of the wrapper.
            while isinstance(matcher, FilterMatcher):
                matcher = matcher.child
            yield offset, matcher


def _name_rows(leaf: Any) -> Iterator[tuple[str, int, int]]:
    column = leaf.column_reader("keys", translate=False)
    for doc in range(leaf.doc_count_all()):
        for key, sort in whoosh_mapping.read_keys(column[doc]):
            yield key, doc, sort
