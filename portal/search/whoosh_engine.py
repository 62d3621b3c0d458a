"""The search engine made of Whoosh: one index per document type in a folder.

What the folder holds is said by ``state.json`` alone, and replaced with it: each
index lives in a folder of its own that is never changed once it is named there,
so that a reader sees the state before a write or the one after it.

Whoosh's files are pickles. They are opened only when the folder is the portal's
own and each file is, byte for byte, the one that was written.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from threading import Lock
from typing import Any

import whoosh  # type: ignore[import-untyped]
from whoosh import index as whoosh_index

from portal.kernel.errors import MissingIndexError
from portal.kernel.files import atomic_write
from portal.kernel.files import private_folder
from portal.search import highlights
from portal.search import whoosh_mapping as mapping
from portal.search.documents import Hit
from portal.search.documents import IndexableDocument
from portal.search.documents import ResultSet
from portal.search.documents import SearchQuery
from portal.search.whoosh_ranking import TIERS
from portal.search.whoosh_ranking import Group
from portal.search.whoosh_ranking import OpenIndex
from portal.search.whoosh_ranking import Ranking

#: Rises whenever what is written changes; another Whoosh is another format too.
FORMAT = f"1/{'.'.join(map(str, whoosh.__version__))}"
#: Types shown before all others when the same rule found both.
FIRST_TYPES = ("glossary",)

_STATE = "state.json"
_LOCK = "lock"
_FOLDER_NAME = re.compile(r"[0-9a-f]{16}")
_MEMORY_MB = 32


@dataclass(frozen=True, slots=True)
class _IndexFolder:
    """Where one index is: a folder's name, and its files with their digests."""

    folder: str
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _State:
    """What ``state.json`` says."""

    generation: int = -1
    indexes: Mapping[str, _IndexFolder] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Opened:
    """The state at a moment, its indexes open."""

    mark: tuple[int, ...]
    state: _State
    indexes: Mapping[str, OpenIndex]


class WhooshEngine:
    """A search index in ``folder``; for many readers, and one writer at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._opening = Lock()
        self._opened: _Opened | None = None

    @property
    def generation(self) -> int:
        """The catalog generation the index holds; -1 when it has to be built."""
        return self._current().state.generation

    def rebuild(self, generation: int, documents: Iterable[IndexableDocument]) -> None:
        """Replace the whole index, beside the old one, then swap."""
        with self._writing():
            writers = _Writers(self._folder)
            try:
                for document in documents:
                    writers.of(document.type).add_document(**mapping.row(document))
                indexes = writers.commit()
            except BaseException:
                writers.cancel()
                raise
            self._swap(_State(generation, indexes))

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
        with self._writing():
            opened = self._current()
            if opened.state.generation < 0:
                raise MissingIndexError(_MISSING)
            writers = _Writers(self._folder)
            try:
                for kind in {*opened.indexes, *by_type}:
                    self._update_type(writers, opened, kind, by_type.get(kind, {}), gone)
                indexes = {**opened.state.indexes, **writers.commit()}
            except BaseException:
                writers.cancel()
                raise
            self._swap(_State(generation, indexes))

    def search(self, query: SearchQuery) -> ResultSet:
        """Answer a query.

        Raises:
            MissingIndexError: When the index has not been built.
        """
        opened = self._current()
        if opened.state.generation < 0:
            raise MissingIndexError(_MISSING)
        found = []
        for kind in sorted(opened.indexes, key=_type_order):
            if not query.types or kind in query.types:
                index = opened.indexes[kind]
                with index.lock:
                    found.append((kind, index, index.rank(query.term, query.filters)))
        total = sum(group.size for _, _, ranking in found for group in ranking.groups)
        return ResultSet(tuple(_page(found, query.offset, query.limit)), total)

    def _update_type(
        self,
        writers: _Writers,
        opened: _Opened,
        kind: str,
        changed: Mapping[str, IndexableDocument],
        gone: frozenset[str],
    ) -> None:
        index = opened.indexes.get(kind)
        stale = []
        if index is not None:
            with index.lock:
                stale = [ref for ref in {*gone, *changed} if index.holds(ref)]
        if not stale and not changed:
            return
        writer = writers.of(kind, opened.state.indexes.get(kind))
        for ref in stale:
            writer.delete_by_term("ref", ref)
        for document in changed.values():
            writer.add_document(**mapping.row(document))

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Keep other writers out, of this process and others."""
        private_folder(self._folder)
        handle = os.open(self._folder / _LOCK, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _swap(self, state: _State) -> None:
        """Make ``state`` the one to read; folders of older ones than the last go."""
        last = _read_state(self._folder)
        atomic_write(self._folder / _STATE, _state_text(state))
        kept = {one.folder for s in (last, state) for one in s.indexes.values()}
        for path in self._folder.iterdir():
            if _FOLDER_NAME.fullmatch(path.name) and path.name not in kept:
                shutil.rmtree(path, ignore_errors=True)

    def _current(self) -> _Opened:
        """Return the open indexes, opened again when the state was replaced."""
        mark = _mark(self._folder / _STATE)
        opened = self._opened
        if opened is not None and opened.mark == mark:
            return opened
        if not self._opening.acquire(blocking=opened is None):
            return opened or _Opened(mark, _State(), {})
        try:
            opened = self._opened
            if opened is None or opened.mark != mark:
                opened = _open(self._folder, opened)
                self._opened = opened
            return opened
        finally:
            self._opening.release()


_MISSING = "The search index has not been built yet."


class _Writers:
    """The Whoosh writers of one write, each into a new folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: dict[str, tuple[Path, Any]] = {}
        self._known: dict[str, str] = {}

    def of(self, kind: str, base: _IndexFolder | None = None) -> Any:
        """Return the writer of a type, which begins with what ``base`` holds."""
        if kind not in self._open:
            path = private_folder(self._folder / secrets.token_hex(8))
            if base is None:
                index = whoosh_index.create_in(path, mapping.schema())
            else:
                self._known.update(base.files)
                _link_files(self._folder / base.folder, path, base.files)
                index = whoosh_index.open_dir(path)
            self._open[kind] = path, index.writer(limitmb=_MEMORY_MB)
        return self._open[kind][1]

    def commit(self) -> dict[str, _IndexFolder]:
        """Finish all of them."""
        done = {}
        for kind, (path, writer) in self._open.items():
            writer.commit()
            for lock in path.glob("*LOCK"):
                lock.unlink()
            files = {
                file.name: self._known.get(file.name) or _digest(file)
                for file in sorted(path.iterdir())
            }
            done[kind] = _IndexFolder(path.name, files)
        return done

    def cancel(self) -> None:
        """Leave nothing behind."""
        for path, writer in self._open.values():
            if not writer.is_closed:
                writer.cancel()
            shutil.rmtree(path, ignore_errors=True)


def _link_files(source: Path, target: Path, names: Iterable[str]) -> None:
    """Give ``target`` the files of ``source``, which nobody ever writes to again."""
    for name in names:
        try:
            os.link(source / name, target / name)
        except OSError:
            shutil.copyfile(source / name, target / name)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def _mark(path: Path) -> tuple[int, ...]:
    """Return what differs once the file was replaced; empty when there is none."""
    try:
        now = path.stat()
    except OSError:
        return ()
    return now.st_ino, now.st_mtime_ns, now.st_size


def _state_text(state: _State) -> bytes:
    indexes = {
        kind: {"folder": one.folder, "files": dict(one.files)}
        for kind, one in state.indexes.items()
    }
    text = {"format": FORMAT, "generation": state.generation, "indexes": indexes}
    return json.dumps(text, indent=1).encode()


def _read_state(folder: Path) -> _State:
    """Return what the state file says; the empty state when it is not sound."""
    try:
        if not _is_own(folder):
            return _State()
        read = json.loads((folder / _STATE).read_bytes())
        if read["format"] != FORMAT:
            return _State()
        indexes = {
            str(kind): _IndexFolder(one["folder"], dict(one["files"]))
            for kind, one in read["indexes"].items()
        }
        sound = all(_FOLDER_NAME.fullmatch(one.folder) for one in indexes.values())
        return _State(int(read["generation"]), indexes) if sound else _State()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return _State()


def _is_own(folder: Path) -> bool:
    """Whether only the user of this process can put files into ``folder``."""
    now = folder.stat()
    return now.st_uid == os.geteuid() and not now.st_mode & 0o077


def _open(folder: Path, before: _Opened | None) -> _Opened:
    """Open what the state names; when it is replaced meanwhile, what is new."""
    while True:
        mark = _mark(folder / _STATE)
        state = _read_state(folder)
        try:
            indexes = {
                kind: _open_index(folder, kind, one, before)
                for kind, one in state.indexes.items()
            }
        except Exception:  # noqa: BLE001  a broken index fails in any way it likes
            if mark != _mark(folder / _STATE):
                continue
            return _Opened(mark, _State(), {})
        return _Opened(mark, state, indexes)


def _open_index(
    folder: Path, kind: str, one: _IndexFolder, before: _Opened | None
) -> OpenIndex:
    last = before.state.indexes.get(kind) if before else None
    if before is not None and last == one:
        return before.indexes[kind]
    path = folder / one.folder
    known = last.files if last else {}
    if {file.name for file in path.iterdir()} != one.files.keys():
        msg = "the index has other files than were written"
        raise ValueError(msg)
    for name, digest in one.files.items():
        if known.get(name) != digest and _digest(path / name) != digest:
            msg = "a file of the index is not the one that was written"
            raise ValueError(msg)
    opened = before.indexes.get(kind) if before else None
    return OpenIndex(whoosh_index.open_dir(path, readonly=True), opened)


def _type_order(kind: str) -> tuple[int, str]:
    first = kind in FIRST_TYPES
    return FIRST_TYPES.index(kind) if first else len(FIRST_TYPES), kind


_Found = list[tuple[str, OpenIndex, Ranking]]


def _page(found: _Found, offset: int, limit: int) -> Iterator[Hit]:
    """Yield the hits of a page: by rule, then by type, then by score."""
    for kind, index, wanted, group in _in_order(found):
        if offset >= group.size:
            offset -= group.size
            continue
        if limit <= 0:
            return
        with index.lock:
            docs = group.best(offset + limit)[offset:]
            kept = [index.shown(doc) for doc in docs]
        for one in kept:
            yield _hit(kind, one, wanted, TIERS[group.tier])
        limit -= len(docs)
        offset = 0


def _in_order(
    found: _Found,
) -> Iterator[tuple[str, OpenIndex, highlights.Wanted, Group]]:
    for tier in range(len(TIERS)):
        for kind, index, ranking in found:
            for group in ranking.groups:
                if group.tier == tier:
                    yield kind, index, ranking.wanted, group


def _hit(kind: str, kept: Mapping[str, Any], wanted: highlights.Wanted, tier: str) -> Hit:
    fields = kept["fields"]
    title = highlights.mark(str(fields.get("title") or ""), wanted, in_name=True)
    text = highlights.mark(str(fields.get("text") or ""), wanted)
    if not text and kept.get("body"):
        text = highlights.passage(kept["body"], wanted)
    marked = {key: runs for key, runs in (("title", title), ("text", text)) if runs}
    return Hit(kind, kept["ref"], fields, marked, tier)
