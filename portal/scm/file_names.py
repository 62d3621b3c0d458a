"""Finds paths of a tree by name or glob, in any Unicode normalization form.

macOS stores ``결제`` as five characters (NFD), whereas keyboards type two (NFC). A path that
does not exist in the form it is given in is therefore found in the other one.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from collections.abc import Iterable
from functools import cached_property

from portal.scm import globs


def readable_name(name: bytes) -> tuple[str, bool]:
    """Return a file's name as text, and whether it is an escaped form of what is not UTF-8."""
    try:
        return name.decode(), False
    except UnicodeDecodeError:
        return name.decode("utf-8", "backslashreplace"), True


class FileNames:
    """The paths of a tree's files.

    Args:
        paths: The paths in the tree's own form.
    """

    def __init__(self, paths: Collection[str]) -> None:
        self._paths = paths
        self._holding: dict[str, frozenset[str]] = {}

    def find(self, path: str) -> str:
        """Return a path in the tree's own form; unchanged when it does not exist."""
        if path in self._paths or path.isascii():
            return path
        return self._by_form.get(_composed(path), path)

    def below(self, folder: str) -> list[str]:
        """Return the paths of all files below a folder, sorted; the root is ``""``."""
        return sorted(path for path in self._paths if is_below(path, folder))

    def holds(self, folder: str, suffix: str = "") -> bool:
        """Return whether there is a file with a suffix below a folder; the root is ``""``."""
        if suffix not in self._holding:
            found = (path for path in self._paths if path.endswith(suffix))
            self._holding[suffix] = frozenset(_folders(map(_composed, found)))
        return _composed(folder) in self._holding[suffix]

    def matching(self, pattern: str) -> list[str]:
        """Return the paths that a glob matches, sorted.

        As in Backstage, a glob has a ``*`` or ``?``. A path that exists literally is no glob;
        brackets in the names of existing folders before the first ``*`` or ``?`` are literal.
        """
        path = self.find(pattern)
        if path in self._paths:
            return [path]
        if not any(char in pattern for char in "*?["):
            return []
        start = _fixed(pattern)
        if "[" not in start or not (found := self.below(start)):
            found, start = sorted(self._paths), ""
        skipped = len(_composed(f"{start}/")) if start else 0
        is_match = globs.matcher(_composed(pattern)[skipped:])
        return [name for name in found if is_match(_composed(name)[skipped:])]

    @cached_property
    def escaped(self) -> tuple[str, ...]:
        """The paths that may be escaped forms of names that are not UTF-8, sorted."""
        return tuple(sorted(path for path in self._paths if "\\x" in path))

    @cached_property
    def _by_form(self) -> dict[str, str]:
        """The paths by their NFC form; of several paths the first in order."""
        return {_composed(path): path for path in sorted(self._paths, reverse=True)}


def is_below(path: str, folder: str) -> bool:
    """Return whether a path is that of a file below a folder; the root is ``""``."""
    return not folder or _composed(path).startswith(_composed(f"{folder}/"))


def _composed(path: str) -> str:
    return path if path.isascii() else unicodedata.normalize("NFC", path)


def _folders(paths: Iterable[str]) -> set[str]:
    """Return all folders that contain one of the paths, with the root."""
    found: set[str] = set()
    for path in paths:
        folder = path
        while folder:
            folder = folder.rpartition("/")[0]
            if folder in found:
                break
            found.add(folder)
    return found


def _fixed(pattern: str) -> str:
    """Return the folder in front of the first ``*`` or ``?`` of a glob."""
    ends = [at for at in map(pattern.find, "*?") if at >= 0]
    return pattern[: min(ends, default=len(pattern))].rpartition("/")[0]
