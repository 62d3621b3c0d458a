"""Whether a process of this machine is still there, however it ended.

A process that wants to be known holds a lock on a file for as long as it lives. The
system lets go of it when the process is gone, killed or not.
"""

from __future__ import annotations

import fcntl
import uuid
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from portal.kernel.files import private_folder

_ENDING = ".lock"


def anybody_here(folder: Path) -> bool:
    """Whether a process is there that is known by this folder."""
    return any(_is_held(path) for path in folder.glob(f"*{_ENDING}"))


def _is_held(path: Path) -> bool | None:
    """Whether somebody holds a lock; ``None`` when there is none of that name."""
    try:
        with path.open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return None
    except OSError:  # it is locked
        return True
    return False


class Presence:
    """One process among those that share a folder: the one that makes it.

    Args:
        folder: Where the locks are; made when it is not there.

    Attributes:
        name: What the process is called, different for each one.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = private_folder(folder)
        self.name = uuid.uuid4().hex
        self._path = self._folder / f"{self.name}{_ENDING}"
        self._file = self._path.open("w")
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def is_gone(self, name: str) -> bool:
        """Whether a process was here and is no more; no, for one of another machine."""
        return self._is_held(name) is False

    def is_here(self, name: str) -> bool:
        """Whether a process is there, on this machine."""
        return self._is_held(name) is True

    def _is_held(self, name: str) -> bool | None:
        return _is_held(self._folder / f"{Path(name).name}{_ENDING}")

    def sweep(self, wanted: Collection[str]) -> None:
        """Remove the locks of processes that are gone, but for those still asked about."""
        for path in self._folder.glob(f"*{_ENDING}"):
            name = path.name.removesuffix(_ENDING)
            if name not in wanted and self.is_gone(name):
                path.unlink(missing_ok=True)

    def leave(self) -> None:
        """Be gone."""
        with suppress(OSError):
            self._file.close()
