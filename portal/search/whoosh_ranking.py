"""One open index and a query, to groups of documents: the best rule first.

Whoosh keeps the terms; which documents answer a query, and in what order, is
decided here, by adding up weights. A query is words and nothing else.
"""

from __future__ import annotations

import json
from array import array
from bisect import bisect_right
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from functools import partial
from heapq import nlargest
from itertools import islice
from math import log
from threading import Lock
from typing import Any

from whoosh.matching import FilterMatcher  # type: ignore[import-untyped]
from whoosh.reading import TermNotFound  # type: ignore[import-untyped]

from portal.search import whoosh_mapping as mapping
from portal.search.analysis import distance
from portal.search.analysis import grams
from portal.search.analysis import initials_key
from portal.search.analysis import is_initials
from portal.search.analysis import letters
from portal.search.analysis import name_key
from portal.search.analysis import other_keyboard
from portal.search.analysis import slips_allowed
from portal.search.analysis import stem
from portal.search.analysis import words
from portal.search.highlights import Wanted
from portal.search.name_index import NameIndex

#: The rules that find documents, the best first.
TIERS = ("name", "prefix", "name words", "text", "some words", "near")
NAME, PREFIX, NAME_WORDS, TEXT, SOME_WORDS, NEAR = range(len(TIERS))

LONGEST_QUERY = 100
MOST_WORDS = 16
#: With fewer answers than this, documents with only some of the words join in.
_FEW = 10
#: The share of the query, by rarity, that a document must hold to join in: by one
#: word, and by several or one that is part of its name.
_SHARE = 0.34
_SHARE_OF_SEVERAL = 0.17
#: What a word found only by its pairs of syllables is worth.
_BY_GRAMS = 0.4
_GRAMS_HELD = 0.5
_MENTION = 2.0
_LONGEST_MENTION = 4
#: Bounds on work: terms a prefix stands for, postings read for some of the words.
_EXPANSIONS = 32
_POSTINGS = 50_000

#: Answers and filters kept for the next request, and how long an answer may be.
_RECENT = 32
_MOST_KEPT = 2_000

Scores = Mapping[int, float]
Filters = Mapping[str, tuple[str, ...]]
FilterKey = tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Documents one rule found, and none of the rules before it.

    Attributes:
        tier: The rule's place in ``TIERS``.
        size: How many they are.
        best: Gives the numbers of the first so many, in order; only then are
            they scored and sorted.
    """

    tier: int
    size: int
    best: Callable[[int], list[int]]


@dataclass(frozen=True, slots=True)
class Ranking:
    """What an index answers: groups in order, and what they were found by."""

    groups: tuple[Group, ...]
    wanted: Wanted


class Question:
    """A query, read as words and as a name."""

    def __init__(self, text: str) -> None:
        self.text = text[:LONGEST_QUERY]
        self.words = words(self.text)[:MOST_WORDS]
        stems = [stem(word)[:64] for word in self.words]
        self.stems = [one for one in stems if one]
        self.terms = tuple(dict.fromkeys(self.stems))
        self.keys = tuple(dict.fromkeys(filter(None, (name_key(self.text), "".join(self.stems)))))

    @cached_property
    def prefix(self) -> str:
        """The last word, perhaps unfinished; empty when a blank follows it."""
        unfinished = self.words and not self.text[-1:].isspace()
        return self.words[-1] if unfinished and len(self.words[-1]) > 1 else ""

    @cached_property
    def wanted(self) -> Wanted:
        """What to mark in the results."""
        return Wanted(frozenset(self.terms), self.prefix, self.keys[0] if self.keys else "")

    def mentions(self) -> Iterator[tuple[str, int]]:
        """Yield each run of words that may be a name, and how many words it has."""
        for size in range(min(_LONGEST_MENTION, len(self.stems)), 0, -1):
            for at in range(len(self.stems) - size + 1):
                yield "".join(self.stems[at : at + size]), size


_NOTHING = Question("")
_FIRST_HANGUL = "\uac00"


class OpenIndex:
    """The index of one document type, opened; threads take turns with ``lock``.

    Args:
        index: The Whoosh index.
        before: The index that this one follows; what is unchanged is taken over.
    """

    def __init__(self, index: Any, before: OpenIndex | None = None) -> None:
        self.lock = Lock()
        self._reader = index.reader()
        self._filtered: dict[FilterKey, bytearray] = {}
        self._recent: dict[tuple[str, FilterKey], Ranking] = {}
        self._readers = list(self._reader.leaf_readers())
        self._offsets = [offset for _, offset in self._readers]
        self._shown = [
            leaf.column_reader("shown", translate=False) for leaf, _ in self._readers
        ]
        known = before.names_by_segment if before else {}
        #: The names of each segment; a segment never changes.
        self.names_by_segment = {
            name: known.get(name) or NameIndex(_name_rows(leaf))
            for leaf, _ in self._readers
            for name in (str(leaf.segment().segment_id()),)
        }
        self._deleted = frozenset(
            doc + offset
            for leaf, offset in self._readers
            for doc in leaf.segment().deleted_docs()
        )
        self.count: int = self._reader.doc_count()

    def shown(self, doc: int) -> Any:
        """Return what is kept of a document."""
        leaf = bisect_right(self._offsets, doc) - 1
        return json.loads(self._shown[leaf][doc - self._offsets[leaf]])

    def holds(self, ref: str) -> bool:
        """Whether a document of this entity ref is there."""
        return bool(self._ids("ref", ref))

    def rank(self, term: str, filters: Filters) -> Ranking:
        """Answer a query within the documents that ``filters`` allow.

        The last answers are kept, for the next page and the next letter undone.
        """
        asked = term, _filter_key(filters)
        ranking = self._recent.pop(asked, None) or self._rank(*asked)
        if sum(group.size for group in ranking.groups) <= _MOST_KEPT:
            self._recent[asked] = ranking
            if len(self._recent) > _RECENT:
                del self._recent[next(iter(self._recent))]
        return ranking

    def _rank(self, term: str, filters: FilterKey) -> Ranking:
        allowed = self._allowed(filters)
        typed = Question(term)
        if not term.strip():
            group = self._all(allowed)
            return Ranking((group,) if group.size else (), typed.wanted)
        found = _Found(allowed)
        question = self._add_by_all_words(found, typed)
        if found.total < _FEW and not found.has(NAME):
            found.add(self._by_some_words(question))
        if not found.total:
            question = self._corrected(typed)
            found.add(self._by_nearness(typed, question))
        return Ranking(tuple(found.groups), question.wanted)

    def _add_by_all_words(self, found: _Found, typed: Question) -> Question:
        """Try the ways to read a query; return the one that found something."""
        for question in self._readings(typed):
            found.add(self._by_name(question, typed is question))
            found.add(self._by_words(question))
            if not found.total:
                found.add(self._by_words(self._taken_apart(question)))
            if found.total:
                return question
        return typed

    def _readings(self, typed: Question) -> Iterator[Question]:
        yield typed
        other = other_keyboard(typed.text)
        if other:
            yield Question(other)

    def _all(self, allowed: bytearray | None) -> Group:
        """Return every document, by name."""

        def best(count: int) -> list[int]:
            let = (d for d in self._by_first_name if allowed is None or allowed[d])
            return list(islice(let, count))

        size = self.count if allowed is None else allowed.count(1)
        return Group(TEXT, size, best)

    @cached_property
    def _by_first_name(self) -> array[int]:
        rows = self._names(lambda names: names.best_keys())
        ordered = dict.fromkeys(doc for _, doc in sorted((key, doc) for doc, key in rows))
        return array("I", ordered)

    def _by_name(self, question: Question, as_typed: bool) -> list[tuple[int, Scores]]:
        whole: dict[int, float] = {}
        for key in question.keys:
            for doc, sort in self._names(lambda names: names.exact(key)):
                _keep_best(whole, doc, -sort)
        begun: dict[int, float] = {}
        for key in question.keys[:1]:
            for doc, sort, size in self._names(lambda names: names.beginning(key)):
                if sort < mapping.HIDDEN:
                    _keep_best(begun, doc, -sort - size / 256)
        if is_initials(question.text):
            wanted = initials_key(question.text)
            for doc, _, size in self._names(lambda names: names.beginning(wanted)):
                _keep_best(begun, doc, -size / 256)
        return [(NAME if as_typed else PREFIX, whole), (PREFIX, begun)]

    def _by_words(self, question: Question) -> list[tuple[int, Any]]:
        """Return the documents with all words in their names, then in their text."""
        if not question.terms:
            return []
        named: Scores | None = None
        for term in question.terms:
            last = term == question.terms[-1] and bool(question.prefix)
            weights = self._name_word(term, question.prefix if last else "")
            named = weights if named is None else _sum_of_both(named, weights)
        docs: set[int] | None = None
        for term in sorted(question.terms, key=self._frequency):
            docs = set(self._ids("words", term)) if docs is None else docs.intersection(self._ids("words", term))
            if not docs:
                break
        return [(NAME_WORDS, named or {}), (TEXT, _Lazily(docs or (), lambda: self._scores(question.terms)))]

    def _name_word(self, term: str, prefix: str) -> dict[int, float]:
        weights = dict(self._weights("names", term))
        if prefix:
            for other in islice(self._reader.expand_prefix("names", prefix), _EXPANSIONS):
                text = other.decode()
                if text != term:
                    for doc in self._ids("names", text):
                        _keep_best(weights, doc, 0.1 * len(prefix) / len(text))
        return weights

    def _scores(self, terms: Iterable[str]) -> dict[int, float]:
        scores: dict[int, float] = {}
        budget = _POSTINGS
        for term in sorted(terms, key=self._frequency):
            budget -= self._frequency(term)
            if budget < 0:
                break
            rarity = self._rarity(term)
            for doc, weight in self._weights("words", term):
                scores[doc] = scores.get(doc, 0.0) + rarity * weight
        return scores

    def _by_some_words(self, question: Question) -> list[tuple[int, Scores]]:
        held = self._held(question.terms)
        scores = self._scores(question.terms)
        for key, size in question.mentions():
            for doc, _ in self._names(lambda names: names.exact(key)):
                worth = _MENTION * size * self._rarity("")
                scores[doc] = scores.get(doc, 0.0) + worth
                held.setdefault(doc, _Held()).add(worth, 2)
        whole = sum(map(self._rarity, question.terms))
        enough = {
            doc: scores.get(doc, 0.0) + part.worth / 8
            for doc, part in held.items()
            if part.worth >= whole * (_SHARE if part.words < 2 else _SHARE_OF_SEVERAL)
        }
        return [(SOME_WORDS, enough)]

    def _held(self, terms: Iterable[str]) -> dict[int, _Held]:
        """Return how much of the query each document holds, the rarest words first."""
        held: dict[int, _Held] = {}
        budget = _POSTINGS
        for term in sorted(terms, key=self._frequency):
            rarity = self._rarity(term)
            budget -= self._frequency(term)
            if budget < 0:
                break
            if self._frequency(term):
                for doc in self._ids("words", term):
                    held.setdefault(doc, _Held()).add(rarity, 1)
                for doc in self._ids("names", term):
                    held.setdefault(doc, _Held()).add(0.0, 1)
            else:
                for doc, share in self._by_grams(term).items():
                    held.setdefault(doc, _Held()).add(_BY_GRAMS * rarity * share, 0)
        return held

    def _taken_apart(self, question: Question) -> Question:
        """Return the query with blanks inside unknown Korean words made of known ones."""
        parts = [
            one
            for term in question.stems
            for one in (self._parts(term) if not self._frequency(term) else [term])
        ]
        return Question(" ".join(parts)) if len(parts) > len(question.stems) else _NOTHING

    def _parts(self, word: str) -> list[str]:
        """Return the fewest known words that make up ``word``, or itself."""
        best: list[list[str] | None] = [[]] + [None] * len(word)
        for end in range(2, len(word) + 1) if word[0] >= _FIRST_HANGUL else ():
            for start in range(end - 1):
                before, part = best[start], word[start:end]
                if before is not None and self._frequency(part):
                    kept = best[end]
                    if kept is None or len(before) + 1 < len(kept):
                        best[end] = [*before, part]
        return best[-1] or [word]

    def _by_grams(self, term: str) -> dict[int, float]:
        """Return the documents with at least half of a word's syllable pairs."""
        pairs = grams(term)
        held: dict[int, float] = {}
        for pair in pairs:
            for doc in self._ids("grams", pair):
                held[doc] = held.get(doc, 0.0) + 1 / len(pairs)
        return {doc: share for doc, share in held.items() if share >= _GRAMS_HELD}

    def _corrected(self, typed: Question) -> Question:
        """Return the query with unknown words replaced by words of names."""
        changed = [self._correction(one) if not self._frequency(one) else one for one in typed.stems]
        return Question(" ".join(changed))

    def _correction(self, term: str) -> str:
        wanted = letters(term)
        limit = slips_allowed(wanted)
        if not limit:
            return term
        best, fewest = term, limit + 1
        for known in self._reader.lexicon("names"):
            text = known.decode()
            edits = distance(wanted, letters(text), min(limit, fewest - 1))
            if edits < fewest:
                best, fewest = text, edits
                if edits == 1:
                    break
        return best

    def _by_nearness(self, typed: Question, corrected: Question) -> list[tuple[int, Scores]]:
        near: dict[int, float] = {}
        for key in typed.keys[:1]:
            limit = slips_allowed(letters(key))
            if limit:
                for doc, sort, edits in self._names(lambda names: names.near(key, limit)):
                    if sort <= mapping.HIDDEN:
                        _keep_best(near, doc, -edits - sort / 10)
        if corrected.terms == typed.terms:
            return [(NEAR, near)]
        found = [*self._by_name(corrected, True), *self._by_words(corrected)]
        found += self._by_some_words(corrected)
        return [(NEAR, near)] + [(NEAR, scores) for _, scores in found]

    def _names(self, look: Callable[[NameIndex], Iterable[Any]]) -> Iterator[Any]:
        """Yield what ``look`` finds in each segment, the deleted left out."""
        for offset, names in zip(self._offsets, self.names_by_segment.values(), strict=True):
            for doc, *rest in look(names):
                if doc + offset not in self._deleted:
                    yield doc + offset, *rest

    def _postings(self, field: str, term: str) -> Iterator[tuple[int, Any]]:
        """Yield, per segment, where its documents begin and a matcher on a term."""
        for leaf, offset in self._readers:
            try:
                matcher = leaf.postings(field, term)
            except TermNotFound:
                continue
            # Asking a set for each document is a third of what the wrapper costs.
            while isinstance(matcher, FilterMatcher):
                matcher = matcher.child
            yield offset, matcher

    def _ids(self, field: str, term: str) -> list[int]:
        found: list[int] = []
        for offset, matcher in self._postings(field, term):
            if offset:
                found.extend(doc + offset for doc in matcher.all_ids())
            else:
                found.extend(matcher.all_ids())
        if self._deleted:
            return [doc for doc in found if doc not in self._deleted]
        return found

    def _weights(self, field: str, term: str) -> Iterator[tuple[int, float]]:
        for offset, matcher in self._postings(field, term):
            while matcher.is_active():
                doc = matcher.id() + offset
                if doc not in self._deleted:
                    yield doc, matcher.weight()
                matcher.next()

    def _frequency(self, term: str) -> int:
        return int(self._reader.doc_frequency("words", term))

    def _rarity(self, term: str) -> float:
        frequency = self._frequency(term) if term else 0
        return log(1 + (self.count + 0.5) / (frequency + 0.5))

    def _allowed(self, filters: FilterKey) -> bytearray | None:
        """Return a mark for each document the filters let through; none for all."""
        if not filters:
            return None
        if filters not in self._filtered:
            if len(self._filtered) >= _RECENT:
                self._filtered.clear()
            self._filtered[filters] = self._marks(filters)
        return self._filtered[filters]

    def _marks(self, filters: FilterKey) -> bytearray:
        docs: set[int] | None = None
        for field, values in filters:
            terms = [mapping.filter_term(field, value) for value in values]
            found = {doc for term in terms for doc in self._ids("filters", term)}
            docs = found if docs is None else docs & found
        marks = bytearray(self._reader.doc_count_all())
        for doc in docs or ():
            marks[doc] = 1
        return marks


class _Held:
    """What a document holds of a query."""

    __slots__ = ("words", "worth")

    def __init__(self) -> None:
        self.worth = 0.0
        self.words = 0

    def add(self, worth: float, words: int) -> None:
        self.worth += worth
        self.words += words


class _Lazily:
    """Documents whose scores are worked out only when asked for."""

    def __init__(self, docs: Collection[int], scores: Callable[[], Scores]) -> None:
        self.docs = docs
        self.scores = scores


class _Found:
    """The groups found so far; no document is in two of them."""

    def __init__(self, allowed: bytearray | None) -> None:
        self.groups: list[Group] = []
        self.total = 0
        self._allowed = allowed
        self._seen: set[int] = set()

    def has(self, tier: int) -> bool:
        """Whether a rule found something."""
        return any(group.tier == tier for group in self.groups)

    def add(self, found: Iterable[tuple[int, Any]]) -> None:
        """Take in what a rule found."""
        for tier, part in found:
            lazy = isinstance(part, _Lazily)
            new = set(part.docs if lazy else part) - self._seen
            if self._allowed is not None:
                new = {doc for doc in new if self._allowed[doc]}
            if new:
                scores = part.scores if lazy else (lambda kept=part: kept)
                best = partial(_best, new, scores)
                self.groups.append(Group(tier, len(new), best))
                self._seen |= new
                self.total += len(new)


def _filter_key(filters: Filters) -> FilterKey:
    return tuple(sorted((key, tuple(sorted(values))) for key, values in filters.items()))


def _best(
    docs: Collection[int], scores: Callable[[], Scores], count: int
) -> list[int]:
    known = scores()
    return nlargest(count, docs, key=lambda doc: (known.get(doc, 0.0), -doc))


def _name_rows(leaf: Any) -> Iterator[tuple[str, int, int]]:
    column = leaf.column_reader("keys", translate=False)
    for doc in range(leaf.doc_count_all()):
        for key, sort in mapping.read_keys(column[doc]):
            yield key, doc, sort


def _keep_best(scores: dict[int, float], doc: int, score: float) -> None:
    if score > scores.get(doc, float("-inf")):
        scores[doc] = score


def _sum_of_both(left: Scores, right: Scores) -> dict[int, float]:
    few, many = (left, right) if len(left) < len(right) else (right, left)
    return {doc: score + many[doc] for doc, score in few.items() if doc in many}
