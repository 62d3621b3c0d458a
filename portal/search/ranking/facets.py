"""Facets: packed into one text when a document is written, columns when they are counted.

A column has one number per document. It stands for the combination of all values that the
document has of a facet, so that counting is one pass over numbers, for lists as well.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass

from portal.search.documents import IndexableDocument

TAG = "tag"
OWNER = "owner"
#: The facets, each named like the filter of its values.
FACETS = ("type", "kind", OWNER, TAG, "lifecycle")
#: The facet of document types; these are counted per index, and filtered by ``types``.
TYPES = "types"
#: The column of the entity ref that a caller has to be allowed to read.
RESOURCE = "resource"
COLUMNS = (RESOURCE, *FACETS)

#: The separators of columns, and of the values in one.
_COLUMN_END, _VALUE_END = "\x1f", "\x1e"
_LONGEST_VALUE = 200
_SEPARATORS = str.maketrans(dict.fromkeys(_COLUMN_END + _VALUE_END, " "))


def packed(document: IndexableDocument) -> str:
    """Return the columns of a document as one text."""
    values: Mapping[str, object] = {
        **document.fields,
        **({OWNER: document.owner} if document.owner else {}),
        TAG: document.tags,
        RESOURCE: document.resource,
    }
    return _COLUMN_END.join(_joined(values.get(name)) for name in COLUMNS)


def _joined(value: object) -> str:
    several = value if isinstance(value, (list, tuple)) else (value,)
    texts = (one.translate(_SEPARATORS) for one in several if isinstance(one, str))
    return _VALUE_END.join(text for text in texts if 0 < len(text) <= _LONGEST_VALUE)


@dataclass(frozen=True, slots=True)
class Column:
    """The values of many documents in one facet.

    Attributes:
        texts: Every combination of values that occurs.
        numbers: For each document, the index of its combination in ``texts``.
    """

    texts: Sequence[str]
    numbers: array[int]

    def count(self, docs: Collection[int]) -> Counter[str]:
        """Return the number of the given documents that have each value."""
        counts: Counter[str] = Counter()
        for number, count in Counter(map(self.numbers.__getitem__, docs)).items():
            for value in self.texts[number].split(_VALUE_END):
                counts[value] += count
        del counts[""]
        return counts


def columns(
    names: Collection[str], size: int, rows: Iterable[tuple[int, str]]
) -> dict[str, Column]:
    """Return columns of some names for documents below ``size``.

    Args:
        names: Some of ``COLUMNS``.
        size: The length of the columns; documents without a row have no values.
        rows: Numbers of documents, each with the text of ``packed``.
    """
    places = [(COLUMNS.index(name), {"": 0}, array("I", bytes(4 * size))) for name in names]
    for doc, text in rows:
        parts = text.split(_COLUMN_END)
        for place, known, numbers in places:
            numbers[doc] = known.setdefault(parts[place], len(known))
    return {
        name: Column(tuple(known), numbers)
        for name, (_, known, numbers) in zip(names, places, strict=True)
    }


def with_changes(name: str, column: Column, size: int, rows: Collection[tuple[int, str]]) -> Column:
    """Return a column with new values of some documents; see ``columns``."""
    if not rows:
        return column
    known = {text: at for at, text in enumerate(column.texts)}
    numbers = array("I", column.numbers)
    numbers.extend([0] * (size - len(numbers)))
    for doc, text in rows:
        value = text.split(_COLUMN_END)[COLUMNS.index(name)]
        numbers[doc] = known.setdefault(value, len(known))
    return Column(tuple(known), numbers)


def joined(parts: Sequence[Column]) -> Column:
    """Return the concatenation of columns: documents are numbered on from one to the next."""
    first, *others = parts or (Column(("",), array("I")),)
    if not others:
        return first
    known = {text: at for at, text in enumerate(first.texts)}
    numbers = array("I", first.numbers)
    for part in others:
        here = [known.setdefault(text, len(known)) for text in part.texts]
        numbers.extend(map(here.__getitem__, part.numbers))
    return Column(tuple(known), numbers)


def merged(counts: Iterable[Mapping[str, int]]) -> Counter[str]:
    """Add counts up; spellings that differ in letter case count as the most usual one."""
    spelled: dict[str, dict[str, int]] = {}
    for one in counts:
        for value, count in one.items():
            some = spelled.setdefault(value.casefold(), {})
            some[value] = some.get(value, 0) + count
    return Counter({_usual(some): sum(some.values()) for some in spelled.values()})


def _usual(spellings: Mapping[str, int]) -> str:
    if len(spellings) == 1:
        return next(iter(spellings))
    return min(spellings, key=lambda value: (-spellings[value], value))
