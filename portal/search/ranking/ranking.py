"""A query and an open index to groups of documents, the best tier first.

The index stores terms; which documents match, and in what order, is decided here by
adding weights up. A document belongs to the first rule of ``TIERS`` that finds it.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from functools import partial
from itertools import islice
from threading import Lock
from typing import Any
from typing import Generic
from typing import TypeVar

from portal.search.analysis.parsed_query import ParsedQuery
from portal.search.analysis.unfinished import completions
from portal.search.documents import EVERYTHING
from portal.search.documents import Visibility
from portal.search.ranking.entry import HIDDEN
from portal.search.ranking.entry import INITIALS
from portal.search.ranking.groups import MENTION
from portal.search.ranking.groups import NAME
from portal.search.ranking.groups import NAME_WORDS
from portal.search.ranking.groups import NEAR
from portal.search.ranking.groups import PREFIX
from portal.search.ranking.groups import TEXT
from portal.search.ranking.groups import Found
from portal.search.ranking.groups import Group
from portal.search.ranking.groups import Part
from portal.search.ranking.groups import Ranking
from portal.search.ranking.groups import Scores
from portal.search.ranking.groups import keep_best
from portal.search.ranking.groups import near
from portal.search.ranking.groups import scored
from portal.search.ranking.groups import sum_of_both
from portal.search.ranking.mentions import compounds
from portal.search.ranking.mentions import mentions
from portal.search.ranking.mentions import misspelt
from portal.search.ranking.partial_match import by_some_words
from portal.search.ranking.query_rewriting import corrected
from portal.search.ranking.query_rewriting import readings
from portal.search.ranking.query_rewriting import taken_apart
from portal.search.ranking.term_index import FilterKey
from portal.search.ranking.term_index import Filters
from portal.search.ranking.term_index import TermIndex
from portal.search.ranking.term_index import VisibleIndex
from portal.search.ranking.term_index import filter_key
from portal.search.ranking.text_scores import rarest_first
from portal.search.ranking.text_scores import text_scores

#: With fewer documents found than this, those with only some of the words are added.
_FEW = 10
#: The weight of a word of a name in a query, to which the scores of texts are added.
_NAMED = 100.0
#: The number of cached rankings, and the greatest number of documents of one.
_CACHED = 32
_LONGEST_KEPT = 2_000
#: The greatest number of words that a prefix is completed to.
_EXPANSIONS = 32
#: The number of groups of restricted callers whose views of the index are cached.
_VIEWS = 16

Index = TypeVar("Index", bound=TermIndex)


class Ranker(Generic[Index]):
    """Answers queries from one open index; threads take turns with ``lock``.

    Args:
        index: The index.
        has_concepts: Whether its names count wherever they stand in a query; see ``mentions``.
    """

    def __init__(self, index: Index, *, has_concepts: bool) -> None:
        self.index = index
        self._has_concepts = has_concepts
        self.lock = Lock()
        self._views: dict[Visibility, Ranker[VisibleIndex]] = {}
        self._cached: dict[tuple[str, FilterKey, Visibility], Ranking] = {}

    def within(self, visibility: Visibility) -> Ranker[Any]:
        """Return the ranker of what some callers see, which takes turns with this one."""
        if visibility.may_see is None:
            return self
        with self.lock:
            view = self._views.get(visibility)
            if view is None:
                if len(self._views) >= _VIEWS:
                    self._views.clear()
                view = Ranker(VisibleIndex(self.index, visibility), has_concepts=self._has_concepts)
                view.lock = self.lock
                self._views[visibility] = view
        return view

    def rank(self, term: str, filters: Filters, visibility: Visibility = EVERYTHING) -> Ranking:
        """Rank the documents that pass ``filters`` and ``visibility``.

        The last rankings are cached, for the next page and for a letter that is deleted.
        """
        asked = term, filter_key(filters), visibility
        ranking = self._cached.pop(asked, None) or self._rank(*asked)
        if ranking.total <= _LONGEST_KEPT:
            self._cached[asked] = ranking
            if len(self._cached) > _CACHED:
                del self._cached[next(iter(self._cached))]
        return ranking

    def _rank(self, term: str, filters: FilterKey, visibility: Visibility) -> Ranking:
        allowed = self.index.allowed(filters, visibility)
        typed = ParsedQuery(term)
        if not term.strip():
            return Ranking((self._all(allowed),), typed, typed)
        found = Found(allowed)
        parsed = self._by_all_words(found, typed)
        if self._has_concepts and not found.total:
            found.add(self._by_nearness(typed))
            if found.total:
                return Ranking(tuple(found.groups), typed, corrected(self.index, typed), "spelling")
            found.add(self._by_mention(typed, misspelt(self.index, typed)))
        if found.total < _FEW and not found.has(NAME):
            found.add(by_some_words(self.index, parsed, concepts=self._has_concepts))
        reading = "" if parsed is typed else "keyboard"
        return Ranking(tuple(found.groups), typed, parsed, reading)

    def rank_near(
        self, term: str, filters: Filters, visibility: Visibility = EVERYTHING
    ) -> Ranking:
        """Rank near misses of a query that finds nothing: corrections and similar names."""
        found = Found(self.index.allowed(filter_key(filters), visibility))
        typed = ParsedQuery(term)
        correction = corrected(self.index, typed)
        found.add(self._by_nearness(typed))
        if correction.terms != typed.terms:
            found.add(near(self._by_name(correction, NEAR)))
            found.add(near(self._by_words(correction)))
        for parsed, is_typed in ((correction, False), (typed, True)):
            if found.total < _FEW:
                found.add(
                    near(
                        by_some_words(
                            self.index,
                            parsed,
                            concepts=self._has_concepts,
                            near=is_typed,
                            is_corrected=parsed.terms != typed.terms,
                        )
                    )
                )
        return Ranking(tuple(found.groups), typed, correction, "spelling")

    def rank_near_names(
        self, term: str, filters: Filters, visibility: Visibility = EVERYTHING
    ) -> Ranking:
        """Rank the documents with a name near the whole query."""
        found = Found(self.index.allowed(filter_key(filters), visibility))
        typed = ParsedQuery(term)
        found.add(self._by_nearness(typed))
        return Ranking(tuple(found.groups), typed, corrected(self.index, typed), "spelling")

    def _all(self, allowed: bytearray | None) -> Group:
        """Return all documents, sorted by name."""

        def let(count: int | None = None) -> list[int]:
            docs = iter(self.index.by_first_name)
            return list(
                islice(docs if allowed is None else filter(allowed.__getitem__, docs), count)
            )

        size = self.index.count if allowed is None else len(let())
        return Group(TEXT, size, let, let)

    def _by_all_words(self, found: Found, typed: ParsedQuery) -> ParsedQuery:
        """Try the readings of a query in turn; return the one that found documents."""
        for parsed in readings(typed):
            found.add(self._by_name(parsed, NAME if parsed is typed else PREFIX))
            if self._has_concepts:
                found.add(self._by_mention(parsed, mentions(self.index, parsed)))
            found.add(self._by_words(parsed))
            if not found.has(TEXT):
                found.add(self._by_words(taken_apart(self.index, parsed)))
            if found.total:
                return parsed
        return typed

    def _by_name(self, parsed: ParsedQuery, tier: int) -> Iterator[Part]:
        whole: dict[int, float] = {}
        for key in parsed.keys:
            for doc, sort in self.index.named(key):
                keep_best(whole, doc, -sort)
        yield scored(tier, whole)
        begun = self._begun((key, key) for key in parsed.keys[:1])
        if not begun and parsed.prefix:
            begun = self._begun(completions(parsed.keys[0]))
        for key in parsed.initials:
            if not begun:
                for doc, sort, size in self.index.names_beginning(key):
                    if sort == INITIALS:
                        keep_best(begun, doc, -size / 256)
        yield scored(PREFIX, begun)

    def _begun(self, beginnings: Iterable[tuple[str, str]]) -> dict[int, float]:
        """Return the documents with a name from a first to a last beginning, and scores."""
        begun: dict[int, float] = {}
        for first, last in beginnings:
            for doc, sort, size in self.index.names_beginning(first, last):
                if sort < HIDDEN:
                    keep_best(begun, doc, -sort - size / 256)
        return begun

    def _by_mention(self, parsed: ParsedQuery, sizes: Scores) -> Iterator[Part]:
        """Yield the documents that the query names; the longer name first, then by words."""
        if sizes:
            texts = text_scores(self.index, parsed, with_pairs=True)
            yield scored(
                MENTION, {doc: _NAMED * size + texts.get(doc, 0.0) for doc, size in sizes.items()}
            )

    def _by_words(self, parsed: ParsedQuery) -> Iterator[Part]:
        """Yield the documents with all words in their names, then those in their texts."""
        if not parsed.terms:
            return
        *terms, last = parsed.terms
        named = self._name_word(last, parsed.prefix)
        for term in terms if named else ():
            named = sum_of_both(named, dict(self.index.weights("names", term)))
        yield scored(NAME_WORDS, named)
        docs: set[int] | None = None
        for term in rarest_first(self.index, parsed.terms):
            holding = self.index.docs("words", term)
            docs = set(holding) if docs is None else docs.intersection(holding)
            if not docs:
                return
        yield Part(
            TEXT,
            docs or (),
            partial(text_scores, self.index, parsed, with_pairs=self._has_concepts),
        )

    def _name_word(self, term: str, prefix: str) -> dict[int, float]:
        """Return the documents with a word, or a word of a prefix, in a name, and scores."""
        weights = dict(self.index.weights("names", term))
        for other in islice(self.index.name_words(prefix), _EXPANSIONS) if prefix else ():
            if other != term:
                for doc in self.index.docs("names", other):
                    keep_best(weights, doc, 0.1 * len(prefix) / len(other))
        return weights

    def _by_nearness(self, typed: ParsedQuery) -> Iterator[Part]:
        near: dict[int, float] = {}
        for key in typed.keys[:1]:
            for doc, sort, edits in self.index.names_near(key):
                keep_best(near, doc, -edits - sort / 10)
        yield scored(NEAR, near)
        if self._has_concepts and not near and len(typed.terms) == 1:
            yield scored(NEAR, compounds(self.index, typed))
