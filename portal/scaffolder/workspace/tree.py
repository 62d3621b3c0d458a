"""The file tree: the files a template makes, as a value, before anything is written.

A tree maps relative paths, separated by ``/``, to files. It cannot contain links,
devices or absolute paths; ``check_tree`` refuses other dangerous paths.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from portal.kernel.errors import InputError
from portal.kernel.errors import NotAllowedError
from portal.kernel.errors import RenderingError
from portal.kernel.files import relative_path

T = TypeVar("T")
_OUTSIDE = "Relative path is not allowed to refer to a directory outside its parent"
_LONGEST_NAME = 255
_LONGEST_PATH = 1_024
#: The greatest number of files in a tree, and of bytes in all of them.
MOST_FILES = 20_000
MOST_BYTES = 100 * 1024 * 1024
#: Names that a file system or git treats as ``.git``.
_GIT_NAMES = frozenset({".git", "git~1"})
_IGNORED = dict.fromkeys(map(ord, "\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\ufeff"))


@dataclass(frozen=True, slots=True)
class File:
    """A regular file: its content, and whether it is executable."""

    data: bytes
    is_executable: bool = False

    @property
    def mode(self) -> int:
        """The permission bits: 0o755 or 0o644."""
        return 0o100755 if self.is_executable else 0o100644


Tree = Mapping[str, File]


def inside(path: str) -> str:
    """Return a path normalised; the root of the tree is ``""``.

    Raises:
        NotAllowedError: When the path leaves the tree.
    """
    if path.startswith("/") or "\0" in path:
        raise NotAllowedError(_OUTSIDE)
    try:
        return relative_path("", path)
    except InputError:
        raise NotAllowedError(_OUTSIDE) from None


def below(tree: Mapping[str, T], folder: str) -> dict[str, T]:
    """Return what is in a folder by paths relative to it."""
    if not folder:
        return dict(tree)
    start = f"{folder}/"
    return {path[len(start) :]: file for path, file in tree.items() if path.startswith(start)}


def folders(paths: Iterable[str]) -> set[str]:
    """Return the paths of all folders that hold files of these paths."""
    found: set[str] = set()
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return found


class Places:
    """The paths of a tree, while an action adds files and folders to it.

    Args:
        tree: The tree before.
        replace: Whether a file may take the place of another one.
    """

    def __init__(self, tree: Tree, *, replace: bool = False) -> None:
        self._files = set(tree)
        self._folders = {"", *folders(tree)}
        self._replace = replace

    def takes_file(self, path: str) -> bool:
        """Return whether a file is to be written, and remember it; never over a folder.

        Raises:
            FolderInTheWayError: When it was to replace a folder.
        """
        if path in self._folders:
            if self._replace:
                raise FolderInTheWayError(path)
            return False
        if path in self._files and not self._replace:
            return False
        self._files.add(path)
        self._folders |= folders((path,))
        return True

    def takes_folder(self, path: str) -> bool:
        """Return whether a folder is to be made, and remember it."""
        if not self._replace and (path in self._folders or path in self._files):
            return False
        self._folders |= folders((f"{path}/",))
        return True


class FolderInTheWayError(RenderingError):
    """A file was to be written where a folder is."""

    def __init__(self, path: str) -> None:
        super().__init__(f"EISDIR: illegal operation on a directory, open '{path}'")


def check_tree(tree: Tree) -> None:
    """Refuse a tree with dangerous paths, or one that is too large.

    Raises:
        InputError: Naming the path and what is wrong with it.
    """
    if len(tree) > MOST_FILES:
        raise InputError(f"more than {MOST_FILES} files")
    if sum(len(file.data) for file in tree.values()) > MOST_BYTES:
        raise InputError(f"more than {MOST_BYTES} bytes in all files")
    seen: dict[str, str] = {}
    for path in tree:
        for reason in _faults(path):
            raise InputError(f"file {path[:_LONGEST_NAME]!r}: {reason}")
        other = seen.setdefault(unicodedata.normalize("NFC", path).casefold(), path)
        if other != path:
            raise InputError(f"files {other!r} and {path!r} are one on some file systems")
    for folder in folders(tree):
        if folder in tree:
            raise InputError(f"{folder!r} is a file and a folder")


def _faults(path: str) -> Iterator[str]:
    if len(path.encode("utf-8", "replace")) > _LONGEST_PATH:
        yield "its path is too long"
    for part in path.split("/"):
        if part in {"", ".", ".."}:
            yield "a part of its path is empty or dots"
        if any(ord(character) < 32 or ord(character) == 127 for character in part):
            yield "its path holds a control character"
        if any(0xD800 <= ord(character) <= 0xDFFF for character in part):
            yield "its path is not Unicode"
        if len(part.encode("utf-8", "replace")) > _LONGEST_NAME:
            yield "a name in its path is too long"
        if part.translate(_IGNORED).rstrip(". ").casefold() in _GIT_NAMES:
            yield "a template may not write into .git"
