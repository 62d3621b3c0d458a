"""A page: a template rendered for its reader, and the headers of the response."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import flask
from flask import Blueprint
from flask import Response
from flask import request
from markupsafe import Markup

from portal.auth import gate
from portal.glossary.concepts import LANGUAGES
from portal.search.api import MAX_TERM
from portal.ui.frame import prose
from portal.ui.frame import reader
from portal.ui.frame.assets import Assets
from portal.ui.frame.menu import MENU
from portal.ui.frame.reader import Reader

#: Adds the routes of one room of pages.
AddPages = Callable[[Blueprint], None]

_ASSETS = Assets()
_PAGE = re.compile(r"[1-9]\d{0,5}")


def _form_token() -> Markup:
    """Return the field that every form that posts has: the token of its session, if any."""
    browser = gate.signed_in_browser()
    field = Markup('<input type="hidden" name="{}" value="{}">')
    return field.format(gate.FORM_FIELD, browser.form_token) if browser else Markup()


def _is_let_in() -> bool:
    """Return whether somebody was let in, who can look at their account."""
    return flask.g.get("principal") is not None


#: Functions and values that every page template can use.
_TOOLS: dict[str, Any] = {
    "LANGUAGES": LANGUAGES,
    "MAX_TERM": MAX_TERM,
    "MENU": MENU,
    "asset": _ASSETS.address,
    "form_token": _form_token,
    "blocks": prose.blocks,
    "inline": prose.inline,
    "is_let_in": _is_let_in,
    "is_web_address": reader.is_web_address,
    "moment": reader.moment,
    "public_url": reader.public_url,
    "written_in": prose.written_in,
}
_YEAR = 365 * 24 * 60 * 60


def add_static(bp: Blueprint) -> None:
    """Add the routes of static files."""
    _ASSETS.add(bp)


def page(template: str, reads: Reader, status: int = 200, /, **values: Any) -> Response:
    """Return a response with a page in the reader's language.

    Args:
        template: The name of the template, without ``.html``.
        reads: The reader.
        status: The status of the response.
        values: What the template shows.
    """
    others = {lang: reader.same_page(request, lang) for lang in LANGUAGES}
    html = flask.render_template(
        f"{template}.html",
        reads=reads,
        status=status,
        t=reads.text,
        url=reads.url,
        languages=others,
        **_TOOLS,
        **values,
    )
    response = Response(html, status=status, mimetype="text/html")
    response.headers["Content-Language"] = reads.language
    # A form of a page without referrer would be sent with ``Origin: null``.
    response.headers["Referrer-Policy"] = "same-origin"
    response.vary.add("Accept-Language")
    if reads.has_chosen and request.cookies.get(reader.COOKIE) != reads.language:
        response.set_cookie(
            reader.COOKIE, reads.language, max_age=_YEAR, samesite="Lax", httponly=True
        )
    return response


def page_number() -> int:
    """Return the requested page of a list, from 1."""
    text = request.args.get("page", "")
    return int(text) if _PAGE.fullmatch(text) else 1
