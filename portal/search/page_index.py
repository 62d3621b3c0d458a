"""Keeps documentation pages in the index at the commits of their sources.

What the index holds of each source is remembered beside it: page, digest and documents.
A page is read only when its digest is another, so a commit that touches one page costs
one page. What is about to be written is remembered before: should the process die in
between, the next run knows what may be there.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path

from portal.kernel.errors import PortalError
from portal.kernel.files import atomic_write
from portal.kernel.files import private_folder
from portal.model.entity import Entity
from portal.scm.mirror import FileTree
from portal.search.documentation import Page
from portal.search.documentation import documents
from portal.search.documentation import pages
from portal.search.documents import IndexableDocument
from portal.search.documents import SearchEngine

_LOG = logging.getLogger(__name__)
#: Rises whenever pages are made into other documents.
_FORMAT = 1

#: Given a source, yields its entities with documentation and the folders of their files.
Documented = Callable[[str], Iterable[tuple[Entity, str]]]


@dataclass(frozen=True, slots=True)
class _Kept:
    """What the index holds of a page: its digest, and the refs of its documents."""

    digest: str
    refs: tuple[str, ...]


@dataclass(slots=True)
class _State:
    """What the index holds of a source; ``commit`` is empty while that is not certain."""

    commit: str = ""
    pages: dict[str, _Kept] = field(default_factory=dict)

    def refs(self) -> set[str]:
        return {ref for kept in self.pages.values() for ref in kept.refs}


class PageIndex:
    """The pages in an index.

    Args:
        folder: Where to remember what the index holds.
        engine: The index.
        documented: Tells which entities of a source have pages.
    """

    def __init__(self, folder: Path, engine: SearchEngine, documented: Documented) -> None:
        self._folder = folder
        self._engine = engine
        self._documented = documented

    def is_at(self, source: str, commit: str) -> bool:
        """Whether the pages of a source are those of a commit, or it has none."""
        state = self._load(source)
        return state.commit == commit if state.pages else not any(self._documented(source))

    def follow(self, source: str, commit: str, open_tree: Callable[[], FileTree]) -> bool:
        """Bring the pages of a source to a commit; return whether any changed.

        Args:
            source: The source's name.
            commit: What the catalog is at.
            open_tree: Opens the repository at that commit; not called when no page can be
                another.
        """
        entities = list(self._documented(source))
        before = self._load(source)
        if self._engine.generation < 0 or not (entities or before.pages):
            return False
        after = _State(commit)
        changed: list[IndexableDocument] = []
        tree = open_tree() if entities else None
        for page in _pages(entities, tree) if tree else ():
            kept = before.pages.get(page.key)
            if tree and (kept is None or kept.digest != page.digest or not before.commit):
                made = list(_documents(page, tree))
                changed += made
                kept = _Kept(page.digest, tuple(one.ref for one in made))
            if kept:
                after.pages[page.key] = kept
        self._write(source, before, after, changed)
        return after.pages != before.pages

    def forget(self, known: Collection[str]) -> None:
        """Drop the pages of every source but the known ones."""
        kept = {self._path(source) for source in known}
        for path in self._folder.glob("*.json"):
            if path not in kept:
                gone = _read(path).refs()
                if gone and self._engine.generation >= 0:
                    self._engine.update(self._engine.generation, [], gone)
                path.unlink(missing_ok=True)

    def anew(self, source: str, tree: FileTree) -> Iterator[IndexableDocument]:
        """Yield every document of a source, for an index that is built anew."""
        state = _State(tree.commit)
        for page in _pages(self._documented(source), tree):
            made = list(_documents(page, tree))
            yield from made
            state.pages[page.key] = _Kept(page.digest, tuple(one.ref for one in made))
        self._save(source, state)

    def _write(
        self, source: str, before: _State, after: _State, changed: Iterable[IndexableDocument]
    ) -> None:
        gone = before.refs() - after.refs()
        documents = list(changed)
        if gone or documents:
            maybe = {key: _Kept("", kept.refs) for key, kept in after.pages.items()}
            there = {f"before {key}": _Kept("", kept.refs) for key, kept in before.pages.items()}
            self._save(source, _State("", there | maybe))
            self._engine.update(self._engine.generation, documents, gone)
        self._save(source, after)

    def _path(self, source: str) -> Path:
        return self._folder / f"{hashlib.sha256(source.encode()).hexdigest()[:16]}.json"

    def _load(self, source: str) -> _State:
        return _read(self._path(source))

    def _save(self, source: str, state: _State) -> None:
        private_folder(self._folder)
        pages = {key: [kept.digest, *kept.refs] for key, kept in state.pages.items()}
        text = {"format": _FORMAT, "commit": state.commit, "pages": pages}
        atomic_write(self._path(source), json.dumps(text, ensure_ascii=False).encode())


def _read(path: Path) -> _State:
    """Return what is remembered; nothing certain when that is of another format."""
    try:
        read = json.loads(path.read_bytes())
        pages = {str(key): _Kept(kept[0], tuple(kept[1:])) for key, kept in read["pages"].items()}
        return _State(read["commit"] if read["format"] == _FORMAT else "", pages)
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError):
        return _State()


def _pages(entities: Iterable[tuple[Entity, str]], tree: FileTree) -> Iterator[Page]:
    for entity, folder in entities:
        yield from pages(entity, folder, tree)


def _documents(page: Page, tree: FileTree) -> Iterator[IndexableDocument]:
    """Yield the documents of a page; one that cannot be read has none."""
    try:
        yield from documents(page, tree)
    except PortalError as error:
        _LOG.warning("the page %s cannot be read: %s", page.path, error.message)
