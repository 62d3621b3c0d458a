"""Addresses of the pages and files of a documentation in the portal's own reader."""

from __future__ import annotations

from urllib.parse import quote

from portal.model.refs import EntityRef
from portal.techdocs.rendering.references import PAGE
from portal.techdocs.rendering.references import with_addresses
from portal.techdocs.sites.site import address_of
from portal.ui.frame.reader import Reader


def home_of(ref: EntityRef) -> str:
    """Return the path of the documentation of an entity, with a last slash."""
    parts = (ref.namespace, ref.kind, ref.name)
    return f"/docs/{'/'.join(quote(part.lower(), safe='') for part in parts)}/"


class Addresses:
    """The addresses of one documentation, for a reader.

    Args:
        ref: The entity.
        reads: The reader, whose language links keep.
        at: The older commit, or the branch or pull request, that is shown; empty for the
            current commit.
    """

    def __init__(self, ref: EntityRef, reads: Reader, at: str) -> None:
        self._home = home_of(ref)
        self._reads = reads
        self.at = at

    def page(self, path: str, fragment: str = "") -> str:
        """Return the address of a page, given as its file."""
        return self._reads.url(f"{self._home}{quote(address_of(path))}", at=self.at) + fragment

    def file(self, path: str) -> str:
        """Return the address of any other file."""
        at = f"?at={quote(self.at)}" if self.at else ""
        return f"{self._home}{quote(path)}{at}"

    def filled(self, html: str) -> str:
        """Return the HTML of a page, with addresses instead of references."""

        def address(scheme: str, path: str, fragment: str) -> str:
            return self.page(path, fragment) if scheme == PAGE else self.file(path)

        return with_addresses(html, address)
