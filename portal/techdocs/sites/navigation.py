"""The navigation of a site: as ``nav`` of ``mkdocs.yml`` says, else as its folders are.

Rules: MkDocs' ``nav``; without one, pages by name with a folder's own page first; and the
files ``.pages`` of the plugin *awesome-pages* (``title``, ``nav`` with ``...``, ``hide``).
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from portal.kernel.errors import InputError
from portal.kernel.files import relative_path
from portal.scm.snapshot import FileTree
from portal.techdocs.sites.configuration import SiteConfiguration
from portal.techdocs.sites.configuration import read_yaml
from portal.techdocs.sites.site import INDEX_PAGES
from portal.techdocs.sites.site import PAGE
from portal.techdocs.sites.site import NavItem
from portal.techdocs.sites.site import SiteFile
from portal.techdocs.sites.site import SiteProblem
from portal.techdocs.sites.site import language_of
from portal.techdocs.sites.site import translations_of
from portal.techdocs.sites.titles import LANGUAGE_NAMES
from portal.techdocs.sites.titles import MOST_READ
from portal.techdocs.sites.titles import name_title
from portal.techdocs.sites.titles import read_title

_DEEPEST = 8
#: The greatest number of entries of a navigation.
_MOST_ITEMS = 3_000
_FOLDER_FILE = ".pages"
_REST = "..."


@dataclass
class Navigation:
    """Makes the navigation of a site.

    Attributes:
        files: Every file of the site, by its path.
        tree: The repository.
        configuration: What ``mkdocs.yml`` says.
        problems: What was wrong, after ``items``.
    """

    files: Mapping[str, SiteFile]
    tree: FileTree
    configuration: SiteConfiguration
    problems: list[SiteProblem] = field(default_factory=list)
    _titles: dict[str, str] = field(default_factory=dict)
    _count: int = 0

    def items(self) -> tuple[NavItem, ...]:
        """Return the entries of the first level."""
        nav = self.configuration.nav
        if isinstance(nav, list):
            return tuple(self._listed(nav, "", 0))
        if nav is not None:
            self._problem("nav", "nav is no list", "Write a list of pages.")
        return tuple(self._folder("", 0))

    def in_language(self, items: Iterable[NavItem], language: str) -> tuple[NavItem, ...]:
        """Return entries with the pages of a language instead of those they are twins of."""
        found = (self._translated(item, language) for item in items)
        return tuple(item for item in found if item is not None)

    def _translated(self, item: NavItem, language: str) -> NavItem | None:
        """Return an entry in a language; ``None`` for what another entry shows already."""
        if item.children:
            children = self.in_language(item.children, language)
            own = self._settings(f"{language}/{item.folder}").get("title") if item.folder else ""
            title = own if isinstance(own, str) and own else item.title
            return NavItem(title, children=children, folder=item.folder) if children else None
        if not item.path:
            return item
        if language_of(item.path)[1] != item.path and self._is_twin(item.path):
            return None
        twin = translations_of(item.path, self.files).get(language, "")
        if twin or item.title in LANGUAGE_NAMES.values():
            # A page called after its language needs another title where the other one is gone.
            return NavItem(self._title(twin or item.path), twin or item.path)
        return item

    def _is_twin(self, path: str) -> bool:
        """Return whether a page that names its language stands beside one that does not."""
        return language_of(path)[1] in self.files

    def _title(self, path: str) -> str:
        if path not in self._titles:
            is_read = len(self._titles) < MOST_READ
            title = read_title(path, self.files[path], self.tree) if is_read else name_title(path)
            self._titles[path] = title
        return self._titles[path]

    def _problem(self, text: str, message: str, hint: str) -> None:
        path = self.configuration.path
        self.problems.append(SiteProblem(path, self.configuration.line_of(text), message, hint))

    # --- a written list -----------------------------------------------------

    def _listed(self, items: list[Any], folder: str, depth: int) -> Iterator[NavItem]:
        for item in items:
            self._count += 1
            if depth > _DEEPEST or self._count > _MOST_ITEMS:
                return
            title, value = _entry(item)
            if isinstance(value, list):
                children = tuple(self._listed(value, folder, depth + 1))
                if children:
                    yield NavItem(title, children=children)
            elif isinstance(value, str):
                yield from self._named(title, value, folder, depth)

    def _named(self, title: str, value: str, folder: str, depth: int) -> Iterator[NavItem]:
        if urlsplit(value).scheme in {"http", "https"}:
            yield NavItem(title or value, url=value)
            return
        path = _inside(folder, value)
        if path in self.files and path.endswith(PAGE):
            yield NavItem(title or self._title(path), path)
        elif value.endswith("/") or self._has_folder(path):
            children = tuple(self._folder(path.strip("/"), depth + 1))
            yield NavItem(title or name_title(f"{path.strip('/')}/index.md"), children=children)
        elif not folder:
            message = f"the navigation names '{value}', which does not exist"
            self._problem(value, message, "Correct the path, which begins below docs_dir.")

    # --- folders ------------------------------------------------------------

    def _has_folder(self, path: str) -> bool:
        return any(name.startswith(f"{path.strip('/')}/") for name in self.files)

    def _folder(self, folder: str, depth: int) -> Iterator[NavItem]:
        """Yield the entries of a folder: its own page, then pages and folders by name."""
        if depth > _DEEPEST:
            return
        settings = self._settings(folder)
        pages, folders = _contents(folder, self.files)
        listed = settings.get("nav") or settings.get("arrange")
        if isinstance(listed, list) and all(isinstance(one, str | dict) for one in listed):
            yield from self._arranged(listed, folder, pages, folders, depth)
            return
        for path in pages:
            self._count += 1
            if self._count > _MOST_ITEMS:
                return
            yield NavItem(self._title(path), path)
        for name in folders:
            yield from self._section(name, depth)

    def _section(self, folder: str, depth: int) -> Iterator[NavItem]:
        settings = self._settings(folder)
        children = tuple(self._folder(folder, depth + 1))
        if children and settings.get("hide") is not True:
            title = settings.get("title")
            own = title if isinstance(title, str) else name_title(f"{folder}/index.md")
            yield NavItem(own, children=children, folder=folder)

    def _settings(self, folder: str) -> Mapping[str, Any]:
        path = f"{folder}/{_FOLDER_FILE}" if folder else _FOLDER_FILE
        root = self.configuration.root
        name = f"{root}/{path}" if root else path
        if name not in self.tree.entries:
            return {}
        values = read_yaml(name, self.tree)
        return values if isinstance(values, dict) else {}

    def _arranged(
        self, listed: list[Any], folder: str, pages: list[str], folders: list[str], depth: int
    ) -> Iterator[NavItem]:
        named = {_inside(folder, str(_entry(one)[1])) for one in listed}
        for one in listed:
            title, value = _entry(one)
            if value == _REST:
                for path in (path for path in pages if path not in named):
                    yield NavItem(self._title(path), path)
                for name in (name for name in folders if name not in named):
                    yield from self._section(name, depth)
            elif isinstance(value, str):
                path = _inside(folder, value)
                if path in folders and not title:
                    yield from self._section(path, depth)
                else:
                    yield from self._named(title, value, folder, depth)


def _entry(item: Any) -> tuple[str, Any]:
    """Return the title of an entry, if it has one, and what it leads to."""
    if isinstance(item, dict) and len(item) == 1:
        title, value = next(iter(item.items()))
        return str(title), value
    return "", item


def _inside(folder: str, value: str) -> str:
    try:
        return relative_path(folder, value)
    except InputError:
        return ""


def _contents(folder: str, files: Mapping[str, SiteFile]) -> tuple[list[str], list[str]]:
    """Return the pages of a folder, its own one first, and the folders in it with pages."""
    start = f"{folder}/" if folder else ""
    inner = [name[len(start) :] for name in files if name.startswith(start) and name.endswith(PAGE)]
    pages = [start + name for name in sorted(inner, key=_order) if "/" not in name]
    own = [path for path in pages if PurePosixPath(path).name in INDEX_PAGES]
    pages = [path for path in pages if path not in own[1:]]
    folders = sorted({start + name.partition("/")[0] for name in inner if "/" in name})
    return pages, folders


def _order(name: str) -> tuple[int, str]:
    index = INDEX_PAGES.index(name) if name in INDEX_PAGES else len(INDEX_PAGES)
    return index, name.casefold()
