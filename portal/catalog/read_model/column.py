"""One search key of all entities: its values in order, and who has which."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from bisect import bisect_right
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from itertools import accumulate
from itertools import groupby
from operator import itemgetter

from pyroaring import BitMap

from portal.catalog.read_model.holders import Holder
from portal.catalog.read_model.holders import count_in
from portal.catalog.read_model.holders import holder_of
from portal.catalog.read_model.holders import joined
from portal.catalog.read_model.holders import size_of
from portal.catalog.read_model.holders import union
from portal.catalog.read_model.holders import without
from portal.catalog.read_model.uid_order import UidOrder
from portal.catalog.read_model.uid_order import is_sparse
from portal.catalog.row_conditions import Begins
from portal.catalog.row_conditions import Holds
from portal.catalog.row_conditions import OneOf
from portal.catalog.row_conditions import Test
from portal.kernel.blocking import may_block_for

#: A search row of the key: value, value in its original letter case, id of the entity.
ColumnRow = tuple[str | None, str | None, int]
#: The original letter case of a value; where there are several, who has which.
Originals = str | dict[str, Holder]

#: Who has a value, how many rows with a value there are, and about how many bytes they take.
Sums = tuple[BitMap, int, int]
#: No value has it: no database stores it.
_BETWEEN = "\0"
#: A text that is in so large a part (1 / so many) of the values is looked for value by value.
_HOP = 64
#: So many values are looked at within a few milliseconds.
_FEW = 5_000
#: Bytes of a column, of an entry of it and of a bitmap; measured with CPython 3.11.
_COLUMN, _ENTRY, _BITMAP = 1_000, 110, 250


class Column:
    """One search key of all entities; never changed, but replaced.

    Args:
        values: The values, sorted by their characters, each once.
        originals: Their original letter case.
        holders: Who has them.
        nulls: Who has the key without a value, or with one too long to be searched.
        sums: What follows from the others, where it is known.
    """

    __slots__ = (
        "_places",
        "_text",
        "bytes",
        "having",
        "holders",
        "nulls",
        "originals",
        "row_count",
        "values",
    )

    def __init__(
        self,
        values: list[str],
        originals: list[Originals],
        holders: list[Holder],
        nulls: BitMap,
        sums: Sums | None = None,
    ) -> None:
        self.values = values
        self.originals = originals
        self.holders = holders
        self.nulls = nulls
        self.having, self.row_count, self.bytes = sums or _sums(values, holders)
        self._places: dict[int, int] | None = None
        self._text: tuple[str, array[int]] | None = None

    # --- who ----------------------------------------------------------------------

    def ids(self, test: Test | None) -> BitMap:
        """Return the entities with a value that passes a test."""
        if test is None:
            return self.having | self.nulls
        holders = self.holders
        if isinstance(test, OneOf):
            places = (self._place(value) for value in test.values)
            return union([holders[at] for at in places if at is not None])
        if isinstance(test, Begins):
            length = len(test.prefix)
            begin = bisect_left(self.values, test.prefix)
            end = bisect_right(self.values, test.prefix, begin, key=lambda text: text[:length])
            may_block_for(end - begin, _FEW)
            return union(holders[begin:end])
        return union(self._holding(test))

    def _holding(self, test: Holds) -> list[Holder]:
        """Return who has a value that holds a text."""
        may_block_for(len(self.values), _FEW)
        pairs = zip(self.values, self.holders, strict=True)
        if not test.is_plain:
            accepts = test.accepts
            return [holder for value, holder in pairs if accepts(value)]
        text = test.text
        if _BETWEEN in text:
            return []
        joined, begins = self._joined()
        found: list[Holder] = []
        at = joined.find(text)
        while at >= 0:
            if len(found) * _HOP > len(self.values):
                return [holder for value, holder in pairs if text in value]
            place = bisect_right(begins, at) - 1
            found.append(self.holders[place])
            at = joined.find(text, begins[place + 1])
        return found

    def _joined(self) -> tuple[str, array[int]]:
        """Return all values as one text, and where each begins in it."""
        if self._text is None:
            lengths = (len(value) + len(_BETWEEN) for value in self.values)
            begins = array("L", accumulate(lengths, initial=0))
            self._text = _BETWEEN.join(self.values), begins
        return self._text

    def _place(self, value: str) -> int | None:
        at = bisect_left(self.values, value)
        return at if at < len(self.values) and self.values[at] == value else None

    def only(self, is_wanted: Callable[[str], bool]) -> Column:
        """Return the column with some of its values only."""
        kept = [at for at, value in enumerate(self.values) if is_wanted(value)]
        return Column(
            [self.values[at] for at in kept],
            [self.originals[at] for at in kept],
            [self.holders[at] for at in kept],
            BitMap(),
        )

    # --- how many -----------------------------------------------------------------

    def count(self, ids: BitMap) -> int:
        """Return the number of rows with a value of some entities."""
        if self.row_count == len(self.having):  # one row each
            return self.having.intersection_cardinality(ids)
        may_block_for(len(self.values), _FEW)
        return sum(count_in(holder, ids) for holder in self.holders)

    def counts(self, ids: BitMap) -> list[tuple[str, int]]:
        """Return how many of some entities have each value, sorted by its original letter case."""
        may_block_for(len(self.values), _FEW)
        found: list[tuple[str, int]] = []
        for original, holder in zip(self.originals, self.holders, strict=True):
            named = [(original, holder)] if isinstance(original, str) else original.items()
            counted = ((name, count_in(each, ids)) for name, each in named)
            found += (pair for pair in counted if pair[1])
        return sorted(found)

    # --- in which order -----------------------------------------------------------

    def in_order(
        self,
        ids: BitMap,
        uid_order: UidOrder,
        after: tuple[str, str] | None = None,
        *,
        is_down: bool = False,
        are_uids_down: bool = False,
    ) -> Iterator[tuple[str, int]]:
        """Yield the rows with a value of some entities: by value, and equal ones by uid.

        Args:
            ids: The entities.
            uid_order: The uids.
            after: Value and uid of the row after which they begin, in this direction.
            is_down: Whether the last value comes first.
            are_uids_down: Whether the last uid comes first.
        """
        for at in self._places_in_order(ids, after, is_down=is_down):
            value, holder = self.values[at], self.holders[at]
            begin = after[1] if after is not None and after[0] == value else None
            if isinstance(holder, int) and begin is None:
                if holder in ids:
                    yield value, holder
                continue
            group = BitMap([holder]) & ids if isinstance(holder, int) else holder & ids
            for entity_id in uid_order.in_order(group, begin, is_down=are_uids_down):
                yield value, entity_id

    def _places_in_order(
        self, ids: BitMap, after: tuple[str, str] | None, *, is_down: bool
    ) -> Sequence[int]:
        """Return the entries that may be of some entities, from a place on."""
        begin, end = 0, len(self.values)
        if after is not None and is_down:
            end = bisect_right(self.values, after[0])
        elif after is not None:
            begin = bisect_left(self.values, after[0])
        if self.row_count != len(self.having) or not is_sparse(ids, len(self.values)):
            return range(end - 1, begin - 1, -1) if is_down else range(begin, end)
        places = self._places_by_id()
        found = {places[entity_id] for entity_id in ids & self.having}
        return sorted((at for at in found if begin <= at < end), reverse=is_down)

    def _places_by_id(self) -> dict[int, int]:
        """Return the entry of each entity, of a column with one row each."""
        if self._places is None:
            may_block_for(len(self.values), _FEW)
            singles = {x: at for at, x in enumerate(self.holders) if isinstance(x, int)}
            for at, holder in enumerate(self.holders):
                if not isinstance(holder, int):
                    singles.update(dict.fromkeys(holder, at))
            self._places = singles
        return self._places

    def ranks(self, ids: BitMap) -> dict[int, int]:
        """Return the place of the least value of each of some entities that have one."""
        may_block_for(len(self.values), _FEW)
        found: dict[int, int] = {}
        for at, holder in enumerate(self.holders):
            if isinstance(holder, int):
                if holder in ids:
                    found.setdefault(holder, at)
            else:
                for entity_id in holder & ids:
                    found.setdefault(entity_id, at)
        return found

    # --- what changed ---------------------------------------------------------------

    def patched(self, touched: BitMap, rows: Iterable[ColumnRow]) -> Column:
        """Return the column after a change.

        Args:
            touched: The entities that changed, came or went.
            rows: The rows that those of them have now.
        """
        nulls = self.nulls - touched
        entries = self._entries_without(touched)
        for value, original, entity_id in rows:
            if value is None or original is None:
                nulls.add(entity_id)
                continue
            entry = entries.get(value)
            if entry is None:
                at = self._place(value)
                entry = entries[value] = {} if at is None else self._entry(at)
            entry[original] = joined(entry.get(original), entity_id)
        if not entries and nulls == self.nulls:
            return self
        values, originals, holders = self.values[:], self.originals[:], self.holders[:]
        added = 0
        for value, entry in entries.items():
            at = bisect_left(values, value)
            is_there = at < len(values) and values[at] == value
            there = slice(at, at + is_there)
            now = [_holder(entry)] if entry else []
            added += sum(map(size_of, now)) - sum(map(size_of, holders[there]))
            values[there] = [value] if entry else []
            originals[there] = [_originals(value, entry)] if entry else []
            holders[there] = now
        having = (self.having - touched) | union([_holder(x) for x in entries.values() if x])
        return Column(
            values, originals, holders, nulls, (having, self.row_count + added, self.bytes)
        )

    def _entry(self, at: int) -> dict[str, Holder]:
        original = self.originals[at]
        return {original: self.holders[at]} if isinstance(original, str) else dict(original)

    def _entries_without(self, touched: BitMap) -> dict[str, dict[str, Holder]]:
        """Return the entries that some entities are in, without them."""
        if self.having.isdisjoint(touched):
            return {}
        found: dict[str, dict[str, Holder]] = {}
        gone = set(touched)
        places = [
            at
            for at, holder in enumerate(self.holders)
            if (holder in gone if isinstance(holder, int) else not touched.isdisjoint(holder))
        ]
        for at in places:
            left = {name: without(each, touched) for name, each in self._entry(at).items()}
            found[self.values[at]] = {name: x for name, x in left.items() if x is not None}
        return found


def _sums(values: list[str], holders: list[Holder]) -> Sums:
    groups = [holder for holder in holders if not isinstance(holder, int)]
    having = union(holders)
    in_groups = sum(map(len, groups))
    row_count = len(holders) - len(groups) + in_groups
    texts = 2 * sum(map(len, values))  # once more when a text was looked for
    size = _COLUMN + texts + _ENTRY * len(values) + _BITMAP * len(groups) + 2 * in_groups
    return having, row_count, size


def _originals(value: str, entry: dict[str, Holder]) -> Originals:
    if len(entry) > 1:
        return entry
    (original,) = entry
    return value if original == value else original  # one object for both


def _holder(entry: dict[str, Holder]) -> Holder:
    holders = list(entry.values())
    return holders[0] if len(holders) == 1 else union(holders)


def column_of(rows: Iterable[ColumnRow]) -> Column:
    """Return the column of rows that are sorted by value; those without one may be anywhere."""
    values: list[str] = []
    originals: list[Originals] = []
    holders: list[Holder] = []
    nulls = BitMap()
    for value, group in groupby(rows, itemgetter(0)):
        if value is None:
            nulls.update(row[2] for row in group)
            continue
        ids: dict[str, list[int]] = {}
        for _value, original, entity_id in group:
            ids.setdefault(original or "", []).append(entity_id)
        entry = {original: holder_of(found) for original, found in ids.items()}
        values.append(value)
        originals.append(_originals(value, entry))
        holders.append(_holder(entry))
    return Column(values, originals, holders, nulls)
