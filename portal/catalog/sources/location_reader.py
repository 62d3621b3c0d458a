"""Reads a location for a waiting request, registered or not; nothing is stored."""

from __future__ import annotations

from portal.catalog.ingestion.ingested import Ingested
from portal.catalog.ingestion.ingested import Known
from portal.catalog.ingestion.limits import MetadataLimits
from portal.catalog.ingestion.walk import ingest
from portal.catalog.sources.location_store import check_location
from portal.catalog.sources.opening import Location
from portal.catalog.sources.opening import open_readable
from portal.catalog.sources.remote_access import RemoteAccess
from portal.kernel.errors import ConfigError
from portal.kernel.errors import InputError
from portal.kernel.errors import SourceError
from portal.model.kinds import Kinds
from portal.scm.snapshot import FileTree

#: The source's name in problems; it is no source of the catalog.
_NAME = "dry-run"


class LocationReader:
    """Reads locations.

    Args:
        access: The allowed hosts and their tokens.
    """

    def __init__(self, access: RemoteAccess) -> None:
        self._access = access

    @property
    def limits(self) -> MetadataLimits:
        """How much the metadata of entities may hold."""
        return self._access.limits

    @property
    def kinds(self) -> Kinds:
        """The kinds there are."""
        return self._access.kinds

    def open(self, kind: str, target: str) -> Location:
        """Open a location; the caller has to close its mirror.

        Raises:
            InputError: When it may not be read, or its remote does not answer.
        """
        readings = check_location(kind, target, self._access)
        try:
            return open_readable(target, readings, _NAME, self._access)
        except (ConfigError, SourceError) as error:
            raise InputError(f"{target}: {error.message}") from None

    def read(self, kind: str, target: str) -> Ingested:
        """Return everything a location defines.

        Raises:
            InputError: When it cannot be read; the message is Backstage's.
        """
        try:
            location = self.open(kind, target)
            try:
                return ingest(newest(location), location.roots, Known(_NAME))
            finally:
                location.mirror.close()
        except InputError as error:
            raise InputError(f"Unable to read url, {error.message}") from None
        except SourceError as error:
            raise InputError(f"Unable to read url, {target}: {error.message}") from None


def newest(location: Location) -> FileTree:
    """Return the files of a location's newest commit.

    Raises:
        SourceError: When it cannot be read.
    """
    return location.mirror.snapshot(location.mirror.fetch())
