"""Reading a location at once, for somebody who waits: registered or not, nothing is kept."""

from __future__ import annotations

from portal.catalog.locations import Location
from portal.catalog.locations import open_readable
from portal.catalog.orchestrator import Ingested
from portal.catalog.orchestrator import Known
from portal.catalog.orchestrator import ingest
from portal.catalog.registered import check_location
from portal.kernel.config import Config
from portal.kernel.errors import ConfigError
from portal.kernel.errors import InputError
from portal.kernel.errors import SourceError
from portal.scm.mirror import FileTree

#: How the source is called in problems; it is none of the catalog's.
_NAME = "dry-run"


class LocationReader:
    """Reads what stands at an address.

    Args:
        config: The settings in force: which hosts, with which tokens.
    """

    def __init__(self, config: Config) -> None:
        self._config = config

    def open(self, kind: str, target: str) -> Location:
        """Prepare a location for reading; the caller closes its mirror.

        Raises:
            InputError: When it may not be read, or its refs cannot be asked for.
        """
        readings = check_location(kind, target, self._config)
        try:
            return open_readable(target, readings, _NAME, self._config)
        except (ConfigError, SourceError) as error:
            raise InputError(f"{target}: {error.message}") from None

    def read(self, kind: str, target: str) -> Ingested:
        """Return all a location leads to.

        Raises:
            InputError: When it cannot be read, in Backstage's words.
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
