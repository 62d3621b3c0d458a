"""The file tree is a value: what a template makes, before anything is written.

A tree maps paths, relative and separated by ``/``, to files. Links, devices and
absolute paths cannot be said in it; ``check_tree`` refuses what else could harm.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from portal.kernel.errors import InputError
from portal.kernel.errors import NotAllowedError

_OUTSIDE = "Relative path is not allowed to refer to a directory outside its parent"
_LONGEST_NAME = 255
_LONGEST_PATH = 1_024
#: The most files a tree may have, and bytes in all of them.
MOST_FILES = 20_000
MOST_BYTES = 100 * 1024 * 1024
#: Names that a file system or git takes for ``.git``.
_GIT_NAMES = frozenset({".git", "git~1"})
_IGNORED = dict.fromkeys(map(ord, "\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\ufeff"))


@dataclass(frozen=True, slots=True)
class File:
    """A regular file: its content, and whether it may be run."""

    data: bytes
    is_executable: bool = False

    @property
    def mode(self) -> int:
        """The file's mode, as ``stat`` has it."""
        return 0o100755 if self.is_executable else 0o100644


Tree = Mapping[str, File]


def inside(path: str) -> str:
    """Return a path in its shortest form; the tree itself is ``""``.

    Raises:
        NotAllowedError: When it leaves the tree.
    """
    parts: list[str] = []
    if path.startswith("/") or "\0" in path:
        raise NotAllowedError(_OUTSIDE)
    for part in PurePosixPath(path).parts:
        if part == "..":
            if not parts:
                raise NotAllowedError(_OUTSIDE)
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def below(tree: Tree, folder: str) -> dict[str, File]:
    """Return the files of a folder, by their path inside of it."""
    if not folder:
        return dict(tree)
    start = f"{folder}/"
    return {path[len(start) :]: file for path, file in tree.items() if path.startswith(start)}


def folders(tree: Tree) -> set[str]:
    """Return every folder that has a file somewhere below it."""
    found: set[str] = set()
    for path in tree:
        folder = path.rpartition("/")[0]
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return found


def check_tree(tree: Tree) -> None:
    """Refuse a tree that could harm where it is written, or is too large.

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
