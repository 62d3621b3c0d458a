"""A document to what Whoosh keeps of it: weighted terms and two columns.

Analysis and weighting are done here, once, when a document is written: the
weight of a word is its share of BM25F, so that a search only adds weights up.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from whoosh import fields
from whoosh import formats

from portal.search.analysis import grams
from portal.search.analysis import initials
from portal.search.analysis import name_key
from portal.search.analysis import terms
from portal.search.analysis import words
from portal.search.documents import IndexableDocument
from portal.search.question import LONGEST_TERM

#: What a key in the column of names is; the lower, the better.
SORTS = {"preferred": 0, "id": 1, "alternative": 2, "abbreviation": 2, "hidden": 3}
HIDDEN = SORTS["hidden"]
INITIALS = 4
#: Types whose body is kept, to show a passage of it.
WITH_PASSAGES = frozenset({"glossary"})

#: For names, text and body: how much a word counts, and the usual length.
_PARTS = ((5.0, 4), (2.0, 20), (1.0, 200))
_LENGTH_MATTERS = 0.5
_SATURATION = 1.2
#: Weights are kept in steps, for equal ones take less room.
_STEPS = 8
_LONGEST_FILTER = 200
#: Long texts, never worth an exact match.
_NOT_FILTERED = frozenset({"text", "location", "authorization"})


class Terms(fields.FieldType):  # type: ignore[misc]
    """A field of terms that come with their weights."""

    def __init__(self) -> None:
        super().__init__(formats.Existence(), None)

    def index(
        self, value: Mapping[str, float], **_options: Any
    ) -> Iterator[tuple[bytes, int, float, bytes]]:
        """Yield what Whoosh posts: term, frequency, weight, no further value."""
        for term, weight in value.items():
            yield term.encode(), 1, weight, b""


def schema() -> Any:
    """Return the fields of every index."""
    return fields.Schema(
        ref=Terms(),
        names=Terms(),
        words=Terms(),
        grams=Terms(),
        filters=Terms(),
        keys=fields.COLUMN(),
        shown=fields.COLUMN(),
    )


def row(document: IndexableDocument) -> dict[str, Any]:
    """Return the values of the fields for a document."""
    shown = [name.text for name in document.names if SORTS[name.rank] < HIDDEN]
    texts = [str(document.fields.get(key) or "") for key in ("title", "text")]
    named = [terms(name) for name in shown or texts[:1]]
    spelled = dict.fromkeys(term for name in named for term in name)
    body = [term for text in document.body for term in terms(text)]
    return {
        "ref": {document.ref: 1.0},
        "names": _closeness(named),
        "words": _impacts((list(spelled), terms(" ".join(texts)), body)),
        "grams": dict.fromkeys(_all_grams((*shown, *texts, *document.body)), 1.0),
        "filters": dict.fromkeys(_filters(document.fields), 1.0),
        "keys": "\n".join(_keys(document)).encode(),
        "shown": _shown(document),
    }


def filter_term(field: str, value: str) -> str:
    """Return the term that says a document's ``field`` has ``value``."""
    return f"{field}={value.casefold()}"


def read_keys(data: bytes) -> Iterator[tuple[str, int]]:
    """Yield the keys in a column of names and what each one is."""
    for line in data.decode().split("\n") if data else ():
        yield line[1:], int(line[0])


def _keys(document: IndexableDocument) -> Iterator[str]:
    names = document.names
    best: dict[str, int] = {}
    for name in names:
        key = name_key(name.text)[:LONGEST_TERM]
        if key:
            best[key] = min(best.get(key, HIDDEN), SORTS[name.rank])
    for key, sort in best.items():
        yield f"{sort}{key}"
    shown = [name.text for name in names if SORTS[name.rank] < HIDDEN]
    for key in dict.fromkeys(key for text in shown for key in _initials(text)):
        yield f"{INITIALS}{key}"


def _initials(text: str) -> Iterator[str]:
    """Yield the initials of a Korean name from each of its words on."""
    if text.isascii():
        return
    parts = [initials(word) for word in words(text)]
    for at in range(len(parts)):
        yield "".join(parts[at:])[:LONGEST_TERM]


def _closeness(named: Sequence[Sequence[str]]) -> dict[str, float]:
    """Return how much of a name each word is: all of it weighs 1."""
    weights: dict[str, float] = {}
    for name in named:
        for term in name:
            share = round(_STEPS / len(name)) / _STEPS
            weights[term[:LONGEST_TERM]] = max(weights.get(term, 0.0), share, 0.125)
    return weights


def _impacts(parts: Sequence[Iterable[str]]) -> dict[str, float]:
    weights: dict[str, float] = {}
    for part, (boost, usual) in zip(parts, _PARTS, strict=True):
        counts = Counter(part)
        length = counts.total() / usual
        share = boost / (1 - _LENGTH_MATTERS + _LENGTH_MATTERS * length)
        for term, count in counts.items():
            weights[term] = weights.get(term, 0.0) + share * count
    return {
        term[:LONGEST_TERM]: _step((_SATURATION + 1) * weight / (_SATURATION + weight))
        for term, weight in weights.items()
    }


def _step(weight: float) -> float:
    return max(1, round(weight * _STEPS)) / _STEPS


def _all_grams(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        if not text.isascii():
            yield from grams(text)


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


def _shown(document: IndexableDocument) -> bytes:
    shown: dict[str, Any] = {"ref": document.ref, "fields": dict(document.fields)}
    if document.type in WITH_PASSAGES:
        shown["body"] = document.body
    return json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode()
