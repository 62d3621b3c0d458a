"""Files of a repository at one commit: listed and read, never checked out.

Symbolic links, hooks, filters and submodules of a repository are inert: only files of the
modes 100644 and 100755 are read. A file whose name is not UTF-8 is listed by an escaped form
of its name, so that it can be told of, and is not read either.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from git import GitCmdObjectDB
from git.exc import GitError
from gitdb.exc import ODBError
from gitdb.util import hex_to_bin

from portal.kernel.errors import InputError
from portal.kernel.errors import MirrorError
from portal.kernel.errors import NotFoundError
from portal.scm.file_names import FileNames
from portal.scm.file_names import readable_name

#: The size of the largest file that is read into memory, in bytes.
_LARGEST_BLOB = 10 * 1024 * 1024
#: The modes of files in git.
_PROGRAM = "100755"
_REGULAR = frozenset({"100644", _PROGRAM})
_LINK = "120000"
#: The first line of a pointer of Git LFS is the version, and it has fewer bytes than this.
_LFS_VERSIONS = (
    b"version https://git-lfs.github.com/spec/",
    b"version https://hawser.github.com/spec/",
)
_LARGEST_POINTER = 1_024


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of a tree.

    Attributes:
        id: The id of its content.
        size: Its size in bytes.
        is_link: Whether it is a symbolic link.
        is_executable: Whether its mode says so.
        has_raw_name: Whether its name is not UTF-8, and the path an escaped form of it.
    """

    id: str
    size: int
    is_link: bool = False
    is_executable: bool = False
    has_raw_name: bool = False

    @property
    def why_left_out(self) -> str:
        """Why it is not read, for messages; empty for a file that is."""
        if self.has_raw_name:
            return "its name is not UTF-8: rename it"
        return "it is a symbolic link, which is not followed" if self.is_link else ""


@dataclass(frozen=True, slots=True)
class Blob:
    """A file's content at a commit."""

    path: str
    data: bytes
    id: str


class FileTree(Protocol):
    """Files that can be listed and read: a snapshot of a commit, or a folder."""

    @property
    def commit(self) -> str:
        """The commit's id; empty for what is not committed."""

    @property
    def entries(self) -> Mapping[str, Entry]:
        """Every regular file and symbolic link by path."""

    @property
    def names(self) -> FileNames:
        """The paths of all entries, found in any Unicode normal form."""

    def read(self, path: str) -> Blob:
        """Return the content of a file; raises ``NotFoundError`` when there is none."""

    def glob(self, pattern: str) -> list[str]:
        """Return the paths a glob matches, sorted."""


class Snapshot:
    """A repository at one commit, read-only and forever the same.

    Args:
        commit: The full commit id.
        entries: Every regular file and symbolic link by path.
        objects: Where blobs are read from.
    """

    def __init__(
        self,
        commit: str,
        entries: Mapping[str, Entry],
        objects: GitCmdObjectDB,
        renew: Callable[[MirrorError], GitCmdObjectDB],
    ) -> None:
        self.commit = commit
        self.entries = entries
        self.names = FileNames(entries.keys())
        self._objects = objects
        self._renew = renew

    def read(self, path: str) -> Blob:
        """Return the content of a file.

        Raises:
            NotFoundError: When the commit has no such regular file.
            SourceError: When its object cannot be read from the mirror.
        """
        path = self.names.find(path)
        entry = regular_file(path, self.entries)
        try:
            data = self._data_of(path, entry)
        except MirrorError as error:
            self._objects = self._renew(error)
            data = self._data_of(path, entry)
        return Blob(path, data, entry.id)

    def changed_from(self, other: Snapshot) -> frozenset[str]:
        """Return the paths that are not the same as at another commit."""
        before = other.entries
        gone = before.keys() - self.entries.keys()
        differ = (
            path
            for path, entry in self.entries.items()
            # A list that was taken over has the very same objects: compared by far the fastest.
            if (old := before.get(path)) is not entry and old != entry
        )
        return frozenset((*gone, *differ))

    def _data_of(self, path: str, entry: Entry) -> bytes:
        try:
            data: bytes = self._objects.stream(hex_to_bin(entry.id.encode())).read()
        except (ODBError, GitError, OSError, ValueError, zlib.error) as error:
            raise MirrorError(f"the object of {path} cannot be read") from error
        if len(data) != entry.size:
            raise MirrorError(f"the object of {path} is damaged")
        return data

    def glob(self, pattern: str) -> list[str]:
        """Return the paths a glob matches, sorted; links are among them.

        ``*`` and ``?`` stay inside one folder, ``**`` crosses folders.
        """
        return self.names.matching(pattern)


def check_size(path: str, size: int) -> None:
    """Refuse a file that is too large to be read into memory.

    Raises:
        InputError: When it is larger than any descriptor may be.
    """
    if size > _LARGEST_BLOB:
        msg = f"file {path} has {size:,} bytes, more than the {_LARGEST_BLOB:,} that are read"
        raise InputError(msg)


def regular_file(path: str, entries: Mapping[str, Entry]) -> Entry:
    """Return the entry of a file that may be read into memory.

    Raises:
        NotFoundError: When there is no such regular file.
        InputError: When it is larger than any descriptor may be.
    """
    entry = entries.get(path)
    if entry is None or entry.why_left_out:
        reason = "is a symbolic link" if entry else "does not exist"
        if entry and entry.has_raw_name:
            reason = f"is left out: {entry.why_left_out}"
        msg = f"file {path} {reason}"
        raise NotFoundError(msg)
    check_size(path, entry.size)
    return entry


def entries_in(listing: bytes) -> Iterator[tuple[str, Entry]]:
    """Yield the files in the output of ``git ls-tree -r -z -l``, by path."""
    for line in filter(None, listing.split(b"\0")):
        meta, name = line.split(b"\t", 1)
        mode, kind, blob, size = meta.decode().split()
        if kind == "blob" and (mode in _REGULAR or mode == _LINK):
            path, is_raw = readable_name(name)
            yield path, Entry(blob, int(size), mode == _LINK, mode == _PROGRAM, is_raw)


@dataclass(frozen=True, slots=True)
class Difference:
    """A path that differs between two commits.

    Attributes:
        path: The path.
        before: Its mode at the first commit, as git writes it; only zeros when it is new.
        after: Its mode at the second commit; only zeros when it is gone.
        id: The id of its content at the second commit.
        has_raw_name: Whether its name is not UTF-8, and the path an escaped form of it.
    """

    path: str
    before: str
    after: str
    id: str
    has_raw_name: bool = False

    @property
    def is_edit(self) -> bool:
        """Whether only the content of a regular file differs."""
        return self.before == self.after and self.before in _REGULAR and not self.has_raw_name

    def entry(self, size: int) -> Entry:
        """Return the entry of the file at the second commit.

        Args:
            size: Its size in bytes.
        """
        is_link, is_program = self.after == _LINK, self.after == _PROGRAM
        return Entry(self.id, size, is_link, is_program, self.has_raw_name)

    @property
    def is_listed(self) -> bool:
        """Whether the second commit has it as a file or symbolic link."""
        return self.after in _REGULAR or self.after == _LINK


def differences_in(listing: bytes) -> Iterator[Difference]:
    """Yield what ``git diff-tree -r -z --raw --no-renames --full-index`` tells."""
    parts = listing.split(b"\0")
    for meta, name in zip(parts[::2], parts[1::2], strict=False):
        before, after, _old, new, _what = meta.decode().removeprefix(":").split()
        path, is_raw = readable_name(name)
        yield Difference(path, before, after, new, is_raw)


def edits_in(differences: Iterable[Difference]) -> list[str] | None:
    """Return the paths that differ; ``None`` when more than the content of one does."""
    found = list(differences)
    return [one.path for one in found] if all(one.is_edit for one in found) else None


def entries_after(
    entries: Mapping[str, Entry],
    differences: Iterable[Difference],
    size_of: Callable[[str], int | None],
) -> dict[str, Entry] | None:
    """Return the files at a second commit, from those at a first one and what differs.

    Args:
        entries: The files at the first commit, by path.
        differences: What differs.
        size_of: Returns the size of a content, by its id; ``None`` when it cannot be read.

    Returns:
        ``None`` when a size cannot be read.
    """
    found = dict(entries)
    for one in differences:
        found.pop(one.path, None)
        if one.is_listed:
            size = size_of(one.id)
            if size is None:
                return None
            found[one.path] = one.entry(size)
    return found


def is_pointer(data: bytes) -> bool:
    """Return whether a file's content is a pointer of Git LFS: its real content is elsewhere.

    Rule: the LFS specification, "The Pointer". The portal never asks the LFS server for it.
    """
    return len(data) < _LARGEST_POINTER and data.startswith(_LFS_VERSIONS) and b"\noid " in data
