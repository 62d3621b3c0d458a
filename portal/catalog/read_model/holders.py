"""The entities that have a value: one id, or a compressed bitmap of ids.

Most values of a catalog (names, uids, titles) are of one entity each; a number takes a quarter
of the memory of the smallest bitmap.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyroaring import BitMap

Holder = int | BitMap


def holder_of(ids: Sequence[int]) -> Holder:
    """Return the holder of some ids, at least one."""
    return ids[0] if len(ids) == 1 else BitMap(ids)


def size_of(holder: Holder) -> int:
    """Return how many entities there are."""
    return 1 if isinstance(holder, int) else len(holder)


def count_in(holder: Holder, ids: BitMap) -> int:
    """Return how many of the entities are among some ids."""
    if isinstance(holder, int):
        return int(holder in ids)
    return holder.intersection_cardinality(ids)


def union(holders: Sequence[Holder]) -> BitMap:
    """Return all entities of some holders."""
    found = BitMap([holder for holder in holders if isinstance(holder, int)])
    groups = [holder for holder in holders if not isinstance(holder, int)]
    return found.union(*groups) if groups else found


def without(holder: Holder, ids: BitMap) -> Holder | None:
    """Return a holder without some ids; ``None`` when nobody is left."""
    if isinstance(holder, int):
        return None if holder in ids else holder
    left = holder - ids
    return holder_of(left.to_array()) if left else None


def joined(holder: Holder | None, entity_id: int) -> Holder:
    """Return a holder with one more entity."""
    if holder is None or holder == entity_id:
        return entity_id
    return union((holder, entity_id))
