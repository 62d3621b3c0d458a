"""Highlighting: cuts texts into matching and other pieces for a query.

Matching works on the text as written: each word is normalised by itself, so offsets
need not be mapped back from a normalised text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Mapping
from itertools import chain

from portal.search.analysis.words import normal
from portal.search.analysis.words import stem_as_written
from portal.search.analysis.words import written

#: ``(piece, is_match)`` in the order of the text.
Runs = tuple[tuple[str, bool], ...]
#: How much of a long text a result shows, in characters.
PASSAGE = 200
_BEFORE = 60
_LONGEST_TEXT = 20_000
_CLOSER_LOOKS = 5


class Wanted:
    """What counts as a match of a query.

    Args:
        terms: The stems of the query.
        prefix: The normalised beginning of a word; empty for none.
        key: The key of the whole query as a name; its parts match in names.
    """

    __slots__ = ("_hints", "_lengths", "key", "prefix", "terms")

    def __init__(self, terms: frozenset[str], prefix: str = "", key: str = "") -> None:
        self.terms = terms
        self.prefix = prefix
        self.key = key
        # A stem begins its words, but ``policies`` has the stem ``policy``.
        self._hints = tuple({hint.removesuffix("y") or hint for hint in (*terms, prefix) if hint})
        self._lengths = _Lengths(self, in_name=False), _Lengths(self, in_name=True)

    def hints_in(self, text: str) -> int:
        """Return an upper bound of the matches in a normalised text; 0 means none."""
        return sum(hint in text for hint in self._hints)

    def pieces_of(self, text: str) -> list[tuple[int, int]]:
        """Return the pieces between blanks of a normalised text that may hold matches."""
        found = set()
        for hint in self._hints:
            at = text.find(hint)
            while at >= 0:
                end = text.find(" ", at + len(hint))
                end = len(text) if end < 0 else end
                found.add((text.rfind(" ", 0, at) + 1, end))
                at = text.find(hint, end)
        return sorted(found)

    def lengths(self, in_name: bool) -> Mapping[str, int]:
        """Return how much of each word, as it is written, is highlighted; 0 for none."""
        return self._lengths[in_name]

    def found(self, term: str, in_name: bool) -> int:
        """Return how many characters of a stem match; 0 when it does not match."""
        if term in self.terms:
            return len(term)
        if self.prefix and term.startswith(self.prefix):
            return len(self.prefix)
        if in_name and len(term) > 1 + term.isascii() and term in self.key:
            return len(term)
        return 0


class _Lengths(dict[str, int]):
    """How much of words is highlighted: looked up once for each word of all results."""

    def __init__(self, wanted: Wanted, *, in_name: bool) -> None:
        super().__init__()
        self._wanted = wanted
        self._in_name = in_name

    def __missing__(self, word: str) -> int:
        term = stem_as_written(word)
        size = self._wanted.found(term, self._in_name) if term else 0
        length = self[word] = _length(word, term, size) if size else 0
        return length


def _length(word: str, term: str, size: int) -> int:
    """Return how much of a word is highlighted of whose stem so many characters match.

    A particle is not highlighted; a word that normalising or stemming changed is highlighted as
    a whole.
    """
    cut = word[:size]
    is_exact = normal(cut) == term[:size] and not cut.isascii()
    return min(size, len(word)) if is_exact or size < len(term) else len(word)


def mark(text: str, wanted: Wanted, *, in_name: bool = False) -> Runs:
    """Return a text as runs; empty when nothing in it matches."""
    text = text[:_LONGEST_TEXT]
    words = written(text) if in_name else _candidates(text, wanted)
    places = _places(words, wanted, in_name)
    if not places:
        return ()
    start, end = (0, len(text)) if len(text) <= PASSAGE else _window(text, places)
    return tuple(_runs(text, [p for p in places if start <= p[0] and p[1] <= end], start, end))


def passage(texts: Iterable[str], wanted: Wanted) -> Runs:
    """Return the best-matching text, cut to ``PASSAGE`` characters, as runs."""
    held = [(wanted.hints_in(normal(text)), text) for text in texts]
    held = sorted((pair for pair in held if pair[0]), key=lambda pair: -pair[0])
    marked = (mark(text, wanted) for _, text in held[:_CLOSER_LOOKS])
    return next(filter(None, marked), ())


def _candidates(text: str, wanted: Wanted) -> Iterable[re.Match[str]]:
    """Return the words of a text that may match: most words of most texts need no closer look."""
    known = normal(text)
    pieces = wanted.pieces_of(known)
    has_its_places = text.isascii() or (known == text.lower() and len(known) == len(text))
    if not pieces or has_its_places:
        return chain.from_iterable(written(text, *piece) for piece in pieces)
    return written(text)  # normalised, its words are at other places


def _places(words: Iterable[re.Match[str]], wanted: Wanted, in_name: bool) -> list[tuple[int, int]]:
    places = []
    lengths = wanted.lengths(in_name)
    for match in words:
        if length := lengths[match[0]]:
            start = match.start()
            places.append((start, start + length))
    return places


def _window(text: str, places: list[tuple[int, int]]) -> tuple[int, int]:
    """Return start and end of the passage with the most matches."""
    best = max(
        places,
        key=lambda place: sum(
            place[0] <= start and end <= place[0] + PASSAGE - _BEFORE for start, end in places
        ),
    )
    start = max(0, min(best[0] - _BEFORE, len(text) - PASSAGE))
    end = min(len(text), start + PASSAGE)
    if start:
        start = _word_edge(text, start, best[0])
    if end < len(text):
        space = text.rfind(" ", best[1], end)
        end = space if space > 0 else end
    return start, end


def _word_edge(text: str, start: int, limit: int) -> int:
    space = text.find(" ", start, limit)
    return space + 1 if space >= 0 else start


def _runs(
    text: str, places: list[tuple[int, int]], start: int, end: int
) -> Iterable[tuple[str, bool]]:
    at = start
    if start:
        yield "…", False
    for begin, stop in places:
        if begin > at:
            yield text[at:begin], False
        yield text[begin:stop], True
        at = stop
    if at < end:
        yield text[at:end], False
    if end < len(text):
        yield "…", False
