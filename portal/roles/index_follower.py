"""Keeps the search index, documentation pages included, at the catalog's commits."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Sequence
from typing import Protocol

from portal.catalog.failures import Stage
from portal.catalog.outcomes import RunOutcome
from portal.catalog.processing.run_report import RunReport
from portal.catalog.reading.failure_log import FailureLog
from portal.catalog.sources.opening import Location
from portal.kernel.errors import SourceError
from portal.scm.mirror import Mirror
from portal.search.documents import SearchEngine
from portal.search.indexing.page_index import PageIndex
from portal.search.indexing.pending_pages import ExpectedSources
from portal.search.indexing.pending_pages import PendingPages

_LOG = logging.getLogger(__name__)
#: The name under which a failure of the index is stored.
_SEARCH = "search"
#: Seconds between two attempts to build an index that is missing, at first and at most.
_FIRST_RETRY, _LAST_RETRY = 1.0, 60.0


class Builder(Protocol):
    """Brings an index to a generation of the catalog."""

    def follow(self, catalog: str, generation: int) -> bool:
        """Bring the index to a generation of a catalog; return whether it changed."""
        ...


class IndexFollower:
    """Updates the search index after the catalog; failures are stored, and tried again.

    Entities never wait for pages: an index is built anew of entities alone, and the pages
    of each source are added by its own run, which the worker asks for then.

    Args:
        engine: The search index.
        pages: The documentation pages in it.
        pending_pages: Whether it has them.
        sources: Returns the sources whose pages belong into it.
        origin: Returns the catalog's id and generation.
        builder: Brings the index to a generation of a catalog.
        failure_log: Stores failures.
    """

    def __init__(
        self,
        engine: SearchEngine,
        pages: PageIndex,
        pending_pages: PendingPages,
        sources: ExpectedSources,
        origin: Callable[[], tuple[str, int]],
        builder: Builder,
        failure_log: FailureLog,
    ) -> None:
        self._engine = engine
        self._pages = pages
        self._pending_pages = pending_pages
        self._sources = sources
        self._origin = origin
        self._builder = builder
        self._failure_log = failure_log
        self._asked_build = ""
        self._writing = threading.Lock()
        self._pause = _FIRST_RETRY
        self._next_try = -float("inf")

    def is_missing(self) -> bool:
        """Return whether the index has to be built, and it is time to try that again."""
        return time.monotonic() >= self._next_try and self._engine.generation < 0

    def follow(self) -> None:
        """Bring the index to the catalog's generation; one thread writes at a time.

        Raises:
            Exception: Any failure of the index, after it is stored.
        """
        try:
            with self._failure_log.noting(Stage.INDEX, _SEARCH), self._writing:
                self._follow()
            self._pause = _FIRST_RETRY
        except Exception:
            self._pause = min(2 * self._pause, _LAST_RETRY)
            raise
        finally:
            self._next_try = time.monotonic() + self._pause

    def _follow(self) -> None:
        catalog, generation = self._origin()
        if self._builder.follow(catalog, generation):
            _LOG.debug("the search index is at generation %d", generation)

    def take_lost_pages(self) -> bool:
        """Return whether the index lacks pages, once for each time it was built anew."""
        self._note_pages()
        if not self._pending_pages.are_pending() or self._asked_build == self._engine.build:
            return False
        self._asked_build = self._engine.build
        return True

    def try_to_follow(self) -> None:
        """Bring the index to the catalog's generation after a run; a failure is only stored."""
        try:
            self.follow()
        except Exception:  # noqa: BLE001 - it is stored; the worker's schedule tries again
            _LOG.debug("the search index stays behind", exc_info=True)

    def follow_pages(self, location: Location, commit: str, report: RunReport) -> None:
        """Bring a source's documentation pages to the commit the catalog is at.

        Args:
            location: The source.
            commit: The commit that the catalog is at.
            report: The run before; when it failed, the remote is not asked again.
        """
        name, outcome, build = location.name, report.outcome, self._engine.build
        try:
            if outcome is not RunOutcome.CHANGED and self._pages.is_at(name, commit):
                return
            with self._failure_log.noting(Stage.PAGES, name):
                _ensure(location, commit, may_fetch=outcome is not RunOutcome.FAILED)
                with self._writing:
                    self._pages.follow(name, commit, lambda: location.mirror.snapshot(commit))
                _check_readable(self._pages.unreadable(name))
        except Exception:  # noqa: BLE001 - it is stored; the next run tries again
            _LOG.debug("the pages of source %s stay behind", name, exc_info=True)
        finally:
            location.mirror.close()
            self.tried_pages(name, build)

    def tried_pages(self, source: str, build: str = "") -> None:
        """Note that a source's pages were added to a build of the index, or cannot be now.

        Args:
            source: The source's name.
            build: The build; empty for the present one.
        """
        self._pending_pages.tried(source, build or self._engine.build)
        self._note_pages()

    def _note_pages(self) -> None:
        try:
            self._pending_pages.check(self._sources)
        except Exception:  # noqa: BLE001 - the worker looks again in a moment
            _LOG.debug("whether pages are pending could not be noted", exc_info=True)

    def keep_pages_of(self, sources: Collection[str]) -> None:
        """Remove the pages of all other sources from the index."""
        with self._writing:
            self._pages.forget(sources)


def _ensure(location: Location, commit: str, *, may_fetch: bool) -> None:
    """Fetch a commit that a mirror does not have: one that was lost, or is another machine's.

    Raises:
        SourceError: When it cannot be fetched.
    """
    mirror = location.mirror
    if not isinstance(mirror, Mirror) or mirror.has(commit):
        return
    if may_fetch:
        mirror.fetch()
    if not mirror.has(commit):
        raise SourceError(f"commit {commit[:12]} is not in the mirror, and cannot be fetched now")


def _check_readable(unreadable: Sequence[str]) -> None:
    """Refuse pages that could not be read; the others are indexed already.

    Raises:
        SourceError: When there are any.
    """
    if unreadable:
        more = f", and {len(unreadable) - 1} more" if len(unreadable) > 1 else ""
        raise SourceError(f"a page cannot be read: {unreadable[0]}{more}")
