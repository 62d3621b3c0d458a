"""The last page of a popup: tells the window that opened it who signed in, and closes. Pure."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

# Backstage's `openLoginPopup` takes messages of this form, and only from the popup itself. Only
# the frontend at this origin gets one, whoever opened the window.
_SCRIPT = """
const opener = window.opener || window.parent;
const origin = decodeURIComponent('{origin}');
opener.postMessage({{type: 'config_info', targetOrigin: origin}}, origin);
opener.postMessage(JSON.parse(decodeURIComponent('{message}')), origin);
setTimeout(() => window.close(), 100);
"""
_PAGE = '<!doctype html><html><head><meta charset="utf-8"></head><body><script>{}</script></body>'


@dataclass(frozen=True, slots=True)
class PopupPage:
    """A page and the headers it needs."""

    html: str
    headers: Mapping[str, str]


def popup_page(origin: str, message: Mapping[str, Any]) -> PopupPage:
    """Return the page that posts a message to an origin.

    Nothing of the message is HTML or script: it is percent-encoded, also quotes. Only the
    script of exactly this text runs.
    """
    text = json.dumps({"type": "authorization_response", **message}, ensure_ascii=False)
    script = _SCRIPT.format(origin=quote(origin, safe=""), message=quote(text, safe=""))
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    headers = {
        "Content-Security-Policy": f"default-src 'none'; script-src 'sha256-{digest}'; "
        "base-uri 'none'; frame-ancestors 'none'",
        # Any other value would cut the window off from the one that opened it.
        "Cross-Origin-Opener-Policy": "unsafe-none",
        "Cache-Control": "no-store",
    }
    return PopupPage(_PAGE.format(script), headers)
