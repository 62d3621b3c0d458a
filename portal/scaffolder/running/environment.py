"""What actions may reach outside of the file tree: remotes, forges, the catalog's locations."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Protocol

from portal.catalog.registering.service import DryRun
from portal.catalog.sources.location_store import RegisteredLocation
from portal.config.sources import Proxy
from portal.integrations.hosts import Integrations


class Locations(Protocol):
    """The portal's own locations, as far as actions add to them."""

    def add(self, kind: str, target: str, refresh_existing: bool) -> RegisteredLocation:
        """Register a location; see ``Registrations``."""

    def dry_run(self, kind: str, target: str) -> DryRun:
        """Read a location now; see ``Registrations``."""


@dataclass(frozen=True, slots=True)
class ActionEnvironment:
    """What is beyond the tree; built once, by ``roles.composition``.

    Args:
        registrations: Where ``catalog:register`` registers.
        integrations: The forges that are known, and the operator's tokens for them.
        data_dir: The folder below which git works.
        timeout: How long git and forges may take, in seconds.
        publish_hosts: The hosts that may be published to.
        portal_url: The portal's own address; empty where it is not known.
        proxies: The servers that templates may send requests to.
        issue_token: Returns a token of a user, given the ref, for requests to the portal in
            the user's name; ``None`` where none are sent, as in a rendering offline.
        secrets: The operator's own secrets, to be hidden from every log.
    """

    registrations: Locations
    integrations: Integrations
    data_dir: Path
    timeout: float
    publish_hosts: Collection[str] = ()
    portal_url: str = ""
    proxies: Collection[Proxy] = ()
    issue_token: Callable[[str], str] | None = None
    secrets: Collection[str] = field(default=(), repr=False)
