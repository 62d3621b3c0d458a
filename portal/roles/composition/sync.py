"""What reads sources in the background."""

from __future__ import annotations

from functools import cached_property
from functools import partial

from portal.catalog.processing.engine import Engine
from portal.glossary.integrity import KINDS
from portal.glossary.integrity import check_glossary
from portal.jobs.thread_dispatcher import ThreadDispatcher
from portal.retention.job import Housekeeping
from portal.retention.rules import periods_of
from portal.roles.composition.search import SearchServices
from portal.roles.sync import SourceSync
from portal.roles.worker import Due
from portal.roles.worker import Worker
from portal.techdocs.checking import DocumentationCheck


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
            Due(lambda known: known, self.discovery.due, self.config.sync_interval),
            self.refresh_queue,
            self.failure_log,
            partial(ThreadDispatcher, threads=self.config.sources_at_once),
            self.pulse.work,
            self.housekeeping.run,
        )
