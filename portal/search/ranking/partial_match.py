"""Documents with some of the words of a query, or with variants of them."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from itertools import islice

from portal.search.analysis.parsed_query import ParsedQuery
from portal.search.analysis.tool_names import is_packaging
from portal.search.analysis.word_variants import SOUND
from portal.search.analysis.word_variants import is_predicate
from portal.search.analysis.word_variants import symptom_key
from portal.search.analysis.word_variants import tool_key
from portal.search.analysis.word_variants import variants
from portal.search.analysis.words import grams
from portal.search.ranking.groups import SOME_WORDS
from portal.search.ranking.groups import Part
from portal.search.ranking.groups import scored
from portal.search.ranking.term_index import TermIndex
from portal.search.ranking.text_scores import affordable
from portal.search.ranking.text_scores import guessed_rarity
from portal.search.ranking.text_scores import text_scores

# The weights below are not derived but chosen by measuring: ``tests/search_quality`` judges
# every change of one (``docs/search-quality.md`` has the figures).

Shares = Sequence[tuple[float, float, float]]
#: The share of a query, by rarity, that a document must hold to join in: by less than a word
#: (an everyday one, of a symptom), by one, and by several or one that is part of its name or
#: tells a tool. There is one row for each number of words of the query; the last is for all
#: longer ones.
SHARES: Shares = ((0.5, 0.5, 0.34),)
#: The same for concepts: the longer a query, the more of it is told in other words than
#: theirs, and the less the few that are theirs are so by chance.
SHARES_OF_CONCEPTS: Shares = (
    (0.5, 0.34, 0.25),
    (0.5, 0.34, 0.25),
    (0.5, 0.34, 0.3),
    (0.34, 0.25, 0.2),
    (0.1, 0.1, 0.08),
)
#: How much of a word one counts that only a symptom of a document has.
_EVERYDAY = 0.5
#: The weight from which on a word of a document is more than mentioned in passing.
_TELLING = 1.2
#: The weight of an unknown word in documents with half of its syllable bigrams.
_BY_GRAMS = 0.4
_GRAMS_HELD = 0.5
#: The weight of a variant of a word, and that of an unknown verb beside unknown nouns.
_BY_VARIANT = 0.7
_BY_SYLLABLE = 0.3
#: The weight of a clipped English word (``pub``), its least number of letters, and the
#: greatest number of words it may stand for.
_BY_CLIPPING = 0.6
_SHORTEST_CLIPPING = 3
_MOST_LONGER = 8
_OF_LIGHT = 0.35
#: The weight of a name inside a longer query, in unknown words.
_MENTION = 2.0
#: The share of an unknown word's rarity below which a word of pages is a common one.
_COMMON = 0.3
#: The length of a query, in words, in which an unknown word matters, and how many of the others
#: a concept must hold then.
_FEW = 3
_OWN = 2


def by_some_words(
    index: TermIndex,
    parsed: ParsedQuery,
    *,
    concepts: bool,
    near: bool = False,
    is_corrected: bool = False,
) -> Iterator[Part]:
    """Yield the documents that have enough of a query's words, weighted by rarity.

    Args:
        index: The index.
        parsed: The query.
        concepts: Whether the documents are concepts, with symptoms and tools.
        near: Whether variants of a single word count; they do if nothing else is found.
        is_corrected: Whether unknown words were replaced by words of names.
    """
    # A variant of a single word is a near miss; in a sentence it is additional evidence.
    held = _held(index, parsed, with_variants=near or len(parsed.terms) > 1)
    if concepts:
        _judge_evidence(index, parsed, held)
    else:
        _discount_common(index, parsed, held)
    scores = text_scores(index, parsed, with_pairs=concepts)
    shares = SHARES_OF_CONCEPTS if concepts else SHARES
    for run in parsed.runs():
        for doc, _ in index.named(run.keys[0]):
            worth = _MENTION * len(run.words) * index.rarity("")
            scores[doc] = scores.get(doc, 0.0) + worth
            _held_by(held, doc).add(worth, 2)
    # The share is of the words' rarity, not of their number: a rare word weighs as much
    # as several that every other document has.
    whole = sum(_load(index, term, word) for term, word in parsed.forms.items())
    least = _least(index, parsed, is_corrected=is_corrected) if concepts else 0
    enough = {
        doc: scores.get(doc, 0.0) + part.worth + part.guessed
        for doc, part in held.items()
        if part.worth >= whole * _share(shares, len(parsed.forms), part.words)
        and (part.words >= least or part.guessed)
    }
    yield scored(SOME_WORDS, enough)


def _least(index: TermIndex, parsed: ParsedQuery, *, is_corrected: bool) -> float:
    """Return how many words a concept must hold beside its share of the query.

    In a query of a few words every one matters: when nobody knows one of them, that is what the
    query is about, and words that a symptom happens to have, too, are there by chance. What such
    a word was taken for needs one more to go with it.
    """
    if len(parsed.forms) != _FEW:
        return 0
    if is_corrected:
        return _OWN + 1
    unknown = (word for term, word in parsed.forms.items() if not index.frequency(term))
    return _OWN if not all(is_predicate(word) or is_packaging(word) for word in unknown) else 0


def _share(shares: Shares, asked: int, held: float) -> float:
    """Return the share of a query that a document must hold.

    Args:
        shares: The shares by number of words.
        asked: The number of the query's words.
        held: The number of words that the document has, in halves.
    """
    return shares[min(asked, len(shares)) - 1][(held >= 1) + (held > 1)]


def _load(index: TermIndex, term: str, word: str) -> float:
    """Return the weight of a word in its query: its rarity.

    Unknown verbs weigh little, and so do unknown words of packages and files.
    """
    is_light = not index.frequency(term) and (is_predicate(word) or is_packaging(term))
    return index.rarity(term) * (_OF_LIGHT if is_light else 1.0)


def _held(index: TermIndex, parsed: ParsedQuery, *, with_variants: bool) -> dict[int, _Held]:
    """Return, per document, how much of the query it has."""
    held: dict[int, _Held] = {}
    for term in affordable(index, parsed.terms):
        rarity = index.rarity(term)
        for doc in index.docs("words", term):
            _held_by(held, doc).add(rarity, 1)
        for doc in index.docs("names", term):
            _held_by(held, doc).add(0.0, 1)
        if not index.frequency(term):
            _guess(index, held, term, parsed.forms[term] if with_variants else "")
    return held


def _held_by(held: dict[int, _Held], doc: int) -> _Held:
    """Return how much a document has; nothing at first."""
    found = held.get(doc)
    if found is None:
        found = held[doc] = _Held()
    return found


def _judge_evidence(index: TermIndex, parsed: ParsedQuery, held: dict[int, _Held]) -> None:
    """Count words of tools as two, and as half a word what is said in passing.

    That is a word of symptoms only, or one of little weight.
    """
    for term in affordable(index, parsed.terms):
        everyday = {*index.docs("variants", symptom_key(term))}
        everyday |= {doc for doc, weight in index.weights("words", term) if weight < _TELLING}
        for doc in everyday:
            held[doc].add(0.0, _EVERYDAY - 1)
        for doc in index.docs("variants", tool_key(term)):
            held[doc].add(0.0, 1)


def _discount_common(index: TermIndex, parsed: ParsedQuery, held: dict[int, _Held]) -> None:
    """Do not count words that many documents have: two of them tell no more than none."""
    for term in affordable(index, parsed.terms):
        if index.frequency(term) and index.rarity(term) < _COMMON * index.rarity(""):
            for doc in index.docs("words", term):
                held[doc].add(0.0, -1)


def _guess(index: TermIndex, held: dict[int, _Held], term: str, word: str) -> None:
    """Add the documents with variants of an unknown word, or with most of its bigrams."""
    for key in variants(word, asked=True) if word else ():
        docs = index.docs("variants", key)
        worth = guessed_rarity(index, len(docs), _BY_VARIANT if len(key) > 1 else _BY_SYLLABLE)
        for doc in docs:
            _held_by(held, doc).guess(worth, _sureness(key))
    clipped = _by_clipping(index, term) if word else set()
    for doc in clipped:
        _held_by(held, doc).guess(guessed_rarity(index, len(clipped), _BY_CLIPPING), 1)
    rarity = index.rarity(term)
    for doc, share in _by_grams(index, term).items():
        _held_by(held, doc).guess(_BY_GRAMS * rarity * share, 0)


def _by_clipping(index: TermIndex, term: str) -> set[int]:
    """Return the documents with a longer English word: ``pub`` is ``publish``."""
    if not term.isascii() or len(term) < _SHORTEST_CLIPPING:
        return set()
    longer = islice(index.words_beginning(term), _MOST_LONGER)
    return {doc for word in affordable(index, longer) for doc in index.docs("words", word)}


def _by_grams(index: TermIndex, term: str) -> dict[int, float]:
    """Return the documents with at least half of a word's syllable pairs."""
    pairs = grams(term)
    shares: dict[int, float] = {}
    for pair in pairs:
        for doc in index.docs("grams", pair):
            shares[doc] = shares.get(doc, 0.0) + 1 / len(pairs)
    return {doc: share for doc, share in shares.items() if share >= _GRAMS_HELD}


class _Held:
    """How much of a query a document has."""

    __slots__ = ("guessed", "words", "worth")

    def __init__(self) -> None:
        self.worth = 0.0
        self.words = 0.0
        self.guessed = 0.0

    def add(self, worth: float, words: float) -> None:
        self.worth += worth
        self.words += words

    def guess(self, worth: float, words: int) -> None:
        """Add a word that the document has only in another form."""
        self.add(worth, words)
        self.guessed += worth


def _sureness(key: str) -> int:
    """Return how many words a match of a variant key counts; long sounds count as two."""
    return 2 if key[0] in SOUND else int(len(key) > 1)
