"""A text becomes the mentions in it."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterator

from portal.mentions.formats import PROSE
from portal.mentions.matching import Match
from portal.mentions.matching import matches_in
from portal.mentions.vocabulary import Node
from portal.mentions.vocabulary import Term


def find_mentions(
    text: str, format_: str, vocabulary: Node, refs: Collection[str], once: bool = False
) -> tuple[Match, ...]:
    """Return the mentions in a text, in its order; they do not overlap.

    Args:
        text: The text.
        format_: A key of ``PROSE``.
        vocabulary: The terms to look for.
        refs: The concepts to look for.
        once: Whether only the first mention of each concept is wanted.
    """
    wanted = frozenset(refs)

    def allows(term: Term) -> bool:
        return term.ref in wanted

    pieces = PROSE[format_](text)
    found = (match for piece in pieces for match in matches_in(text, *piece, vocabulary, allows))
    return tuple(_first_of_each(found) if once else found)


def _first_of_each(matches: Iterator[Match]) -> Iterator[Match]:
    seen = set()
    for match in matches:
        if match.term.ref not in seen:
            seen.add(match.term.ref)
            yield match
