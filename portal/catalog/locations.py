"""A configured source becomes a mirror to read and roots to begin at."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from portal.catalog.orchestrator import Roots
from portal.catalog.placeholders import refuse_elsewhere
from portal.catalog.registered import source_of
from portal.kernel.config import Config
from portal.kernel.config import Source
from portal.kernel.errors import ConfigError
from portal.kernel.errors import InputError
from portal.kernel.files import private_folder
from portal.model.refs import LocationRef
from portal.model.refs import parse_location_ref
from portal.scm.command import Git
from portal.scm.forges import RepositoryFile
from portal.scm.http_tree import HttpMirror
from portal.scm.http_tree import WebReader
from portal.scm.mirror import Blob
from portal.scm.mirror import Mirror
from portal.scm.urls import Remote
from portal.scm.urls import browse_address
from portal.scm.urls import is_commit
from portal.scm.urls import local_remote
from portal.scm.urls import parse_remote

#: Raise it when processing gives another result for the same file.
_PROCESSING_VERSION = "1"


@dataclass(frozen=True, slots=True)
class Location:
    """A source, ready to be read.

    Attributes:
        name: The source's name.
        mirror: Its local copy.
        roots: Where the walk through a snapshot begins.
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
    config: Config,
    env: Mapping[str, str] = os.environ,
    entity_ref: str = "",
) -> Location:
    """Prepare the address of a file for reading, where it may stand for several refs.

    Raises:
        ConfigError: When its token is not set.
        SourceError: When the remote must be asked for its refs, and does not answer.
    """
    sources = [source_of(name, target, reading, config, entity_ref) for reading in readings]
    if len(sources) == 1:
        return open_location(sources[0], config, env)
    if is_commit(sources[0].ref):
        return open_location(sources[0], config, env)
    refs = open_location(sources[0], config, env).mirror.refs()
    chosen = next((source for source in sources if source.ref in refs), sources[0])
    return open_location(chosen, config, env)


def open_location(source: Source, config: Config, env: Mapping[str, str] = os.environ) -> Location:
    """Prepare a source for reading; nothing is contacted yet.

    Raises:
        ConfigError: When its url or ref is refused, or its token is not set.
    """
    try:
        mirror = _mirror(source, config, env)
        address = _address(source)
    except (InputError, ValueError) as error:
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
        partial(_read_elsewhere, WebReader(config.reading_allow, config.git_timeout)),
    )
    return Location(source.name, mirror, roots, _fingerprint(roots))


def _read_elsewhere(reader: WebReader, target: str) -> Blob:
    """Read what a placeholder names outside of its repository, where that is allowed."""
    return reader.read(target) if reader.allows(target) else refuse_elsewhere(target)


def _mirror(source: Source, config: Config, env: Mapping[str, str]) -> Mirror | HttpMirror:
    home = private_folder(config.data_dir / "git").resolve()
    if source.is_web:
        template = parse_location_ref(source.location).target
        key = hashlib.sha256(f"{template} {source.targets}".encode()).hexdigest()[:16]
        return HttpMirror(home / "files" / key, template, config.git_timeout)
    remote = _remote(source)
    git = Git(home, config.git_timeout, _token(source, env), source.token_user, source.ssh_key)
    return Mirror(home / "mirrors" / _folder_name(remote), remote, source.ref, git)


def _remote(source: Source) -> Remote:
    return local_remote(source.url) if source.is_local else parse_remote(source.url)


def _address(source: Source) -> LocationRef:
    if source.location:
        ref = parse_location_ref(source.location)
        return LocationRef(ref.type, ref.target.rstrip("/"))
    if source.is_local:
        return LocationRef("file", source.name)
    return LocationRef("url", browse_address(source.url, source.ref))


def _token(source: Source, env: Mapping[str, str]) -> str:
    if not source.token_env:
        return ""
    token = env.get(source.token_env, "")
    if not token:
        msg = f"the environment variable {source.token_env} (token_env) is not set"
        raise InputError(msg)
    return token


def _folder_name(remote: Remote) -> str:
    """Return the mirror's name: sources of one repository share it."""
    digest = hashlib.sha256(remote.url.encode()).hexdigest()[:12]
    readable = re.sub(r"[^A-Za-z0-9.]+", "-", remote.url.rstrip("/").rpartition("/")[2])
    return f"{readable.removesuffix('.git')[:40]}-{digest}.git"


def _fingerprint(roots: Roots) -> str:
    made = (str(roots.origin), roots.entity_name) if roots.origin else ()
    parts = (_PROCESSING_VERSION, str(roots.address), *roots.targets, *sorted(roots.allow), *made)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
