"""Explanations of hits: computed after ranking, for the results of a page only."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from portal.search.analysis.parsed_query import ParsedQuery
from portal.search.analysis.tool_names import tool_words
from portal.search.analysis.unfinished import is_begun
from portal.search.analysis.word_variants import variants
from portal.search.analysis.words import distance
from portal.search.analysis.words import initials
from portal.search.analysis.words import letters
from portal.search.analysis.words import name_key
from portal.search.analysis.words import normal
from portal.search.analysis.words import slips_allowed
from portal.search.analysis.words import spans
from portal.search.analysis.words import words
from portal.search.documents import Explanation
from portal.search.ranking.groups import MENTION
from portal.search.ranking.groups import NAME
from portal.search.ranking.groups import NEAR
from portal.search.ranking.groups import PREFIX
from portal.search.ranking.groups import Ranking

_MOST_WORDS = 8
_MOST_RELATED = 4
_MOST_TOOLS = 3
_SHORTEST_TAIL = 2
#: What a tool has to do with the concept whose evidence it is, by its form.
_ROLES = {
    "dependency": "a library that implements it",
    "import": "code that implements it",
    "file": "a file of what implements it",
}


def explain(ranking: Ranking, tier: int, stored: Mapping[str, Any]) -> Explanation:
    """Return why a document was found.

    Args:
        ranking: The ranking it was found in.
        tier: The rule that found it.
        stored: Its stored fields.
    """
    parsed, names = ranking.parsed, names_of(stored)
    name, reading = _name(parsed, tier, names), ranking.reading
    if tier == PREFIX and not reading and name and not _begins(name, parsed):
        reading = "initials"
    if tier == NEAR and not name and (name := _compounded(ranking.typed, names)):
        reading = "compound"
    texts = _texts(stored)
    return Explanation(
        name=name,
        reading=reading,
        read_as={"": "", "initials": name, "compound": name}.get(reading, parsed.text),
        edits=_edits(ranking.typed, name) if reading == "spelling" and name else 0,
        matches=dict(_matches(parsed, texts)),
        related=tuple(_related(parsed, texts))[:_MOST_RELATED],
        tools=tuple(_named_tools(parsed, stored))[:_MOST_TOOLS],
    )


def names_of(stored: Mapping[str, Any]) -> Sequence[str]:
    """Return the names of a document, from its stored fields, that are not hidden."""
    if stored.get("names"):
        names: Sequence[str] = stored["names"]
        return names
    title = str(stored["fields"].get("title") or "")
    return tuple(dict.fromkeys((title, str(stored["ref"]).rpartition("/")[2])))


def nearest(parsed: ParsedQuery, names: Iterable[str]) -> str:
    """Return the name nearest to the query; empty when none is within the allowed edits."""
    key = "".join(parsed.keys[:1])
    limit = slips_allowed(letters(key))
    best = min(names, key=lambda name: _edits(parsed, name), default="")
    return best if best and _edits(parsed, best) <= limit else ""


def _edits(parsed: ParsedQuery, name: str) -> int:
    return _edits_of("".join(parsed.keys[:1]), name)


def _edits_of(key: str, name: str) -> int:
    key = letters(key)
    return distance(key, letters(name_key(name)), slips_allowed(key))


def _name(parsed: ParsedQuery, tier: int, names: Sequence[str]) -> str:
    if tier == NAME:
        return next((name for name in names if name_key(name) in parsed.keys), "")
    if tier == MENTION:
        return _mentioned(parsed, names)
    if tier == PREFIX:
        begun = (name for name in names if _begins(name, parsed))
        return next(begun, "") or said_by_initials(parsed, names)
    return nearest(parsed, names) if tier == NEAR else ""


def _mentioned(parsed: ParsedQuery, names: Sequence[str]) -> str:
    """Return the longest name in a query: whole, glued to something, or else misspelt."""
    runs = [key for run in parsed.runs() for key in run.keys]
    for found in (runs.__contains__, lambda key: any(key in one for one in runs)):
        longest = max((name_key(name) for name in names), key=lambda key: len(key) * found(key))
        if found(longest):
            return next(name for name in names if name_key(name) == longest)
    return min(names, key=lambda name: min(_edits_of(run, name) for run in runs)) if runs else ""


def _compounded(typed: ParsedQuery, names: Sequence[str]) -> str:
    """Return the name whose last words end a word of the query."""
    for name in names:
        tail = name_key(words(name)[-1]) if words(name) else ""
        if len(tail) >= _SHORTEST_TAIL and any(
            word.endswith(tail) for word in typed.forms.values()
        ):
            return name
    return ""


def _named_tools(parsed: ParsedQuery, stored: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the tools that a word of the query tells, the one with most of its words first."""
    told = {name: tool_words(name) for name, _ in stored.get("tools") or ()}
    roles = {name: _ROLES[form] for name, form in stored.get("tools") or ()}
    held = {name: len({*parsed.terms}.intersection(stems)) for name, stems in told.items()}
    for name in sorted(filter(held.get, told), key=lambda one: len(told[one]) - 2 * held[one]):
        yield name, roles[name]


def _begins(name: str, parsed: ParsedQuery) -> bool:
    return any(is_begun(name_key(name), key) for key in parsed.keys[:1])


def said_by_initials(parsed: ParsedQuery, names: Sequence[str]) -> str:
    """Return the name whose initial consonants were typed; a whole match is preferred."""
    for matches in (str.startswith, str.__contains__):
        for name in names:
            if any(matches(initials(name), key) for key in parsed.initials):
                return name
    return ""


def _texts(stored: Mapping[str, Any]) -> dict[str, Iterable[str]]:
    fields = stored["fields"]
    return {
        "names": names_of(stored),
        "title": (str(fields.get("title") or ""),),
        "text": (str(fields.get("text") or ""),),
        "body": stored.get("body") or (),
        "symptoms": stored.get("symptoms") or (),
    }


def passages(stored: Mapping[str, Any]) -> Iterator[str]:
    """Yield the texts of a document of which one is shown when its ``text`` has no match."""
    yield from stored.get("body") or ()
    yield from stored.get("symptoms") or ()
    for name, form in stored.get("tools") or ():
        yield f"{name}: {_ROLES[form]}"


def _matches(
    parsed: ParsedQuery, texts: Mapping[str, Iterable[str]]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    wanted = parsed.wanted
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


def _related(parsed: ParsedQuery, texts: Mapping[str, Iterable[str]]) -> Iterator[tuple[str, str]]:
    """Yield words of the query that no text has, each with its first variant there."""
    written: dict[str, str] = {}
    stems: set[str] = set()
    for text in (text for several in texts.values() for text in several):
        for span in spans(text):
            stems.add(span.term)
            word = text[span.start : span.end]
            for key in variants(normal(word)):
                written.setdefault(key, word)
    for term, word in parsed.forms.items():
        keys = [key for key in variants(word, asked=True) if len(key) > 1 and key in written]
        if keys and term not in stems:
            yield word, written[keys[0]]
