"""Where the files of services are: which repository, which folder, which commit."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import replace

from portal.catalog.sources.location_store import check_location
from portal.catalog.sources.opening import Location
from portal.catalog.sources.opening import open_readable
from portal.catalog.sources.registry import OpenLocation
from portal.catalog.sources.remote_access import RemoteAccess
from portal.integrations.addresses import parse_file_url
from portal.kernel.errors import InputError
from portal.kernel.errors import SourceError
from portal.links.scanning.services import Placed
from portal.model.refs import path_of_address
from portal.scm.mirror import Mirror

#: Appended to the address of a folder, so that it parses as that of a file in it.
_INSIDE = "-"
_NAME = "evidence"


@dataclass(frozen=True, slots=True)
class Place:
    """The files of one service.

    Attributes:
        service: The service.
        key: The repository: ``source <name>``, or ``url <address of its files>``.
        folder: The service's folder in it; empty for the root.
        is_own: Whether its author says where its files are, or it is the component of its
            folder: only then what is found there is suggested for it.
        commit: The commit to read; empty for the newest.
        address: The address of the folder, where the repository is no source.
        problem: Why it has no files that could be read; empty when it has.
    """

    service: Placed
    key: str
    folder: str = ""
    is_own: bool = True
    commit: str = ""
    address: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Repository:
    """An opened repository; its mirror is to be closed.

    Attributes:
        name: Its web address, or the name of its source.
        location: The opened repository.
        mirror: Its mirror.
        commit: The full id of the commit to read.
        files_at: The address of its files at its forge; empty when it is at none.
    """

    name: str
    location: Location
    mirror: Mirror
    commit: str
    files_at: str


class Places:
    """Finds and opens the repositories of services.

    Args:
        openers: Returns how every source is opened, by name.
        access: What reading repositories needs.
        hosts: The hosts of which repositories are read that are no sources.
        interval: Seconds for which such a repository is not asked again.
    """

    def __init__(
        self,
        openers: Callable[[], Mapping[str, OpenLocation]],
        access: RemoteAccess,
        hosts: Collection[str],
        interval: float,
    ) -> None:
        self._openers = openers
        self._access = replace(access, hosts=tuple(hosts), web_hosts=())
        self._interval = interval
        self._fetched: dict[str, tuple[float, str]] = {}

    def of(self, services: Iterable[Placed]) -> list[Place]:
        """Return the places of services, in their order."""
        addresses = _Addresses(self._openers())
        found = [self._place(service, addresses) for service in services]
        return _with_own_folders(found)

    def _place(self, service: Placed, addresses: _Addresses) -> Place:
        target = service.source_location.removeprefix("url:")
        if not target:
            key = f"source {service.source}"
            return Place(service, key, service.folder, service.is_component, service.commit)
        root = addresses.of(service.source)
        folder = _folder_in(root, target)
        if folder is not None:
            return Place(service, f"source {service.source}", folder, commit=service.commit)
        try:
            check_location("url", _inside(target), self._access)
        except InputError:
            return Place(service, "", problem=_not_allowed(target))
        return Place(service, f"url {_repository_of(target)}", address=target)

    def open(self, place: Place) -> Repository:
        """Open the repository of a place, at the commit to read.

        Raises:
            SourceError: When it cannot be read.
        """
        if place.address:
            return self._open_address(place)
        name = place.service.source
        openers = self._openers()
        if name not in openers:
            raise SourceError(f"there is no source '{name}' any more")
        location = openers[name]()
        mirror = _mirror_of(location)
        if not mirror.has(place.commit):
            mirror.fetch()
        target = location.roots.address
        files_at = target.target if target.type == "url" else ""
        return Repository(files_at or name, location, mirror, place.commit, files_at)

    def _open_address(self, place: Place) -> Repository:
        inside = _inside(place.address)
        location = open_readable(
            inside, check_location("url", inside, self._access), _NAME, self._access
        )
        mirror = _mirror_of(location)
        commit = self._newest(place.key, mirror)
        files_at = location.roots.address.target
        return Repository(files_at, location, mirror, commit, files_at)

    def folder_of(self, place: Place, repository: Repository) -> str:
        """Return the folder of a place in its opened repository."""
        if not place.address:
            return place.folder
        readings = check_location("url", _inside(place.address), self._access)
        chosen = repository.location.roots.targets[0]
        path = next((one.path for one in readings if one.path == chosen), readings[-1].path)
        return path.removesuffix(_INSIDE).rstrip("/")

    def _newest(self, key: str, mirror: Mirror) -> str:
        asked, commit = self._fetched.get(key, (0.0, ""))
        if not commit or time.monotonic() - asked > self._interval:
            commit = mirror.fetch()
            self._fetched[key] = (time.monotonic(), commit)
        return commit


class _Addresses:
    """The addresses of the files of sources, opened once."""

    def __init__(self, openers: Mapping[str, OpenLocation]) -> None:
        self._openers = openers
        self._known: dict[str, str] = {}

    def of(self, source: str) -> str:
        """Return the address of a source's files; empty when it cannot be opened."""
        if source not in self._known:
            self._known[source] = ""
            if source in self._openers:
                try:
                    address = self._openers[source]().roots.address
                except (InputError, SourceError):
                    return ""
                self._known[source] = address.target if address.type == "url" else ""
        return self._known[source]


def _mirror_of(location: Location) -> Mirror:
    if not isinstance(location.mirror, Mirror):
        raise SourceError("files of a plain web server are not scanned: name a git repository")
    return location.mirror


def _inside(target: str) -> str:
    return f"{target.rstrip('/')}/{_INSIDE}"


def _repository_of(target: str) -> str:
    """Return what all addresses of one repository and branch have in common."""
    reading = parse_file_url(_inside(target))[0]
    return f"{reading.remote} {reading.ref}"


def _not_allowed(target: str) -> str:
    return (
        f"{target} is not read: its host is not among those of the setting evidence_hosts, or it "
        "is not the address of a folder in a git repository"
    )


def _folder_in(root: str, target: str) -> str | None:
    """Return the folder that an address names below the address of a repository's files."""
    if not root:
        return None
    written = target.rstrip("/")
    for given in (written, written.replace("/tree/", "/blob/", 1)):
        if given == root.rstrip("/"):
            return ""
        found = path_of_address(root, given)
        if found is not None:
            return found.strip("/")
    return None


def _with_own_folders(places: list[Place]) -> list[Place]:
    """Tell the components that share a folder that its files are of none of them."""
    shared = Counter(
        (place.key, place.folder)
        for place in places
        if place.service.is_component and not place.service.source_location
    )
    return [
        replace(place, problem=_SHARED)
        if place.service.is_component
        and not place.service.source_location
        and shared[place.key, place.folder] > 1
        else place
        for place in places
    ]


#: Without their number: some of them may be hidden from who reads it.
_SHARED = (
    "several components are described in this folder, so its files are of none of them: "
    "say where each has its own by the annotation backstage.io/source-location"
)
