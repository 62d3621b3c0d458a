"""What actions may reach outside of the file tree: remotes, forges, the catalog's locations."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from typing import Protocol

from portal.catalog.registered import RegisteredLocation
from portal.catalog.registrations import DryRun
from portal.kernel.config import Config


class Locations(Protocol):
    """The portal's own locations, as far as actions add to them."""

    def add(self, kind: str, target: str, refresh_existing: bool) -> RegisteredLocation:
        """Register a location; see ``Registrations``."""

    def dry_run(self, kind: str, target: str) -> DryRun:
        """Read a location now; see ``Registrations``."""


@dataclass(frozen=True, slots=True)
class Outside:
    """What is beyond the tree; built once, by ``wiring``.

    Args:
        config: The settings in force: hosts, tokens by their variables, time limits.
        registrations: Where ``catalog:register`` registers.
        env: Where the variables of tokens are looked up.
    """

    config: Config
    registrations: Locations
    env: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
