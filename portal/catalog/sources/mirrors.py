"""The copies of repositories on disk: how large they may be, how large they are, which can go.

Copies are caches: one that is removed is fetched anew when it is needed again.
"""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path

from portal.kernel.files import exclusive
from portal.kernel.files import size_of
from portal.scm.command import Room
from portal.scm.mirror import LOCK

_LOG = logging.getLogger(__name__)
#: Seconds for which the sizes of copies are shown.
_MEASURED_SECONDS = 60.0
#: The folders of copies below that of git.
MIRRORS, FILES = "mirrors", "files"
#: Seconds for which the size of all copies is taken to be the same.
_FRESH = 10.0
_UNITS = ("bytes", "kB", "MB", "GB", "TB")
_REASON = (
    "its copy would have more than the {} that mirror_bytes allows; the operator raises that, or "
    "removes the source"
)
_REASON_OF_ALL = (
    "all copies of repositories would have more than the {} that mirrors_bytes allows; the "
    "operator raises that, or removes sources"
)


@dataclass
class MirrorLimits:
    """How many bytes copies may have.

    Attributes:
        each: One copy of a repository; 0 for any number.
        in_all: All copies together; 0 for any number.
    """

    each: int = 0
    in_all: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _measured: tuple[float, int] = (-_FRESH, 0)

    def room(self, home: Path, folder: Path) -> Room | None:
        """Return by how many bytes a copy may grow; ``None`` for any number.

        Args:
            home: The folder of all copies.
            folder: That of the copy.
        """
        rooms = []
        if self.each:
            rooms.append(Room(self.each - size_of(folder), _REASON.format(in_words(self.each))))
        if self.in_all:
            left = self.in_all - self._in_all(home)
            rooms.append(Room(left, _REASON_OF_ALL.format(in_words(self.in_all))))
        return min(rooms, key=lambda room: room.size, default=None)

    def _in_all(self, home: Path) -> int:
        with self._lock:
            at, found = self._measured
            if time.monotonic() - at >= _FRESH:
                found = sum(size_of(home / name) for name in (MIRRORS, FILES))
                self._measured = time.monotonic(), found
            return found


def in_words(size: int) -> str:
    """Return a number of bytes for people: ``2 GB``."""
    number, unit = float(size), 0
    while number >= 1_000 and unit < len(_UNITS) - 1:
        number, unit = number / 1_000, unit + 1
    return f"{number:.3g} {_UNITS[unit]}"


def copies_home(data_dir: Path) -> Path:
    """Return the folder of all copies."""
    return (data_dir / "git").resolve()


class Copies:
    """The copies of sources on this machine.

    Args:
        data_dir: The folder below which they are.
        named: Returns the name of every source with the folder of its copy.
        retention: Seconds since its last use for which a copy is kept that is of no source.
    """

    def __init__(
        self, data_dir: Path, named: Callable[[], Iterable[tuple[str, Path]]], retention: float
    ) -> None:
        self._home = copies_home(data_dir)
        self._named = named
        self._retention = retention
        self._lock = threading.Lock()
        self._sizes: dict[str, int] = {}
        self._measured_at = -_MEASURED_SECONDS

    def size(self, name: str) -> int | None:
        """Return how many bytes the copy of a source has; ``None`` where there is none."""
        return self.sizes().get(name)

    def sizes(self) -> dict[str, int]:
        """Return how many bytes the copy of each source has, by name; a minute old at most."""
        with self._lock:
            if time.monotonic() - self._measured_at >= _MEASURED_SECONDS:
                found = {name: folder for name, folder in self._named() if folder.is_dir()}
                self._sizes = {name: size_of(folder) for name, folder in found.items()}
                self._measured_at = time.monotonic()
            return self._sizes

    def in_all(self) -> tuple[int, int]:
        """Return how many copies there are, those of no source included, and their bytes."""
        found = [size_of(folder) for folder in copies_in(self._home)]
        return len(found), sum(found)

    def remove_unused(self) -> None:
        """Remove what belongs to no source and was not used lately; the log tells."""
        kept = [folder for _name, folder in self._named()]
        for name in remove_unused(self._home, kept, self._retention):
            _LOG.info("the copy %s belongs to no source any more; it is removed", name)


def copies_in(home: Path) -> Iterator[Path]:
    """Yield the folder of every copy below the folder of git."""
    for name in (MIRRORS, FILES):
        if (home / name).is_dir():
            yield from (path for path in (home / name).iterdir() if path.is_dir())


def remove_unused(home: Path, used: Collection[Path], grace: float) -> list[str]:
    """Remove copies that belong to no source; return their names.

    Args:
        home: The folder of git.
        used: The copies of all sources.
        grace: Seconds since its last use after which a copy is removed: templates read
            repositories that are no source, too.
    """
    kept = {path.resolve() for path in used}
    oldest = time.time() - grace
    return [
        path.name
        for path in copies_in(home)
        if path.resolve() not in kept and _last_use(path) <= oldest and _remove(path)
    ]


def _last_use(folder: Path) -> float:
    times = [path.stat().st_mtime for path in (folder, folder / LOCK) if path.exists()]
    return max(times, default=time.time())


def _remove(folder: Path) -> bool:
    """Remove a copy while nobody writes to it; whoever waits to do so makes it anew."""
    with exclusive(folder / LOCK):
        shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()
