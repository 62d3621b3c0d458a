"""Other interpretations of a query: another keyboard layout, split compounds, spelling."""

from __future__ import annotations

from collections.abc import Iterator

from portal.search.analysis.parsed_query import ParsedQuery
from portal.search.analysis.words import other_keyboard
from portal.search.ranking.term_index import TermIndex

#: The greatest number of words of a query that are corrected.
_CORRECTIONS = 4
_FIRST_SYLLABLE = "\uac00"


def readings(typed: ParsedQuery) -> Iterator[ParsedQuery]:
    """Yield the query as typed, then in the other keyboard layout: ``tjfrP`` is ``설계``."""
    yield typed
    other = other_keyboard(typed.text)
    if other:
        yield ParsedQuery(other)


def taken_apart(index: TermIndex, parsed: ParsedQuery) -> ParsedQuery:
    """Return the query with unknown Korean words split into known ones.

    ``분산추적`` becomes ``분산 추적``; the query is empty when nothing was split.
    """
    parts = [part for term in parsed.stems for part in _parts(index, term)]
    return ParsedQuery(" ".join(parts) if len(parts) > len(parsed.stems) else "")


def _parts(index: TermIndex, word: str) -> list[str]:
    """Return the fewest known words that ``word`` consists of; else ``word`` itself."""
    # ``best[end]`` is the shortest way to write the first ``end`` syllables; parts have two
    # or more, for a single syllable is in some word or other and would cut everything.
    best: dict[int, list[str]] = {0: []}
    known = index.frequency(word) or word[0] < _FIRST_SYLLABLE
    for end in () if known else range(2, len(word) + 1):
        for start in [at for at in best if at < end - 1]:
            more = len(best[start]) + 1 >= len(best.get(end, word))
            if not more and index.frequency(word[start:end]):
                best[end] = [*best[start], word[start:end]]
    return best.get(len(word), [word])


def corrected(index: TermIndex, typed: ParsedQuery) -> ParsedQuery:
    """Return the query with unknown words replaced by words of names: ``curcuit`` by ``circuit``."""
    unknown = [one for one in typed.terms if not index.frequency(one)]
    unknown = unknown[:_CORRECTIONS]
    meant = {one: _nearest(index, one) for one in unknown}
    return ParsedQuery(" ".join(meant.get(one, one) for one in typed.stems))


def _nearest(index: TermIndex, term: str) -> str:
    """Return the nearest word of a name within the allowed edits, else ``term``."""
    edits = index.near_name_words(term)
    return min(edits, key=lambda word: (edits[word], word), default=term)
