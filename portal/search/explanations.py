"""Why a document answers a query: told for the results of a page, after the fact."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from portal.search.analysis import distance
from portal.search.analysis import initials
from portal.search.analysis import letters
from portal.search.analysis import name_key
from portal.search.analysis import normal
from portal.search.analysis import slips_allowed
from portal.search.analysis import spans
from portal.search.documents import Explanation
from portal.search.kinship import kin
from portal.search.question import Question
from portal.search.ranking import NAME
from portal.search.ranking import NEAR
from portal.search.ranking import PREFIX
from portal.search.ranking import Ranking

_MOST_WORDS = 8
_MOST_RELATED = 4


def explain(ranking: Ranking, tier: int, kept: Mapping[str, Any]) -> Explanation:
    """Say why a document, of which ``kept`` is kept, was found by a rule."""
    question = ranking.question
    name, reading = _name(question, tier, names_of(kept)), ranking.reading
    if tier == PREFIX and not reading and name and not _begins(name, question):
        reading = "initials"
    texts = _texts(kept)
    near = tier == NEAR and name
    return Explanation(
        name=name,
        reading=reading,
        read_as={"": "", "initials": name}.get(reading, question.text),
        edits=_edits(ranking.typed, name) if near else 0,
        matches=dict(_matches(question, texts)),
        related=tuple(_related(question, texts))[:_MOST_RELATED],
    )


def names_of(kept: Mapping[str, Any]) -> Sequence[str]:
    """Return the names of a document that may be shown."""
    if kept.get("names"):
        names: Sequence[str] = kept["names"]
        return names
    title = str(kept["fields"].get("title") or "")
    return tuple(dict.fromkeys((title, str(kept["ref"]).rpartition("/")[2])))


def nearest(question: Question, names: Iterable[str]) -> str:
    """Return the name that was probably meant; empty when none is near."""
    key = "".join(question.keys[:1])
    limit = slips_allowed(letters(key))
    best = min(names, key=lambda name: _edits(question, name), default="")
    return best if best and _edits(question, best) <= limit else ""


def _edits(question: Question, name: str) -> int:
    key = letters("".join(question.keys[:1]))
    return distance(key, letters(name_key(name)), slips_allowed(key))


def _name(question: Question, tier: int, names: Sequence[str]) -> str:
    if tier == NAME:
        return next((name for name in names if name_key(name) in question.keys), "")
    if tier == PREFIX:
        begun = (name for name in names if _begins(name, question))
        return next(begun, "") or said_by_initials(question, names)
    return nearest(question, names) if tier == NEAR else ""


def _begins(name: str, question: Question) -> bool:
    return any(name_key(name).startswith(key) for key in question.keys[:1])


def said_by_initials(question: Question, names: Sequence[str]) -> str:
    """Return the name whose initials were typed: all of it rather than its end."""
    for matches in (str.startswith, str.__contains__):
        for name in names:
            if any(matches(initials(name), key) for key in question.initials):
                return name
    return ""


def _texts(kept: Mapping[str, Any]) -> dict[str, Iterable[str]]:
    fields = kept["fields"]
    return {
        "names": names_of(kept),
        "title": (str(fields.get("title") or ""),),
        "text": (str(fields.get("text") or ""),),
        "body": kept.get("body") or (),
    }


def _matches(
    question: Question, texts: Mapping[str, Iterable[str]]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    wanted = question.wanted
    for field, several in texts.items():
        found = dict.fromkeys(
            text[span.start : span.end]
            for text in several
            if wanted.hints_in(normal(text))
            for span in spans(text)
            if wanted.found(span.term, in_name=False)
        )
        if found:
            yield field, tuple(found)[:_MOST_WORDS]


def _related(question: Question, texts: Mapping[str, Iterable[str]]) -> Iterator[tuple[str, str]]:
    """Yield words asked for that no text has, and their first relative there."""
    written: dict[str, str] = {}
    stems: set[str] = set()
    for text in (text for several in texts.values() for text in several):
        for span in spans(text):
            stems.add(span.term)
            word = text[span.start : span.end]
            for key in kin(normal(word)):
                written.setdefault(key, word)
    for term, word in question.forms.items():
        keys = [key for key in kin(word, asked=True) if len(key) > 1 and key in written]
        if keys and term not in stems:
            yield word, written[keys[0]]
