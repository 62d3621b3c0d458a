"""Static files: joined, compressed once, and named by their content.

``styles/*.css`` and ``scripts/*.js`` are joined in the order of their names into ``portal.css``
and ``portal.js``; every other file of ``static/`` is served as it is. An address holds a hash
of the content, so browsers may keep the file for ever.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import brotli
from flask import Blueprint
from flask import Response
from flask import request
from werkzeug.exceptions import NotFound

from portal.web.doors import public

_ROOT = Path(__file__).parent.parent
_JOINED = {"portal.css": ("styles", "*.css"), "portal.js": ("scripts", "*.js")}
_HASH_LENGTH = 10
#: Of larger files, in bytes, the best compression would take many seconds.
_LARGE = 1_000_000
_FOR_EVER = "public, max-age=31536000, immutable"
_SHORTLY = "public, max-age=300"
#: Types of files that are compressed already.
_PACKED = ("image/png", "image/jpeg", "font/woff2", "application/zip")


@dataclass(frozen=True)
class Asset:
    """A static file."""

    name: str
    data: bytes

    @property
    def media_type(self) -> str:
        """The media type, by the name's ending."""
        guessed = mimetypes.guess_type(self.name)[0] or "application/octet-stream"
        return "text/javascript" if guessed.endswith("/javascript") else guessed

    @cached_property
    def hash(self) -> str:
        """The beginning of the content's SHA-256."""
        return hashlib.sha256(self.data).hexdigest()[:_HASH_LENGTH]

    @property
    def address(self) -> str:
        """The path at which it is served."""
        stem, dot, ending = self.name.rpartition(".")
        return f"/static/{stem}.{self.hash}{dot}{ending}"

    @cached_property
    def packed(self) -> dict[str, bytes]:
        """The content by content coding, the smallest first; empty for packed formats."""
        if self.media_type in _PACKED:
            return {}
        return {
            "br": brotli.compress(self.data, quality=5 if len(self.data) > _LARGE else 11),
            "gzip": gzip.compress(self.data, 9, mtime=0),
        }


def _files() -> Iterator[Asset]:
    for name, (folder, pattern) in _JOINED.items():
        parts = sorted((_ROOT / folder).glob(pattern))
        yield Asset(name, b"\n".join(path.read_bytes() for path in parts))
    static = _ROOT / "static"
    for path in sorted(static.rglob("*")):
        if path.is_file():
            yield Asset(path.relative_to(static).as_posix(), path.read_bytes())


class Assets:
    """The static files, read once."""

    def __init__(self) -> None:
        self._by_name = {asset.name: asset for asset in _files()}
        self._by_address = {asset.address: asset for asset in self._by_name.values()}

    def address(self, name: str) -> str:
        """Return the path of a file.

        Raises:
            KeyError: When there is no such file.
        """
        return self._by_name[name].address

    def add(self, bp: Blueprint) -> None:
        """Add the routes of the files."""

        @bp.get("/static/<path:name>")
        @public("files of the portal itself: styles, scripts, icons")
        def get_static(name: str) -> Response:
            """Serve a static file: for ever by its address, shortly by its name.

            Raises:
                NotFound: When there is none of that name or hash.
            """
            asset = self._by_address.get(f"/static/{name}")
            if asset is not None:
                return _served(asset, _FOR_EVER)
            if name not in self._by_name:
                raise NotFound
            return _served(self._by_name[name], _SHORTLY)

        @bp.get("/favicon.ico")
        @public("the icon of the portal")
        def get_favicon() -> Response:
            """Serve the icon to browsers that ask for it by its oldest name."""
            return _served(self._by_name["favicon.svg"], _SHORTLY)


def _served(asset: Asset, keeping: str) -> Response:
    accepted = request.accept_encodings
    coding = next((name for name in asset.packed if accepted.quality(name) > 0), "")
    data = asset.packed[coding] if coding else asset.data
    response = Response(data, mimetype=asset.media_type)
    if coding:
        response.headers["Content-Encoding"] = coding
    response.headers["Cache-Control"] = keeping
    response.vary.add("Accept-Encoding")
    response.set_etag(f"{asset.hash}-{coding or 'as-is'}")
    response.make_conditional(request)
    return response
