"""A file tree as a zip: the same tree is always the same bytes."""

from __future__ import annotations

import io
import zipfile

from portal.scaffolder.tree import File
from portal.scaffolder.tree import Tree

#: The earliest time a zip can tell; a real one would make equal trees differ.
_EPOCH = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_EXECUTABLE = 0o111


def to_zip(tree: Tree) -> bytes:
    """Return the files as a zip, executable bits kept."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, file in sorted(tree.items()):
            info = zipfile.ZipInfo(path, _EPOCH)
            info.create_system = _UNIX
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = file.mode << 16
            archive.writestr(info, file.data)
    return buffer.getvalue()


def from_zip(data: bytes) -> dict[str, File]:
    """Return the files of a zip that ``to_zip`` made."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {
            info.filename: File(archive.read(info), bool((info.external_attr >> 16) & _EXECUTABLE))
            for info in archive.infolist()
        }
