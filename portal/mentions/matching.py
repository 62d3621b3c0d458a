"""Where a piece of prose names concepts: the longest terms, from left to right, as whole words.

Each word is looked at a bounded number of times, so the cost grows with the text alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass

from portal.mentions.particles import are_particles
from portal.mentions.particles import is_compound
from portal.mentions.vocabulary import Node
from portal.mentions.vocabulary import Term
from portal.mentions.vocabulary import joint_of
from portal.search.analysis.words import Span
from portal.search.analysis.words import folded
from portal.search.analysis.words import normal
from portal.search.analysis.words import singular
from portal.search.analysis.words import written_words

#: Longer words are no terms.
_LONGEST_WORD = 64
_LONGEST_PARTICLES = 8
_CHUNK = re.compile(r"\S+")
#: What must not stand right before or after a term: it would be part of a name or an address.
_NOT_BEFORE = re.compile(r"(?:[\w@#$%\\]|[A-Za-z0-9_)\]][.:=]|(?:^|\s)\.|::|--)\Z")
_NOT_AFTER = re.compile(r"[.=@$][A-Za-z0-9_]|:[A-Za-z0-9_:]|\(\)|[\\_]|\.\*")
_COMPOUND = re.compile(r"-([A-Za-z0-9]{1,64})")
#: Marks of emphasis, behind which a Korean particle goes on with the word.
_EMPHASIS = re.compile(
    r"(?:[*_~]{1,3}|</(?:b|i|em|strong|span|mark|u|s|small|font|ins)\s{0,9}>){1,4}", re.IGNORECASE
)
_LONGEST_EMPHASIS = 60

Allows = Callable[[Term], bool]


@dataclass(frozen=True, slots=True)
class Match:
    """A part of a text that names a concept; offsets in characters."""

    start: int
    end: int
    term: Term


def matches_in(text: str, start: int, end: int, root: Node, allows: Allows) -> Iterator[Match]:
    """Yield the terms in a part of a text.

    Args:
        text: The whole text: what stands around the part decides whether a word is whole.
        start: Where the part begins.
        end: Where it ends.
        root: The terms to look for.
        allows: Whether a term may be answered.
    """
    for first, last in _prose(text, start, end):
        words = list(written_words(text, first, last))
        at = 0
        while at < len(words):
            if words[at].term[0] not in root.initials:
                at += 1
                continue
            found, used = _longest(text, words, at, root, allows)
            if found:
                yield found
            at += used


def _prose(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the parts between addresses and paths."""
    begin = start
    for chunk in _CHUNK.finditer(text, start, end):
        if _is_address(chunk[0]):
            yield begin, chunk.start()
            begin = chunk.end()
    yield begin, end


def _is_address(chunk: str) -> bool:
    if "://" in chunk or "\\" in chunk:
        return True
    bare = chunk.lstrip("([<{\"'“‘")
    if bare.startswith(("/", "./", "../", "~/", "www.", "mailto:")):
        return True
    parts = chunk.count("/") + (":" in chunk.rstrip(":"))
    return (chunk.isascii() and parts > 1) or ("@" in bare and "." in bare)


def _longest(
    text: str, words: list[Span], first: int, root: Node, allows: Allows
) -> tuple[Match | None, int]:
    """Return the longest term that begins with a word, and how many words it takes."""
    best, used = None, 1
    node, begin = root, words[first].start
    for at in range(first, len(words)):
        word = words[at]
        joint = " " if at == first else joint_of(text[words[at - 1].end : word.start])
        if joint is None or word.end - word.start > _LONGEST_WORD:
            break
        for child, end in _ends(text, word, joint, node):
            term = _chosen(child.terms, text[begin:end], allows)
            if term and _is_whole(text, begin, word.end):
                best, used = Match(begin, end, term), at - first + 1
                break
        following = node.children.get((joint, word.term))
        if following is None:
            break
        node = following
    return best, used


def _ends(text: str, word: Span, joint: str, node: Node) -> Iterator[tuple[Node, int]]:
    """Yield the nodes with terms that a word leads to, and where in the text each term ends."""
    children, term = node.children, word.term
    child = children.get((joint, term))
    if child and child.terms:
        yield child, word.end
    if term.isascii():
        child = children.get((joint, singular(term)))
        if child and child.terms:
            yield child, word.end
    elif "\uac00" <= term[0] <= "\ud7a3":
        for size in range(len(term) - 1, max(len(term) - _LONGEST_PARTICLES, 0), -1):
            child = children.get((joint, term[:size]))
            if child and child.terms and are_particles(term[size:]):
                yield child, _end_of(text, word, term[:size])


def _end_of(text: str, word: Span, form: str) -> int:
    """Return where the beginning of a word ends whose normal form is ``form``."""
    if word.end - word.start == len(word.term):
        return word.start + len(form)
    for end in range(word.start + 1, word.end):
        if normal(text[word.start : end]) == form and normal(text[end]) != "":
            return end
    return word.end


def _chosen(terms: list[Term], written: str, allows: Allows) -> Term | None:
    return next(
        (
            term
            for term in terms
            if (not term.exact or folded(written) == term.exact) and allows(term)
        ),
        None,
    )


def _is_whole(text: str, start: int, end: int) -> bool:
    """Return whether a term is no part of a longer word, a name or an address."""
    before = text[max(0, start - 2) : start]
    if _NOT_BEFORE.search(before) or (before.endswith("-") and text[start].isascii()):
        return False
    if _NOT_AFTER.match(text, end):
        return False
    compound = _COMPOUND.match(text, end)
    if compound and not is_compound(compound[1].lower()):
        return False
    emphasis = _EMPHASIS.match(text, end, end + _LONGEST_EMPHASIS)
    after = emphasis.end() if emphasis else end
    attached = next(written_words(text, after, after + _LONGEST_WORD), None)
    return attached is None or attached.start != after or are_particles(attached.term)
