"""Opens a source: its mirror, and the roots of the walk."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import astuple
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from portal.catalog.ingestion.placeholders import refuse_elsewhere
from portal.catalog.ingestion.targets import Roots
from portal.catalog.sources.location_store import source_of
from portal.catalog.sources.mirrors import FILES
from portal.catalog.sources.mirrors import MIRRORS
from portal.catalog.sources.mirrors import copies_home
from portal.catalog.sources.remote_access import RemoteAccess
from portal.config.sources import Source
from portal.integrations.addresses import RepositoryFile
from portal.integrations.hosts import Integrations
from portal.integrations.pages import browse_address
from portal.integrations.tokens import read_token
from portal.kernel.errors import ConfigError
from portal.kernel.errors import InputError
from portal.kernel.files import cache_folder
from portal.model.refs import LocationRef
from portal.model.refs import parse_location_ref
from portal.scm.command import Git
from portal.scm.http_tree import HttpMirror
from portal.scm.http_tree import WebReader
from portal.scm.mirror import Mirror
from portal.scm.snapshot import Blob
from portal.scm.urls import Remote
from portal.scm.urls import host_of
from portal.scm.urls import is_commit
from portal.scm.urls import local_remote
from portal.scm.urls import parse_remote

#: The version of processing; to be raised when the same file gives another result.
_PROCESSING_VERSION = "3"


@dataclass(frozen=True, slots=True)
class Location:
    """An opened source.

    Attributes:
        name: The source's name.
        mirror: Its local copy.
        roots: The roots of the walk through a snapshot.
        fingerprint: Changes when the same commit has to be processed again.
    """

    name: str
    mirror: Mirror | HttpMirror
    roots: Roots
    fingerprint: str


def open_readable(
    target: str,
    readings: Sequence[RepositoryFile],
    name: str,
    access: RemoteAccess,
    entity_ref: str = "",
) -> Location:
    """Open the address of a file, which may have several readings.

    Raises:
        ConfigError: When its token is not set.
        SourceError: When the remote must be asked for its refs, and does not answer.
    """
    sources = [source_of(name, target, reading, access, entity_ref) for reading in readings]
    if len(sources) == 1 or is_commit(sources[0].ref):
        return open_location(sources[0], access)
    refs = open_location(sources[0], access).mirror.refs()
    chosen = next((source for source in sources if source.ref in refs), sources[0])
    return open_location(chosen, access)


def open_location(source: Source, access: RemoteAccess) -> Location:
    """Open a source; no request is sent yet.

    Raises:
        ConfigError: When its url or ref is refused, or its token is not set.
    """
    address = address_of(source, access.integrations)
    try:
        mirror = _mirror(source, access)
    except (ConfigError, InputError, ValueError) as error:
        msg = f"source {source.name}: {error}"
        raise ConfigError(msg) from None
    allow = frozenset(kind.lower() for kind in source.allow)
    origin = parse_location_ref(source.origin) if source.origin else None
    roots = Roots(
        address,
        source.targets,
        allow,
        origin,
        source.is_optional,
        source.entity_name,
        partial(_read_elsewhere, WebReader(access.web_hosts, access.timeout)),
        access.integrations.hosts | (frozenset() if source.is_web else {host_of(address.target)}),
        access.limits,
        access.kinds,
    )
    return Location(source.name, mirror, roots, _fingerprint(roots))


def _read_elsewhere(reader: WebReader, target: str) -> Blob:
    """Read a placeholder's target outside of its repository, if that is allowed."""
    return reader.read(target) if reader.allows(target) else refuse_elsewhere(target)


def copy_of(source: Source, home: Path) -> Path:
    """Return the folder of a source's copy below that of git; it may not exist yet.

    Raises:
        ConfigError: When its url is refused.
        InputError: Likewise.
    """
    if source.is_web:
        template = parse_location_ref(source.location).target
        key = hashlib.sha256(f"{template} {source.targets}".encode()).hexdigest()[:16]
        return home / FILES / key
    return home / MIRRORS / _folder_name(source)


def _mirror(source: Source, access: RemoteAccess) -> Mirror | HttpMirror:
    cache_folder(access.data_dir / "git")
    home = copies_home(access.data_dir)
    folder = copy_of(source, home)
    if source.is_web:
        return HttpMirror(folder, parse_location_ref(source.location).target, access.timeout)
    remote = _remote(source)
    git = Git(
        home,
        access.timeout,
        read_token(source.token_env, access.integrations.env),
        source.token_user or access.integrations.forge_of(host_of(remote.url)).git_user,
        source.ssh_key,
    )
    room = partial(access.mirrors.room, home, folder)
    return Mirror(folder, remote, source.ref, git, room)


def _remote(source: Source) -> Remote:
    return local_remote(source.url) if source.is_local else parse_remote(source.url)


def address_of(source: Source, integrations: Integrations) -> LocationRef:
    """Return the location ref of a source's root folder, without token or request.

    Args:
        source: The source.
        integrations: Provides the type of forge of its host, which determines addresses.

    Raises:
        ConfigError: When its url or location is refused.
    """
    try:
        if source.location:
            ref = parse_location_ref(source.location)
            return LocationRef(ref.type, ref.target.rstrip("/"))
        if source.is_local:
            return LocationRef("file", source.name)
        return LocationRef("url", browse_address(_remote(source).url, source.ref, integrations))
    except (InputError, ValueError) as error:
        msg = f"source {source.name}: {error}"
        raise ConfigError(msg) from None


def _folder_name(source: Source) -> str:
    """Return the folder name of a mirror; sources of one repository share it.

    Those with other credentials do not: a commit whose id is known is read from a copy without
    the remote being asked, and who read it first may see more than who reads it next.
    """
    url = _remote(source).url
    parts = (url, *(part for part in (source.token_env, source.ssh_key) if part))
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]
    readable = re.sub(r"[^A-Za-z0-9.]+", "-", url.rstrip("/").rpartition("/")[2])
    return f"{readable.removesuffix('.git')[:40]}-{digest}.git"


def _fingerprint(roots: Roots) -> str:
    made = (str(roots.origin), roots.entity_name) if roots.origin else ()
    limits = tuple(map(str, astuple(roots.limits)))
    parts = (
        _PROCESSING_VERSION,
        *limits,
        *sorted(roots.kinds),
        str(roots.address),
        *roots.targets,
        *sorted(roots.allow),
        *made,
    )
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
