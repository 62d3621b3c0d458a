"""A query and an open index to groups of documents: the best rule first.

An index keeps the terms; which documents answer, and in what order, is decided
here by adding weights up. ``TIERS`` are the rules; a document belongs to the
first one that finds it.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from heapq import nlargest
from itertools import islice
from math import log
from threading import Lock
from typing import Generic
from typing import NamedTuple
from typing import TypeVar

from portal.search.analysis import grams
from portal.search.analysis import other_keyboard
from portal.search.documents import EVERYTHING
from portal.search.documents import Sight
from portal.search.entry import HIDDEN
from portal.search.entry import INITIALS
from portal.search.highlights import Wanted
from portal.search.kinship import SOUND
from portal.search.kinship import is_predicate
from portal.search.kinship import kin
from portal.search.question import Question
from portal.search.term_index import FilterKey
from portal.search.term_index import Filters
from portal.search.term_index import TermIndex
from portal.search.term_index import filter_key

#: The rules that find documents, the best first.
TIERS = ("name", "prefix", "name words", "text", "some words", "near")
NAME, PREFIX, NAME_WORDS, TEXT, SOME_WORDS, NEAR = range(len(TIERS))

#: With fewer answers than this, documents with only some of the words join in.
_FEW = 10
#: The share of the query, by rarity, that a document must hold to join in: by one
#: word, and by several or one that is part of its name.
_SHARE = 0.34
_SHARE_OF_SEVERAL = 0.17
#: What an unknown word counts where half of its pairs of syllables are found.
_BY_GRAMS = 0.4
_GRAMS_HELD = 0.5
#: What another form of a word counts, and an unknown verb beside unknown nouns.
_BY_KIN = 0.7
_BY_SYLLABLE = 0.3
#: What the beginning of an English word counts, from how many letters on, and how
#: many words it may stand for.
_BY_CLIPPING = 0.6
_SHORTEST_CLIPPING = 3
_MOST_LONGER = 8
_OF_PREDICATE = 0.35
#: What a name inside a longer query is worth, in unknown words.
_MENTION = 2.0
#: Bounds on work: postings read for some of the words, words corrected, answers
#: kept for the next request and how long an answer may be for that.
_POSTINGS = 50_000
_CORRECTIONS = 4
_ANSWERS_KEPT = 32
_LONGEST_KEPT = 2_000
_FIRST_SYLLABLE = "\uac00"

Scores = Mapping[int, float]


@dataclass(frozen=True, slots=True)
class Group:
    """Documents one rule found, and none of the rules before it.

    Attributes:
        tier: The rule's place in ``TIERS``.
        size: How many they are.
        docs: Gives all their numbers, in no order.
        best: Gives the numbers of the first so many, in order; only then are
            they scored and sorted.
    """

    tier: int
    size: int
    docs: Callable[[], Collection[int]]
    best: Callable[[int], list[int]]


@dataclass(frozen=True, slots=True)
class Ranking:
    """What an index answers.

    Attributes:
        groups: The documents, in order.
        typed: The query as it was typed.
        question: The query as it was read when something was found.
        reading: How that differs: not at all (empty), ``keyboard`` or ``spelling``.
    """

    groups: tuple[Group, ...]
    typed: Question
    question: Question
    reading: str = ""

    @property
    def wanted(self) -> Wanted:
        """What to mark in the results."""
        return self.question.wanted

    @property
    def total(self) -> int:
        """How many documents there are in all groups."""
        return sum(group.size for group in self.groups)


class _Part(NamedTuple):
    """Documents a rule found, and how to score them."""

    tier: int
    docs: Collection[int]
    scores: Callable[[], Scores]


def _scored(tier: int, scores: Scores) -> _Part:
    return _Part(tier, scores.keys(), lambda: scores)


Index = TypeVar("Index", bound=TermIndex)


class Ranker(Generic[Index]):
    """Answers queries from one open index; threads take turns with ``lock``."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self.lock = Lock()
        self._kept: dict[tuple[str, FilterKey, Sight], Ranking] = {}

    def rank(self, term: str, filters: Filters, sight: Sight = EVERYTHING) -> Ranking:
        """Answer a query within the documents that ``filters`` and ``sight`` allow.

        The last answers are kept, for the next page and the next letter undone.
        """
        asked = term, filter_key(filters), sight
        ranking = self._kept.pop(asked, None) or self._rank(*asked)
        if ranking.total <= _LONGEST_KEPT:
            self._kept[asked] = ranking
            if len(self._kept) > _ANSWERS_KEPT:
                del self._kept[next(iter(self._kept))]
        return ranking

    def _rank(self, term: str, filters: FilterKey, sight: Sight) -> Ranking:
        allowed = self.index.allowed(filters, sight)
        typed = Question(term)
        if not term.strip():
            return Ranking((self._all(allowed),), typed, typed)
        found = _Found(allowed)
        question = self._by_all_words(found, typed)
        if found.total < _FEW and not found.has(NAME):
            found.add(self._by_some_words(question))
        reading = "" if question is typed else "keyboard"
        return Ranking(tuple(found.groups), typed, question, reading)

    def rank_near(self, term: str, filters: Filters, sight: Sight = EVERYTHING) -> Ranking:
        """Answer a query that finds nothing with what it may have meant."""
        found = _Found(self.index.allowed(filter_key(filters), sight))
        typed = Question(term)
        corrected = self._corrected(typed)
        found.add(_near(self._by_nearness(typed)))
        if corrected.terms != typed.terms:
            found.add(_near(self._by_name(corrected, NEAR)))
            found.add(_near(self._by_words(corrected)))
        for question, is_typed in ((corrected, False), (typed, True)):
            if found.total < _FEW:
                found.add(_near(self._by_some_words(question, near=is_typed)))
        return Ranking(tuple(found.groups), typed, corrected, "spelling")

    def _all(self, allowed: bytearray | None) -> Group:
        """Return every document, by name."""

        def let(count: int | None = None) -> list[int]:
            docs = iter(self.index.by_first_name)
            return list(
                islice(docs if allowed is None else filter(allowed.__getitem__, docs), count)
            )

        size = self.index.count if allowed is None else len(let())
        return Group(TEXT, size, let, let)

    def _by_all_words(self, found: _Found, typed: Question) -> Question:
        """Try the ways to read a query; return the one that found something."""
        for question in _readings(typed):
            found.add(self._by_name(question, NAME if question is typed else PREFIX))
            found.add(self._by_words(question))
            if not found.has(TEXT):
                found.add(self._by_words(self._taken_apart(question)))
            if found.total:
                return question
        return typed

    def _by_name(self, question: Question, tier: int) -> Iterator[_Part]:
        whole: dict[int, float] = {}
        for key in question.keys:
            for doc, sort in self.index.named(key):
                _keep_best(whole, doc, -sort)
        yield _scored(tier, whole)
        begun: dict[int, float] = {}
        for key in question.keys[:1]:
            for doc, sort, size in self.index.names_beginning(key):
                if sort < HIDDEN:
                    _keep_best(begun, doc, -sort - size / 256)
        for key in question.initials:
            if not begun:
                for doc, sort, size in self.index.names_beginning(key):
                    if sort == INITIALS:
                        _keep_best(begun, doc, -size / 256)
        yield _scored(PREFIX, begun)

    def _by_words(self, question: Question) -> Iterator[_Part]:
        """Yield the documents with all words in their names, then in their text."""
        if not question.terms:
            return
        *terms, last = question.terms
        named = self._name_word(last, question.prefix)
        for term in terms if named else ():
            named = _sum_of_both(named, dict(self.index.weights("names", term)))
        yield _scored(NAME_WORDS, named)
        docs: set[int] | None = None
        for term in self._rarest_first(question.terms):
            holding = self.index.docs("words", term)
            docs = set(holding) if docs is None else docs.intersection(holding)
            if not docs:
                return
        yield _Part(TEXT, docs or (), partial(self._scores, question.terms))

    def _name_word(self, term: str, prefix: str) -> dict[int, float]:
        """Return the names with a word, or one that begins so, and how well."""
        weights = dict(self.index.weights("names", term))
        for other in self.index.name_words(prefix) if prefix else ():
            if other != term:
                for doc in self.index.docs("names", other):
                    _keep_best(weights, doc, 0.1 * len(prefix) / len(other))
        return weights

    def _scores(self, terms: Iterable[str]) -> dict[int, float]:
        scores: dict[int, float] = {}
        for term in self._affordable(terms):
            rarity = self.index.rarity(term)
            for doc, weight in self.index.weights("words", term):
                scores[doc] = scores.get(doc, 0.0) + rarity * weight
        return scores

    def _by_some_words(self, question: Question, *, near: bool = False) -> Iterator[_Part]:
        # A relative of a lone word is a near miss; in a sentence it is one more sign.
        held = self._held(question, with_kin=near or len(question.terms) > 1)
        scores = self._scores(question.terms)
        for key, size in question.mentions():
            for doc, _ in self.index.named(key):
                worth = _MENTION * size * self.index.rarity("")
                scores[doc] = scores.get(doc, 0.0) + worth
                held.setdefault(doc, _Held()).add(worth, 2)
        whole = sum(self._load(term, word) for term, word in question.forms.items())
        enough = {
            doc: scores.get(doc, 0.0) + part.worth + part.guessed
            for doc, part in held.items()
            if part.worth >= whole * (_SHARE if part.words < 2 else _SHARE_OF_SEVERAL)
        }
        yield _scored(SOME_WORDS, enough)

    def _load(self, term: str, word: str) -> float:
        """Return what a word says of a query; an unknown verb says little."""
        unknown = not self.index.frequency(term) and is_predicate(word)
        return self.index.rarity(term) * (_OF_PREDICATE if unknown else 1.0)

    def _held(self, question: Question, *, with_kin: bool) -> dict[int, _Held]:
        """Return how much of the query each document holds."""
        held: dict[int, _Held] = {}
        for term in self._affordable(question.terms):
            rarity = self.index.rarity(term)
            for doc in self.index.docs("words", term):
                held.setdefault(doc, _Held()).add(rarity, 1)
            for doc in self.index.docs("names", term):
                held.setdefault(doc, _Held()).add(0.0, 1)
            if not self.index.frequency(term):
                self._guess(held, term, question.forms[term] if with_kin else "")
        return held

    def _guess(self, held: dict[int, _Held], term: str, word: str) -> None:
        """Add the documents with relatives of an unknown word, or most of its syllables."""
        for key in kin(word, asked=True) if word else ():
            docs = self.index.docs("kin", key)
            worth = self._worth(len(docs), _BY_KIN if len(key) > 1 else _BY_SYLLABLE)
            for doc in docs:
                held.setdefault(doc, _Held()).guess(worth, _sureness(key))
        clipped = self._by_clipping(term) if word else set()
        for doc in clipped:
            held.setdefault(doc, _Held()).guess(self._worth(len(clipped), _BY_CLIPPING), 1)
        rarity = self.index.rarity(term)
        for doc, share in self._by_grams(term).items():
            held.setdefault(doc, _Held()).guess(_BY_GRAMS * rarity * share, 0)

    def _worth(self, frequency: int, share: float) -> float:
        """Return what a guess is worth that so many documents fit."""
        return share * log(1 + (self.index.count + 0.5) / (frequency + 0.5))

    def _by_clipping(self, term: str) -> set[int]:
        """Return the documents with a longer English word: ``pub`` is ``publish``."""
        if not term.isascii() or len(term) < _SHORTEST_CLIPPING:
            return set()
        longer = islice(self.index.words_beginning(term), _MOST_LONGER)
        return {doc for word in self._affordable(longer) for doc in self.index.docs("words", word)}

    def _by_grams(self, term: str) -> dict[int, float]:
        """Return the documents with at least half of a word's syllable pairs."""
        pairs = grams(term)
        shares: dict[int, float] = {}
        for pair in pairs:
            for doc in self.index.docs("grams", pair):
                shares[doc] = shares.get(doc, 0.0) + 1 / len(pairs)
        return {doc: share for doc, share in shares.items() if share >= _GRAMS_HELD}

    def _taken_apart(self, question: Question) -> Question:
        """Return the query with unknown Korean words cut into known ones."""
        parts = [part for term in question.stems for part in self._parts(term)]
        return Question(" ".join(parts) if len(parts) > len(question.stems) else "")

    def _parts(self, word: str) -> list[str]:
        """Return the fewest known words that make up ``word``, or itself."""
        best: dict[int, list[str]] = {0: []}
        known = self.index.frequency(word) or word[0] < _FIRST_SYLLABLE
        for end in () if known else range(2, len(word) + 1):
            for start in [at for at in best if at < end - 1]:
                more = len(best[start]) + 1 >= len(best.get(end, word))
                if not more and self.index.frequency(word[start:end]):
                    best[end] = [*best[start], word[start:end]]
        return best.get(len(word), [word])

    def _corrected(self, typed: Question) -> Question:
        """Return the query with unknown words replaced by words of names."""
        unknown = [one for one in typed.terms if not self.index.frequency(one)]
        unknown = unknown[:_CORRECTIONS]
        meant = {one: self.index.nearest_name_word(one) for one in unknown}
        return Question(" ".join(meant.get(one, one) for one in typed.stems))

    def _by_nearness(self, typed: Question) -> Iterator[_Part]:
        near: dict[int, float] = {}
        for key in typed.keys[:1]:
            for doc, sort, edits in self.index.names_near(key):
                _keep_best(near, doc, -edits - sort / 10)
        yield _scored(NEAR, near)

    def _rarest_first(self, terms: Iterable[str]) -> list[str]:
        return sorted(terms, key=self.index.frequency)

    def _affordable(self, terms: Iterable[str]) -> Iterator[str]:
        """Yield terms, the rarest first, until too many documents were named."""
        budget = _POSTINGS
        for term in self._rarest_first(terms):
            budget -= self.index.frequency(term)
            if budget < 0:
                return
            yield term


class _Held:
    """What a document holds of a query."""

    __slots__ = ("guessed", "words", "worth")

    def __init__(self) -> None:
        self.worth = 0.0
        self.words = 0
        self.guessed = 0.0

    def add(self, worth: float, words: int) -> None:
        self.worth += worth
        self.words += words

    def guess(self, worth: float, words: int) -> None:
        """Add what is not there as it was typed."""
        self.add(worth, words)
        self.guessed += worth


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

    def add(self, parts: Iterable[_Part]) -> None:
        """Take in what a rule found."""
        for part in parts:
            new = set(part.docs) - self._seen
            if self._allowed is not None:
                new = {doc for doc in new if self._allowed[doc]}
            if new:
                best = partial(_best, new, part.scores)
                self.groups.append(Group(part.tier, len(new), partial(_same, new), best))
                self._seen |= new
                self.total += len(new)


def _sureness(key: str) -> int:
    """Return how many words it is worth to meet at a key: a sound is long, so sure."""
    return 2 if key[0] in SOUND else int(len(key) > 1)


def _near(parts: Iterable[_Part]) -> Iterator[_Part]:
    return (part._replace(tier=NEAR) for part in parts)


def _readings(typed: Question) -> Iterator[Question]:
    yield typed
    other = other_keyboard(typed.text)
    if other:
        yield Question(other)


def _same(docs: Collection[int]) -> Collection[int]:
    return docs


def _best(docs: Collection[int], scores: Callable[[], Scores], count: int) -> list[int]:
    known = scores()
    return nlargest(count, docs, key=lambda doc: (known.get(doc, 0.0), -doc))


def _keep_best(scores: dict[int, float], doc: int, score: float) -> None:
    if score > scores.get(doc, float("-inf")):
        scores[doc] = score


def _sum_of_both(left: Scores, right: Scores) -> dict[int, float]:
    few, many = (left, right) if len(left) < len(right) else (right, left)
    return {doc: score + many[doc] for doc, score in few.items() if doc in many}
