"""Sites that were built elsewhere: the output of ``techdocs-cli`` in a folder, served as is.

The folder is laid out as Backstage's local publisher does it:
``<namespace>/<kind>/<name>/index.html``, all in lower case.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from portal.kernel.errors import InputError
from portal.kernel.errors import NotFoundError
from portal.kernel.files import relative_path
from portal.model.refs import EntityRef
from portal.techdocs.content_types import TEXT
from portal.techdocs.content_types import ContentType
from portal.techdocs.content_types import backstage_type_of
from portal.techdocs.published import METADATA
from portal.techdocs.published import PublishedFile

_INDEX = "index.html"
#: Larger files, in bytes, are not served.
_LARGEST = 20 * 1024 * 1024


class ExternalSites:
    """The sites in a folder.

    Args:
        folder: The folder; ``None`` when there are none.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder.resolve() if folder else None

    def has(self, ref: EntityRef) -> bool:
        """Return whether there is a site of an entity."""
        home = self._home(ref)
        return home is not None and (home / METADATA).is_file()

    def metadata(self, ref: EntityRef) -> dict[str, Any]:
        """Return ``techdocs_metadata.json`` of a site.

        Raises:
            NotFoundError: When it cannot be read.
        """
        try:
            values = json.loads(self.file(ref, METADATA).data)
        except ValueError:
            values = None
        if not isinstance(values, dict):
            raise NotFoundError(f"{METADATA} of {ref} is no JSON object")
        return values

    def file(self, ref: EntityRef, path: str) -> PublishedFile:
        """Return a file of a site; links that lead out of it are not followed.

        Raises:
            NotFoundError: When there is none.
        """
        home = self._home(ref)
        missing = NotFoundError(f"Content not found for {path}")
        if home is None or "\0" in path:
            raise missing
        try:
            found = (home / relative_path("", path)).resolve()
        except (InputError, OSError):
            raise missing from None
        if not found.is_relative_to(home):
            raise missing
        if found.is_dir():
            if path and not path.endswith("/"):
                return PublishedFile(b"", ContentType(TEXT), "", moved_to=f"{path}/")
            found /= _INDEX
        if not found.is_file() or found.stat().st_size > _LARGEST:
            raise missing
        state = found.stat()
        kind = ContentType(TEXT) if found.suffix == ".html" else backstage_type_of(found.name)
        etag = f"{state.st_size:x}-{state.st_mtime_ns:x}"
        return PublishedFile(found.read_bytes(), kind, etag)

    def _home(self, ref: EntityRef) -> Path | None:
        if self._folder is None:
            return None
        parts = (ref.namespace.lower(), ref.kind.lower(), ref.name.lower())
        if any(part in {"", ".", ".."} or "/" in part or "\0" in part for part in parts):
            return None
        home = self._folder.joinpath(*parts).resolve()
        return home if home.is_relative_to(self._folder) else None
