"""The labels of all concepts as a tree of words, in which a text is looked up word by word."""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field

from portal.glossary.integrity import Label
from portal.search.analysis.words import normal
from portal.search.analysis.words import singular
from portal.search.analysis.words import stem
from portal.search.analysis.words import written_words

#: Labels of more words are not looked for.
_MOST_WORDS = 12
#: What two words of a term may have between them, in characters.
_WIDEST_GAP = 12
_JOINT = " "
#: Blanks (one line break at most), a hyphen or an underscore: ``circuit-breaker``.
_JOINTS = re.compile(r"(?:[^\S\n]*\n?[^\S\n]*|[-\u2010\u2011_])")
#: A hidden label of this form is a homonym more often than not: ``TL``, ``IDP``.
_SHORT_FORM = re.compile(r"[A-Z]{1,4}")
_LONGEST_EXACT = 2
#: The kinds of labels, the most telling first.
_SORTS = ("preferred", "abbreviation", "alternatives", "hidden")


@dataclass(frozen=True, slots=True)
class Term:
    """A label of a concept.

    Attributes:
        ref: The concept.
        language: The language of the label.
        text: The label.
        sort: ``preferred``, ``abbreviation``, ``alternatives`` or ``hidden``.
        exact: The only form it is written in, letter case included; empty for any.
    """

    ref: str
    language: str
    text: str
    sort: str
    exact: str = ""


@dataclass(slots=True)
class Node:
    """The words of a label so far.

    Attributes:
        children: The nodes after one more word, by what joins it and the word itself.
        terms: The labels that end here, the most telling first.
        initials: The first characters of the words of ``children``.
    """

    children: dict[tuple[str, str], Node] = field(default_factory=dict)
    terms: list[Term] = field(default_factory=list)
    initials: set[str] = field(default_factory=set)


def joint_of(gap: str) -> str | None:
    """Return what joins two words: blank, or another character; ``None`` when nothing does.

    Words of different scripts need nothing between them: ``ETL파이프라인``.
    """
    if len(gap) > _WIDEST_GAP:
        return None
    if _JOINTS.fullmatch(gap):
        return _JOINT
    return normal(gap).strip() or None


def vocabulary_of(labels: Iterable[Label]) -> Node:
    """Return the root of the tree of labels."""
    root = Node()
    for label in labels:
        term = _term(label)
        if term is not None:
            for words in _spellings(label.text):
                _insert(root, words, term)
    return root


def _term(label: Label) -> Term | None:
    """Return a label as a term; ``None`` for a hidden short form, which means too much else."""
    sort = str(label.path[3])
    if sort == "hidden" and _SHORT_FORM.fullmatch(label.text):
        return None
    is_short = label.text.isalpha() and label.text.isascii() and not label.text.islower()
    if is_short and stem(label.key) and len(label.text) > _LONGEST_EXACT:
        is_short = False
    exact = label.text if is_short else ""
    return Term(label.ref, label.language, label.text, sort, exact)


def _spellings(text: str) -> Iterator[Sequence[tuple[str, str]]]:
    """Yield a label as words with their joints; Korean also without blanks, English singular."""
    words: list[tuple[str, str]] = []
    end = 0
    for word in written_words(text):
        words.append((_joint(text[end : word.start]) if words else _JOINT, word.term))
        end = word.end
    if not words or len(words) > _MOST_WORDS:
        return
    yield words
    *rest, (joint, last) = words
    if singular(last) != last:
        yield [*rest, (joint, singular(last))]
    if rest and all("\uac00" <= word[0] <= "\ud7a3" for _, word in words):
        yield [(_JOINT, "".join(word for _, word in words))]


def _joint(gap: str) -> str:
    return joint_of(gap) or _JOINT


def _insert(root: Node, words: Sequence[tuple[str, str]], term: Term) -> None:
    node = root
    for word in words:
        node.initials.add(word[1][0])
        node = node.children.setdefault(word, Node())
    node.terms.append(term)
    node.terms.sort(key=lambda one: _SORTS.index(one.sort))
