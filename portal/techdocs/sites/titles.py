"""Titles of pages without rendering them: front matter, first heading, file name."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from portal.kernel.errors import PortalError
from portal.scm.snapshot import FileTree
from portal.techdocs.rendering.front_matter import without_front_matter
from portal.techdocs.sites.site import INDEX_PAGES
from portal.techdocs.sites.site import SiteFile

#: Of how many pages of a site the titles are read; those of others come from their names.
MOST_READ = 500
#: The number of characters of a page in which its first heading is looked for.
_LONGEST_START = 20_000
_HEADING = re.compile(
    r"^#[ \t]+(?P<atx>.+?)[ \t]*#*[ \t]*$|^(?P<setext>\S.*)\n=+[ \t]*$", re.MULTILINE
)
_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_MARKUP = re.compile(r"[*`]|\s*\{:?[^{}]*\}\s*$|!?\[([^\]]*)\]\([^)]*\)")
_LONGEST = 200
#: The titles of folders with translations.
LANGUAGE_NAMES = {"ko": "한국어", "en": "English"}


def title_of(path: str, text: str) -> str:
    """Return the title of a page."""
    body, values = without_front_matter(text.lstrip("\ufeff").replace("\r\n", "\n"))
    given = values.get("title")
    if isinstance(given, str) and given.strip():
        return given.strip()[:_LONGEST]
    found = _HEADING.search(_FENCE.sub("", body[:_LONGEST_START]))
    heading = (found["atx"] or found["setext"]) if found else ""
    return _MARKUP.sub(r"\1", heading).strip()[:_LONGEST] or name_title(path)


def read_title(path: str, file: SiteFile, tree: FileTree) -> str:
    """Return the title of a page of a repository; from its name when it cannot be read."""
    try:
        return title_of(path, tree.read(file.path).data.decode("utf-8", "replace"))
    except PortalError:
        return name_title(path)


def name_title(path: str) -> str:
    """Return a title made of a name: of ``getting-started.md`` it is ``Getting started``."""
    page = PurePosixPath(path)
    if page.name in INDEX_PAGES and not page.parent.name:
        return "Home"
    name = page.parent.name if page.name in INDEX_PAGES else page.stem
    if name in LANGUAGE_NAMES:
        return LANGUAGE_NAMES[name]
    words = re.sub(r"[-_]+", " ", name).strip()
    return words[:1].upper() + words[1:] if words.islower() else words
