"""The background role: reads the sources and keeps catalog and index at their commits.

It is the only writer of the catalog. ``portal serve`` runs it in a process of its own;
``portal sync`` runs it once. Beside it, in a process of their own again, run the tasks.
"""

from __future__ import annotations

import contextlib
import logging
import signal
import sys
import threading
import time
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import as_completed
from dataclasses import dataclass
from dataclasses import field
from functools import partial
from pathlib import Path

import portal
from portal.catalog import registered
from portal.catalog.engine import CHANGED
from portal.catalog.engine import FAILED
from portal.catalog.engine import HELD
from portal.catalog.engine import UNCHANGED
from portal.catalog.engine import Engine
from portal.catalog.engine import Progress
from portal.catalog.engine import RunReport
from portal.catalog.locations import Location
from portal.catalog.locations import open_location
from portal.catalog.providers import ListingReport
from portal.catalog.registrations import open_registered
from portal.glossary.integrity import KINDS
from portal.glossary.integrity import check_glossary
from portal.kernel.config import Config
from portal.kernel.config import Provider
from portal.kernel.config import Source
from portal.kernel.errors import ConfigError
from portal.kernel.errors import PortalError
from portal.kernel.errors import SourceError
from portal.kernel.files import private_folder
from portal.kernel.jobs import JobLoop
from portal.kernel.jobs import JobPool
from portal.kernel.jobs import WorkerProcess
from portal.kernel.jobs import follow
from portal.scm.command import Git
from portal.scm.commit import commit_files
from portal.search.builder import IndexBuilder
from portal.search.documents import IndexableDocument
from portal.wiring import BUNDLED_REPOSITORY
from portal.wiring import Services
from portal.wiring import bundled_files

_LOG = logging.getLogger(__name__)
#: What the jobs that look at providers are called; no source has such a name.
_PROVIDER_JOB = "provider "

#: Prepares a source for reading; raises ``PortalError`` when it cannot be.
OpenLocation = Callable[[], Location]


def _silent(_stage: str, _done: int, _total: int) -> None:
    """Report progress to nobody."""


@dataclass
class Worker:
    """Does the writing for one portal.

    Args:
        services: What the worker is built on.
    """

    services: Services
    _asked: set[str] = field(default_factory=set)
    _following: threading.Lock = field(default_factory=threading.Lock)
    _due: float = -float("inf")

    def __post_init__(self) -> None:
        """Connect the stages: the index hears of the catalog's commits."""
        services = self.services
        self._builder = IndexBuilder(
            services.search_engine,
            services.load_entities,
            services.load_entities,
            services.changes_since,
            self._all_pages,
        )
        self._engine = Engine(
            services.database,
            services.config.removal_share,
            check_glossary,
            KINDS,
            lambda _generation: self._follow(),
        )

    def _follow(self) -> None:
        """Bring the index to the catalog's generation, which no other thread moves back."""
        with self._following:
            generation = self.services.catalog.generation()
            if self._builder.follow(generation):
                _LOG.debug("the search index is at generation %d", generation)

    def sync(
        self,
        names: Iterable[str] = (),
        confirm: str = "",
        progress: Callable[[str], Progress] = lambda _name: _silent,
    ) -> Iterator[RunReport]:
        """Read sources side by side; one that hangs or fails does not stop the rest.

        Args:
            names: The sources to read; none means all.
            confirm: The id of a held commit, or list of repositories, to accept.
            progress: Makes the callable that is told how far a source's run is.

        Raises:
            ConfigError: When a name is not one of a configured source.
        """
        wanted = tuple(names)
        with ThreadPoolExecutor(self.services.config.sources_at_once, "source") as pool:
            if not wanted:
                looks = pool.map(partial(self._look, confirm=confirm), self._providers)
                yield from filter(None, map(_run_report, looks))
            chosen = self._chosen(wanted)
            if not wanted:
                yield from self._forget_sources(chosen.keys(), confirm)
            runs = [
                pool.submit(self._sync_one, name, open_it, confirm, progress(name))
                for name, open_it in chosen.items()
            ]
            for run in as_completed(runs):
                yield run.result()
        self._follow()

    @property
    def _providers(self) -> tuple[Provider, ...]:
        return self.services.config.providers

    def _look(self, provider: Provider, confirm: str = "") -> ListingReport:
        """Ask for a provider's list; what is gone from one that counts, goes."""
        report = self.services.discovery.look(provider, confirm)
        log_listing(report)
        if report.outcome == CHANGED:
            for name in set(report.removed) - self._known().keys():
                self.services.registrations.forget(name)
        return report

    def _chosen(self, names: tuple[str, ...]) -> dict[str, OpenLocation]:
        """Return how to open the named sources, or all."""
        known = self._known()
        for name in names:
            if name not in known:
                msg = f"there is no source '{name}'; there are: {', '.join(known)}"
                raise ConfigError(msg)
        return {name: known[name] for name in names or known}

    def _known(self) -> dict[str, OpenLocation]:
        """Return how to open every source: discovered, configured and registered ones."""
        config = self.services.config
        known: dict[str, OpenLocation] = {
            source.name: partial(open_location, source, config)
            for source in self.services.discovery.sources()
        }
        for source in self.services.sources:
            known[source.name] = partial(self._open_source, source)
        for location in self.services.registrations.all():
            known[location.source_name] = partial(open_registered, location, config)
        return known

    def _forget_sources(self, known: Collection[str], confirm: str) -> Iterator[RunReport]:
        """Remove what sources defined that are no longer configured.

        A source with a large share of the catalog waits for ``confirm`` to name it:
        a configuration that is missing or mistaken must not empty the catalog.
        """
        catalog = self.services.catalog
        for name in [state.name for state in catalog.sources() if state.name not in known]:
            refs = catalog.refs_of(name)
            # A location that somebody removed was removed on purpose.
            is_guarded = not name.startswith(registered.PREFIX) and confirm != name
            if is_guarded and self._engine.is_too_much(len(refs), catalog.count()):
                yield RunReport(name, HELD, removed=tuple(refs), confirm=name)
                continue
            self.services.registrations.forget(name)
            yield RunReport(name, CHANGED, removed=tuple(refs))
        with self._following:
            self.services.pages.forget([state.name for state in catalog.sources()])

    def _sync_one(
        self, name: str, open_it: OpenLocation, confirm: str, progress: Progress
    ) -> RunReport:
        try:
            location = open_it()
            report = self._engine.refresh(location, confirm, progress)
            if report.outcome in {CHANGED, UNCHANGED}:
                self._follow_pages(location, report)
            if report.outcome == CHANGED:
                with contextlib.suppress(SourceError):
                    location.mirror.tidy()
            return report  # noqa: TRY300
        except PortalError as error:
            return RunReport(name, FAILED, error=error.message)
        except Exception as error:  # noqa: BLE001 - what nobody foresaw costs one source one run
            _LOG.exception("source %s could not be synced", name)
            return RunReport(name, FAILED, error=f"internal error: {type(error).__name__}")

    def _follow_pages(self, location: Location, report: RunReport) -> None:
        """Bring a source's documentation pages to the commit the catalog is at."""
        pages, commit = self.services.pages, report.commit
        if report.outcome == UNCHANGED and pages.is_at(location.name, commit):
            return
        try:
            with self._following:
                pages.follow(location.name, commit, partial(location.mirror.snapshot, commit))
        except PortalError as error:
            _LOG.warning("the pages of source %s: %s", location.name, error.message)
        finally:
            location.mirror.close()

    def _all_pages(self) -> Iterator[IndexableDocument]:
        """Yield the documentation of every source, as the catalog's commits have it."""
        known = self._known()
        for state in self.services.catalog.sources():
            if state.commit_id and state.name in known:
                try:
                    yield from self._pages_of(state.name, known[state.name](), state.commit_id)
                except PortalError as error:
                    _LOG.warning("the pages of source %s: %s", state.name, error.message)

    def _pages_of(self, name: str, location: Location, commit: str) -> Iterator[IndexableDocument]:
        if not any(True for _ in self.services.documented(name)):
            return
        try:
            yield from self.services.pages.anew(name, location.mirror.snapshot(commit))
        finally:
            location.mirror.close()

    def _open_source(self, source: Source) -> Location:
        if self.services.serves_bundle:
            self._unpack_bundle()
        return open_location(source, self.services.config)

    def _unpack_bundle(self) -> None:
        """Make the packaged glossary a repository: there is one road for all content."""
        home = private_folder(self.services.config.data_dir / "git").resolve()
        git = Git(home, self.services.config.git_timeout)
        repository = home / BUNDLED_REPOSITORY
        message = f"The glossary of glossary-portal {portal.__version__}"
        commit_files(repository, bundled_files(), message, git)

    def run_forever(self, follow_input: bool = False, tasks: WorkerProcess | None = None) -> None:
        """Sync by interval and on request until the process is told to end.

        Args:
            follow_input: Also wake at every line of standard input, and end with it.
            tasks: The process that runs tasks; it lives and wakes with this one.
        """
        config = self.services.config
        pool = JobPool(config.sources_at_once)
        loop = JobLoop(lambda: self._schedule(pool), self._is_asked, config.sync_interval)
        signal.signal(signal.SIGTERM, lambda _signal, _frame: loop.stop())
        awake = [loop.wake]
        with contextlib.ExitStack() as stack:
            if tasks is not None:
                stack.callback(tasks.stop)
                awake.append(tasks.wake)
                tasks.start()
            if follow_input:
                arguments = (awake, loop.stop)
                threading.Thread(target=follow, args=arguments, daemon=True).start()
            loop.run()
        pool.stop()

    def _is_asked(self) -> bool:
        self._asked.update(self.services.catalog.take_refresh_requests())
        return bool(self._asked)

    def _schedule(self, pool: JobPool) -> None:
        """Put in line what was asked for and, when its time has come, everything."""
        self._is_asked()
        asked = frozenset(self._asked)
        self._asked.clear()
        is_due = time.monotonic() >= self._due
        if asked or is_due:
            known = self._known()
            for name in asked & known.keys():
                pool.ask(name, partial(self._sync_and_log, name, known[name]), is_urgent=True)
        if is_due:
            self._due = time.monotonic() + self.services.config.sync_interval
            self._schedule_all(pool, known)
        self._follow()

    def _schedule_all(self, pool: JobPool, known: dict[str, OpenLocation]) -> None:
        for report in self._forget_sources(known.keys(), ""):
            log_report(report)
        for provider in self.services.discovery.due():
            job = partial(self._look_and_schedule, pool, provider)
            pool.ask(f"{_PROVIDER_JOB}{provider.name}", job)
        for name, open_it in known.items():
            pool.ask(name, partial(self._sync_and_log, name, open_it))

    def _look_and_schedule(self, pool: JobPool, provider: Provider) -> None:
        """Ask for a provider's list, and read what is new in it."""
        report = self._look(provider)
        known = self._known()
        for name in report.added if report.outcome == CHANGED else ():
            if name in known:
                pool.ask(name, partial(self._sync_and_log, name, known[name]))

    def _sync_and_log(self, name: str, open_it: OpenLocation) -> None:
        log_report(self._sync_one(name, open_it, "", _silent))


def _run_report(report: ListingReport) -> RunReport | None:
    """Return what a person must hear of a list, in the words of a run."""
    if report.outcome == FAILED:
        return RunReport(report.provider, FAILED, error=report.error)
    if report.outcome == HELD:
        return RunReport(
            report.provider,
            HELD,
            report.held_id,
            removed=report.removed,
            counted="repositories",
        )
    return None


def worker_command(config: Config, config_file: Path | None, *flags: str) -> list[str]:
    """Return the command of a worker's process, with the settings of this one."""
    command = [sys.executable, "-m", "portal", "worker", "--follow-input", *flags]
    # The address is known here: the command line, or the system, may have chosen it.
    command += ["--data-dir", str(config.data_dir)]
    command += ["--host", config.host, "--port", str(config.port)]
    if config_file is not None:
        command += ["--config", str(config_file)]
    return command


def task_process(config: Config, config_file: Path | None) -> WorkerProcess | None:
    """Return the process that runs tasks; none where none are to be run."""
    if not config.tasks_at_once:
        return None
    return WorkerProcess(worker_command(config, config_file, "--tasks"))


def log_listing(report: ListingReport) -> None:
    """Write what became of a provider's list to the log, in a line."""
    if report.outcome == FAILED:
        _LOG.warning("provider %s: %s; its last list stays", report.provider, report.error)
    elif report.outcome == HELD:
        _LOG.warning(
            "provider %s: its list would remove %d repositories and is held; accept it "
            "with 'portal sync --confirm %s'",
            report.provider,
            len(report.removed),
            report.held_id,
        )
    elif report.outcome == CHANGED:
        counts = (len(report.added), len(report.removed))
        _LOG.info("provider %s: %d repositories added, %d removed", report.provider, *counts)


def log_report(report: RunReport) -> None:
    """Write what a run did to the log, in a line."""
    if report.outcome == FAILED:
        _LOG.warning("source %s: %s", report.source, report.error)
    elif report.outcome == HELD:
        _LOG.warning(
            "source %s: %d entities would be removed, which is held; accept it with "
            "'portal sync --confirm %s'",
            report.source,
            len(report.removed),
            report.confirm or report.commit[:12],
        )
    elif report.added or report.changed or report.removed or report.items:
        _LOG.info(
            "source %s at %s: %d added, %d changed, %d removed, %d problems, %.1f s",
            report.source,
            report.commit[:12],
            len(report.added),
            len(report.changed),
            len(report.removed),
            len(report.items),
            report.seconds,
        )
