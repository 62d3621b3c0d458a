"""The search index and the search."""

from __future__ import annotations

from functools import cached_property

from sqlalchemy.engine import Connection

from portal.health.gauges import Gauges
from portal.health.service import Health
from portal.kernel.cache import GenerationCache
from portal.roles.composition.catalog import CatalogServices
from portal.roles.index_follower import Builder
from portal.roles.index_follower import IndexFollower
from portal.search.analysis.analyzers import choose_analyzer
from portal.search.documents import SearchEngine
from portal.search.engines.postgres_engine import PostgresEngine
from portal.search.engines.table import ENGINES
from portal.search.engines.table import IndexPlace
from portal.search.indexing.builder import IndexBuilder
from portal.search.indexing.in_transaction import TransactionBuilder
from portal.search.indexing.page_index import PageIndex
from portal.search.indexing.page_states import FolderStates
from portal.search.indexing.page_states import PageStates
from portal.search.indexing.page_states import TableStates
from portal.search.indexing.pending_pages import PendingPages
from portal.search.service import Search


class SearchServices(CatalogServices):
    """The search index, the search, and whether they are of the present."""

    @cached_property
    def search_engine(self) -> SearchEngine:
        """The search index; also sets the analyzer of Korean words for this process."""
        choose_analyzer(self.config.search_analyzer)
        place = IndexPlace(self.config.data_dir / "index", lambda: self.database)
        return ENGINES[self.config.search_engine](place)

    @cached_property
    def search(self) -> Search:
        """The search for clients; its cache has a quarter of the size of the catalog's."""
        cache = GenerationCache(self.config.cache_bytes // 4, "search")
        find_refs, pending = self.whole_catalog.refs_meeting, self.pending_pages.are_pending
        return Search(self.search_engine, cache, self.policy, find_refs, pending)

    @cached_property
    def pages(self) -> PageIndex:
        """The documentation pages in the search index."""
        return PageIndex(self.page_states, self.search_engine, self.change_feed.documented)

    @cached_property
    def pending_pages(self) -> PendingPages:
        """Whether the documentation pages are in the index yet."""
        return PendingPages(self.page_states, self.search_engine)

    @cached_property
    def page_states(self) -> PageStates:
        """What is stored of documentation pages: where the index is."""
        engine = self.search_engine
        if isinstance(engine, PostgresEngine):
            return TableStates(self.database, engine.schema)
        return FolderStates(self.config.data_dir / "index" / f"pages-{self.config.search_engine}")

    @cached_property
    def _transaction_builder(self) -> TransactionBuilder | None:
        """Writes the index in the catalog's transactions, where it is in the same database."""
        engine, feed = self.search_engine, self.change_feed
        if not isinstance(engine, PostgresEngine):
            return None
        reads = (feed.origin_in, feed.changes_in, feed.entities)
        return TransactionBuilder(self.database, engine, *reads)

    def _before_commit(self, connection: Connection) -> None:
        if self._transaction_builder is not None:
            self._transaction_builder.before_commit(connection)

    @property
    def _builder(self) -> Builder:
        if self._transaction_builder is not None:
            return self._transaction_builder
        feed, load_some = self.change_feed, self.whole_catalog.documents
        made_of = (self.search_engine, load_some, feed.entities, feed.changes_since)
        return IndexBuilder(*made_of)

    def _read_sources(self) -> set[str]:
        """Return the names of the sources that the catalog has content of, and that are read.

        An index of this machine has the pages of what this machine reads.
        """
        names = {state.name for state in self.source_status.sources()} & self.openers().keys()
        return names if self.has_shared_jobs else set(self.pins.own(names))

    @cached_property
    def health(self) -> Health:
        """Observes whether the portal does its work."""
        return Health(
            self.database,
            self.search_engine,
            self.pending_pages.are_pending,
            self.config.data_dir,
            self.config.sync_interval,
            self.pulse,
        )

    @cached_property
    def gauges(self) -> Gauges:
        """The state of the portal as metrics."""
        mirrors = self.config.data_dir / "git" / "mirrors"
        return Gauges(self.health, self.failure_log.current, mirrors)

    @cached_property
    def index_follower(self) -> IndexFollower:
        """Keeps the search index at the catalog's generation."""
        return IndexFollower(
            self.search_engine,
            self.pages,
            self.pending_pages,
            self._read_sources,
            self.change_feed.origin,
            self._builder,
            self.failure_log,
        )
