"""Whether a process of this machine is still running, however it may have ended.

Each process holds a lock on a file of its own while it runs; the system releases the lock
when the process ends, killed or not.
"""

from __future__ import annotations

import fcntl
import os
import uuid
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from portal.kernel.files import private_folder

_ENDING = ".lock"


def anybody_here(folder: Path) -> bool:
    """Return whether any process of a folder is running."""
    return any(is_held(path) for path in folder.glob(f"*{_ENDING}"))


def hold(path: Path) -> None:
    """Make a file and hold its lock until this process ends, or the file's last copy is closed.

    It has its name only once it is locked, so that nobody takes it for left behind.
    """
    making = path.with_name(f"{path.name}.new")
    # Never closed: the lock lives as long as the descriptor does.
    descriptor = os.open(making, os.O_CREAT | os.O_RDWR, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    making.rename(path)


def is_held(path: Path) -> bool | None:
    """Return whether a lock is held; ``None`` when there is no file that may be opened."""
    try:
        with path.open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except (FileNotFoundError, PermissionError):
        return None
    except OSError:  # it is locked
        return True
    return False


class ProcessFile:
    """Says in a folder which process serves, for as long as that lives.

    Args:
        path: The file; its folder is created if it does not exist.
    """

    def __init__(self, path: Path) -> None:
        private_folder(path.parent)
        self._file = path.open("a+")

    def hold(self) -> bool:
        """Write the number of this process; return whether no other one holds the file."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()
        return True

    def holder(self) -> int | None:
        """Return the number of the process that holds the file; ``None`` when none does."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            self._file.seek(0)
            text = self._file.read()
            return int(text) if text.isdigit() else None
        fcntl.flock(self._file, fcntl.LOCK_UN)
        return None


class Presence:
    """This process among those that share a folder.

    Args:
        folder: The folder of the lock files; created if it does not exist.

    Attributes:
        name: The unique name of this process.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = private_folder(folder)
        self.name = uuid.uuid4().hex
        self._path = self._folder / f"{self.name}{_ENDING}"
        self._file = self._path.open("w")
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def is_gone(self, name: str) -> bool:
        """Return whether a process of this machine has ended; false for other machines."""
        return self._is_held(name) is False

    def is_here(self, name: str) -> bool:
        """Return whether a process is running on this machine."""
        return self._is_held(name) is True

    def _is_held(self, name: str) -> bool | None:
        return is_held(self._folder / f"{Path(name).name}{_ENDING}")

    def sweep(self, wanted: Collection[str]) -> None:
        """Remove the lock files of ended processes, except those of ``wanted`` names."""
        for path in self._folder.glob(f"*{_ENDING}"):
            name = path.name.removesuffix(_ENDING)
            if name not in wanted and self.is_gone(name):
                path.unlink(missing_ok=True)

    def leave(self) -> None:
        """Release and remove the lock of this process."""
        with suppress(OSError):
            self._file.close()
