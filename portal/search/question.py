"""What was typed, read as words and as a name: all there is to the query language."""

from __future__ import annotations

from collections.abc import Iterator

from portal.search.analysis import initials_key
from portal.search.analysis import is_initials
from portal.search.analysis import name_key
from portal.search.analysis import stem
from portal.search.analysis import words
from portal.search.highlights import Wanted

LONGEST_QUERY = 100
MOST_WORDS = 16
#: Longer terms are cut, in documents as in queries.
LONGEST_TERM = 64
_LONGEST_MENTION = 4


class Question:
    """A query: words and nothing else, so no text of it can ask for much work.

    Attributes:
        text: What was typed, cut to a bounded length.
        stems: What its words are compared by, in their order.
        forms: The stems, each one once, and the word it was cut from.
        terms: The stems, each one once.
        keys: The whole of it as the key of a name, as typed and without grammar.
        initials: What it says as initial consonants: all of it, else its longest
            word; empty when it is not made of them.
        prefix: The last word, perhaps unfinished; empty when a blank follows it.
    """

    def __init__(self, text: str) -> None:
        self.text = text[:LONGEST_QUERY]
        typed = words(self.text)[:MOST_WORDS]
        stemmed = [(stem(word)[:LONGEST_TERM], word) for word in typed]
        self.stems = [one for one, _ in stemmed if one]
        self.forms = {one: word for one, word in stemmed if one}
        self.terms = tuple(self.forms)
        keys = (name_key(self.text), "".join(self.stems))
        self.keys = tuple(dict.fromkeys(key[:LONGEST_TERM] for key in keys if key))
        self.initials = _initials(self.text)
        unfinished = typed and len(typed[-1]) > 1 and not self.text[-1].isspace()
        self.prefix = typed[-1] if unfinished else ""

    @property
    def wanted(self) -> Wanted:
        """What to mark in the results."""
        return Wanted(frozenset(self.terms), self.prefix, "".join(self.keys[:1]))

    def mentions(self) -> Iterator[tuple[str, int]]:
        """Yield each run of words that may be a name, and how many words it has."""
        for size in range(min(_LONGEST_MENTION, len(self.stems)), 0, -1):
            for at in range(len(self.stems) - size + 1):
                yield "".join(self.stems[at : at + size]), size


def _initials(text: str) -> tuple[str, ...]:
    if not is_initials(text):
        return ()
    longest = max(map(initials_key, text.split()), key=len)
    return tuple(dict.fromkeys((initials_key(text), longest)))
