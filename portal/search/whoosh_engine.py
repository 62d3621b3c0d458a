"""The search engine made of Whoosh: one index per document type in a folder.

What the folder holds is said by ``state.json`` alone, and replaced with it: each
index lives in a folder of its own that is never changed once it is named there,
so that a reader sees the state before a write or the one after it.
"""

from __future__ import annotations

import shutil
from collections.abc import Hashable
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from whoosh import index as whoosh_index

from portal.kernel.errors import MissingIndexError
from portal.kernel.files import atomic_write
from portal.search import answers
from portal.search import whoosh_mapping as mapping
from portal.search.documents import EVERYTHING
from portal.search.documents import IndexableDocument
from portal.search.documents import ResultSet
from portal.search.documents import SearchQuery
from portal.search.documents import Sight
from portal.search.documents import Suggestion
from portal.search.index_folder import mark_of
from portal.search.index_folder import writing
from portal.search.ranking import Ranker
from portal.search.whoosh_files import FOLDER_NAME
from portal.search.whoosh_files import STATE_FILE
from portal.search.whoosh_files import IndexFolder
from portal.search.whoosh_files import State
from portal.search.whoosh_files import Writers
from portal.search.whoosh_files import digest_of
from portal.search.whoosh_files import read_state
from portal.search.whoosh_files import state_text
from portal.search.whoosh_reader import OpenIndex


@dataclass(frozen=True, slots=True)
class _Opened:
    """The state at a moment, its indexes open."""

    mark: tuple[int, ...]
    state: State
    indexes: Mapping[str, Ranker[OpenIndex]]


class WhooshEngine:
    """A search index in ``folder``; for many readers, and one writer at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._opening = Lock()
        self._opened: _Opened | None = None

    @property
    def generation(self) -> int:
        """The catalog generation the next answers come from; -1 when it has to be built."""
        return self._current(exact=False).state.generation

    @property
    def edition(self) -> Hashable:
        """What differs as soon as the next answers may differ."""
        return self._current(exact=False).mark

    def rebuild(self, generation: int, documents: Iterable[IndexableDocument]) -> None:
        """Replace the whole index, beside the old one, then swap."""
        with writing(self._folder):
            writers = Writers(self._folder)
            try:
                for document in documents:
                    writers.of(document.type).add_document(**mapping.row(document))
                indexes = writers.commit()
            except BaseException:
                writers.cancel()
                raise
            self._swap(State(generation, indexes))

    def update(
        self,
        generation: int,
        changed: Iterable[IndexableDocument],
        removed: Iterable[str],
    ) -> None:
        """Add or replace documents and drop those of the removed entity refs.

        Raises:
            MissingIndexError: When there is no index to update.
        """
        by_type: dict[str, dict[str, IndexableDocument]] = {}
        for document in changed:
            by_type.setdefault(document.type, {})[document.ref] = document
        gone = frozenset(removed)
        with writing(self._folder):
            opened = self._current()
            if opened.state.generation < 0:
                raise MissingIndexError(_MISSING)
            writers = Writers(self._folder)
            try:
                for kind in {*opened.indexes, *by_type}:
                    self._update_type(writers, opened, kind, by_type.get(kind, {}), gone)
                indexes = {**opened.state.indexes, **writers.commit()}
            except BaseException:
                writers.cancel()
                raise
            self._swap(State(generation, indexes))

    def search(self, query: SearchQuery) -> ResultSet:
        """Answer a query.

        Raises:
            MissingIndexError: When the index has not been built.
        """
        opened = self._current(exact=False)
        if opened.state.generation < 0:
            raise MissingIndexError(_MISSING)
        return answers.answer(opened.indexes, query)

    def suggest(
        self,
        term: str,
        limit: int = 10,
        types: tuple[str, ...] = (),
        sight: Sight = EVERYTHING,
    ) -> tuple[Suggestion, ...]:
        """Return names that may be meant by what was typed so far, the best first.

        Raises:
            MissingIndexError: When the index has not been built.
        """
        opened = self._current(exact=False)
        if opened.state.generation < 0:
            raise MissingIndexError(_MISSING)
        return tuple(answers.suggest(opened.indexes, term, limit, types, sight))

    def _update_type(
        self,
        writers: Writers,
        opened: _Opened,
        kind: str,
        changed: Mapping[str, IndexableDocument],
        gone: frozenset[str],
    ) -> None:
        index = opened.indexes.get(kind)
        stale = []
        if index is not None:
            with index.lock:
                stale = [doc for ref in {*gone, *changed} for doc in index.index.docs("ref", ref)]
        if not stale and not changed:
            return
        writer = writers.of(kind, opened.state.indexes.get(kind))
        # By number, not by term, for which the writer would open the whole index again.
        for doc in stale:
            writer.delete_document(doc)
        for document in changed.values():
            writer.add_document(**mapping.row(document))

    def _swap(self, state: State) -> None:
        """Make ``state`` the one to read; folders of older ones than the last go."""
        last = read_state(self._folder)
        atomic_write(self._folder / STATE_FILE, state_text(state))
        kept = {one.folder for s in (last, state) for one in s.indexes.values()}
        for path in self._folder.iterdir():
            if FOLDER_NAME.fullmatch(path.name) and path.name not in kept:
                shutil.rmtree(path, ignore_errors=True)

    def _current(self, *, exact: bool = True) -> _Opened:
        """Return the open indexes, opened again when the state was replaced.

        While another thread does that, who need not be ``exact`` reads the last.
        """
        mark = mark_of(self._folder / STATE_FILE)
        opened = self._opened
        if opened is not None and opened.mark == mark:
            return opened
        if opened is not None and not exact and self._opening.locked():
            return opened
        with self._opening:
            opened = self._opened
            if opened is None or opened.mark != mark_of(self._folder / STATE_FILE):
                opened = _open(self._folder, opened)
                self._opened = opened
            return opened


_MISSING = "The search index has not been built yet."


def _open(folder: Path, before: _Opened | None) -> _Opened:
    """Open what the state names; when it is replaced meanwhile, what is new."""
    while True:
        mark = mark_of(folder / STATE_FILE)
        state = read_state(folder)
        try:
            indexes = {
                kind: _open_index(folder, kind, one, before) for kind, one in state.indexes.items()
            }
        except Exception:  # noqa: BLE001  a broken index fails in any way it likes
            if mark != mark_of(folder / STATE_FILE):
                continue
            return _Opened(mark, State(), {})
        return _Opened(mark, state, indexes)


def _open_index(
    folder: Path, kind: str, one: IndexFolder, before: _Opened | None
) -> Ranker[OpenIndex]:
    last = before.state.indexes.get(kind) if before else None
    if before is not None and last == one:
        return before.indexes[kind]
    path = folder / one.folder
    known = last.files if last else {}
    if {file.name for file in path.iterdir()} != one.files.keys():
        msg = "the index has other files than were written"
        raise ValueError(msg)
    for name, digest in one.files.items():
        if known.get(name) != digest and digest_of(path / name) != digest:
            msg = "a file of the index is not the one that was written"
            raise ValueError(msg)
    ranker = before.indexes.get(kind) if before else None
    index = whoosh_index.open_dir(path, readonly=True)
    return Ranker(OpenIndex(index, ranker.index if ranker else None))
