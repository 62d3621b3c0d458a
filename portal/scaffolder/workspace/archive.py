"""A file tree as a zip; equal trees give equal bytes."""

from __future__ import annotations

import io
import zipfile

from portal.kernel.errors import InputError
from portal.scaffolder.workspace.tree import MOST_BYTES
from portal.scaffolder.workspace.tree import MOST_FILES
from portal.scaffolder.workspace.tree import File
from portal.scaffolder.workspace.tree import Tree

#: The earliest time of a zip entry; real times would make equal trees differ.
_EPOCH = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_EXECUTABLE = 0o111


def to_zip(tree: Tree) -> bytes:
    """Return the files as a zip, with their executable bits."""
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
    """Return the file tree of a zip, within the limits of a tree.

    Raises:
        InputError: When it is no zip, or holds too many files or bytes.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [info for info in archive.infolist() if not info.is_dir()]
            size = sum(info.file_size for info in members)
            if len(members) > MOST_FILES or size > MOST_BYTES:
                raise InputError("too many files, or too large ones")
            return {info.filename: _file(archive, info) for info in members}
    except InputError:
        raise
    except Exception:  # noqa: BLE001 - what zipfile raises for wrong bytes is no closed set
        raise InputError("no zip that can be read") from None


def _file(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> File:
    return File(archive.read(info), bool((info.external_attr >> 16) & _EXECUTABLE))
