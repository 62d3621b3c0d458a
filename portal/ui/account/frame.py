"""What the pages of the account have in common: the ways between them."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask import request

from portal.ui.frame import reader
from portal.ui.frame.page import page
from portal.ui.frame.rights import Rights

#: Names of the pages beside the account itself, their paths, and the permission of each.
TABS = (
    ("account", "/account", ""),
    ("tokens", "/account/tokens", "portal.token.manage"),
    ("audit", "/account/audit", "portal.audit.read"),
)


def account_page(rights: Rights, name: str, status: int = 200, /, **values: Any) -> Response:
    """Return a page of the account; nobody keeps a copy of it.

    Args:
        rights: What the caller may do: there are ways to such pages only.
        name: The name of the page.
        status: The status of the response.
        values: What its template shows.
    """
    tabs = [(tab, path) for tab, path, asked in TABS if not asked or rights.may(asked)]
    reads = reader.reader_of(request)
    response = page(f"account/{name}", reads, status, tabs=tabs, **values)
    response.headers["Cache-Control"] = "no-store"
    return response
