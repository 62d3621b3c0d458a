"""The folder of a template, read at one commit of its repository; nothing is checked out.

A relative address is resolved against the template's folder and stays inside its
repository. An absolute one is the web address of a folder or file at a forge, whose host
has to be among the hosts that locations may be read from.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import replace
from typing import Any

from portal.catalog.sources.location_store import check_location
from portal.catalog.sources.opening import Location
from portal.catalog.sources.opening import address_of
from portal.catalog.sources.opening import open_location
from portal.catalog.sources.opening import open_readable
from portal.catalog.sources.remote_access import RemoteAccess
from portal.config.sources import Source
from portal.integrations.addresses import RepositoryFile
from portal.integrations.addresses import not_allowed
from portal.integrations.addresses import parse_file_url
from portal.integrations.addresses import repository_of
from portal.integrations.lending import Borrower
from portal.kernel.errors import ConfigError
from portal.kernel.errors import InputError
from portal.kernel.errors import NotAllowedError
from portal.kernel.errors import NotFoundError
from portal.kernel.errors import PortalError
from portal.kernel.errors import SourceError
from portal.kernel.files import relative_path
from portal.model.entity import MANAGED_BY
from portal.model.entity import ref_of
from portal.model.refs import LocationRef
from portal.model.refs import parse_location_ref
from portal.model.refs import path_of_address
from portal.scaffolder.running.action import ActionError
from portal.scaffolder.running.action import FetchedFolder
from portal.scaffolder.running.action import NotAFolderError
from portal.scaffolder.workspace.tree import MOST_BYTES
from portal.scaffolder.workspace.tree import MOST_FILES
from portal.scaffolder.workspace.tree import File
from portal.scm.mirror import Mirror
from portal.scm.snapshot import Entry
from portal.scm.urls import PATH
from portal.scm.urls import host_of
from portal.scm.urls import is_commit

#: The name of sources made for absolute addresses; the catalog does not list them.
_NAME = "template"
#: Appended to the address of a folder, so that it parses as that of a file in it.
_INSIDE = "-"


@dataclass(frozen=True, slots=True)
class RepositoryFiles:
    """A folder of a repository at a commit; implements ``TemplateFiles``.

    Args:
        commit: The full id of the commit.
        repository: The web address of the repository, or the name of its source.
        path: The folder, relative to the repository's root; empty is the root.
        access: What reading whole addresses needs, in the template's name.
        is_operated: Whether the operator chose the repository as a source.
    """

    commit: str
    repository: str
    path: str
    access: RemoteAccess
    _location: Location
    is_operated: bool = False

    def folder(self, path: str) -> FetchedFolder:
        """Return the files of a folder; links and submodules are left out.

        Raises:
            NotAllowedError: When the path is outside of the repository, or at a host that
                may not be read.
            ActionError: When the folder does not exist, or is too large.
            SourceError: When its repository cannot be read.
        """
        if "://" in path:
            return folder_at(path, self.access)
        return _folder(self._location, self.commit, self._inside(path))

    def file(self, path: str) -> File:
        """Return a file; raises as ``folder`` does."""
        if "://" in path:
            return file_at(path, self.access)
        return _file(self._location, self.commit, self._inside(path))

    def _inside(self, path: str) -> str:
        try:
            return relative_path(self.path, path)
        except InputError as error:
            raise NotAllowedError(error.message) from None


def open_template_files(
    entity: Mapping[str, Any],
    access: RemoteAccess,
    sources: Iterable[Source],
    commit: str = "",
) -> RepositoryFiles:
    """Return the folder a template entity was read from.

    Args:
        entity: The template, with the catalog's annotations.
        access: What reading repositories needs.
        sources: The catalog's sources, for locations without a web address.
        commit: The id of the commit to read; the newest one when empty, and on a plain
            web server, which has no history.

    Raises:
        InputError: When the entity does not say where it is from.
        NotAllowedError: When its host may not be read.
        ConfigError: When its source cannot be used as configured.
        SourceError: When its repository cannot be read, or has no such commit any more.
    """
    location = _location_of(entity)
    held_by = [(source, path) for source in sources if (path := _path_in(source, location, access))]
    problem: PortalError = SourceError(
        f"the repository of the template has no file {location.target}"
    )
    for source, path in held_by:
        try:
            opened = open_location(source, access)
            own = _in_the_name_of(entity, access, is_operated=True)
            return _opened_files(opened, path, commit, own, must_have=len(held_by) > 1)
        except (ConfigError, SourceError) as error:
            problem = error  # another source may have the commit
    if held_by:
        raise problem
    opened = open_readable(location.target, _readings(location.target, access), _NAME, access)
    own = _in_the_name_of(entity, access, is_operated=False)
    return _opened_files(opened, opened.roots.targets[0], commit, own)


def _in_the_name_of(
    entity: Mapping[str, Any], access: RemoteAccess, *, is_operated: bool
) -> RemoteAccess:
    return replace(access, borrower=Borrower(str(ref_of(dict(entity))), is_operated))


def _opened_files(
    opened: Location, path: str, commit: str, access: RemoteAccess, must_have: bool = False
) -> RepositoryFiles:
    """Return the folder of a descriptor at a path.

    Raises:
        SourceError: When the repository cannot be read, or lacks the commit, or the
            descriptor where it ``must_have`` it.
    """
    try:
        wanted = _at(opened, commit)
        if must_have and path not in opened.mirror.snapshot(wanted).entries:
            raise SourceError(f"the repository of the template has no file {path}")
        repository = str(opened.roots.address)
        folder = path.rpartition("/")[0]
        is_operated = access.borrower is not None and access.borrower.is_operated
        return RepositoryFiles(wanted, repository, folder, access, opened, is_operated)
    finally:
        opened.mirror.close()


def _location_of(entity: Mapping[str, Any]) -> LocationRef:
    annotations = entity.get("metadata", {}).get("annotations") or {}
    try:
        return parse_location_ref(str(annotations[MANAGED_BY]))
    except (KeyError, ValueError):
        raise InputError(f"the template has no annotation {MANAGED_BY}") from None


def _path_in(source: Source, location: LocationRef, access: RemoteAccess) -> str | None:
    """Return the path of a descriptor in a source's repository; ``None`` if it is elsewhere.

    No source is opened: one that cannot be opened must not fail templates of others.
    """
    try:
        address = address_of(source, access.integrations)
    except ConfigError:
        return None
    return (
        path_of_address(address.target, location.target) if address.type == location.type else None
    )


def _readings(target: str, access: RemoteAccess) -> list[RepositoryFile]:
    try:
        return check_location("url", target, access)
    except InputError as error:
        raise NotAllowedError(error.message) from None


def _at(location: Location, commit: str) -> str:
    """Return a commit id that the mirror has: the given one, or the newest.

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


def _folder(location: Location, commit: str, path: str) -> FetchedFolder:
    if not isinstance(location.mirror, Mirror):
        raise ActionError("a plain web server has no folders that could be read; name a file")
    try:
        snapshot = location.mirror.snapshot(commit)
        depth = path.count("/") + 1 if path else 0
        names = {"/".join(name.split("/")[depth:]): name for name in snapshot.names.below(path)}
        found = {inner: (name, snapshot.entries[name]) for inner, name in names.items()}
        files = {inner: one for inner, one in found.items() if not one[1].why_left_out}
        if not found and snapshot.names.find(path) in snapshot.entries:
            raise NotAFolderError
        _check(files.values(), path)
        return FetchedFolder(
            {
                inner: File(snapshot.read(name).data, entry.is_executable)
                for inner, (name, entry) in files.items()
            },
            {inner: found[inner][1].why_left_out for inner in found.keys() - files.keys()},
        )
    finally:
        location.mirror.close()


def _check(found: Collection[tuple[str, Entry]], path: str) -> None:
    """Refuse a folder before its files are read.

    Raises:
        ActionError: When it does not exist, or is too large for a tree.
    """
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
        name = snapshot.names.find(path)
        entry = snapshot.entries.get(name)
        if entry and entry.why_left_out:
            raise ActionError(f"'{path}' cannot be used: {entry.why_left_out}")
        data = snapshot.read(name).data
        return File(data, snapshot.entries[name].is_executable)
    except NotFoundError:
        raise ActionError(_missing(path)) from None
    finally:
        location.mirror.close()


def folder_at(address: str, access: RemoteAccess) -> FetchedFolder:
    """Return what is in the folder of a whole web address.

    Raises:
        NotAllowedError: When its host may not be read.
        ActionError: When it does not exist, is a file, is too large, or its repository
            cannot be read.
    """
    readings = _folder_readings(address, access)
    with _named(address, readings[0].remote, access):
        location = open_readable(address, readings, _NAME, access)
        path = location.roots.targets[0]
        path = "" if path == _INSIDE else path.removesuffix(f"/{_INSIDE}")
        return _folder(location, location.mirror.fetch(), path)


def file_at(address: str, access: RemoteAccess) -> File:
    """Return the file of a whole web address; raises as ``folder_at`` does."""
    readings = _readings(address, access)
    with _named(address, readings[0].remote, access):
        location = open_readable(address, readings, _NAME, access)
        return _file(location, location.mirror.fetch(), location.roots.targets[0])


@contextmanager
def _named(address: str, remote_url: str, access: RemoteAccess) -> Iterator[None]:
    """Turn the failure of a repository into one of the step that names it.

    Raises:
        NotAllowedError: When it is read with the operator's ssh key, which is not lent.
        ActionError: When the repository cannot be read.
    """
    access.check_key(remote_url)
    try:
        yield
    except SourceError as error:
        reason = access.why_without_token(remote_url)
        why = f"{error.message} ({reason})" if reason else error.message
        raise ActionError(f"'{address}' cannot be read: {why}") from None


def _folder_readings(address: str, access: RemoteAccess) -> list[RepositoryFile]:
    """Return the readings of a folder's web address; a bare repository is its root.

    Raises:
        NotAllowedError: When its host may not be read.
    """
    if "@" in address.partition("://")[2].partition("/")[0]:
        raise NotAllowedError("an address must not hold credentials; see the setting host_tokens")
    if host_of(address) not in access.hosts:
        raise NotAllowedError(not_allowed(address))
    if "?" in address:
        return _readings(address, access)
    inside = f"{address.rstrip('/')}/{_INSIDE}"
    try:
        parse_file_url(inside)
    except InputError:
        remote = repository_of(address)
        return [RepositoryFile(remote, "", _INSIDE, f"{address.rstrip('/')}/{PATH}")]
    return _readings(inside, access)
