"""The search engine made of Whoosh: one index per document type in a folder.

``state.json`` alone names the current indexes: each has a folder of its own that is never
changed once it is named there, so a reader sees the state before a write or after it.
"""

from __future__ import annotations

import logging
import secrets
import shutil
from collections.abc import Hashable
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from pathlib import Path
from threading import Lock

from whoosh.filedb.filestore import RamStorage

from portal.kernel.blocking import may_block
from portal.kernel.blocking import may_block_for
from portal.kernel.errors import MissingIndexError
from portal.kernel.files import atomic_write
from portal.kernel.files import mark_of
from portal.search.documents import EVERYTHING
from portal.search.documents import IndexableDocument
from portal.search.documents import ResultSet
from portal.search.documents import SearchQuery
from portal.search.documents import Suggestion
from portal.search.documents import Visibility
from portal.search.engines import whoosh_mapping
from portal.search.engines.index_folder import MISSING
from portal.search.engines.index_folder import Damage
from portal.search.engines.index_folder import writing
from portal.search.engines.whoosh_files import FOLDER_NAME
from portal.search.engines.whoosh_files import STATE_FILE
from portal.search.engines.whoosh_files import DamagedFileError
from portal.search.engines.whoosh_files import State
from portal.search.engines.whoosh_files import Writers
from portal.search.engines.whoosh_files import load_files
from portal.search.engines.whoosh_files import read_state
from portal.search.engines.whoosh_files import state_text
from portal.search.engines.whoosh_reader import OpenIndex
from portal.search.ranking import answers
from portal.search.ranking.entry import CONCEPT_TYPES
from portal.search.ranking.ranking import Ranker

_LOG = logging.getLogger(__name__)
#: In so many documents anything is found within some milliseconds.
_FEW = 2_000


@dataclass(frozen=True, slots=True)
class _Opened:
    """A state, its open indexes, and the content of their files by digest."""

    mark: tuple[int, ...]
    state: State = field(default_factory=State)
    indexes: Mapping[str, Ranker[OpenIndex]] = field(default_factory=dict)
    contents: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """The number of documents."""
        return sum(each.index.count for each in self.indexes.values())


class WhooshEngine:
    """A search index in ``folder``, with many readers and one writer at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._opening = Lock()
        self._damage = Damage(folder, STATE_FILE)
        self._opened: _Opened | None = None
        self._served: _Opened | None = None

    @property
    def generation(self) -> int:
        """The catalog generation of the index; -1 when it has to be built."""
        return self._current(exact=False).state.generation

    @property
    def catalog(self) -> str:
        """The id of the catalog whose generation that is; empty when it has to be built."""
        return self._current(exact=False).state.catalog

    @property
    def build(self) -> str:
        """A random id of the last rebuild."""
        return self._current(exact=False).state.build

    @property
    def edition(self) -> Hashable:
        """A value that changes whenever results may change."""
        self._current(exact=False)
        return self._served.mark if self._served else ()

    def reopen(self) -> None:
        """Wait until what is searched is the newest index, or the last one that can be read."""
        self._current()

    def rebuild(
        self, generation: int, documents: Iterable[IndexableDocument], catalog: str = ""
    ) -> None:
        """Build a new index beside the old one, then replace that atomically."""
        with writing(self._folder):
            writers = Writers(self._folder)
            try:
                for document in documents:
                    writers.of(document.type).add_document(**whoosh_mapping.row(document))
                indexes = writers.commit()
            except BaseException:
                writers.cancel()
                raise
            self._swap(State(generation, indexes, catalog, secrets.token_hex(8)))

    def update(
        self,
        generation: int,
        changed: Iterable[IndexableDocument],
        removed: Iterable[str],
    ) -> None:
        """Add or replace documents, and remove those of the ``removed`` refs.

        Raises:
            MissingIndexError: When there is no index to update, or it is damaged.
        """
        by_type: dict[str, dict[str, IndexableDocument]] = {}
        for document in changed:
            by_type.setdefault(document.type, {})[document.ref] = document
        gone = frozenset(removed)
        with writing(self._folder):
            opened = self._current()
            if opened.state.generation < 0:
                raise MissingIndexError(MISSING)
            writers = Writers(self._folder)
            try:
                for kind in {*opened.indexes, *by_type}:
                    self._update_type(writers, opened, kind, by_type.get(kind, {}), gone)
                indexes = {**opened.state.indexes, **writers.commit()}
            except DamagedFileError as error:
                writers.cancel()
                (self._folder / STATE_FILE).unlink(missing_ok=True)
                raise MissingIndexError(MISSING) from error
            except BaseException:
                writers.cancel()
                raise
            self._swap(replace(opened.state, generation=generation, indexes=indexes))

    def search(self, query: SearchQuery) -> ResultSet:
        """Return a page of results.

        Raises:
            MissingIndexError: When the index has not been built.
        """
        opened = self._readable()
        with self._damage.doubting(opened.mark):
            return answers.answer(opened.indexes, query)

    def suggest(
        self,
        term: str,
        limit: int = 10,
        types: tuple[str, ...] = (),
        visibility: Visibility = EVERYTHING,
    ) -> tuple[Suggestion, ...]:
        """Return completions of a typed text, the best first.

        Raises:
            MissingIndexError: When the index has not been built.
        """
        opened = self._readable()
        with self._damage.doubting(opened.mark):
            return tuple(answers.suggest(opened.indexes, term, limit, types, visibility))

    def _readable(self) -> _Opened:
        """Return the indexes that are searched: the last ones while new ones are built.

        Raises:
            MissingIndexError: When there are none.
        """
        self._current(exact=False)
        served = self._served
        if served is None or served.state.generation < 1:
            raise MissingIndexError(MISSING)
        may_block_for(served.size, _FEW)
        return served

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
        # By number: to delete by term, the writer would open the whole index again.
        for doc in stale:
            writer.delete_document(doc)
        for document in changed.values():
            writer.add_document(**whoosh_mapping.row(document))

    def _swap(self, state: State) -> None:
        """Make ``state`` the current one; delete folders older than the state before it."""
        last = read_state(self._folder)
        atomic_write(self._folder / STATE_FILE, state_text(state))
        kept = {one.folder for s in (last, state) for one in s.indexes.values()}
        for path in self._folder.iterdir():
            if FOLDER_NAME.fullmatch(path.name) and path.name not in kept:
                shutil.rmtree(path, ignore_errors=True)

    def _current(self, *, exact: bool = True) -> _Opened:
        """Return the open indexes, reopened if the state was replaced.

        While another thread reopens them, callers that are not ``exact`` get the last ones, if
        there were any: otherwise they would be told that there is no index.
        """
        mark = mark_of(self._folder / STATE_FILE)
        opened = self._opened
        if opened is not None and opened.mark == mark:
            return opened
        if opened is not None and self._served and not exact and self._opening.locked():
            return opened
        may_block()
        with self._opening:
            opened = self._opened
            if opened is None or opened.mark != mark_of(self._folder / STATE_FILE):
                opened = _open(self._folder, self._served, self._damage)
                if opened.state.generation >= 0:
                    self._served = opened
                self._opened = opened
            return opened


#: The mark of what could not be opened just now; no file has it, so the next call tries again.
_NOT_NOW = (-1,)


def _open(folder: Path, before: _Opened | None, damage: Damage) -> _Opened:
    """Open the indexes that the state names; again if it is replaced meanwhile."""
    before = before or _Opened(())
    while True:
        mark = mark_of(folder / STATE_FILE)
        state = read_state(folder)
        try:
            return _open_all(folder, mark, state, before)
        except OSError:
            # Too many open files, for instance, is no damage.
            if mark == mark_of(folder / STATE_FILE):
                _LOG.warning("the search index cannot be opened", exc_info=True)
                return _Opened(_NOT_NOW)
        except Exception:  # noqa: BLE001 - reading a broken index may raise anything
            if mark == mark_of(folder / STATE_FILE):
                damage.discard(mark)
                return _Opened(mark_of(folder / STATE_FILE))


def _open_all(folder: Path, mark: tuple[int, ...], state: State, before: _Opened) -> _Opened:
    contents: dict[str, bytes] = {}
    indexes: dict[str, Ranker[OpenIndex]] = {}
    for kind, one in state.indexes.items():
        files = load_files(folder, one, before.contents)
        contents |= {digest: files[name] for name, digest in one.files.items()}
        is_same = before.state.indexes.get(kind) == one
        last = before.indexes.get(kind)
        indexes[kind] = last if last and is_same else _open_index(kind, files, last)
    return _Opened(mark, state, indexes, contents)


def _open_index(
    kind: str, files: dict[str, bytes], before: Ranker[OpenIndex] | None
) -> Ranker[OpenIndex]:
    storage = RamStorage()
    storage.files = files
    opened = OpenIndex(storage.open_index(), before.index if before else None)
    return Ranker(opened, has_concepts=kind in CONCEPT_TYPES)
