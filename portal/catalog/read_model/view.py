"""What a caller sees of the catalog: entities, and the values of their rows.

Entities that are not seen are in no set, count, facet or order. Neither do relations lead to
them: a row of a relation is looked at where its target is seen.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import TypeVar

from pyroaring import BitMap
from sqlalchemy.engine import Connection

from portal.catalog.entity_conditions import rows_of
from portal.catalog.read_model import rows
from portal.catalog.read_model.column import Column
from portal.catalog.read_model.entity_texts import IdentifiedText
from portal.catalog.read_model.rows import REFS
from portal.catalog.read_model.state import Connect
from portal.catalog.read_model.state import State
from portal.catalog.row_conditions import HasRow
from portal.catalog.row_conditions import RowCondition
from portal.kernel.blocking import may_block
from portal.kernel.blocking import may_block_for
from portal.kernel.conditions import AllOf
from portal.kernel.conditions import AnyOf
from portal.kernel.conditions import Not
from portal.permission.conditions import Condition

_Key = TypeVar("_Key", int, str)
_RELATIONS = "relations."
#: So many entities are read within a few milliseconds.
_FEW = 200


class View:
    """One generation of the catalog, as a caller sees it.

    Args:
        state: The generation.
        connect: Returns a connection that sees this generation; called when memory lacks something.
        condition: The condition of the entities that are seen; ``None`` for all.
    """

    def __init__(self, state: State, connect: Connect, condition: Condition | None = None) -> None:
        self._connect = connect
        self._state = state
        self._condition = condition
        self._seen = state.uid_order.everything if condition is None else self._seen_by(condition)

    def _seen_by(self, condition: Condition) -> BitMap:
        key = "seen", condition
        kept: BitMap | None = self._state.derived(key)
        if kept is None:
            may_block()
            kept = View(self._state, self._connect).ids(rows_of(condition))
            self._state.keep(key, kept)
        return kept

    @property
    def generation(self) -> int:
        """The number of the generation."""
        return self._state.origin[1]

    # --- which entities -------------------------------------------------------------

    def ids(self, condition: RowCondition | None = None) -> BitMap:
        """Return the entities that meet a condition."""
        match condition:
            case None:
                return self._seen
            case AllOf(parts):
                found = self._seen
                for part in parts:
                    found = found & self.ids(part)
                return found
            case AnyOf(parts):
                return BitMap().union(*map(self.ids, parts)) if parts else BitMap()
            case Not(part):
                return self._seen - self.ids(part)
            case HasRow(_, test):
                columns = map(self._column, condition.row_keys)
                return BitMap().union(*(each.ids(test) for each in columns)) & self._seen

    def refs(self, ids: BitMap) -> list[str]:
        """Return the refs of some entities, sorted."""
        column = self._state.column(self._connect, REFS)
        return [ref for ref, _id in column.in_order(ids, self._state.uid_order)]

    def uid(self, entity_id: int) -> str:
        """Return the uid of an entity."""
        return self._state.uid_order.uids[entity_id]

    # --- their rows -----------------------------------------------------------------

    def _column(self, key: str) -> Column:
        if self._condition is None or not key.startswith(_RELATIONS):
            return self._state.column(self._connect, key)
        wanted = key, self._condition
        kept: Column | None = self._state.derived(wanted)
        if kept is None:
            may_block()
            seen = set(self.refs(self._seen))
            kept = self._state.column(self._connect, key).only(seen.__contains__)
            self._state.keep(wanted, kept)
        return kept

    def count(self, key: str, ids: BitMap) -> int:
        """Return the number of rows of a key that some entities have, those without a value not."""
        return self._column(key).count(ids)

    def counts(self, key: str, ids: BitMap) -> list[tuple[str, int]]:
        """Return how many of some entities have each value of a key, in its own letter case."""
        return self._column(key).counts(ids)

    def ranks(self, key: str, ids: BitMap) -> dict[int, int]:
        """Return numbers in the order of the least value that each of some entities has."""
        return self._column(key).ranks(ids)

    # --- in order -------------------------------------------------------------------

    def by_uid(
        self, ids: BitMap, after: str | None = None, *, is_down: bool = False
    ) -> Iterator[int]:
        """Yield some entities by their uids, from a place on."""
        return self._state.uid_order.in_order(ids, after, is_down=is_down)

    def by_ref(self, ids: BitMap) -> Iterator[int]:
        """Yield some entities by their refs."""
        column = self._state.column(self._connect, REFS)
        return (entity_id for _ref, entity_id in column.in_order(ids, self._state.uid_order))

    def by_value(
        self,
        key: str,
        ids: BitMap,
        after: tuple[str, str] | None = None,
        *,
        is_down: bool = False,
        are_uids_down: bool = False,
    ) -> Iterator[tuple[str, int]]:
        """Yield the rows of a key that some entities have by value and uid, from a place on."""
        order = self._state.uid_order
        return self._column(key).in_order(
            ids, order, after, is_down=is_down, are_uids_down=are_uids_down
        )

    def texts(self, ids: Iterable[int]) -> list[str]:
        """Return entities as JSON texts."""
        wanted = list(ids)
        may_block_for(len(wanted), _FEW)
        found = self._state.texts.of_ids(wanted)
        missing = [entity_id for entity_id in wanted if entity_id not in found]
        if missing:
            found |= {row[0]: row[2] for row in self._read(rows.of_ids, missing)}
        return [found[entity_id] for entity_id in wanted]

    def of_refs(self, refs: Sequence[str]) -> dict[str, IdentifiedText]:
        """Return the ids and the texts of those of some refs whose entities are there and seen."""
        may_block_for(len(refs), _FEW)
        found = self._state.texts.of_refs(refs)
        missing = [ref for ref in refs if ref not in found]
        if missing:
            found |= {row[1]: (row[0], row[2]) for row in self._read(rows.of_refs, missing)}
        return {ref: each for ref, each in found.items() if each[0] in self._seen}

    def _read(
        self,
        read: Callable[[Connection, list[_Key]], Iterator[tuple[int, str, str]]],
        wanted: list[_Key],
    ) -> list[tuple[int, str, str]]:
        """Read entities, and keep their texts."""
        found = list(read(self._connect(), wanted))
        self._state.texts.keep(found)
        return found
