"""Compresses responses for clients that accept it: brotli, else gzip.

Pages hold no secret, so that compressing them together with what a request says tells nothing
(BREACH); streams and what is compressed already are left as they are.
"""

from __future__ import annotations

import gzip

import brotli
from flask import Flask
from flask import Response
from flask import request

#: Smaller bodies (in bytes) gain nothing.
_LEAST = 1_000
#: Larger bodies would keep a thread busy for longer than they take to be sent.
_MOST = 2 * 1024 * 1024
_TYPES = frozenset({"application/json", "image/svg+xml", "text/csv", "text/html", "text/plain"})
#: Fast rather than small: every response is compressed anew.
_BROTLI_QUALITY, _GZIP_LEVEL = 4, 4


def compress_responses(app: Flask) -> None:
    """Compress the responses of an app."""

    @app.after_request
    def compress(response: Response) -> Response:
        if response.is_streamed or response.mimetype not in _TYPES:
            return response
        if "Vary" in response.headers:
            response.vary.add("Accept-Encoding")
        else:
            response.headers["Vary"] = "Accept-Encoding"
        coding = _coding() if "HTTP_ACCEPT_ENCODING" in request.environ else ""
        length = response.content_length or 0
        is_plain = response.status_code == 200 and "Content-Encoding" not in response.headers
        if coding and is_plain and _LEAST <= length <= _MOST and request.method == "GET":
            response.set_data(_packed(coding, response.get_data()))
            response.headers["Content-Encoding"] = coding
        return response


def _coding() -> str:
    accepted = request.accept_encodings
    named = {name for name, quality in accepted if quality > 0}
    return next((name for name in ("br", "gzip") if name in named), "")


def _packed(coding: str, data: bytes) -> bytes:
    if coding == "br":
        packed: bytes = brotli.compress(data, quality=_BROTLI_QUALITY)
        return packed
    return gzip.compress(data, _GZIP_LEVEL, mtime=0)
