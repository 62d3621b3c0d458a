"""A working tree with the interface of a snapshot, for ``portal check``."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from portal.kernel.errors import SourceError
from portal.scm.commit import blob_id
from portal.scm.file_names import FileNames
from portal.scm.file_names import readable_name
from portal.scm.snapshot import Blob
from portal.scm.snapshot import Entry
from portal.scm.snapshot import regular_file

_SKIPPED = frozenset({".git", ".venv", "node_modules", "__pycache__"})


class WorkingTree:
    """The files below a folder; links are listed, but never followed.

    Args:
        root: The folder.
    """

    commit = ""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.entries = dict(_files(root))
        self.names = FileNames(self.entries.keys())

    def read(self, path: str) -> Blob:
        """Return the content of a file.

        Raises:
            NotFoundError: When there is no such regular file below the folder.
            SourceError: When it may not be read.
        """
        path = self.names.find(path)
        regular_file(path, self.entries)
        try:
            data = (self._root / path).read_bytes()
        except OSError as error:
            msg = f"file {path} cannot be read: {error.strerror}"
            raise SourceError(msg) from None
        return Blob(path, data, blob_id(data))

    def glob(self, pattern: str) -> list[str]:
        """Return the paths a glob matches, sorted."""
        return self.names.matching(pattern)


def _files(root: Path) -> Iterator[tuple[str, Entry]]:
    for folder, names, files in os.walk(root, followlinks=False):
        names[:] = [name for name in names if name not in _SKIPPED]
        for name in files:
            path = Path(folder, name)
            state = path.lstat()
            is_link = stat.S_ISLNK(state.st_mode)
            if is_link or stat.S_ISREG(state.st_mode):
                inner = os.fsencode(path.relative_to(root).as_posix())
                shown, is_raw = readable_name(inner)
                yield shown, Entry("", state.st_size, is_link, has_raw_name=is_raw)
