"""The value: the files, pages and navigation of a documentation at one commit."""

from __future__ import annotations

from collections.abc import Container
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from pathlib import PurePosixPath

from portal.model.refs import file_address
from portal.scm.snapshot import Entry

PAGE = ".md"
#: The file names of a folder's own page, the first one first.
INDEX_PAGES = ("index.md", "README.md")
#: The languages that pages may be translated into.
LANGUAGES = ("ko", "en")


@dataclass(frozen=True, slots=True)
class SiteFile:
    """A file of a documentation: its path in the repository, and its entry there."""

    path: str
    entry: Entry


@dataclass(frozen=True, slots=True)
class NavItem:
    """An entry of the navigation.

    Attributes:
        title: What is shown.
        path: The page, below the documentation's folder; empty for sections and links.
        url: The address elsewhere; empty for pages and sections.
        children: The entries of a section.
        folder: The folder that a section is of; empty when it is written in ``nav``.
    """

    title: str
    path: str = ""
    url: str = ""
    children: tuple[NavItem, ...] = ()
    folder: str = ""

    def pages(self) -> Iterator[NavItem]:
        """Yield the pages of this entry, itself included, in order."""
        if self.path:
            yield self
        for child in self.children:
            yield from child.pages()


@dataclass(frozen=True, slots=True)
class SiteProblem:
    """Something wrong with a documentation.

    Attributes:
        path: The file in the repository.
        line: Its line, from 1; 0 when the whole file is meant.
        message: What is wrong.
        hint: What to do.
    """

    path: str
    line: int
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Site:
    """The documentation of an entity at one commit.

    Attributes:
        title: Its name.
        description: One line about it; may be empty.
        commit: The commit.
        time: When it was made, ISO 8601; empty when unknown.
        home: The folder of its ``mkdocs.yml``, in the repository.
        root: The folder of its pages, in the repository.
        files: Every file below ``root``, by its path from there.
        nav: The navigation, with every page.
        navs: For readers of each language: pages in that language where there are two.
        view_root: The address of the repository's files at a forge, as ``file_address``
            takes it; empty when unknown.
        edit_root: The address below which pages are edited; empty when unknown.
        outside: The paths of the files of the repository that are elsewhere.
        problems: What is wrong with its configuration.
    """

    title: str
    description: str
    commit: str
    time: str
    home: str
    root: str
    files: Mapping[str, SiteFile]
    nav: tuple[NavItem, ...] = ()
    view_root: str = ""
    edit_root: str = ""
    outside: frozenset[str] = field(default=frozenset(), repr=False)
    problems: tuple[SiteProblem, ...] = ()
    navs: Mapping[str, tuple[NavItem, ...]] = field(default_factory=dict)

    def nav_for(self, language: str) -> tuple[NavItem, ...]:
        """Return the navigation for readers of a language."""
        return self.navs.get(language, self.nav)

    def page_at(self, address: str) -> str:
        """Return the path of the page at an address such as ``guides/start/``; else empty."""
        name = address.strip("/")
        if name.endswith("index.html"):
            name = name.removesuffix("index.html").strip("/")
        below = f"{name}/" if name else ""
        candidates = [f"{below}{index}" for index in INDEX_PAGES]
        if name:
            candidates += [f"{name}{PAGE}", name if name.endswith(PAGE) else ""]
        return next((path for path in candidates if path in self.files), "")

    def reading_order(self, language: str = "") -> list[NavItem]:
        """Return the pages of the navigation in order; each once.

        Args:
            language: The reader's; empty for the pages of all languages.
        """
        found: dict[str, NavItem] = {}
        for item in self.nav_for(language):
            for page in item.pages():
                found.setdefault(page.path, page)
        return list(found.values())

    def edit_address(self, path: str) -> str:
        """Return where a page is edited; empty when unknown."""
        return file_address(self.edit_root.rstrip("/"), path) if self.edit_root else ""

    def translations(self, path: str) -> dict[str, str]:
        """Return the same page in other languages, by language.

        A translation has the same name in a folder named like its language (``ko/start.md``
        beside ``start.md``), or that language before its suffix (``start.ko.md``).
        """
        return translations_of(path, self.files)

    def in_language(self, path: str, language: str) -> str:
        """Return a page in a language, if it is there; else the page itself."""
        return self.translations(path).get(language, path)

    def pages(self) -> list[str]:
        """Return the paths of all pages, sorted."""
        return sorted(path for path in self.files if path.endswith(PAGE))


def address_of(path: str) -> str:
    """Return the address of a page: of ``guides/start.md`` it is ``guides/start/``."""
    page = PurePosixPath(path)
    place = page.parent if page.name in INDEX_PAGES else page.with_suffix("")
    return "" if str(place) == "." else f"{place}/"


def translations_of(path: str, files: Container[str]) -> dict[str, str]:
    """Return the same page in other languages, by language (``Site.translations``)."""
    own, plain = language_of(path)
    stem, found = plain.removesuffix(PAGE), dict[str, str]()
    for language in (one for one in LANGUAGES if one != own):
        names = [f"{language}/{plain}", f"{stem}.{language}{PAGE}"]
        # A page without a language is in the other one.
        names += [plain] if own else []
        if other := next((name for name in names if name in files), ""):
            found[language] = other
    return found


def language_of(path: str) -> tuple[str, str]:
    """Return the language that the name of a page says, if any, and its name without it."""
    for language in LANGUAGES:
        if path.startswith(f"{language}/"):
            return language, path.removeprefix(f"{language}/")
        if path.endswith(f".{language}{PAGE}"):
            return language, path.removesuffix(f".{language}{PAGE}") + PAGE
    return "", path
