"""What everything else stands on: settings, database, rights, and what may be reached outside."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from contextlib import nullcontext
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from functools import partial

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from portal.audit.log import AuditLog
from portal.catalog.sources.remote_access import RemoteAccess
from portal.config.settings import Config
from portal.health.pulse import Pulse
from portal.integrations.hosts import Integrations
from portal.kernel.database import REQUEST_PATIENCE
from portal.kernel.database import open_database
from portal.kernel.errors import ConfigError
from portal.kernel.files import private_folder
from portal.kernel.processes.news import Listener
from portal.kernel.processes.news import Topic
from portal.permission import gatekeeper
from portal.permission.access import Access
from portal.permission.files.loading import PolicyFiles
from portal.permission.files.loading import open_policy
from portal.permission.policy import PermissionPolicy
from portal.quotas.limiter import Limiter
from portal.quotas.window_store import open_window_store
from portal.roles.access import note_policy
from portal.roles.access import remote_access


def _do_nothing() -> None:
    """Wake nobody: the worker polls for requests four times a second."""


@dataclass
class Foundation:
    """What everything else stands on; each service is created on first use.

    Args:
        config: The settings in force.
        on_refresh: Wakes the worker; the command that serves sets it.
        patience: How many seconds a write waits for one of another process.
        database_wait: How many seconds to wait for a database that does not answer yet.
    """

    config: Config
    on_refresh: Callable[[], None] = _do_nothing
    patience: float = REQUEST_PATIENCE
    database_wait: float = 0

    @cached_property
    def database(self) -> sa.Engine:
        """The database, migrated.

        Where it is a server's, a process may do without a data folder: whatever needs one says so.

        Raises:
            ConfigError: When a data folder is needed, and cannot be made.
        """
        with suppress(ConfigError) if self.config.has_database_server else nullcontext():
            private_folder(self.config.data_dir)
        url, connections = self.config.database, 2 * self.config.threads + 2
        return open_database(url, connections, self.patience, self.database_wait)

    @cached_property
    def policy(self) -> PermissionPolicy:
        """Decides who may do what."""
        config = self.config
        files = PolicyFiles(config.policy_name, config.policy_conditions, config.policy_admins)
        return open_policy(files, partial(note_policy, self.audit, files))

    @cached_property
    def access(self) -> Access:
        """What the caller of the current request may do."""
        return Access(self.policy, gatekeeper.caller)

    @cached_property
    def limiter(self) -> Limiter:
        """Counts requests, and refuses what is too much."""
        config = self.config
        limits = (config.quotas_by_identity, config.quotas_of_all)
        return Limiter(*limits, partial(open_window_store, self.database, config.data_dir))

    @cached_property
    def audit(self) -> AuditLog:
        """Records who did what."""
        config = self.config
        return AuditLog(self.database, config.audit_file, gatekeeper.actor)

    @cached_property
    def integrations(self) -> Integrations:
        """The known forges, and the operator's tokens for them."""
        return Integrations(self.config.integrations, self.config.host_tokens)

    @cached_property
    def remote_access(self) -> RemoteAccess:
        """Hosts, tokens and limits for reading repositories."""
        return remote_access(self.config)

    @cached_property
    def pulse(self) -> Pulse:
        """The heartbeats of this process."""
        return Pulse(lambda: self.database, self.config.worker_labels)

    def listen(self, told: Mapping[Topic, Callable[[], None]]) -> Listener:
        """Have news of other processes call functions, in a thread that is started."""
        listener = Listener(self.database, told)
        listener.start()
        return listener

    def _wake_worker(self) -> None:
        self.on_refresh()

    def _before_commit(self, _connection: Connection) -> None:
        """Write nothing more in a transaction of the catalog, unless a later area does."""
