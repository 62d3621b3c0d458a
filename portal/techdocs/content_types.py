"""The content types of files of a documentation: what a browser may do with them.

Nothing that a browser could run is sent as what it is: HTML and XML are text, an SVG is
shown as an image without any rights, and an unknown file is downloaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

TEXT = "text/plain; charset=utf-8"
SVG = "image/svg+xml"
_BYTES = "application/octet-stream"
_SHOWN: Mapping[str, str] = {
    ".avif": "image/avif",
    ".gif": "image/gif",
    ".ico": "image/x-icon",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".mp4": "video/mp4",
    ".png": "image/png",
    ".svg": SVG,
    ".webm": "video/webm",
    ".webp": "image/webp",
}
_TEXTS = frozenset(
    ".bash .c .cfg .conf .cpp .css .csv .diff .go .graphql .h .htm .html .ini .java .js .json .kt"
    " .log .md .mjs .patch .proto .py .rb .rs .rst .sh .sql .tf .toml .ts .tsv .txt .xhtml .xml"
    " .yaml .yml".split()
)
#: The policy of a file that is opened by itself: it may load nothing and run nothing.
FILE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


@dataclass(frozen=True, slots=True)
class ContentType:
    """The type of a file, and whether it is saved instead of shown."""

    name: str
    is_download: bool = False


def content_type_of(path: str) -> ContentType:
    """Return the content type of a file by its name."""
    suffix = PurePosixPath(path).suffix.lower()
    if suffix in _SHOWN:
        return ContentType(_SHOWN[suffix])
    if suffix in _TEXTS:
        return ContentType(TEXT)
    return ContentType(_BYTES, is_download=True)


#: The types of Backstage's own files, which its reader fetches as text.
_BACKSTAGE: Mapping[str, str] = {
    ".css": "text/css; charset=utf-8",
    ".js": "application/javascript; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
}


def backstage_type_of(path: str) -> ContentType:
    """Return the content type that Backstage's TechDocs sends for a file.

    An SVG is text, too: Backstage's reader fetches it and makes an image of it.
    """
    suffix = PurePosixPath(path).suffix.lower()
    found = content_type_of(path)
    if found.name == SVG:
        return ContentType(TEXT)
    return ContentType(_BACKSTAGE[suffix]) if suffix in _BACKSTAGE else found
