"""Keeps documentation pages in the index at the commits of their sources.

The pages, digests and document refs of each source are stored beside the index. A page is
read only when its digest has changed. The new state is stored before the index is
written: if the process dies in between, the next run knows what may be in the index.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field

from portal.kernel.errors import PortalError
from portal.model.entity import Entity
from portal.scm.snapshot import FileTree
from portal.search.documents import IndexableDocument
from portal.search.documents import SearchEngine
from portal.search.indexing.documentation import DocumentationPage
from portal.search.indexing.documentation import documents
from portal.search.indexing.documentation import pages
from portal.search.indexing.page_states import PageStates
from portal.search.indexing.page_states import key_of

#: The version of the stored state, raised whenever documents of pages change.
_FORMAT = 2

#: Given a source, yields its entities with documentation and the folders of their files.
Documented = Callable[[str], Iterable[tuple[Entity, str]]]


@dataclass(frozen=True, slots=True)
class _StoredPage:
    """An indexed page: its digest, and the refs of its documents.

    ``error`` says why it could not be read, and so has none.
    """

    digest: str
    refs: tuple[str, ...]
    error: str = ""


@dataclass(slots=True)
class _State:
    """The indexed pages of a source; ``commit`` is empty while a write is unfinished.

    ``build`` is that of the index they are in: an index that was built anew has none of them.
    """

    build: str
    commit: str = ""
    pages: dict[str, _StoredPage] = field(default_factory=dict)

    def refs(self) -> set[str]:
        return {ref for kept in self.pages.values() for ref in kept.refs}


class PageIndex:
    """The documentation pages in an index.

    Args:
        states: Stores what is indexed.
        engine: The search engine.
        documented: Yields the entities of a source that have pages.
    """

    def __init__(self, states: PageStates, engine: SearchEngine, documented: Documented) -> None:
        self._states = states
        self._engine = engine
        self._documented = documented

    def is_at(self, source: str, commit: str) -> bool:
        """Return whether the pages of a source are those of a commit, or it has none."""
        state = self._load(source)
        return state.commit == commit if state.pages else not any(self._documented(source))

    def unreadable(self, source: str) -> list[str]:
        """Return why pages of a source could not be read, one line for each."""
        return [kept.error for kept in self._load(source).pages.values() if kept.error]

    def follow(self, source: str, commit: str, open_tree: Callable[[], FileTree]) -> bool:
        """Bring the pages of a source to a commit; return whether any changed.

        Args:
            source: The source's name.
            commit: The commit that the catalog is at.
            open_tree: Opens the repository at that commit; called only if pages may have
                changed.
        """
        entities = list(self._documented(source))
        before = self._load(source)
        if self._engine.generation < 1 or not (entities or before.pages):
            return False
        after = _State(before.build, commit)
        changed: list[IndexableDocument] = []
        tree = open_tree() if entities else None
        for page in _pages(entities, tree) if tree else ():
            kept = before.pages.get(page.key)
            if tree and (kept is None or kept.digest != page.digest or not before.commit):
                made, kept = _read_page(page, tree)
                changed += made
            if kept:
                after.pages[page.key] = kept
        self._write(source, before, after, changed)
        return after.pages != before.pages

    def forget(self, known: Collection[str]) -> None:
        """Remove the pages of every source that is not ``known``."""
        for key in self._states.keys() - set(map(key_of, known)):
            gone = _read(self._states.load(key), self._engine.build).refs()
            if gone and self._engine.generation >= 0:
                self._engine.update(self._engine.generation, [], gone)
            self._states.remove(key)

    def _write(
        self, source: str, before: _State, after: _State, changed: Iterable[IndexableDocument]
    ) -> None:
        gone = before.refs() - after.refs()
        documents = list(changed)
        if gone or documents:
            maybe = {key: _StoredPage("", kept.refs) for key, kept in after.pages.items()}
            there = {
                f"before {key}": _StoredPage("", kept.refs) for key, kept in before.pages.items()
            }
            self._save(source, _State(before.build, "", there | maybe))
            self._engine.update(self._engine.generation, documents, gone)
        self._save(source, after)

    def _load(self, source: str) -> _State:
        return _read(self._states.load(key_of(source)), self._engine.build)

    def _save(self, source: str, state: _State) -> None:
        pages = {key: [kept.digest, *kept.refs] for key, kept in state.pages.items()}
        errors = {key: kept.error for key, kept in state.pages.items() if kept.error}
        made_of = {"format": _FORMAT, "build": state.build, "commit": state.commit}
        text = {**made_of, "pages": pages, "errors": errors}
        self._states.save(key_of(source), json.dumps(text, ensure_ascii=False).encode())


def _read(content: bytes, build: str) -> _State:
    """Return the stored state; an uncertain one when it has another format.

    Of another build of the index than ``build`` there are no pages.
    """
    try:
        read = json.loads(content)
        if read["build"] != build:
            return _State(build)
        errors = read.get("errors", {})
        pages = {
            str(key): _StoredPage(kept[0], tuple(kept[1:]), errors.get(key, ""))
            for key, kept in read["pages"].items()
        }
        return _State(build, read["commit"] if read["format"] == _FORMAT else "", pages)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        return _State(build)


def _pages(entities: Iterable[tuple[Entity, str]], tree: FileTree) -> Iterator[DocumentationPage]:
    for entity, folder in entities:
        yield from pages(entity, folder, tree)


def _read_page(
    page: DocumentationPage, tree: FileTree
) -> tuple[list[IndexableDocument], _StoredPage]:
    """Return the documents of a page, and what to remember of it.

    One that cannot be read has none, and is read again when it is another.
    """
    try:
        made = list(documents(page, tree))
    except PortalError as error:
        return [], _StoredPage(page.digest, (), f"{page.path}: {error.message}")
    return made, _StoredPage(page.digest, tuple(one.ref for one in made))
