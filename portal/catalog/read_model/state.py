"""The read model of one generation."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Hashable
from itertools import count
from threading import Lock
from typing import Any

from sqlalchemy.engine import Connection

from portal.catalog.read_model import rows
from portal.catalog.read_model.column import Column
from portal.catalog.read_model.column import ColumnRow
from portal.catalog.read_model.entity_texts import EntityTexts
from portal.catalog.read_model.uid_order import UidOrder
from portal.kernel.blocking import may_block

#: So many entities are looked at again after a change; after a larger one all columns are read
#: again when they are asked for.
MOST_CHANGED = 1_000
#: What is derived for callers who see a part only is kept for so many questions.
_MOST_DERIVED = 64

#: Texts of entities may take this part (1 / so many) of the memory of columns besides.
_PART_OF_TEXTS = 8

#: Returns a connection inside a transaction whose reads all see the same state.
Connect = Callable[[], Connection]
#: The random id of a catalog, and its generation.
Origin = tuple[str, int]


class State:
    """The columns of one generation, each read when it is asked for the first time.

    Args:
        origin: Which generation of which catalog.
        uid_order: All entities.
        columns: The columns that are known already.
        max_bytes: About how much memory columns may take; those not asked for the longest go.
        texts: The texts of entities that are known already.
    """

    def __init__(
        self,
        origin: Origin,
        uid_order: UidOrder,
        columns: dict[str, Column],
        max_bytes: int,
        texts: EntityTexts | None = None,
    ) -> None:
        self.origin = origin
        self.texts = texts or EntityTexts(max_bytes // _PART_OF_TEXTS)
        self.uid_order = uid_order
        self._columns = columns
        self._sizes = {key: column.bytes for key, column in columns.items()}
        self._used = dict.fromkeys(columns, 0)
        self._times = count(1)
        self._max_bytes = max_bytes
        self._derived: dict[Hashable, Any] = {}
        self._reading = Lock()

    @property
    def bytes(self) -> int:
        """About how much memory the columns take."""
        return sum(self._sizes.values())

    def column(self, connect: Connect, key: str) -> Column:
        """Return a column.

        Args:
            connect: Returns a connection that sees this generation.
            key: Its key.
        """
        found = self._columns.get(key)
        if found is None:
            may_block()
            # Before the lock: whoever holds it may wait for nobody who has a connection already.
            connection = connect()
            with self._reading:  # by one of those who ask at the same time
                found = self._columns.get(key) or self._read(connection, key)
        self._used[key] = next(self._times)
        return found

    def _read(self, connection: Connection, key: str) -> Column:
        found = rows.column(connection, key)
        self._sizes[key] = found.bytes
        others = sorted(self._columns, key=lambda other: self._used.get(other, 0))
        while others and self.bytes > self._max_bytes:
            gone = others.pop(0)
            for known in (self._columns, self._sizes, self._used):
                known.pop(gone, None)
        self._columns[key] = found
        return found

    def derived(self, key: Hashable) -> Any:
        """Return what was kept with ``keep``; ``None`` when nothing is."""
        return self._derived.get(key)

    def keep(self, key: Hashable, value: Any) -> None:
        """Keep what follows from this state."""
        with self._reading:
            if len(self._derived) >= _MOST_DERIVED:
                self._derived.pop(next(iter(self._derived)))
            self._derived[key] = value

    def followed(self, connection: Connection, origin: Origin) -> State | None:
        """Return the state of a later generation, which the connection sees.

        Returns:
            ``None`` when so much changed that reading everything again costs less.
        """
        everything = self.uid_order.everything
        changed = rows.changed_since(connection, self.origin[1], MOST_CHANGED)
        if changed is None:
            return None
        touched = changed
        if len(everything | changed) != rows.number_of_entities(connection):
            touched = changed | (everything - rows.all_ids(connection))
        order = self.uid_order.patched(touched, rows.uids_of(connection, changed))
        known = dict(self._columns)
        found: dict[str, list[ColumnRow]] = {key: [] for key in known}
        for key, row in rows.rows_of(connection, changed, found.keys()):
            if key in found:
                found[key].append(row)
        columns = {key: column.patched(touched, found[key]) for key, column in known.items()}
        return State(origin, order, columns, self._max_bytes, self.texts.without(touched))


def read_state(connection: Connection, origin: Origin, max_bytes: int) -> State:
    """Return the state that a connection sees, without columns yet."""
    return State(origin, rows.uid_order(connection), {}, max_bytes)
