"""A document to the fields Whoosh stores: weighted terms and two columns.

The weight of a word is its BM25F impact, computed when the document is written, so that
a search only adds weights up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from whoosh import fields
from whoosh import formats

from portal.search.documents import IndexableDocument
from portal.search.ranking.entry import PARTS
from portal.search.ranking.entry import entry

_LENGTH_MATTERS = 0.5
_SATURATION = 1.2
#: Weights are rounded to steps: equal ones compress better.
_STEPS = 8


class Terms(fields.FieldType):  # type: ignore[misc]
    """A field whose terms have precomputed weights."""

    def __init__(self) -> None:
        # Lengths are not used, yet without them Whoosh looks for their file once per
        # posting, a third of the time of a write.
        super().__init__(formats.Existence(), None, scorable=True)

    def index(
        self, value: Mapping[str, float], **_options: Any
    ) -> Iterator[tuple[bytes, int, float, bytes]]:
        """Yield Whoosh's postings: term, frequency, weight, empty value."""
        for term, weight in value.items():
            yield term.encode(), 1, weight, b""


def schema() -> Any:
    """Return the Whoosh schema of every index."""
    return fields.Schema(
        ref=Terms(),
        names=Terms(),
        words=Terms(),
        grams=Terms(),
        variants=Terms(),
        filters=Terms(),
        keys=fields.COLUMN(),
        counted=fields.COLUMN(),
        shown=fields.COLUMN(),
    )


def row(document: IndexableDocument) -> dict[str, Any]:
    """Return the values of the fields for a document."""
    kept = entry(document)
    return {
        "ref": {kept.ref: 1.0},
        "names": kept.named,
        "words": _impacts(kept.parts),
        "grams": dict.fromkeys(kept.grams, 1.0),
        "variants": dict.fromkeys(kept.variants, 1.0),
        "filters": dict.fromkeys(kept.filters, 1.0),
        "keys": "\n".join(f"{sort}{key}" for key, sort in kept.keys).encode(),
        "counted": kept.columns.encode(),
        "shown": kept.shown,
    }


def read_keys(data: bytes) -> Iterator[tuple[str, int]]:
    """Yield the keys of a column of names, each with its sort."""
    for line in data.decode().split("\n") if data else ():
        yield line[1:], int(line[0])


def _impacts(parts: Sequence[Iterable[str]]) -> dict[str, float]:
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
