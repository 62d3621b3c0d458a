"""The background role: reads the sources and keeps catalog and index at their commits.

It is the only writer. ``portal serve`` runs it in a process of its own; ``portal
sync`` runs it once.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import as_completed
from dataclasses import dataclass
from dataclasses import field
from functools import partial

import portal
from portal.catalog.engine import FAILED
from portal.catalog.engine import HELD
from portal.catalog.engine import Engine
from portal.catalog.engine import Progress
from portal.catalog.engine import RunReport
from portal.catalog.locations import Location
from portal.catalog.locations import open_location
from portal.catalog.registrations import open_registered
from portal.glossary.integrity import KINDS
from portal.glossary.integrity import check_glossary
from portal.kernel.config import Source
from portal.kernel.errors import ConfigError
from portal.kernel.errors import PortalError
from portal.kernel.errors import PortalError
from portal.kernel.files import private_folder
from portal.kernel.jobs import JobLoop
from portal.scm.command import Git
from portal.scm.commit import commit_files
from portal.search.builder import IndexBuilder
from portal.wiring import Services
from portal.wiring import bundled_files

_LOG = logging.getLogger(__name__)
#: How many sources are waited for at the same time; only one is written at a time.
_SOURCES_AT_ONCE = 8

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

    def __post_init__(self) -> None:
        """Connect the stages: the index hears of the catalog's commits."""
        services = self.services
        self._builder = IndexBuilder(
            services.search_engine,
            services.load_entities,
            services.load_entities,
            services.changes_since,
        )
        self._engine = Engine(
            services.database,
            services.config.removal_share,
            check_glossary,
            KINDS,
            self._follow,
        )

    def _follow(self, generation: int) -> None:
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
            confirm: The id of a held commit to accept.
            progress: Makes the callable that is told how far a source's run is.

        Raises:
            ConfigError: When a name is not one of a configured source.
        """
        chosen = self._chosen(tuple(names))
        if not names:
            self._forget_sources(chosen.keys())
        with ThreadPoolExecutor(_SOURCES_AT_ONCE, "source") as pool:
            runs = [
                pool.submit(self._sync_one, name, open_it, confirm, progress(name))
                for name, open_it in chosen.items()
            ]
            for run in as_completed(runs):
                yield run.result()
        self._follow(self.services.catalog.generation())

    def _chosen(self, names: tuple[str, ...]) -> dict[str, OpenLocation]:
        """Return how to open the named sources, or all: configured and registered ones."""
        config = self.services.config
        known: dict[str, OpenLocation] = {
            source.name: partial(self._open_source, source) for source in self.services.sources
        }
        for location in self.services.registrations.all():
            known[location.source_name] = partial(open_registered, location, config)
        for name in names:
            if name not in known:
                msg = f"there is no source '{name}'; there are: {', '.join(known)}"
                raise ConfigError(msg)
        return {name: known[name] for name in names or known}

    def _forget_sources(self, known: Collection[str]) -> None:
        """Remove what sources defined that are no longer configured."""
        for state in self.services.catalog.sources():
            if state.name not in known:
                _LOG.warning("source %s is configured no more: its entities go", state.name)
                self.services.registrations.forget(state.name)

    def _sync_one(
        self, name: str, open_it: OpenLocation, confirm: str, progress: Progress
    ) -> RunReport:
        try:
            location = open_it()
        except PortalError as error:
            return RunReport(name, FAILED, error=error.message)
        return self._engine.refresh(location, confirm, progress)

    def _open_source(self, source: Source) -> Location:
        if not self.services.config.sources and source.ref == "main":
            self._unpack_bundle(source)
        return open_location(source, self.services.config)

    def _unpack_bundle(self, source: Source) -> None:
        """Make the packaged glossary a repository: there is one road for all content."""
        home = private_folder(self.services.config.data_dir / "git").resolve()
        git = Git(home, self.services.config.git_timeout)
        repository = home / "bundled.git"
        message = f"The glossary of glossary-portal {portal.__version__}"
        commit_files(repository, bundled_files(), message, git)

    def run_forever(self, follow_input: bool = False) -> None:
        """Sync by interval and on request until the process is told to end.

        Args:
            follow_input: Also wake at every line of standard input, and end with it.
        """
        loop = JobLoop(self._sync_and_log, self._is_asked, self.services.config.sync_interval)
        signal.signal(signal.SIGTERM, lambda _signal, _frame: loop.stop())
        if follow_input:
            threading.Thread(target=_follow_input, args=(loop,), daemon=True).start()
        loop.run()

    def _is_asked(self) -> bool:
        self._asked.update(self.services.catalog.take_refresh_requests())
        return bool(self._asked)

    def _sync_and_log(self) -> None:
        self._is_asked()
        known = {source.name for source in self.services.sources}
        names = self._asked & known
        self._asked.clear()
        for report in self.sync(sorted(names)):
            log_report(report)


def _follow_input(loop: JobLoop) -> None:
    """Wake the loop at every line; stop it when the parent is gone."""
    # Not through sys.stdin: a thread inside its lock makes the interpreter's end fatal.
    while os.read(sys.stdin.fileno(), 4096):
        loop.wake()
    loop.stop()


def log_report(report: RunReport) -> None:
    """Write what a run did to the log, in a line."""
    if report.outcome == FAILED:
        _LOG.warning("source %s: %s", report.source, report.error)
    elif report.outcome == HELD:
        _LOG.warning(
            "source %s: commit %s would remove %d entities and is held; accept it with "
            "'portal sync --confirm %s'",
            report.source,
            report.commit[:12],
            len(report.removed),
            report.commit[:12],
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
