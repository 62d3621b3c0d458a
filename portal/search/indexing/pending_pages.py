"""Whether the documentation pages are in the index yet.

An index is built anew of entities alone, and the pages of each source follow. The id of the
build that has got them is stored beside the index: a new build has another one, so what every
process reads is true from the moment the new index is there.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from collections.abc import Collection
from pathlib import Path

from portal.kernel.files import atomic_write
from portal.kernel.files import mark_of
from portal.kernel.files import private_folder
from portal.search.documents import SearchEngine

_FILE = "build-with-pages"

#: Returns the names of the sources whose pages belong into the index.
ExpectedSources = Callable[[], Collection[str]]


class PendingPages:
    """Tells whether the index lacks pages, and notes when it has them.

    Args:
        folder: The folder of what is stored of pages.
        engine: The search engine.
    """

    def __init__(self, folder: Path, engine: SearchEngine) -> None:
        self._path = folder / _FILE
        self._engine = engine
        self._read: tuple[tuple[int, ...], str] = ((), "")
        self._lock = threading.Lock()
        self._build = ""
        self._tried: set[str] = set()

    def are_pending(self) -> bool:
        """Return whether there is an index that not all pages were added to."""
        build = self._engine.build
        return bool(build) and build != self._noted()

    def _noted(self) -> str:
        mark = mark_of(self._path)
        known, noted = self._read
        if known == mark and mark:
            return noted
        try:
            noted = self._path.read_text("utf-8")
        except (OSError, ValueError):
            return ""
        self._read = (mark, noted)
        return noted

    def tried(self, source: str, build: str) -> None:
        """Note that the pages of a source were added to a build, or cannot be now."""
        with self._lock:
            if build != self._build:
                self._build, self._tried = build, set()
            self._tried.add(source)

    def check(self, expected: ExpectedSources) -> None:
        """Note that the index has its pages, once those of every source were tried."""
        if not self.are_pending():
            return
        build, names = self._engine.build, set(expected())
        with self._lock:
            if build == self._build and names <= self._tried:
                private_folder(self._path.parent)
                atomic_write(self._path, build.encode())
