"""The read model of a process: made on first use, and brought from generation to generation."""

from __future__ import annotations

from threading import Lock

from sqlalchemy.engine import Connection

from portal.catalog.processing import store
from portal.catalog.read_model.state import Connect
from portal.catalog.read_model.state import Origin
from portal.catalog.read_model.state import State
from portal.catalog.read_model.state import read_state
from portal.catalog.read_model.view import View
from portal.kernel.blocking import may_block
from portal.permission.conditions import Condition

#: Memory of the columns, where nobody says another number.
DEFAULT_BYTES = 128 << 20
#: So often in a row an older generation is seen before it is believed: the transactions of
#: other threads may have begun before the last run ended, a restored backup is there to stay.
_MOST_OLDER = 16


class ReadModel:
    """Answers which entities have which rows.

    Args:
        max_bytes: About how much memory the columns may take.
    """

    def __init__(self, max_bytes: int = DEFAULT_BYTES) -> None:
        self._max_bytes = max_bytes
        self._state: State | None = None
        self._older = 0
        self._following = Lock()

    def view(self, connection: Connection, condition: Condition | None = None) -> View:
        """Return what a caller sees of the generation that a transaction sees.

        Args:
            connection: Inside a transaction whose reads all see the same state.
            condition: The condition of the entities that are seen; ``None`` for all.
        """
        return self.view_of(store.origin(connection), lambda: connection, condition)

    def view_of(self, origin: Origin, connect: Connect, condition: Condition | None = None) -> View:
        """Return what a caller sees of a generation; nothing is read if it is the one in memory.

        Args:
            origin: The generation.
            connect: Returns a connection that sees it.
            condition: The condition of the entities that are seen; ``None`` for all.
        """
        state = self._state
        if state is None or state.origin != origin:
            return View(self._at(connect(), origin), connect, condition)
        self._older = 0
        return View(state, connect, condition)

    def _at(self, connection: Connection, origin: Origin) -> State:
        may_block()
        with self._following:
            state = self._state
            if state is not None and state.origin == origin:
                return state
            if state is None or state.origin[0] != origin[0]:
                self._state = read_state(connection, origin, self._max_bytes)
            elif state.origin[1] < origin[1]:
                later = state.followed(connection, origin)
                self._state = later or read_state(connection, origin, self._max_bytes)
            else:
                return self._of_older(connection, origin)
            return self._state

    def _of_older(self, connection: Connection, origin: Origin) -> State:
        """Return a state of its own for a transaction that began before the last run ended."""
        found = read_state(connection, origin, self._max_bytes)
        self._older += 1
        if self._older > _MOST_OLDER:
            self._state, self._older = found, 0
        return found
