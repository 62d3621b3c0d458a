"""Scores of documents by the words of a query in their texts: rarity times weight."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from math import log

from portal.search.analysis.parsed_query import ParsedQuery
from portal.search.ranking.term_index import TermIndex

#: The greatest number of postings read for a query. The rarest words come first and weigh
#: most; a word that is left out is in every other document and would decide little.
_POSTINGS = 50_000


#: The weight of two neighbouring words of the query that are neighbours in a text, too.
_BY_PAIR = 0.5


def text_scores(index: TermIndex, parsed: ParsedQuery, *, with_pairs: bool) -> dict[int, float]:
    """Return the documents with any of the words, each with its score.

    Only concepts have pairs of words.
    """
    scores: dict[int, float] = {}
    for term in affordable(index, parsed.terms):
        rarity = index.rarity(term)
        for doc, weight in index.weights("words", term):
            scores[doc] = scores.get(doc, 0.0) + rarity * weight
    for pair in parsed.pairs if with_pairs else ():
        docs = index.docs("grams", pair)
        for doc in docs:
            scores[doc] = scores.get(doc, 0.0) + guessed_rarity(index, len(docs), _BY_PAIR)
    return scores


def guessed_rarity(index: TermIndex, frequency: int, share: float) -> float:
    """Return the weight of a key that ``frequency`` documents have and that is no word."""
    # BM25's inverse document frequency, so that keys and words weigh on one scale.
    return share * log(1 + (index.count + 0.5) / (frequency + 0.5))


def rarest_first(index: TermIndex, terms: Iterable[str]) -> list[str]:
    """Return terms, that of the fewest documents first."""
    return sorted(terms, key=index.frequency)


def affordable(index: TermIndex, terms: Iterable[str]) -> Iterator[str]:
    """Yield terms, the rarest first, until their postings exceed ``_POSTINGS``."""
    budget = _POSTINGS
    for term in rarest_first(index, terms):
        budget -= index.frequency(term)
        if budget < 0:
            return
        yield term
