"""The folder an index lives in: whose it is, who writes, and whether it was replaced."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from portal.kernel.files import private_folder

_LOCK = "lock"


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Keep other writers out, of this process and others."""
    private_folder(folder)
    handle = os.open(folder / _LOCK, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def mark_of(path: Path) -> tuple[int, ...]:
    """Return what differs once the file was replaced; empty when there is none."""
    try:
        now = path.stat()
    except OSError:
        return ()
    return now.st_ino, now.st_mtime_ns, now.st_size


def is_own(folder: Path) -> bool:
    """Whether only the user of this process can put files into ``folder``."""
    now = folder.stat()
    return now.st_uid == os.geteuid() and not now.st_mode & 0o077
