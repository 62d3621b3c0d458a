"""All entities in the order of their uids: the order of last resort of every list."""

from __future__ import annotations

from bisect import bisect_left
from bisect import bisect_right
from bisect import insort
from collections.abc import Iterator
from collections.abc import Mapping
from itertools import chain

from pyroaring import BitMap

#: Of few entities all are sorted, of many the first are looked for in the order of all.
#: Few are they when their number squared is less than so many times that of all: then what
#: sorting costs, and what looking for a page of them would, is about the same.
SPARSE = 40


def is_sparse(ids: BitMap, among: int) -> bool:
    """Return whether some are few among so many."""
    return len(ids) ** 2 < SPARSE * among


class UidOrder:
    """The uids of all entities, and their order.

    Args:
        uids: The uids by the ids of entities, sorted by uid.
    """

    __slots__ = ("everything", "sorted_ids", "uids")

    def __init__(self, uids: Mapping[int, str]) -> None:
        self.uids = uids
        self.sorted_ids = list(uids)
        self.everything = BitMap(self.sorted_ids)

    def in_order(
        self, ids: BitMap, after: str | None = None, *, is_down: bool = False
    ) -> Iterator[int]:
        """Yield some entities by their uids.

        Args:
            ids: The entities.
            after: The uid after which they begin (before which, downwards).
            is_down: Whether the last comes first.
        """
        uid_of = self.uids.__getitem__
        few = is_sparse(ids, len(self.sorted_ids))
        candidates = sorted(ids, key=uid_of) if few else self.sorted_ids
        begin, end = 0, len(candidates)
        if after is not None and is_down:
            end = bisect_left(candidates, after, key=uid_of)
        elif after is not None:
            begin = bisect_right(candidates, after, key=uid_of)
        places = range(end - 1, begin - 1, -1) if is_down else range(begin, end)
        return (entity_id for at in places if (entity_id := candidates[at]) in ids)

    def patched(self, touched: BitMap, uids: Mapping[int, str]) -> UidOrder:
        """Return the order after a change.

        Args:
            touched: The entities that changed, came or went.
            uids: The uids of those of them that there are.
        """
        before = {entity_id: self.uids.get(entity_id) for entity_id in touched}
        if all(uids.get(entity_id) == uid for entity_id, uid in before.items()):
            return self
        left = [entity_id for entity_id in self.sorted_ids if entity_id not in touched]
        known = dict(chain(self.uids.items(), uids.items()))
        for entity_id in uids:
            insort(left, entity_id, key=known.__getitem__)
        return UidOrder({entity_id: known[entity_id] for entity_id in left})
