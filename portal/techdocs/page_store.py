"""Pages and sites that were made already: bounded, and keyed by commit and version."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable
from collections.abc import Hashable
from dataclasses import asdict
from dataclasses import dataclass
from threading import Lock
from typing import Any

from portal.kernel.cache import GenerationCache
from portal.techdocs.rendering.headings import Heading
from portal.techdocs.rendering.page import VERSION
from portal.techdocs.sites.site import Site

#: The greatest number of sites that are kept.
_MOST_SITES = 64


@dataclass(frozen=True, slots=True)
class LastChange:
    """The last commit of a page: its id, author, time (ISO 8601) and subject."""

    commit: str
    author: str
    time: str
    subject: str


@dataclass(frozen=True, slots=True)
class DocsPage:
    """A page ready to be shown, with references instead of addresses.

    Attributes:
        path: The file, below the documentation's folder.
        title: The title.
        html: Safe HTML.
        headings: Every heading.
        has_title: Whether the HTML has a heading of level 1.
        has_diagrams, has_formulas: Whether a script has to draw them.
        hidden: What is not to be shown beside the page: ``navigation``, ``toc``.
        description: One line; may be empty.
        change: The last change; ``None`` when unknown.
    """

    path: str
    title: str
    html: str
    headings: tuple[Heading, ...]
    has_title: bool
    has_diagrams: bool
    has_formulas: bool
    hidden: tuple[str, ...]
    description: str
    change: LastChange | None

    def to_json(self) -> bytes:
        """Return the page as JSON."""
        return json.dumps(asdict(self), ensure_ascii=False).encode()


def _page_of(data: bytes) -> DocsPage:
    values: dict[str, Any] = json.loads(data)
    values["headings"] = tuple(Heading(**one) for one in values["headings"])
    values["hidden"] = tuple(values["hidden"])
    values["change"] = values["change"] and LastChange(**values["change"])
    return DocsPage(**values)


class PageStore:
    """Keeps what was made.

    Args:
        max_bytes: The limit for all pages together.
    """

    def __init__(self, max_bytes: int) -> None:
        self._pages = GenerationCache(max_bytes)
        self._sites: OrderedDict[Hashable, Site] = OrderedDict()
        self._lock = Lock()

    def page(self, key: Hashable, make: Callable[[], DocsPage]) -> DocsPage:
        """Return a kept page, or that of ``make``."""
        return _page_of(self._pages.get(VERSION, key, lambda: make().to_json()))

    def site(self, key: Hashable, make: Callable[[], Site]) -> Site:
        """Return a kept site, or that of ``make``."""
        with self._lock:
            if key in self._sites:
                self._sites.move_to_end(key)
                return self._sites[key]
        site = make()
        with self._lock:
            self._sites[key] = site
            while len(self._sites) > _MOST_SITES:
                self._sites.popitem(last=False)
        return site
