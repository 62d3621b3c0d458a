"""Every source there is, and how each one is opened."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from sqlalchemy.engine import Engine as Database

from portal.catalog.sources import location_store
from portal.catalog.sources.location_store import RegisteredLocation
from portal.catalog.sources.location_store import check_location
from portal.catalog.sources.location_store import source_of
from portal.catalog.sources.mirrors import copies_home
from portal.catalog.sources.opening import Location
from portal.catalog.sources.opening import copy_of
from portal.catalog.sources.opening import open_location
from portal.catalog.sources.opening import open_readable
from portal.catalog.sources.remote_access import RemoteAccess
from portal.config.sources import Source
from portal.kernel.errors import ConfigError
from portal.kernel.errors import InputError
from portal.kernel.errors import NotFoundError

#: Prepares a source for reading; raises ``PortalError`` when it cannot be.
OpenLocation = Callable[[], Location]


class SourceRegistry:
    """Knows the configured, the discovered and the registered sources.

    Args:
        database: Where registered locations are.
        configured: The sources of the settings.
        discovered: Returns those of providers' lists.
        access: What reading them needs.
    """

    def __init__(
        self,
        database: Database,
        configured: Iterable[Source],
        discovered: Callable[[], Iterable[Source]],
        access: RemoteAccess,
    ) -> None:
        self._database = database
        self._configured = tuple(configured)
        self._discovered = discovered
        self._access = access

    def operated(self) -> tuple[Source, ...]:
        """Return the sources the operator chose: the configured and the discovered ones."""
        return (*self._configured, *self._discovered())

    def followed(self) -> Iterator[Source]:
        """Yield every source, a registered one once for each of its readings."""
        yield from self.operated()
        for location in self._registered():
            with contextlib.suppress(InputError):
                for reading in check_location(location.type, location.target, self._access):
                    yield source_of(location.source_name, location.target, reading, self._access)

    def copies(self) -> Iterator[tuple[str, Path]]:
        """Yield the name of every source with the folder of its copy, which may not exist."""
        home = copies_home(self._access.data_dir)
        for source in self.followed():
            with contextlib.suppress(ConfigError, InputError, ValueError):
                yield source.name, copy_of(source, home)

    def openers(self) -> dict[str, OpenLocation]:
        """Return how to open every source, by name; a configured one hides a discovered one."""
        chosen = (*self._discovered(), *self._configured)
        opens: dict[str, OpenLocation] = {
            source.name: partial(open_location, source, self._access) for source in chosen
        }
        for location in self._registered():
            opens[location.source_name] = partial(open_registered, location, self._access)
        return opens

    def look(self, name: str) -> str:
        """Ask a source for its newest commit.

        Raises:
            NotFoundError: When there is no such source.
            PortalError: When it does not answer.
        """
        opens = self.openers()
        if name not in opens:
            raise NotFoundError(f"there is no source '{name}'")
        return opens[name]().mirror.look()

    def _registered(self) -> list[RegisteredLocation]:
        with self._database.connect() as connection:
            return location_store.load_all(connection)


def open_registered(location: RegisteredLocation, access: RemoteAccess) -> Location:
    """Prepare a registered location for reading.

    Raises:
        InputError: When its host is not allowed any more.
        ConfigError: When its token is not set.
        SourceError: When the remote must be asked for its refs, and does not answer.
    """
    readings = check_location(location.type, location.target, access)
    return open_readable(
        location.target, readings, location.source_name, access, entity_ref=location.entity_ref
    )
