"""Where descriptors come from, and how reading them goes."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import cached_property
from functools import partial

from portal.catalog.failures import Failure
from portal.catalog.failures import Stage
from portal.catalog.reading.explanation import Explanations
from portal.catalog.reading.failure_log import FailureLog
from portal.catalog.reading.refresh_queue import RefreshQueue
from portal.catalog.reading.source_status import SourceStatus
from portal.catalog.registering.service import Registrations
from portal.catalog.sources.discovery import Discovery
from portal.catalog.sources.mirrors import Copies
from portal.catalog.sources.pins import Pins
from portal.catalog.sources.registry import OpenLocation
from portal.catalog.sources.registry import SourceRegistry
from portal.config.sources import Source
from portal.health.findings import SILENT_SECONDS
from portal.health.heartbeats import labels_since
from portal.jobs.job import JobKind
from portal.jobs.job import OpenDispatcher
from portal.jobs.opening import THREADS
from portal.jobs.opening import open_with
from portal.kernel.errors import ConfigError
from portal.roles import bundle
from portal.roles.composition.foundation import Foundation
from portal.webhooks.service import Webhooks

_DAY = 86_400


class SourceServices(Foundation):
    """Where descriptors come from, and how reading them goes."""

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        """The configured sources, or the glossary this portal came with."""
        return self.config.sources or (bundle.default_source(self.config.data_dir),)

    @cached_property
    def discovery(self) -> Discovery:
        """Lists the repositories of providers."""
        config = self.config
        return Discovery(
            self.database, config.providers, config.discovery_interval, config.removal_share
        )

    @cached_property
    def source_registry(self) -> SourceRegistry:
        """The configured, discovered and registered sources."""
        made_of = (self.database, self.sources, self.discovery.sources, self.remote_access)
        return SourceRegistry(*made_of)

    def openers(self) -> dict[str, OpenLocation]:
        """Return how the worker opens every source; it unpacks the packaged glossary."""
        openers, config = self.source_registry.openers(), self.config
        if not config.sources and not bundle.is_checkout():
            name = bundle.DEFAULT_SOURCE
            unpacking = (openers[name], config.data_dir, config.git_timeout)
            openers[name] = partial(bundle.open_unpacked, *unpacking)
        return openers

    @cached_property
    def registrations(self) -> Registrations:
        """The registered locations."""
        made_of = (self.database, self.remote_access, self.config.readonly)
        allowed = (self._wake_worker, self.access, self.audit.record)
        return Registrations(*made_of, *allowed, self._before_commit)

    @cached_property
    def refresh_queue(self) -> RefreshQueue:
        """The requests to read a source soon."""
        return RefreshQueue(self.database, self._wake_worker, self.access, self.audit.record)

    @cached_property
    def source_status(self) -> SourceStatus:
        """Reads the state of the sources."""
        return SourceStatus(self.database, self.access)

    @cached_property
    def failure_log(self) -> FailureLog:
        """The current failures of all stages."""
        return FailureLog(self.database, self.config.sync_interval, self._failing_elsewhere)

    def _failing_elsewhere(self) -> list[Failure]:
        return [*self.discovery.failing(), *self.pins.failing()]

    @cached_property
    def pins(self) -> Pins:
        """The sources and providers that only some workers read."""
        pinned = (self.sources, self.config.providers, self.discovery.sources)
        return Pins(*pinned, self.config.worker_labels, self._served_labels, self._asked_at)

    def _served_labels(self) -> frozenset[str]:
        with self.database.connect() as connection:
            return labels_since(connection, time.time() - SILENT_SECONDS)

    def _asked_at(self) -> dict[str, str]:
        """Return when each source and each provider was asked last, by name."""
        listed = {each.provider: each.asked_at for each in self.discovery.states()}
        return listed | {
            each.name: each.checked_at for each in SourceStatus(self.database).sources()
        }

    @property
    def has_shared_jobs(self) -> bool:
        """Whether any worker of many machines may do a job that this process sends."""
        return self.config.jobs != THREADS

    def open_dispatcher(
        self, name: str, threads: int, periodic: Mapping[JobKind, str] | None = None
    ) -> OpenDispatcher:
        """Return what starts a dispatcher; its failures are stored under a name.

        Raises:
            ConfigError: When jobs cannot be handed out so, or search is of one machine.
        """
        if self.has_shared_jobs and self.config.search_engine != "postgresql":
            msg = (
                f"jobs: {self.config.jobs} needs search_engine: postgresql, since an index in "
                "files is of one machine"
            )
            raise ConfigError(msg)
        report = partial(self.failure_log.report, Stage.SCHEDULE, f"jobs of {name}")
        made_of = (self.config.jobs, self.database, threads, report, periodic)
        return open_with(*made_of, self.config.worker_labels)

    @cached_property
    def explanations(self) -> Explanations:
        """Explains the state of sources and entities."""
        made_of = (self.database, self.config.sync_interval, self.source_registry.look)
        return Explanations(*made_of, self.failure_log.current, self.access, self.copies.size)

    @cached_property
    def copies(self) -> Copies:
        """The copies of repositories on this machine."""
        config = self.config
        retention = config.mirror_retention * _DAY
        return Copies(config.data_dir, self.source_registry.copies, retention)

    @cached_property
    def webhooks(self) -> Webhooks:
        """Takes forges' notifications of pushes."""
        return Webhooks(
            self.database,
            self.config.webhook_secrets,
            self.source_registry.followed,
            self._wake_worker,
        )
