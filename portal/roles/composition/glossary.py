"""Concepts, where texts mention them, and documentation."""

from __future__ import annotations

from functools import cached_property
from functools import partial

from portal.config.quotas import Quota
from portal.glossary.service import Glossary
from portal.mentions.service import Mentions
from portal.quotas.gate import count_more
from portal.roles.composition.catalog import CatalogServices
from portal.techdocs.service import TechDocs
from portal.techdocs.service import open_techdocs


class GlossaryServices(CatalogServices):
    """Concepts, where texts mention them, and documentation."""

    @cached_property
    def glossary(self) -> Glossary:
        """The concepts, localized."""
        return Glossary(self.entity_reader)

    @cached_property
    def mentions(self) -> Mentions:
        """Finds concepts in texts."""
        return Mentions(self.glossary, self.config.public_url)

    @cached_property
    def techdocs(self) -> TechDocs:
        """Documentation of entities; rendered pages take up to half of the catalog's cache."""
        made_of = (self.entity_reader, self.openers, self.remote_access, self.policy)
        count = partial(count_more, Quota.REGISTRATIONS)
        return open_techdocs(*made_of, self.config, count)
