"""A folder as it is now, in the shape of a snapshot: what ``portal check`` reads."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from portal.kernel.errors import NotFoundError
from portal.kernel.errors import SourceError
from portal.scm import globs
from portal.scm.commit import blob_id
from portal.scm.mirror import Blob
from portal.scm.mirror import Entry
from portal.scm.mirror import check_size

_SKIPPED = frozenset({".git", ".venv", "node_modules", "__pycache__"})


class WorkingTree:
    """The files below a folder; links are seen, but never followed.

    Args:
        root: The folder.
    """

    commit = ""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.entries = dict(_files(root))

    def read(self, path: str) -> Blob:
        """Return the content of a file.

        Raises:
            NotFoundError: When there is no such regular file below the folder.
            SourceError: When it may not be read.
        """
        entry = self.entries.get(path)
        if entry is None or entry.is_link:
            reason = "is a symbolic link" if entry else "does not exist"
            msg = f"file {path} {reason}"
            raise NotFoundError(msg)
        check_size(path, entry.size)
        try:
            data = (self._root / path).read_bytes()
        except OSError as error:
            msg = f"file {path} cannot be read: {error.strerror}"
            raise SourceError(msg) from None
        return Blob(path, data, blob_id(data))

    def glob(self, pattern: str) -> list[str]:
        """Return the paths a glob matches, sorted."""
        return sorted(filter(globs.matcher(pattern), self.entries))


def _files(root: Path) -> Iterator[tuple[str, Entry]]:
    for folder, names, files in os.walk(root, followlinks=False):
        names[:] = [name for name in names if name not in _SKIPPED]
        for name in files:
            path = Path(folder, name)
            state = path.lstat()
            is_link = stat.S_ISLNK(state.st_mode)
            if is_link or stat.S_ISREG(state.st_mode):
                yield path.relative_to(root).as_posix(), Entry("", state.st_size, is_link)
