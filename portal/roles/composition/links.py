"""Links between concepts and services: how they are made, and how they are read."""

from __future__ import annotations

from functools import cached_property
from functools import partial

from portal.catalog.processing.engine import Engine
from portal.links.proposing.service import Proposals
from portal.links.reading.service import Links
from portal.links.scanning.job import LinkJob
from portal.links.scanning.places import Places
from portal.roles.access import action_environment
from portal.roles.composition.glossary import GlossaryServices


class LinkServices(GlossaryServices):
    """Links between concepts and services: how they are made, and how they are read."""

    @cached_property
    def links(self) -> Links:
        """Reads links, coverage and changes for clients."""
        return Links(self.database, self.access)

    @cached_property
    def link_proposals(self) -> Proposals:
        """Offers suggested concepts as patches and pull requests."""
        environment = partial(action_environment, self.config, self.registrations)
        return Proposals(self.links, self.entity_reader, self.openers, environment)

    @cached_property
    def link_job(self) -> LinkJob:
        """Scans services; the index follows what it writes when the worker looks next."""
        config = self.config
        places = Places(
            self.openers, self.remote_access, config.evidence_hosts, config.evidence_interval
        )
        return LinkJob(
            self.database,
            self.openers,
            places,
            Engine(self.database, config.removal_share, before_commit=self._before_commit),
            self.failure_log,
            config.evidence_interval,
            config.evidence_timeout,
            self.pins.labels,
        )
