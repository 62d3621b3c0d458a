"""A document to its index entry: analysed words, keys of names, columns.

Analysis happens here, once, when a document is written; engines only store the result,
so both index the same terms. Of a concept named "서킷 브레이커" and "circuit breaker"::

    named  서킷 ½, 브레이커 ½, circuit ½, breaker ½
    keys   서킷브레이커 preferred, circuitbreaker alternative, ㅅㅋㅂㄹㅇㅋ and ㅂㄹㅇㅋ initials,
           브레이커 and breaker inside
    grams  서킷, 브레, 레이, 이커
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from portal.search.analysis.parsed_query import LONGEST_TERM
from portal.search.analysis.tool_names import tool_words
from portal.search.analysis.word_variants import pairs
from portal.search.analysis.word_variants import symptom_key
from portal.search.analysis.word_variants import tool_key
from portal.search.analysis.word_variants import variants
from portal.search.analysis.words import grams
from portal.search.analysis.words import initials
from portal.search.analysis.words import name_key
from portal.search.analysis.words import terms
from portal.search.analysis.words import words
from portal.search.documents import IndexableDocument
from portal.search.documents import folded_owner
from portal.search.ranking.facets import OWNER
from portal.search.ranking.facets import TAG
from portal.search.ranking.facets import packed

#: The sorts of name keys; lower is better. After the hidden names come keys that are no
#: names: initial consonants (``INITIALS``), and the rest of a name from a later word on
#: (``INSIDE``), for small types only: 100,000 documents would have half a million of them.
SORTS = {"preferred": 0, "id": 1, "alternative": 2, "abbreviation": 2, "hidden": 3}
HIDDEN = SORTS["hidden"]
INITIALS = 4
INSIDE = 5
#: Small types of named things: their names, texts and pairs of words are kept besides, to
#: name the match and to show a passage, and a query that holds a name means what it names.
CONCEPT_TYPES = frozenset({"glossary"})

#: BM25F's parameters by part of a document: the boost of a word, and the usual length in
#: words, to which the part's length is compared.
PARTS = {
    "name": (5.0, 4),
    "text": (2.0, 20),
    "body": (1.0, 200),
    "symptoms": (1.0, 200),
    "tools": (1.0, 60),
}
_LENGTH_MATTERS = 0.5
_SATURATION = 1.2
#: Shares and impacts are eighths: equal weights compress better.
_STEPS = 8
_LONGEST_FILTER = 200
_MOST_STARTS = 4
#: Fields without filter terms: long texts, which nobody matches exactly.
_NOT_FILTERED = frozenset({"text", "location", "authorization"})


@dataclass(frozen=True, slots=True)
class Entry:
    """The index entry of a document.

    Attributes:
        ref: The entity ref.
        named: The stems of its names, each with its share of a name (0 to 1).
        parts: The stems of its names, its text, its body, its symptoms and its tools, as
            in ``PARTS``.
        grams: The syllable bigrams of all its texts, and the pairs of neighbouring words.
        variants: The variant keys of all its words, and the keys of its tools; see
            ``word_variants`` and ``tool_names``.
        filters: The terms that filters look up; see ``filter_term``.
        columns: The values of its facets, packed; see ``facets``.
        keys: The keys of its names, each with its sort; see ``SORTS``.
        shown: The stored fields, as JSON.
    """

    ref: str
    named: Mapping[str, float]
    parts: tuple[Sequence[str], ...]
    grams: Sequence[str]
    variants: Sequence[str]
    filters: Sequence[str]
    columns: str
    keys: Sequence[tuple[str, int]]
    shown: bytes


def entry(document: IndexableDocument) -> Entry:
    """Return the index entry of a document."""
    shown = [name.text for name in document.names if SORTS[name.rank] < HIDDEN]
    texts = [str(document.fields.get(key) or "") for key in ("title", "text")]
    named = [_cut(terms(name)) for name in shown or texts[:1]]
    spelled = list(dict.fromkeys(term for name in named for term in name))
    parts = (
        spelled,
        _cut(terms(" ".join(texts))),
        _stems(document.body),
        _stems(document.symptoms),
        _cut(dict.fromkeys(word for tool in document.tools for word in tool_words(tool.name))),
    )
    whole = (*shown, *texts, *document.body, *document.symptoms)
    return Entry(
        ref=document.ref,
        named=_closeness(named),
        parts=parts,
        grams=list(dict.fromkeys((*_all_grams(whole), *_all_pairs(document.type, whole)))),
        variants=list(dict.fromkeys((*_all_variants(whole), *_marked(*parts)))),
        filters=list(dict.fromkeys(_filters(document))),
        columns=packed(document),
        keys=list(_keys(document)),
        shown=_shown(document, shown),
    )


def _stems(texts: Iterable[str]) -> list[str]:
    return [term for text in texts for term in _cut(terms(text))]


def _marked(
    names: Sequence[str],
    text: Sequence[str],
    body: Sequence[str],
    symptoms: Sequence[str],
    tools: Sequence[str],
) -> Iterator[str]:
    """Yield the keys of words that tell a tool, and of those that only a symptom has."""
    yield from map(tool_key, tools)
    yield from map(symptom_key, sorted({*symptoms} - {*names, *text, *body, *tools}))


def filter_term(field: str, value: str) -> str:
    """Return the filter term of a field's value."""
    return f"{field}={folded_owner(value) if field == OWNER else value.casefold()}"


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
    inside = shown if document.type in CONCEPT_TYPES else ()
    for key in dict.fromkeys(key for text in inside for key in _starts(text)):
        if key not in best:
            yield key, INSIDE


def _initials(text: str) -> Iterator[str]:
    """Yield the initial consonants of a Korean name, from each of its words on."""
    if text.isascii():
        return
    parts = [initials(word) for word in words(text)]
    for at in range(len(parts)):
        yield "".join(parts[at:])[:LONGEST_TERM]


def _starts(text: str) -> Iterator[str]:
    """Yield the rest of a name from its second word on, from its third, and so on."""
    parts = words(text)
    for at in range(1, min(len(parts), _MOST_STARTS + 1)):
        yield name_key("".join(parts[at:]))[:LONGEST_TERM]


def _closeness(named: Sequence[Sequence[str]]) -> dict[str, float]:
    """Return the greatest share that each word has of a name; 1 is the whole name."""
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


def _all_pairs(kind: str, texts: Iterable[str]) -> Iterator[str]:
    """Yield the pairs of the texts of small types: there are as many as words."""
    for text in texts if kind in CONCEPT_TYPES else ():
        for key in pairs(words(text)):
            yield key[:LONGEST_TERM]


def _all_variants(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        for word in words(text):
            for key in variants(word):
                yield key[:LONGEST_TERM]


def _filters(document: IndexableDocument) -> Iterator[str]:
    owners = (document.fields.get(OWNER), document.owner)
    values = {**document.fields, OWNER: owners, TAG: document.tags}
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
    if document.type in CONCEPT_TYPES:
        shown |= {
            "body": document.body,
            "names": names,
            "symptoms": document.symptoms,
            "tools": [(tool.name, tool.form) for tool in document.tools],
        }
    return json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode()


def impacts(parts: Sequence[Iterable[str]]) -> dict[str, float]:
    """Return the weight (BM25F impact) of each word of a document's parts.

    Computed when a document is written: a search only multiplies by rarity and adds up.

    Args:
        parts: The words of each part, in the order of ``PARTS``.
    """
    weights: dict[str, float] = {}
    for part, (boost, usual) in zip(parts, PARTS.values(), strict=True):
        counts = Counter(part)
        length = counts.total() / usual
        share = boost / (1 - _LENGTH_MATTERS + _LENGTH_MATTERS * length)
        for term, count in counts.items():
            weights[term] = weights.get(term, 0.0) + share * count
    return {
        term: _step((_SATURATION + 1) * weight / (_SATURATION + weight))
        for term, weight in weights.items()
    }


def _step(weight: float) -> float:
    return max(1, round(weight * _STEPS)) / _STEPS
