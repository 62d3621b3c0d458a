"""References: links inside of a documentation, before it is known where that is shown.

A page is rendered once, and shown by two readers under different addresses. Until then a
link to another page is ``techdocs-page:guides/start.md#anchor``, and to any other file
``techdocs-file:images/a.png``; paths are those below the documentation's folder.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from html import unescape
from urllib.parse import quote
from urllib.parse import unquote

PAGE, FILE = "techdocs-page", "techdocs-file"
SCHEMES = frozenset({PAGE, FILE})
_ATTRIBUTE = re.compile(rf'\b(href|src)="({PAGE}|{FILE}):([^"#]*)(#[^"]*)?"')

#: Given a scheme, a path and a fragment (with its ``#``), returns an address.
Address = Callable[[str, str, str], str]


def reference(scheme: str, path: str, fragment: str = "") -> str:
    """Return a reference to a file of the documentation."""
    return f"{scheme}:{quote(path)}" + (f"#{quote(fragment, safe='')}" if fragment else "")


def with_addresses(html: str, address: Address) -> str:
    """Return HTML with every reference replaced by an address."""

    def replaced(found: re.Match[str]) -> str:
        path = unquote(unescape(found[3]))
        there = address(found[2], path, unescape(found[4] or ""))
        return f'{found[1]}="{escape(there)}"'

    return _ATTRIBUTE.sub(replaced, html)
