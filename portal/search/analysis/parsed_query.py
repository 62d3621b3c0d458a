"""A typed query parsed as words and as a name; there is no other query syntax."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from typing import NamedTuple

from portal.search.analysis.highlights import Wanted
from portal.search.analysis.word_variants import pairs
from portal.search.analysis.words import initials_key
from portal.search.analysis.words import is_initials
from portal.search.analysis.words import name_key
from portal.search.analysis.words import stem
from portal.search.analysis.words import words

LONGEST_QUERY = 100
MOST_WORDS = 16
#: Longer terms are cut, in documents as in queries.
LONGEST_TERM = 64
_LONGEST_MENTION = 4


class Run(NamedTuple):
    """Neighbouring words of a query, from no grammar word to none.

    Attributes:
        words: The stem of each, empty for a grammar word, and the word as typed.
    """

    words: Sequence[tuple[str, str]]

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the names that these words may be, with grammar words inside."""
        as_typed = [word for _, word in self.words]
        stems = [one or word for one, word in self.words]
        keys = (stems, as_typed, [*as_typed[:-1], stems[-1]])
        return tuple(dict.fromkeys(map("".join, keys)))

    @property
    def spelling(self) -> str:
        """The key of the name that these words may be a slip of; a Korean particle is cut."""
        last_stem, last = self.words[-1]
        before = "".join(word for _, word in self.words[:-1])
        return before + (last if last.isascii() else last_stem)


class ParsedQuery:
    """A query: words without operators, so the cost of any query is bounded.

    Attributes:
        text: The text as typed, cut to a bounded length.
        stems: The stems of its words, in order.
        forms: The distinct stems, each with the word it was cut from.
        pairs: The keys of neighbouring words; see ``word_variants.pairs``.
        terms: The distinct stems.
        keys: The whole text as the key of a name, as typed and without grammar words.
        initials: The text as Korean initial consonants: all of it, else its longest
            word; empty when there are none.
        prefix: The last word, perhaps unfinished; empty when a blank follows it.
    """

    def __init__(self, text: str) -> None:
        self.text = text[:LONGEST_QUERY]
        typed = words(self.text)[:MOST_WORDS]
        stemmed = [(stem(word)[:LONGEST_TERM], word) for word in typed]
        self.stems = [one for one, _ in stemmed if one]
        self.forms = {one: word for one, word in stemmed if one}
        self.pairs = tuple(dict.fromkeys(key[:LONGEST_TERM] for key in pairs(typed)))
        self._typed = stemmed
        self.terms = tuple(self.forms)
        keys = (name_key(self.text), "".join(self.stems))
        self.keys = tuple(dict.fromkeys(key[:LONGEST_TERM] for key in keys if key))
        self.initials = _initials(self.text)
        unfinished = typed and len(typed[-1]) > 1 and not self.text[-1].isspace()
        self.prefix = typed[-1] if unfinished else ""

    @property
    def wanted(self) -> Wanted:
        """What is highlighted in results."""
        return Wanted(frozenset(self.terms), self.prefix, "".join(self.keys[:1]))

    def runs(self) -> Iterator[Run]:
        """Yield the runs of words that may be a name, the longest first."""
        for size in range(min(_LONGEST_MENTION, len(self._typed)), 0, -1):
            for at in range(len(self._typed) - size + 1):
                run = Run(self._typed[at : at + size])
                if run.words[0][0] and run.words[-1][0]:
                    yield run


def _initials(text: str) -> tuple[str, ...]:
    if not is_initials(text):
        return ()
    longest = max(map(initials_key, text.split()), key=len)
    return tuple(dict.fromkeys((initials_key(text), longest)))
