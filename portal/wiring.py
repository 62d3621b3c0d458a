"""The composition root: every object is built once, in the order of the road.

This is the only place where a later stage is handed to an earlier one, as a
callable; no module finds its collaborators by itself.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import sqlalchemy as sa

import portal
from portal.catalog import history
from portal.catalog import tables as t
from portal.catalog.explanation import Explanations
from portal.catalog.locations import open_location
from portal.catalog.registrations import Registrations
from portal.catalog.registrations import open_registered
from portal.catalog.service import Catalog
from portal.glossary.service import Glossary
from portal.kernel.cache import GenerationCache
from portal.kernel.config import Config
from portal.kernel.config import Source
from portal.kernel.database import open_database
from portal.kernel.errors import NotFoundError
from portal.kernel.files import private_folder
from portal.search.documents import SearchEngine
from portal.search.whoosh_engine import WhooshEngine

_PACKAGE = Path(portal.__file__).parent
_BUNDLE = _PACKAGE / "bundled"
#: How the source is called that is read when none is configured.
DEFAULT_SOURCE = "glossary"
_TARGETS = ("catalog-info.yaml",)


@dataclass
class Services:
    """Everything the doors need; made on first use, so that each role pays for its own.

    Args:
        config: The settings in force.
    """

    config: Config

    @cached_property
    def database(self) -> sa.Engine:
        """The database, migrated."""
        private_folder(self.config.data_dir)
        return open_database(self.config.database, self.config.threads)

    @cached_property
    def catalog(self) -> Catalog:
        """The catalog, for reading."""
        cache = GenerationCache(self.config.cache_bytes)
        return Catalog(self.database, cache, lambda: self.on_refresh())

    #: What wakes the worker; the command that serves replaces it.
    on_refresh: Any = staticmethod(lambda: None)

    @cached_property
    def glossary(self) -> Glossary:
        """The concepts, localized."""
        return Glossary(self.catalog)

    @cached_property
    def search_engine(self) -> SearchEngine:
        """The search index."""
        return WhooshEngine(self.config.data_dir / "index")

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        """The configured sources, or the glossary this portal came with."""
        return self.config.sources or (default_source(self.config),)

    @cached_property
    def registrations(self) -> Registrations:
        """The locations people register."""
        return Registrations(self.database, self.config, lambda: self.on_refresh())

    @cached_property
    def explanations(self) -> Explanations:
        """Why the catalog is as it is."""
        return Explanations(self.database, self.config.sync_interval, self.look)

    def look(self, name: str) -> str:
        """Ask a source for its newest commit.

        Raises:
            PortalError: When there is no such source, or it does not answer.
        """
        for source in self.sources:
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


def default_source(config: Config) -> Source:
    """Return the source that is read when none is configured.

    That is the checkout the portal runs from; for an installed package it is the
    glossary inside of it.
    """
    checkout = _PACKAGE.parent
    if (checkout / ".git").exists() and (checkout / "catalog-info.yaml").exists():
        return Source(DEFAULT_SOURCE, str(checkout), targets=_TARGETS)
    bundle = config.data_dir / "git" / "bundled.git"
    return Source(DEFAULT_SOURCE, str(bundle.resolve()), ref="main", targets=_TARGETS)


def bundled_files() -> dict[str, bytes]:
    """Return the glossary that was packed into the installed package, by path."""
    return {
        path.relative_to(_BUNDLE).as_posix(): path.read_bytes()
        for path in sorted(_BUNDLE.rglob("*"))
        if path.is_file()
    }
