"""A document to what Whoosh keeps of it: weighted terms and two columns.

The weight of a word is its share of BM25F, worked out when a document is written,
so that a search only adds weights up.
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
from portal.search.entry import PARTS
from portal.search.entry import entry

_LENGTH_MATTERS = 0.5
_SATURATION = 1.2
#: Weights are kept in steps, for equal ones take less room.
_STEPS = 8


class Terms(fields.FieldType):  # type: ignore[misc]
    """A field of terms that come with their weights."""

    def __init__(self) -> None:
        # Lengths are of no use here; yet where they are missing, Whoosh looks for
        # their file once per posting: a third of the time of a write.
        super().__init__(formats.Existence(), None, scorable=True)

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
        kin=Terms(),
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
        "kin": dict.fromkeys(kept.kin, 1.0),
        "filters": dict.fromkeys(kept.filters, 1.0),
        "keys": "\n".join(f"{sort}{key}" for key, sort in kept.keys).encode(),
        "counted": kept.columns.encode(),
        "shown": kept.shown,
    }


def read_keys(data: bytes) -> Iterator[tuple[str, int]]:
    """Yield the keys in a column of names and what each one is."""
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
