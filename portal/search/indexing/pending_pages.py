"""Whether the documentation pages are in the index yet.

An index is built anew of entities alone, and the pages of each source follow. The id of the
build that has got them is stored beside the index: a new build has another one, so what every
process reads is true from the moment the new index is there.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection

from portal.search.documents import SearchEngine
from portal.search.indexing.page_states import PageStates
from portal.search.indexing.page_states import key_of

#: Returns the names of the sources whose pages belong into the index.
ExpectedSources = Callable[[], Collection[str]]


class PendingPages:
    """Tells whether the index lacks pages, and notes when it has them.

    Args:
        states: Stores what is noted.
        engine: The search engine.
    """

    def __init__(self, states: PageStates, engine: SearchEngine) -> None:
        self._states = states
        self._engine = engine

    def are_pending(self) -> bool:
        """Return whether there is an index that not all pages were added to."""
        build = self._engine.build
        return bool(build) and build != self._states.whole()

    def tried(self, source: str, build: str) -> None:
        """Note that the pages of a source were added to a build, or cannot be now."""
        self._states.note_tried(key_of(source), build)

    def check(self, expected: ExpectedSources) -> None:
        """Note that the index has its pages, once those of every source were tried."""
        if not self.are_pending():
            return
        build, keys = self._engine.build, set(map(key_of, expected()))
        if keys <= self._states.tried(build):
            self._states.note_whole(build)
