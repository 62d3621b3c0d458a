"""Whether the portal does its work: for health checks, ``doctor`` and metrics."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import Engine as Database

from portal.catalog.processing import store
from portal.health.findings import Finding
from portal.health.findings import findings
from portal.health.observation import Observation
from portal.health.observation import observe
from portal.health.pulse import Pulse
from portal.search.documents import SearchEngine


@dataclass(frozen=True, slots=True)
class Report:
    """What was observed, and what of it is not as it should be.

    Attributes:
        is_ready: Whether this process may be sent requests.
        seen: What was observed.
        findings: What is not as it should be.
    """

    is_ready: bool
    seen: Observation
    findings: tuple[Finding, ...]


class Health:
    """Observes the portal.

    Args:
        database: The database of the catalog.
        engine: The search index.
        are_pages_pending: Returns whether it lacks documentation pages.
        folder: The data folder.
        interval: Seconds between two reads of a source.
        pulse: The heartbeats of this process.
    """

    def __init__(
        self,
        database: Database,
        engine: SearchEngine,
        are_pages_pending: Callable[[], bool],
        folder: Path,
        interval: float,
        pulse: Pulse,
    ) -> None:
        self._database = database
        self._engine = engine
        self._are_pages_pending = are_pages_pending
        self._folder = folder
        self._interval = interval
        self._pulse = pulse
        self._was_ready = False

    def report(self) -> Report:
        """Return how the portal is now.

        A process is ready once it has a catalog and an index of it; afterwards a lost index
        is a finding: it is made anew, and meanwhile the catalog is served all the same.
        """
        seen = self.observe()
        is_whole = seen.generation > 0 and seen.indexed > 0
        is_ready = is_whole or (self._was_ready and seen.generation > 0)
        self._was_ready = is_ready
        found = findings(seen, dt.datetime.now(dt.UTC), self._interval)
        return Report(is_ready, seen, tuple(found))

    def observe(self) -> Observation:
        """Return what there is to know now."""
        with self._database.connect() as connection:
            catalog, generation = store.origin(connection)
            is_own = self._engine.catalog == catalog
            indexed = self._engine.generation if is_own else -1
            index = (generation, indexed, self._are_pages_pending())
            return observe(connection, self._folder, index, self._pulse.failing)
