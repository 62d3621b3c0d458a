"""Judges documentation: broken links, missing files and anchors, pages that cannot be shown."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from html import unescape
from itertools import islice

from portal.catalog.sources.opening import Location
from portal.kernel.errors import InputError
from portal.kernel.errors import PortalError
from portal.kernel.files import relative_path
from portal.model.entity import Entity
from portal.model.entity import Position
from portal.model.entity import StatusItem
from portal.model.entity import ref_of
from portal.scm.mirror import Mirror
from portal.scm.snapshot import FileTree
from portal.techdocs.annotations import FOLDER
from portal.techdocs.annotations import docs_ref
from portal.techdocs.rendering.page import RenderedPage
from portal.techdocs.service import rendered
from portal.techdocs.sites.building import build_site
from portal.techdocs.sites.linking import resolve_link
from portal.techdocs.sites.site import Site
from portal.techdocs.sites.site import SiteProblem

#: The greatest number of pages of a documentation that are judged, and of problems of a source.
_MOST_PAGES, _MOST_PROBLEMS = 1_000, 200
#: After so many seconds the rest of a source is not judged.
_MOST_SECONDS = 120.0
_ID = re.compile(r'\bid="([^"]*)"')
_HINT = "Correct the link: it names a file, relative to the page."

#: Given a source, yields its entities with documentation and the folders of their files.
Documented = Callable[[str], Iterable[tuple[Entity, str]]]
#: Stores what is wrong with the pages of a source at a commit.
NoteProblems = Callable[[str, list[StatusItem], str], None]


@dataclass
class DocumentationCheck:
    """Judges the documentation of a source after each new commit.

    Attributes:
        documented: Yields the entities of a source that have pages.
        note: Stores the problems.
    """

    documented: Documented
    note: NoteProblems
    _checked: dict[str, str] = field(default_factory=dict)

    def check(self, location: Location, commit: str) -> None:
        """Judge the pages of a source at a commit, unless that was done.

        Raises:
            SourceError: When the repository cannot be read.
        """
        name, mirror = location.name, location.mirror
        if self._checked.get(name) == commit or not isinstance(mirror, Mirror):
            return
        entities = list(self.documented(name))
        try:
            tree = mirror.snapshot(commit) if entities else None
            found = list(islice(_problems(entities, tree), _MOST_PROBLEMS)) if tree else []
        finally:
            mirror.close()
        self.note(name, found, commit)
        self._checked[name] = commit


def _problems(entities: Iterable[tuple[Entity, str]], tree: FileTree) -> Iterator[StatusItem]:
    end = time.monotonic() + _MOST_SECONDS
    homes: set[str] = set()
    for entity, folder in entities:
        try:
            place = docs_ref(entity)
            home = relative_path(folder, place.target) if place.type == FOLDER else None
        except InputError:
            continue
        # Several entities may name one folder; the first one answers for it.
        if home is None or home in homes:
            continue
        homes.add(home)
        ref = str(ref_of(entity))
        for problem in _of_folder(home, tree, end):
            yield StatusItem(
                "documentation-page",
                problem.message,
                Position(problem.path, problem.line),
                hint=problem.hint,
                ref=ref,
                level="warning",
            )


def _of_folder(home: str, tree: FileTree, end: float) -> Iterator[SiteProblem]:
    try:
        site = build_site(home, tree, "")
    except PortalError:
        return  # the folder itself is judged with the descriptor
    yield from site.problems
    yield from check_site(site, tree, end)


def check_site(site: Site, tree: FileTree, end: float = float("inf")) -> Iterator[SiteProblem]:
    """Yield what is wrong with the pages of a site.

    Args:
        site: The site.
        tree: Its repository.
        end: The time, as of ``time.monotonic``, at which to stop.
    """
    pages: dict[str, RenderedPage] = {}
    for path in site.pages()[:_MOST_PAGES]:
        if time.monotonic() > end:
            return
        try:
            pages[path] = rendered(path, site, tree)
        except PortalError as error:
            yield SiteProblem(site.files[path].path, 0, error.message)
    anchors = {path: set(map(unescape, _ID.findall(page.html))) for path, page in pages.items()}
    for path, page in pages.items():
        yield from _of_page(path, page, site, anchors)


def _of_page(
    path: str, page: RenderedPage, site: Site, anchors: dict[str, set[str]]
) -> Iterator[SiteProblem]:
    file = site.files[path].path
    for missing in page.missing:
        message = f"the snippet '{missing.target}' does not exist"
        yield SiteProblem(file, missing.line, message, "Name a file of the documentation.")
    for link in page.links:
        target = resolve_link(link.target, path, site)
        if target.reason:
            message = f"the link '{link.target}' is broken: {target.reason}"
            yield SiteProblem(file, link.line, message, _HINT)
        elif target.fragment and target.fragment not in anchors.get(target.page, {target.fragment}):
            message = f"the link '{link.target}' is broken: there is no such heading"
            yield SiteProblem(file, link.line, message, "Name a heading of that page.")
