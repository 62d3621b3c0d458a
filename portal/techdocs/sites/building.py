"""From a folder of a repository to its documentation as a value."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from urllib.parse import urljoin

from portal.kernel.errors import NotFoundError
from portal.model.formats import is_safe_link
from portal.scm.snapshot import FileTree
from portal.techdocs.sites.configuration import SiteConfiguration
from portal.techdocs.sites.configuration import read_configuration
from portal.techdocs.sites.navigation import Navigation
from portal.techdocs.sites.site import LANGUAGES
from portal.techdocs.sites.site import PAGE
from portal.techdocs.sites.site import Site
from portal.techdocs.sites.site import SiteFile
from portal.techdocs.sites.site import SiteProblem

#: The greatest number of files of a documentation; further ones are not shown.
_MOST_FILES = 20_000
#: The greatest number of files of the repository that links outside are checked with.
_MOST_OUTSIDE = 100_000
#: Where forges show a file, and where they edit it.
_EDITS = (("/-/blob/", "/-/edit/"), ("/blob/", "/edit/"), ("/src/branch/", "/_edit/"))


def build_site(home: str, tree: FileTree, title: str, view_root: str = "", time: str = "") -> Site:
    """Return the documentation of a folder.

    Args:
        home: The folder of ``mkdocs.yml``.
        tree: The repository at a commit.
        title: The name when ``mkdocs.yml`` has none.
        view_root: The address of the repository's files at a forge; may be empty.
        time: When the commit was made, ISO 8601; may be empty.

    Raises:
        NotFoundError: When there are no pages.
        InputError: When a folder is outside of the repository.
        SourceError: When the repository cannot be read.
    """
    configuration = read_configuration(home, tree)
    files = dict(_files(configuration.root, tree))
    if not any(path.endswith(PAGE) for path in files):
        has_files = tree.names.holds(configuration.root)
        reason = "has no Markdown pages" if has_files else "does not exist"
        raise NotFoundError(f"The folder '{configuration.root}' {reason}")
    navigation = Navigation(files, tree, configuration)
    nav = navigation.items()
    below = f"{configuration.root}/" if configuration.root else ""
    outside = [path for path in tree.entries if not below or not path.startswith(below)]
    return Site(
        configuration.title or title,
        configuration.description,
        tree.commit,
        time,
        home,
        configuration.root,
        files,
        nav,
        view_root,
        _edit_root(configuration, view_root),
        frozenset(outside[:_MOST_OUTSIDE]),
        problems=(
            *configuration.problems,
            *navigation.problems,
            *_left_out(configuration.root, tree),
        ),
        navs={language: navigation.in_language(nav, language) for language in LANGUAGES},
    )


def _files(root: str, tree: FileTree) -> Iterator[tuple[str, SiteFile]]:
    """Yield the files of a folder by their paths in it; links and hidden ones are left out."""
    depth = root.count("/") + 1 if root else 0
    for path in tree.names.below(root)[:_MOST_FILES]:
        inner = path.split("/")[depth:]
        entry = tree.entries[path]
        if not entry.why_left_out and not any(part.startswith(".") for part in inner):
            yield unicodedata.normalize("NFC", "/".join(inner)), SiteFile(path, entry)


def _left_out(root: str, tree: FileTree) -> Iterator[SiteProblem]:
    """Yield the files of a folder whose names are not UTF-8."""
    start = f"{root}/" if root else ""
    for path in tree.names.escaped:
        entry = tree.entries[path]
        if entry.has_raw_name and path.startswith(start):
            yield SiteProblem(path, 1, f"it is left out: {entry.why_left_out}", "Use git mv.")


def _edit_root(configuration: SiteConfiguration, view_root: str) -> str:
    """Return the address below which the pages are edited; empty when unknown."""
    repo, uri = configuration.repo_url, configuration.edit_uri
    if uri and (repo or "://" in uri):
        address = uri if "://" in uri else urljoin(f"{repo.rstrip('/')}/", uri)
        is_web = address.startswith(("https://", "http://")) and is_safe_link(address)
        return f"{address.rstrip('/')}/" if is_web else ""
    for view, edit in _EDITS:
        if view in view_root:
            base = view_root.replace(view, edit, 1).rstrip("/")
            return f"{base}/{configuration.root}".rstrip("/") + "/"
    return ""
