"""Where links of a page lead, as MkDocs resolves them: relative to the page's file.

Beyond MkDocs: a folder leads to its own page, an address of a page (``../start/``) to that
page, and a file of the repository outside of the documentation to its forge.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import unquote

from portal.kernel.errors import InputError
from portal.kernel.files import relative_path
from portal.model.refs import file_address
from portal.techdocs.rendering.references import FILE
from portal.techdocs.rendering.references import PAGE
from portal.techdocs.rendering.references import reference
from portal.techdocs.sites.site import PAGE as PAGE_SUFFIX
from portal.techdocs.sites.site import Site
from portal.techdocs.sites.site import address_of

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a link leads.

    Attributes:
        written: What to write instead of the link.
        page: The page it leads to; empty when it leads elsewhere.
        fragment: The anchor in it, without ``#``.
        reason: Why it leads nowhere; empty when it leads somewhere.
    """

    written: str
    page: str = ""
    fragment: str = ""
    reason: str = ""


def resolve_link(target: str, page: str, site: Site) -> Target:
    """Return where a link of a page leads."""
    if not target or _SCHEME.match(target):
        return Target(target)
    address, _, after = target.partition("#")
    path, fragment = _decoded(address.partition("?")[0]), _decoded(after)
    if not path:
        return Target(target, page, fragment)
    return _inside(target, path, fragment, page, site)


def _decoded(text: str) -> str:
    return unicodedata.normalize("NFC", unquote(text))


def _inside(target: str, path: str, fragment: str, page: str, site: Site) -> Target:
    """Return where a link leads that has a path."""
    found = _find(path, page, site)
    if found.endswith(PAGE_SUFFIX):
        return Target(reference(PAGE, found, fragment), found, fragment)
    if found:
        return Target(reference(FILE, found, fragment))
    if path.startswith("/"):
        return Target(target)  # a page of the portal itself
    return _elsewhere(target, path, page, site)


def _find(path: str, page: str, site: Site) -> str:
    """Return the file of the documentation that a path leads to; empty when none does."""
    folder = page.rpartition("/")[0]
    for base in (folder, address_of(page).rstrip("/")):
        try:
            inside = relative_path(base, path)
        except InputError:
            continue
        if inside in site.files:
            return inside
        if found := site.page_at(inside.removesuffix(".html")):
            return found
    return ""


def _elsewhere(target: str, path: str, page: str, site: Site) -> Target:
    """Return the address at the forge of a file that is not in the documentation."""
    folder = "/".join(part for part in (site.root, page.rpartition("/")[0]) if part)
    try:
        inside = relative_path(folder, path)
    except InputError:
        return Target(target, reason="it leads outside of the repository")
    if inside not in site.outside and not any(
        name.startswith(f"{inside}/") for name in site.outside
    ):
        return Target(target, reason="there is no such file")
    if not site.view_root:
        return Target(target, reason="it leads outside of the documentation")
    return Target(file_address(site.view_root, inside))
