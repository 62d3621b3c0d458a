"""A document to what an engine keeps of it: analysed words, keys of names, columns.

Everything both engines agree on is decided here, once, when a document is written;
an engine only has to keep it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from portal.search.analysis import grams
from portal.search.analysis import initials
from portal.search.analysis import name_key
from portal.search.analysis import terms
from portal.search.analysis import words
from portal.search.documents import IndexableDocument
from portal.search.facets import TAG
from portal.search.facets import packed
from portal.search.kinship import kin
from portal.search.question import LONGEST_TERM

#: What the key of a name is; the lower, the better. Behind the hidden ones come keys
#: that are no name: initials, and, where documents are few, what is left of a name
#: from a later word on; 100,000 documents would have half a million of those.
SORTS = {"preferred": 0, "id": 1, "alternative": 2, "abbreviation": 2, "hidden": 3}
HIDDEN = SORTS["hidden"]
INITIALS = 4
INSIDE = 5
#: Types whose names and body are kept: to say which name was meant, to show a passage.
WITH_PASSAGES = frozenset({"glossary"})

#: The names, the text and the body: how much a word counts, and the usual length.
PARTS = {"name": (5.0, 4), "text": (2.0, 20), "body": (1.0, 200)}
_STEPS = 8
_LONGEST_FILTER = 200
_MOST_STARTS = 4
#: Long texts, never worth an exact match.
_NOT_FILTERED = frozenset({"text", "location", "authorization"})


@dataclass(frozen=True, slots=True)
class Entry:
    """What is kept of a document.

    Attributes:
        ref: The entity ref.
        named: The words of its names, and how much of a name each one is.
        parts: The words of its names, its text and its body, as in ``PARTS``.
        grams: The pairs of syllables in all of it.
        kin: The keys by which other forms of its words are found.
        filters: The terms that filters look for.
        columns: What it is counted and shown by (see ``facets``), packed.
        keys: The keys of its names, and what each one is (see ``SORTS``).
        shown: What a result is made of, as JSON.
    """

    ref: str
    named: Mapping[str, float]
    parts: tuple[Sequence[str], Sequence[str], Sequence[str]]
    grams: Sequence[str]
    kin: Sequence[str]
    filters: Sequence[str]
    columns: str
    keys: Sequence[tuple[str, int]]
    shown: bytes


def entry(document: IndexableDocument) -> Entry:
    """Analyse a document."""
    shown = [name.text for name in document.names if SORTS[name.rank] < HIDDEN]
    texts = [str(document.fields.get(key) or "") for key in ("title", "text")]
    named = [_cut(terms(name)) for name in shown or texts[:1]]
    spelled = list(dict.fromkeys(term for name in named for term in name))
    body = [term for text in document.body for term in _cut(terms(text))]
    whole = (*shown, *texts, *document.body)
    return Entry(
        ref=document.ref,
        named=_closeness(named),
        parts=(spelled, _cut(terms(" ".join(texts))), body),
        grams=list(dict.fromkeys(_all_grams(whole))),
        kin=list(dict.fromkeys(_all_kin(whole))),
        filters=list(dict.fromkeys(_filters({**document.fields, TAG: document.tags}))),
        columns=packed(document),
        keys=list(_keys(document)),
        shown=_shown(document, shown),
    )


def filter_term(field: str, value: str) -> str:
    """Return the term that says a document's ``field`` has ``value``."""
    return f"{field}={value.casefold()}"


def _cut(found: Iterable[str]) -> list[str]:
    return [term[:LONGEST_TERM] for term in found]


def _keys(document: IndexableDocument) -> Iterator[tuple[str, int]]:
    best: dict[str, int] = {}
    for name in document.names:
        key = name_key(name.text)[:LONGEST_TERM]
        if key:
            best[key] = min(best.get(key, HIDDEN), SORTS[name.rank])
    yield from best.items()
    shown = [name.text for name in document.names if SORTS[name.rank] < HIDDEN]
    for key in dict.fromkeys(key for text in shown for key in _initials(text)):
        yield key, INITIALS
    inside = shown if document.type in WITH_PASSAGES else ()
    for key in dict.fromkeys(key for text in inside for key in _starts(text)):
        if key not in best:
            yield key, INSIDE


def _initials(text: str) -> Iterator[str]:
    """Yield the initials of a Korean name from each of its words on."""
    if text.isascii():
        return
    parts = [initials(word) for word in words(text)]
    for at in range(len(parts)):
        yield "".join(parts[at:])[:LONGEST_TERM]


def _starts(text: str) -> Iterator[str]:
    """Yield what is left of a name from its second word on, its third, and so on."""
    parts = words(text)
    for at in range(1, min(len(parts), _MOST_STARTS + 1)):
        yield name_key("".join(parts[at:]))[:LONGEST_TERM]


def _closeness(named: Sequence[Sequence[str]]) -> dict[str, float]:
    """Return how much of a name each word is: all of it weighs 1."""
    weights: dict[str, float] = {}
    for name in named:
        for term in name:
            share = round(_STEPS / len(name)) / _STEPS
            weights[term] = max(weights.get(term, 0.0), share, 0.125)
    return weights


def _all_grams(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        if not text.isascii():
            yield from grams(text)


def _all_kin(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        for word in words(text):
            for key in kin(word):
                yield key[:LONGEST_TERM]


def _filters(values: Mapping[str, Any]) -> Iterator[str]:
    for field, value in values.items():
        for one in value if isinstance(value, (list, tuple)) else (value,):
            text = _as_text(one)
            if field not in _NOT_FILTERED and text and len(text) <= _LONGEST_FILTER:
                yield filter_term(field, text)


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, (str, int, float)) else ""


def _shown(document: IndexableDocument, names: Sequence[str]) -> bytes:
    shown: dict[str, Any] = {"ref": document.ref, "fields": dict(document.fields)}
    if document.type in WITH_PASSAGES:
        shown |= {"body": document.body, "names": names}
    return json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode()
