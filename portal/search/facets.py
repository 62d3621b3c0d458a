"""What documents are counted by: packed into one text when written, columns when counted.

A column has a number for each document. The number stands for all values the document
has of a facet, so that counting is one pass over numbers, whatever a tag list holds.
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
#: Facets that are counted, each named like the filter that narrows by its values.
FACETS = ("type", "kind", "owner", TAG, "lifecycle")
#: The facet of document types; they are counted already, and narrowed by ``types``.
TYPES = "types"
#: The entity a caller must be allowed to see.
RESOURCE = "resource"
COLUMNS = (RESOURCE, *FACETS)

#: Between the columns of a document, and between the values in one.
_COLUMN_END, _VALUE_END = "\x1f", "\x1e"
_LONGEST_VALUE = 200
_SEPARATORS = str.maketrans(dict.fromkeys(_COLUMN_END + _VALUE_END, " "))


def packed(document: IndexableDocument) -> str:
    """Return the columns of a document as one text."""
    values: Mapping[str, object] = {
        **document.fields,
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
    """The values of many documents.

    Attributes:
        texts: Every combination of values that occurs.
        numbers: For each document the place of its own in ``texts``.
    """

    texts: Sequence[str]
    numbers: array[int]

    def count(self, docs: Collection[int]) -> Counter[str]:
        """Return how many of the documents have each value."""
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
        size: How long the columns are; documents without a row have no values.
        rows: Documents and what ``packed`` made of them.
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
    """Return a column with other values for some documents; see ``columns``."""
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
    """Return one column of several, the documents of each behind those before it."""
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
    """Add counts up; spellings that a filter takes for one are one, as most write it."""
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
