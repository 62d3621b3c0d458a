"""The composition root: every object is built once, in the order of the road.

This is the only place where a later stage is handed to an earlier one, as a
callable; no module finds its collaborators by itself.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import sqlalchemy as sa

import portal
from portal.auth.service import Auth
from portal.catalog import history
from portal.catalog import tables as t
from portal.catalog.explanation import Explanations
from portal.catalog.locations import open_location
from portal.catalog.providers import Discovery
from portal.catalog.registered import check_location
from portal.catalog.registered import source_of
from portal.catalog.registrations import Registrations
from portal.catalog.registrations import open_registered
from portal.catalog.service import Catalog
from portal.glossary.service import Glossary
from portal.kernel.cache import GenerationCache
from portal.kernel.config import Config
from portal.kernel.config import Source
from portal.kernel.database import REQUEST_PATIENCE
from portal.kernel.database import open_database
from portal.kernel.errors import InputError
from portal.kernel.errors import NotFoundError
from portal.kernel.files import private_folder
from portal.kernel.presence import Presence
from portal.model.entity import TECHDOCS_REF
from portal.scaffolder.actions.installed import Installed
from portal.scaffolder.actions.installed import installed_actions
from portal.scaffolder.forges.completions import completions
from portal.scaffolder.outside import Outside
from portal.scaffolder.service import Scaffolder
from portal.scaffolder.tasks.broker import DatabaseBroker
from portal.scaffolder.tasks.execution import Execution
from portal.scaffolder.tasks.execution import PinnedFiles
from portal.scaffolder.tasks.feed import EventFeed
from portal.scaffolder.tasks.retention import Janitor
from portal.scaffolder.tasks.retention import Retention
from portal.scaffolder.tasks.sealing import Seal
from portal.scaffolder.tasks.sealing import open_seal
from portal.scaffolder.tasks.service import Tasks
from portal.scaffolder.template_files import open_template_files
from portal.search.analyzers import choose_analyzer
from portal.search.documents import SearchEngine
from portal.search.engines import ENGINES
from portal.search.page_index import PageIndex
from portal.search.service import Search
from portal.settings.store import UserSettings
from portal.webhooks.service import Webhooks

_PACKAGE = Path(portal.__file__).parent
_CHECKOUT = _PACKAGE.parent
_BUNDLE = _PACKAGE / "bundled"
#: The repository in the data folder that holds the packaged glossary.
BUNDLED_REPOSITORY = "bundled.git"
#: How the source is called that is read when none is configured.
DEFAULT_SOURCE = "glossary"
_TARGETS = ("catalog-info.yaml",)


def _do_nothing() -> None:
    """Wake nobody: the worker looks by itself, four times a second."""


@dataclass
class Services:
    """Everything the doors need; made on first use, so that each role pays for its own.

    Args:
        config: The settings in force.
        on_refresh: Wakes the worker; the command that serves sets it.
        patience: How many seconds a write waits for one of another process.
    """

    config: Config
    on_refresh: Callable[[], None] = _do_nothing
    patience: float = REQUEST_PATIENCE

    @cached_property
    def database(self) -> sa.Engine:
        """The database, migrated."""
        private_folder(self.config.data_dir)
        return open_database(self.config.database, self.config.threads, self.patience)

    @cached_property
    def auth(self) -> Auth:
        """Who is who; a user's groups are the catalog's to tell."""
        return Auth(self.database, self.config, self.catalog.groups_of)

    @cached_property
    def user_settings(self) -> UserSettings:
        """What users set for themselves."""
        return UserSettings(self.database)

    @cached_property
    def catalog(self) -> Catalog:
        """The catalog, for reading."""
        cache = GenerationCache(self.config.cache_bytes)
        return Catalog(self.database, cache, self._wake_worker)

    def _wake_worker(self) -> None:
        self.on_refresh()

    @cached_property
    def glossary(self) -> Glossary:
        """The concepts, localized."""
        return Glossary(self.catalog)

    @cached_property
    def search_engine(self) -> SearchEngine:
        """The search index, and with it the way Korean words are cut in this process."""
        choose_analyzer(self.config.search_analyzer)
        return ENGINES[self.config.search_engine](self.config.data_dir / "index")

    @cached_property
    def search(self) -> Search:
        """The search, for callers; its answers may take a quarter of what the catalog's may."""
        return Search(self.search_engine, GenerationCache(self.config.cache_bytes // 4))

    @cached_property
    def scaffolder(self) -> Scaffolder:
        """Templates: their forms, and trying them out."""
        outside = Outside(self.config, self.registrations)
        known, actions = completions(self.config), self.installed_actions.actions
        catalog = self.catalog
        return Scaffolder(catalog.documents_by_ref, outside, known, actions, catalog.document_at)

    @cached_property
    def installed_actions(self) -> Installed:
        """What steps of templates may use, and what is wrong with packages that add some."""
        return installed_actions()

    @cached_property
    def seal(self) -> Seal:
        """What keeps the secrets of tasks unreadable."""
        return open_seal(self.config.data_dir, self.config.task_key)

    @cached_property
    def tasks(self) -> Tasks:
        """Templates that are run for good."""
        return Tasks(
            self.database, self.scaffolder, self.seal, self._wake_worker, self.task_retention
        )

    @cached_property
    def task_retention(self) -> Retention:
        """For how long tasks and their files are kept."""
        return Retention(self.config.task_retention, self.config.task_files_retention)

    @cached_property
    def task_janitor(self) -> Janitor:
        """Removes the tasks that are older."""
        return Janitor(self.database, self.task_retention)

    @cached_property
    def event_feed(self) -> EventFeed:
        """What tasks tell, for those who wait for it."""
        return EventFeed(self.database, self.config.streams_at_once)

    @cached_property
    def task_broker(self) -> DatabaseBroker:
        """Who runs which task; this process becomes known to those of its data folder."""
        return DatabaseBroker(self.database, Presence(self.workers_folder))

    @property
    def workers_folder(self) -> Path:
        """Where processes that run tasks say that they are there."""
        return self.config.data_dir / "workers"

    @cached_property
    def task_execution(self) -> Execution:
        """Runs a task."""
        surroundings = self.scaffolder.surroundings
        return Execution(self.database, self.seal, surroundings, self._open_template)

    def _open_template(self, entity: Mapping[str, Any], commit: str) -> PinnedFiles:
        known = (*self.sources, *self.discovery.sources())
        return open_template_files(entity, self.config, known, commit)

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        """The configured sources, or the glossary this portal came with."""
        return self.config.sources or (default_source(self.config),)

    @property
    def serves_bundle(self) -> bool:
        """Whether the glossary packed into the installed package is what is served."""
        return not self.config.sources and not _is_checkout()

    @cached_property
    def registrations(self) -> Registrations:
        """The locations people register."""
        return Registrations(self.database, self.config, self._wake_worker)

    @cached_property
    def discovery(self) -> Discovery:
        """The repositories forges list."""
        return Discovery(self.database, self.config)

    @cached_property
    def webhooks(self) -> Webhooks:
        """What forges tell of pushes."""
        return Webhooks(
            self.database, self.config.webhook_secrets, self.followed, self._wake_worker
        )

    def followed(self) -> Iterator[Source]:
        """Yield every source there is, a registered one once for each of its readings."""
        yield from self.sources
        yield from self.discovery.sources()
        for location in self.registrations.all():
            with contextlib.suppress(InputError):
                for reading in check_location(location.type, location.target, self.config):
                    yield source_of(location.source_name, location.target, reading, self.config)

    @cached_property
    def explanations(self) -> Explanations:
        """Why the catalog is as it is."""
        return Explanations(self.database, self.config.sync_interval, self.look)

    def look(self, name: str) -> str:
        """Ask a source for its newest commit.

        Raises:
            PortalError: When there is no such source, or it does not answer.
        """
        for source in (*self.sources, *self.discovery.sources()):
            if source.name == name:
                return open_location(source, self.config).mirror.look()
        for location in self.registrations.all():
            if location.source_name == name:
                return open_registered(location, self.config).mirror.look()
        raise NotFoundError(f"there is no source '{name}'")

    def changes_since(self, generation: int) -> tuple[list[str], list[str]]:
        """Return the refs that changed after a generation, and those that are gone."""
        with self.database.connect() as connection:
            return history.since(connection, generation)

    def load_entities(self, refs: Collection[str] | None = None) -> Iterator[dict[str, Any]]:
        """Yield final entities, all of them when ``refs`` is ``None``."""
        if refs is not None:
            yield from self.catalog.documents(refs)
            return
        with self.database.connect() as connection:
            query = sa.select(t.entities.c.final).execution_options(yield_per=500)
            for text in connection.scalars(query):
                yield json.loads(text)

    def documented(self, source: str) -> Iterator[tuple[dict[str, Any], str]]:
        """Yield the final entities of a source that have pages, and their files' folders."""
        has_pages = t.search.c.key == f"metadata.annotations.{TECHDOCS_REF}"
        ids = sa.select(t.search.c.entity_id).where(has_pages)
        columns = (t.entities.c.final, t.entities.c.path)
        query = sa.select(*columns).where(t.entities.c.id.in_(ids), t.entities.c.source == source)
        with self.database.connect() as connection:
            rows = connection.execute(query.order_by(t.entities.c.ref)).all()
        for row in rows:
            yield json.loads(row.final), row.path.rpartition("/")[0]

    @cached_property
    def pages(self) -> PageIndex:
        """The documentation pages in the search index."""
        folder = self.config.data_dir / "index" / f"pages-{self.config.search_engine}"
        return PageIndex(folder, self.search_engine, self.documented)


def _is_checkout() -> bool:
    """Whether the portal runs from a checkout of its own repository."""
    return (_CHECKOUT / ".git").exists() and (_CHECKOUT / "catalog-info.yaml").exists()


def default_source(config: Config) -> Source:
    """Return the source that is read when none is configured.

    That is the checkout the portal runs from; for an installed package it is the
    glossary inside of it, which the worker makes a repository.
    """
    if _is_checkout():
        return Source(DEFAULT_SOURCE, str(_CHECKOUT), targets=_TARGETS)
    bundle = config.data_dir / "git" / BUNDLED_REPOSITORY
    return Source(DEFAULT_SOURCE, str(bundle.resolve()), ref="main", targets=_TARGETS)


def bundled_files() -> dict[str, bytes]:
    """Return the glossary that was packed into the installed package, by path."""
    return {
        path.relative_to(_BUNDLE).as_posix(): path.read_bytes()
        for path in sorted(_BUNDLE.rglob("*"))
        if path.is_file()
    }
