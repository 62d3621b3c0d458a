"""The files of a component at a commit, and what their paths say."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from functools import cached_property

from portal.evidence.manifests.dependency import decoded
from portal.evidence.scopes import Attributes
from portal.evidence.scopes import PathScope
from portal.evidence.scopes import attributes_of
from portal.evidence.scopes import scope_of
from portal.kernel.errors import PortalError
from portal.scm.file_names import is_below
from portal.scm.snapshot import Entry
from portal.scm.snapshot import FileTree

#: The first character behind ``/``: what sorts behind everything in a folder.
_BEHIND = "0"
_ATTRIBUTES = ".gitattributes"


class Component:
    """The files of a component.

    Args:
        tree: The repository at a commit, or a working tree.
        folder: The component's folder; empty for the root.
        without: Folders below it that are components of their own.
        file_bytes: The size of the largest file that is read.
    """

    def __init__(
        self, tree: FileTree, folder: str, without: Iterable[str], file_bytes: int
    ) -> None:
        self.tree = tree
        self.folder = folder
        self.start = f"{folder}/" if folder else ""
        self.without = tuple(without)
        self._others = tuple(f"{other}/" for other in self.without)
        self._file_bytes = file_bytes

    def paths(self) -> list[str]:
        """Return the paths of all its files, sorted."""
        others = self._others
        below = self.tree.names.below(self.folder)
        return [path for path in below if not path.startswith(others)] if others else below

    def has(self, path: str) -> bool:
        """Return whether a path is that of one of its files."""
        return (
            path in self.tree.entries
            and is_below(path, self.folder)
            and not path.startswith(self._others)
        )

    def entry(self, path: str) -> Entry:
        """Return the entry of one of its files."""
        return self.tree.entries[path]

    def id_of(self, path: str) -> str:
        """Return the id of a file of the repository; empty when there is none."""
        entry = self.tree.entries.get(path)
        return entry.id if entry else ""

    def inner(self, path: str) -> str:
        """Return a path inside of the component."""
        return path.removeprefix(self.start)

    def scope(self, path: str) -> PathScope:
        """Return what a path says."""
        return scope_of(self.inner(path), self._attributes)

    @property
    def attributes_id(self) -> str:
        """The id of the file that says which paths are vendored, generated, documentation."""
        return self.id_of(f"{self.start}{_ATTRIBUTES}")

    @cached_property
    def _attributes(self) -> Attributes:
        """The attributes of the component's folder, over paths inside of it."""
        text = self.text(f"{self.start}{_ATTRIBUTES}")
        return attributes_of(text) if text else Attributes()

    def is_readable(self, path: str) -> bool:
        """Return whether the repository has a file that may be read as a whole."""
        entry = self.tree.entries.get(path)
        return entry is not None and not entry.is_link and entry.size <= self._file_bytes

    def text(self, path: str) -> str | None:
        """Return the text of another file; ``None`` when it cannot or may not be read."""
        if not self.is_readable(path):
            return None
        try:
            return decoded(self.tree.read(path).data)
        except PortalError:
            return None


def names_in(paths: list[str], folder: str) -> set[str]:
    """Return the names of the files and folders in a folder.

    Args:
        paths: The paths of all files, sorted.
        folder: The folder; empty for the root.
    """
    start = f"{folder}/" if folder else ""
    found: set[str] = set()
    at = bisect_left(paths, start)
    while at < len(paths) and paths[at].startswith(start):
        name, slash, _ = paths[at][len(start) :].partition("/")
        found.add(name)
        at = bisect_left(paths, f"{start}{name}{_BEHIND}", at) if slash else at + 1
    return found
