"""The folder a template lives in, read at one commit of its repository; nothing is checked out.

A relative address starts at the template's folder and stays inside its repository. An
absolute one is that of a folder or file at a forge, whose host has to be among those that
locations may be read from.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.catalog.locations import Location
from portal.catalog.locations import open_location
from portal.catalog.locations import open_readable
from portal.catalog.registered import check_location
from portal.catalog.registered import host_of
from portal.kernel.config import Config
from portal.kernel.config import Source
from portal.kernel.errors import InputError
from portal.kernel.errors import NotAllowedError
from portal.kernel.errors import NotFoundError
from portal.kernel.errors import SourceError
from portal.kernel.files import relative_path
from portal.model.entity import MANAGED_BY
from portal.model.refs import LocationRef
from portal.model.refs import parse_location_ref
from portal.model.refs import path_of_address
from portal.scaffolder.action import ActionError
from portal.scaffolder.tree import MOST_BYTES
from portal.scaffolder.tree import MOST_FILES
from portal.scaffolder.tree import File
from portal.scaffolder.tree import Tree
from portal.scm.forges import PATH
from portal.scm.forges import RepositoryFile
from portal.scm.forges import not_allowed
from portal.scm.forges import parse_file_url
from portal.scm.forges import repository_of
from portal.scm.mirror import Entry
from portal.scm.mirror import Mirror
from portal.scm.urls import is_commit

#: How the sources of absolute addresses are called; they are none of the catalog's.
_NAME = "template"
#: Put behind the address of a folder to read it as that of a file in it.
_INSIDE = "-"


@dataclass(frozen=True, slots=True)
class RepositoryFiles:
    """A folder of a repository at a commit: what ``TemplateFiles`` asks for.

    Args:
        commit: The full id of the commit.
        repository: The address of the repository's files, or the name of its source.
        path: The folder, from the repository's root; empty is the root.
        config: The settings in force.
    """

    commit: str
    repository: str
    path: str
    config: Config
    _location: Location

    def folder(self, path: str) -> Tree:
        """Return the files of a folder; links and submodules are left out.

        Raises:
            NotAllowedError: When it is outside of the repository, or at a host that may
                not be read.
            ActionError: When there is none, or it is too large.
            SourceError: When its repository cannot be read.
        """
        if "://" in path:
            return _folder_elsewhere(path, self.config)
        return _folder(self._location, self.commit, self._inside(path))

    def file(self, path: str) -> File:
        """Return a file, or raise as ``folder`` does."""
        if "://" in path:
            return _file_elsewhere(path, self.config)
        return _file(self._location, self.commit, self._inside(path))

    def _inside(self, path: str) -> str:
        try:
            return relative_path(self.path, path)
        except InputError as error:
            raise NotAllowedError(error.message) from None


def open_template_files(
    entity: Mapping[str, Any],
    config: Config,
    sources: Iterable[Source] | None = None,
    commit: str = "",
) -> RepositoryFiles:
    """Return the folder a template entity was read from.

    Args:
        entity: The template, with the catalog's annotations.
        config: The settings in force.
        sources: The sources of the catalog, for those whose repository the entity's
            location does not tell; the configured ones when not given.
        commit: The commit the template was read at; the newest one when empty, and on a
            plain web server, which has no other.

    Raises:
        InputError: When the entity does not say where it is from.
        NotAllowedError: When its host may not be read.
        ConfigError: When its source cannot be used as configured.
        SourceError: When its repository cannot be read, or has no such commit any more.
    """
    location = _location_of(entity)
    found = list(_candidates(location, config, config.sources if sources is None else sources))
    problem = SourceError(f"the repository of the template has no file {location.target}")
    for opened, path in found:
        try:
            wanted = _at(opened, commit)
            if path in opened.mirror.snapshot(wanted).entries or len(found) == 1:
                repository = str(opened.roots.address)
                folder = path.rpartition("/")[0]
                return RepositoryFiles(wanted, repository, folder, config, opened)
        except SourceError as error:
            problem = error  # another source may have the commit
        finally:
            opened.mirror.close()
    raise problem


def _location_of(entity: Mapping[str, Any]) -> LocationRef:
    annotations = entity.get("metadata", {}).get("annotations") or {}
    try:
        return parse_location_ref(str(annotations[MANAGED_BY]))
    except (KeyError, ValueError):
        raise InputError(f"the template has no annotation {MANAGED_BY}") from None


def _candidates(
    location: LocationRef, config: Config, sources: Iterable[Source]
) -> Iterator[tuple[Location, str]]:
    """Yield what the template may stand in, each with the path of its descriptor."""
    is_known = False
    for source in sources:
        opened = open_location(source, config)
        path = path_of_address(opened.roots.address.target, location.target)
        if path is not None and opened.roots.address.type == location.type:
            is_known = True
            yield opened, path
    if not is_known:
        readings = _readings(location.target, config)
        opened = open_readable(location.target, readings, _NAME, config)
        yield opened, opened.roots.targets[0]


def _readings(target: str, config: Config) -> list[RepositoryFile]:
    try:
        return check_location("url", target, config)
    except InputError as error:
        raise NotAllowedError(error.message) from None


def _at(location: Location, commit: str) -> str:
    """Return a commit that the mirror holds: the given one, or the newest.

    Raises:
        SourceError: When the repository does not have it.
    """
    mirror = location.mirror
    # The files of a plain web server have no commits to go back to.
    if not is_commit(commit) or not isinstance(mirror, Mirror):
        return mirror.fetch()
    if mirror.has(commit):
        return commit
    mirror.fetch()
    if not mirror.has(commit):
        raise SourceError(f"its repository has no commit {commit[:12]} any more")
    return commit


def _folder(location: Location, commit: str, path: str) -> dict[str, File]:
    if not isinstance(location.mirror, Mirror):
        raise ActionError("a plain web server has no folders that could be read; name a file")
    try:
        snapshot = location.mirror.snapshot(commit)
        start = f"{path}/" if path else ""
        found = {
            name[len(start) :]: (name, entry)
            for name, entry in snapshot.entries.items()
            if name.startswith(start) and not entry.is_link
        }
        _check(found.values(), path)
        return {
            inner: File(snapshot.read(name).data, entry.is_executable)
            for inner, (name, entry) in found.items()
        }
    finally:
        location.mirror.close()


def _check(found: Collection[tuple[str, Entry]], path: str) -> None:
    """Refuse a folder before it is read: one that is not there, or too large for a tree."""
    if not found:
        raise ActionError(_missing(path or "."))
    if len(found) > MOST_FILES:
        raise ActionError(f"folder '{path}' has more than {MOST_FILES} files")
    if sum(entry.size for _, entry in found) > MOST_BYTES:
        raise ActionError(f"folder '{path}' has more than {MOST_BYTES} bytes in all files")


def _missing(path: str) -> str:
    return f"ENOENT: no such file or directory, '{path}'"


def _file(location: Location, commit: str, path: str) -> File:
    try:
        snapshot = location.mirror.snapshot(commit)
        data = snapshot.read(path).data
        return File(data, snapshot.entries[path].is_executable)
    except NotFoundError:
        raise ActionError(_missing(path)) from None
    finally:
        location.mirror.close()


def _folder_elsewhere(address: str, config: Config) -> dict[str, File]:
    readings = _folder_readings(address, config)
    location = open_readable(address, readings, _NAME, config)
    path = location.roots.targets[0]
    path = "" if path == _INSIDE else path.removesuffix(f"/{_INSIDE}")
    return _folder(location, location.mirror.fetch(), path)


def _file_elsewhere(address: str, config: Config) -> File:
    location = open_readable(address, _readings(address, config), _NAME, config)
    return _file(location, location.mirror.fetch(), location.roots.targets[0])


def _folder_readings(address: str, config: Config) -> list[RepositoryFile]:
    """Return what the address of a folder stands for; a bare repository is its root."""
    if "@" in address.partition("://")[2].partition("/")[0]:
        raise NotAllowedError("an address must not hold credentials; see the setting host_tokens")
    if host_of(address) not in config.location_hosts:
        raise NotAllowedError(not_allowed(address))
    if "?" in address:
        return _readings(address, config)
    inside = f"{address.rstrip('/')}/{_INSIDE}"
    try:
        parse_file_url(inside)
    except InputError:
        remote = repository_of(address)
        return [RepositoryFile(remote, "", _INSIDE, f"{address.rstrip('/')}/{PATH}")]
    return _readings(inside, config)
