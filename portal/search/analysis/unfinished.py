"""Half-typed syllables: what a text may become when the last syllable is typed to its end.

``데잍`` is on its way to ``데이터``: the final consonant begins the next syllable. ``멱드`` may
get a final consonant, and a single ``ㅂ`` a vowel.
"""

from __future__ import annotations

from collections.abc import Iterator

from portal.search.analysis.words import INITIALS
from portal.search.analysis.words import apart
from portal.search.analysis.words import jamo
from portal.search.analysis.words import with_final

_FINALS = 28


def completions(key: str) -> Iterator[tuple[str, str]]:
    """Yield ranges of beginnings, each from its first to its last text, that ``key`` may get."""
    head, last = key[:-1], key[-1:]
    _, vowel, final = jamo(last) if last else ("", "", "")
    if head and last in INITIALS:
        yield _range(head, last)
    elif vowel and not final:
        yield key, head + chr(ord(last) + _FINALS - 1)
    elif final:
        typed = apart(final)
        kept, moved = typed[:-1], typed[-1]
        open_syllable = chr(ord(last) - (ord(last) - ord("가")) % _FINALS)
        stays = with_final(open_syllable, kept) if kept else open_syllable
        yield _range(head + stays, moved)


def is_begun(key: str, typed: str) -> bool:
    """Return whether a key begins as typed, or as what that may become."""
    beginnings = ((typed, typed), *completions(typed))
    return any(first <= key[: len(first)] <= last for first, last in beginnings)


def _range(head: str, initial: str) -> tuple[str, str]:
    first = ord("가") + INITIALS.index(initial) * 21 * _FINALS
    return head + chr(first), head + chr(first + 21 * _FINALS - 1)
