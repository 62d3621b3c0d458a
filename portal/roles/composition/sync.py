"""What reads sources in the background."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from functools import cached_property
from functools import partial

from portal.catalog.processing.engine import Engine
from portal.config.sources import Provider
from portal.glossary.integrity import KINDS
from portal.glossary.integrity import check_glossary
from portal.jobs.job import Job
from portal.jobs.job import JobKind
from portal.retention.job import Housekeeping
from portal.retention.rules import periods_of
from portal.roles.composition.search import SearchServices
from portal.roles.sync import SourceSync
from portal.roles.worker import Due
from portal.roles.worker import Worker
from portal.techdocs.checking import DocumentationCheck

#: When an engine of jobs keeps house, as a crontab.
_PERIODIC = {JobKind.HOUSEKEEPING: "*/10 * * * *"}
#: Seconds between two looks whether the workers of many machines left out a source.
_SWEEP_SECONDS = 10.0


def _wait(is_over: threading.Event) -> None:
    """Do nothing: an engine of jobs sends what the thread would do."""
    is_over.wait()


class SyncServices(SearchServices):
    """What reads sources in the background."""

    @cached_property
    def engine(self) -> Engine:
        """Brings the catalog to the commits of its sources, and the index after it."""
        share, follow = self.config.removal_share, self.index_follower.try_to_follow
        return Engine(
            self.database,
            share,
            check_glossary,
            KINDS,
            lambda _generation: follow(),
            self._before_commit,
        )

    @cached_property
    def source_sync(self) -> SourceSync:
        """Reads sources."""
        return SourceSync(
            self.openers,
            self.engine,
            self.index_follower,
            self.discovery,
            self.registrations,
            self.source_status,
            self.failure_log,
            self.config.sources_at_once,
            DocumentationCheck(self.change_feed.documented, self.engine.note_page_problems).check,
            self.copies.remove_unused,
        )

    @cached_property
    def housekeeping(self) -> Housekeeping:
        """Removes what is older than its retention."""
        return Housekeeping(self.database, periods_of(self.config), self.failure_log)

    @cached_property
    def worker(self) -> Worker:
        """Reads sources in the background."""
        return Worker(
            self.source_sync,
            self.index_follower,
            self._due,
            self.failure_log,
            self.open_dispatcher("sources", self.config.sources_at_once, _PERIODIC),
            self.pulse.work,
            self.listen,
            _wait if self.has_shared_jobs else self.housekeeping.run,
            {JobKind.HOUSEKEEPING: self._keep_house} if self.has_shared_jobs else {},
        )

    @property
    def _due(self) -> Due:
        interval, pins, take = self.config.sync_interval, self.pins, self.refresh_queue.take
        if not self.has_shared_jobs:
            # Whoever else there is has its own queue, and looks for what this one leaves.
            return Due(lambda: take(pins.others()), pins.own, self._own_due, interval, pins)
        unread = partial(self.source_status.unread, seconds=interval)
        every = min(interval, _SWEEP_SECONDS)
        return Due(take, unread, self.discovery.unlisted, every, pins)

    def _own_due(self) -> Iterable[Provider]:
        """Return the providers whose listing is due, and of this process."""
        pins = self.pins
        due = self.discovery.due()
        return [each for each in due if pins.is_own(pins.label_of_provider(each.name))]

    def _keep_house(self, job: Job) -> Iterable[Job]:
        """Remove a part of what is old; the rest follows."""
        return (job,) if self.housekeeping.do_some() else ()
