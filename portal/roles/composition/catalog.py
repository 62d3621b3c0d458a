"""The catalog as it is read."""

from __future__ import annotations

from functools import cached_property

from portal.catalog.read_model.model import ReadModel
from portal.catalog.reading.change_feed import ChangeFeed
from portal.catalog.reading.entities_catalog import EntitiesCatalog
from portal.catalog.reading.entity_reader import EntityReader
from portal.kernel.cache import GenerationCache
from portal.roles.composition.sources import SourceServices


class CatalogServices(SourceServices):
    """The catalog as it is read."""

    @cached_property
    def catalog(self) -> EntitiesCatalog:
        """Reads the catalog for clients of the API."""
        cache, shown = GenerationCache(self.config.cache_bytes), self.config.listed_description
        return EntitiesCatalog(self.database, cache, shown, self.access, self.read_model)

    @cached_property
    def read_model(self) -> ReadModel:
        """The rows of entities in the memory of this process."""
        return ReadModel(self.config.read_model_bytes)

    @cached_property
    def entity_reader(self) -> EntityReader:
        """Reads entities for clients: what the caller of a request may see."""
        return EntityReader(self.database, self.access, self.read_model)

    @cached_property
    def whole_catalog(self) -> EntityReader:
        """Reads all entities, for what the portal does itself: sign-in, the index, policies."""
        return EntityReader(self.database, model=self.read_model)

    @cached_property
    def change_feed(self) -> ChangeFeed:
        """Reads the catalog and its changes for the search index."""
        return ChangeFeed(self.database, self.access)
