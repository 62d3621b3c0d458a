"""All current failures in one list, wherever they are stored."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterator

from sqlalchemy.engine import Engine as Database
from sqlalchemy.exc import SQLAlchemyError

from portal.catalog import failures
from portal.catalog.failures import Failure
from portal.catalog.failures import Stage
from portal.catalog.failures import later
from portal.catalog.failures import reason_of
from portal.catalog.processing import source_states
from portal.kernel.errors import PortalError

_LOG = logging.getLogger(__name__)


class FailureLog:
    """Stores failures and returns all of them.

    Args:
        database: The database of the catalog.
        interval: Seconds between two reads of a source.
        failing_elsewhere: Returns the failures that are stored elsewhere: of providers, of pins.
    """

    def __init__(
        self,
        database: Database,
        interval: float,
        failing_elsewhere: Callable[[], Collection[Failure]],
    ) -> None:
        self._database = database
        self._interval = interval
        self._failing_elsewhere = failing_elsewhere

    def current(self) -> list[Failure]:
        """Return the current failures: sources, providers and pins, then later stages."""
        with self._database.connect() as connection:
            sources = [
                Failure(
                    Stage.SOURCE,
                    state.name,
                    state.error,
                    state.failing_since,
                    state.checked_at,
                    later(state.checked_at, self._interval),
                )
                for state in source_states.load_sources(connection)
                if state.failing_since
            ]
            rest = failures.load_all(connection, self._interval)
        return [*sources, *self._failing_elsewhere(), *rest]

    def note(self, stage: Stage, name: str, reason: str) -> None:
        """Store a failure."""
        with self._database.begin() as connection:
            failures.note(connection, stage, name, reason)

    def clear(self, stage: Stage, name: str) -> None:
        """Delete a failure; nothing is written without one."""
        with self._database.connect() as connection:
            if not failures.is_noted(connection, stage, name):
                return
        with self._database.begin() as connection:
            failures.clear(connection, name, stage)

    def report(self, stage: Stage, name: str, reason: str) -> None:
        """Store a failure, or delete it when the reason is empty; never fails itself."""
        try:
            if reason:
                self.note(stage, name, reason)
            else:
                self.clear(stage, name)
        except (SQLAlchemyError, PortalError):
            _LOG.exception("the state of %s %s could not be written down", stage, name)

    @contextlib.contextmanager
    def noting(self, stage: Stage, name: str) -> Iterator[None]:
        """Store a failure of the body of the ``with`` statement; delete it on success.

        The traceback of an unforeseen error is logged: it is a defect of the portal.

        Raises:
            Exception: The error of the body, after it is stored.
        """
        try:
            yield
            self.clear(stage, name)
        except Exception as error:
            reason, is_foreseen = reason_of(error), isinstance(error, PortalError)
            _LOG.warning("%s %s: %s", stage, name, reason, exc_info=not is_foreseen)
            try:
                self.note(stage, name, reason)
            except SQLAlchemyError:
                _LOG.exception("that %s %s fails could not be written down", stage, name)
            raise
