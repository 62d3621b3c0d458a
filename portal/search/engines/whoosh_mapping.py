"""A document to the fields Whoosh stores: weighted terms and two columns."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any

from whoosh import fields
from whoosh import formats

from portal.search.documents import IndexableDocument
from portal.search.ranking.entry import entry
from portal.search.ranking.entry import impacts


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
        "words": impacts(kept.parts),
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
