"""Names inside a query: whole, glued to other syllables, misspelt, or compounds of them.

``피처 스토어를 꼭 써야 하나`` holds a name, ``카프카클러스터`` one with something glued to it, and
``DataOps`` ends as ``MLOps`` does. All of it is looked up, none of it is listed.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from portal.search.analysis.parsed_query import ParsedQuery
from portal.search.ranking.entry import INSIDE
from portal.search.ranking.groups import keep_best
from portal.search.ranking.term_index import TermIndex

#: The value of a name that is glued to other syllables, or misspelt, in words.
_GLUED = 0.6
_MISSPELT = 0.5
#: The greatest number of runs of words that are compared with all names.
_CLOSER_LOOKS = 6
_LONGEST_GLUED = 24
#: The least length of a name that something unknown is glued to, and of one that only a
#: known word or a short ending is glued to; in Hangul and in other letters.
_LEAST = {True: (3, 2), False: (5, 3)}
_LONGEST_ENDING = 2
#: The least length of what a compound has in common with a name.
_LEAST_TAIL = {True: 2, False: 3}
_FIRST_SYLLABLE = "\uac00"


def mentions(index: TermIndex, parsed: ParsedQuery) -> dict[int, float]:
    """Return the documents that the query names, each with the number of words of the name."""
    found: dict[int, float] = {}
    for run in parsed.runs():
        for key in run.keys:
            for doc, _ in index.named(key):
                keep_best(found, doc, len(run.words))
    for word in _unknown(index, parsed):
        for key in glued_names(index, word):
            for doc, _ in index.named(key):
                keep_best(found, doc, _GLUED)
    return found


def misspelt(index: TermIndex, parsed: ParsedQuery) -> dict[int, float]:
    """Return the documents with a name near a run of words that are not all known."""
    found: dict[int, float] = {}
    unknown = frozenset(_unknown(index, parsed))
    doubtful = (run for run in parsed.runs() if any(word in unknown for _, word in run.words))
    for run in islice(doubtful, _CLOSER_LOOKS):
        for doc, _, edits in index.names_near(run.spelling):
            keep_best(found, doc, len(run.words) * _MISSPELT / (1 + edits))
    return found


def compounds(index: TermIndex, parsed: ParsedQuery) -> dict[int, float]:
    """Return the documents with a name whose last part ends a word that nobody knows."""
    found: dict[int, float] = {}
    for word in _unknown(index, parsed):
        for tail in _tails(word):
            for doc, sort, size in index.names_beginning(tail):
                if sort == INSIDE and size == len(tail.encode()):
                    keep_best(found, doc, len(tail))
            if found:
                break
    return found


def glued_names(index: TermIndex, word: str) -> Iterator[str]:
    """Yield the longest name at each place of a word where something is glued to it."""
    is_korean = word >= _FIRST_SYLLABLE
    unknown, known = _LEAST[is_korean]
    word = word[:_LONGEST_GLUED]
    for start in range(len(word) - known + 1):
        for end in range(len(word), start + known - 1, -1):
            key, rest = word[start:end], (word[:start], word[end:])
            if key == word or not any(index.named(key)):
                continue
            if len(key) >= unknown or all(_may_be_glued(index, one) for one in rest):
                yield key
                return


def _may_be_glued(index: TermIndex, text: str) -> bool:
    is_short = text[:1] >= _FIRST_SYLLABLE and len(text) <= _LONGEST_ENDING
    return not text or is_short or index.frequency(text) > 0


def _unknown(index: TermIndex, parsed: ParsedQuery) -> Iterator[str]:
    return (word for term, word in parsed.forms.items() if not index.frequency(term))


def _tails(word: str) -> Iterator[str]:
    least = _LEAST_TAIL[word >= _FIRST_SYLLABLE]
    return (word[at:] for at in range(1, len(word) - least + 1))
