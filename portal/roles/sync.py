"""Reading sources: each at its newest commit, the index after it.

The only writer of the catalog. The worker reads sources continuously (``worker``), in a
process of its own beside ``portal serve``; ``portal sync`` reads them once.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import as_completed
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from portal.catalog.failures import Stage
from portal.catalog.failures import reason_of
from portal.catalog.outcomes import RunOutcome
from portal.catalog.processing.engine import Engine
from portal.catalog.processing.run_report import Progress
from portal.catalog.processing.run_report import RunReport
from portal.catalog.reading.failure_log import FailureLog
from portal.catalog.reading.source_status import SourceStatus
from portal.catalog.registering.service import Registrations
from portal.catalog.sources import location_store
from portal.catalog.sources.discovery import Discovery
from portal.catalog.sources.discovery import ListingReport
from portal.catalog.sources.opening import Location
from portal.catalog.sources.registry import OpenLocation
from portal.config.sources import Provider
from portal.kernel.errors import ConfigError
from portal.kernel.errors import PortalError
from portal.kernel.errors import SourceError
from portal.roles.index_follower import IndexFollower
from portal.roles.run_log import log_listing

_LOG = logging.getLogger(__name__)
#: The name of what fails when copies that are not needed any more cannot be removed.
_COPIES = "copies"


def _silent(_stage: str, _done: int, _total: int) -> None:
    """Ignore progress."""


def _check_nothing(_location: Location, _commit: str) -> None:
    """Judge no documentation."""


def _remove_nothing() -> None:
    """Keep all copies of repositories."""


class SourceSync:
    """Reads sources, and keeps the catalog, the index and its pages at their commits.

    Args:
        openers: Returns how to open every source, by name.
        engine: Brings the catalog to the commit of a source.
        index: Keeps the search index and its pages at the catalog's commits.
        discovery: Lists the repositories of providers.
        registrations: Removes the entities of sources that are gone.
        status: Tells which sources the catalog has, and their entities.
        failure_log: Stores failures of the stages after reading.
        threads: The number of sources that are read at the same time.
        check_pages: Judges the documentation of a source at a commit.
        remove_copies: Removes copies of repositories that are no source any more.
    """

    def __init__(
        self,
        openers: Callable[[], dict[str, OpenLocation]],
        engine: Engine,
        index: IndexFollower,
        discovery: Discovery,
        registrations: Registrations,
        status: SourceStatus,
        failure_log: FailureLog,
        threads: int,
        check_pages: Callable[[Location, str], None] = _check_nothing,
        remove_copies: Callable[[], None] = _remove_nothing,
    ) -> None:
        self._remove_copies = remove_copies
        self.openers = openers
        self._engine = engine
        self._index = index
        self._discovery = discovery
        self._registrations = registrations
        self._status = status
        self._failure_log = failure_log
        self._threads = threads
        self._check_pages = check_pages

    def sync(
        self,
        names: Iterable[str] = (),
        confirm: str = "",
        progress: Callable[[str], Progress] = lambda _name: _silent,
    ) -> Iterator[RunReport | ListingReport]:
        """Read sources concurrently; one that hangs or fails does not affect the others.

        Providers are listed first; their reports are yielded if they need attention.

        Args:
            names: The sources to read; none means all.
            confirm: The id of a held commit, or list of repositories, to accept.
            progress: Given a source's name, returns the progress callback of its run.

        Raises:
            ConfigError: When a name is not one of a configured source.
        """
        wanted = tuple(names)
        self._index.try_to_follow()
        with ThreadPoolExecutor(self._threads, "source") as pool:
            if not wanted:
                looks = pool.map(
                    partial(self.list_provider, confirm=confirm), self._discovery.providers
                )
                yield from (look for look in looks if look.outcome.needs_attention)
            chosen = self._chosen(wanted)
            if not wanted:
                yield from self.forget_missing(chosen.keys(), confirm)
            runs = [
                pool.submit(self.read, name, open_it, confirm, progress(name))
                for name, open_it in chosen.items()
            ]
            for run in as_completed(runs):
                yield run.result()
        self._index.follow()

    def provider(self, name: str) -> Provider | None:
        """Return the provider of a name; ``None`` when there is none."""
        return next((each for each in self._discovery.providers if each.name == name), None)

    def list_provider(self, provider: Provider, confirm: str = "") -> ListingReport:
        """List a provider's repositories; remove sources that are no longer listed."""
        try:
            report = self._discovery.look(provider, confirm)
        except SQLAlchemyError as error:
            _LOG.exception("that provider %s fails could not be written down", provider.name)
            report = ListingReport(provider.name, RunOutcome.FAILED, error=reason_of(error))
        log_listing(report)
        if report.outcome is RunOutcome.CHANGED:
            for name in set(report.removed) - self.openers().keys():
                self._registrations.forget(name)
        return report

    def _chosen(self, names: tuple[str, ...]) -> dict[str, OpenLocation]:
        """Return how to open the named sources, or all.

        Raises:
            ConfigError: When a name is unknown.
        """
        known = self.openers()
        for name in names:
            if name not in known:
                msg = f"there is no source '{name}'; there are: {', '.join(known)}"
                raise ConfigError(msg)
        return {name: known[name] for name in names or known}

    def forget_missing(self, known: Collection[str], confirm: str = "") -> Iterator[RunReport]:
        """Remove the entities of sources that are no longer configured.

        A source with a large share of the catalog is removed only if ``confirm`` names
        it: a missing or mistaken configuration must not empty the catalog.
        """
        for name in [state.name for state in self._status.sources() if state.name not in known]:
            refs = self._status.refs_of(name)
            # Registered locations are removed by people on purpose.
            is_guarded = not name.startswith(location_store.PREFIX) and confirm != name
            if is_guarded and self._engine.is_too_much(len(refs), self._status.count()):
                yield RunReport(name, RunOutcome.HELD, removed=tuple(refs), confirm=name)
                continue
            self._registrations.forget(name)
            yield RunReport(name, RunOutcome.CHANGED, removed=tuple(refs))
        self._index.keep_pages_of([state.name for state in self._status.sources()])
        with contextlib.suppress(OSError), self._failure_log.noting(Stage.MIRROR, _COPIES):
            self._remove_copies()

    def read(
        self,
        name: str,
        open_it: OpenLocation,
        confirm: str = "",
        progress: Progress = _silent,
    ) -> RunReport:
        """Read a source; any failure fails this run only, and is stored."""
        try:
            location = open_it()
            report = self._engine.refresh(location, confirm, progress)
        except PortalError as error:
            return self._failed(name, error)
        except Exception as error:  # noqa: BLE001 - an unforeseen error fails this run only
            _LOG.exception("source %s could not be synced", name)
            return self._failed(name, error)
        if commit := self._status.commit_of(name):
            self._index.follow_pages(location, commit, report)
            self._judge_pages(location, commit)
        else:
            self._index.tried_pages(name)
        if report.outcome is RunOutcome.CHANGED:
            with (
                contextlib.suppress(SourceError),
                self._failure_log.noting(Stage.MIRROR, name),
            ):
                location.mirror.tidy()
        return report

    def _judge_pages(self, location: Location, commit: str) -> None:
        """Judge the documentation of a source; a failure is logged, the next run tries again."""
        try:
            self._check_pages(location, commit)
        except Exception:  # noqa: BLE001 - findings never stop reading
            _LOG.warning(
                "the documentation of %s could not be judged", location.name, exc_info=True
            )

    def _failed(self, name: str, error: Exception) -> RunReport:
        """Store why a source could not be read; log it if the database cannot be written."""
        self._index.tried_pages(name)
        try:
            return self._engine.note_failure(name, error)
        except SQLAlchemyError:
            _LOG.exception("that source %s fails could not be written down", name)
            return RunReport(name, RunOutcome.FAILED, error=reason_of(error))
