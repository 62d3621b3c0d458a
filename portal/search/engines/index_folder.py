"""The folder of an index: its owner, its writers' lock, and whether a file was replaced."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from portal.kernel.errors import MissingIndexError
from portal.kernel.errors import PortalError
from portal.kernel.files import mark_of
from portal.kernel.files import private_folder

_LOG = logging.getLogger(__name__)
_LOCK = "lock"
#: What is said while there is no index to search.
MISSING = "The search index is being built; try again in a moment."
#: Seconds between two rebuilds because a search failed without a damage that can be shown: a
#: term that fails on every index must not have it rebuilt for each request.
_DOUBT_SECONDS = 600.0


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Hold the exclusive lock of writers, among threads and processes."""
    private_folder(folder)
    handle = os.open(folder / _LOCK, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def is_own(folder: Path) -> bool:
    """Return whether only the user of this process can write to ``folder``."""
    now = folder.stat()
    return now.st_uid == os.geteuid() and not now.st_mode & 0o077


class Damage:
    """Discards an index that cannot be read, so that the worker builds it anew.

    Args:
        folder: The folder of the index.
        state_file: The name of the file without which there is no index.
    """

    def __init__(self, folder: Path, state_file: str) -> None:
        self._folder = folder
        self._state = folder / state_file
        self._doubted_at = -_DOUBT_SECONDS

    def discard(self, mark: tuple[int, ...]) -> None:
        """Delete the state file, unless it was replaced since ``mark`` or is being written."""
        with contextlib.suppress(OSError):
            handle = os.open(self._folder / _LOCK, os.O_CREAT | os.O_RDWR, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if mark and mark_of(self._state) == mark:
                    self._state.unlink()
                    _LOG.warning("the search index is damaged; it is built anew")
            finally:
                os.close(handle)

    @contextmanager
    def doubting(self, mark: tuple[int, ...]) -> Iterator[None]:
        """Discard the index when reading it fails in a way that nobody foresaw.

        Raises:
            MissingIndexError: When it was discarded.
            PortalError: What was raised on purpose.
            Exception: What failed, when the index was discarded for that shortly before.
        """
        try:
            yield
        except PortalError:
            raise
        except Exception as error:
            if time.monotonic() < self._doubted_at + _DOUBT_SECONDS:
                raise
            self._doubted_at = time.monotonic()
            _LOG.exception("the search index cannot be read")
            self.discard(mark)
            raise MissingIndexError(MISSING) from error
