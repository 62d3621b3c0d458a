"""The file of a backup: a tar of an SQLite database, the keys beside it, and a manifest."""

from __future__ import annotations

import io
import json
import os
import tarfile
from collections.abc import Mapping
from dataclasses import asdict
from dataclasses import dataclass
from pathlib import Path

from portal.kernel.errors import InputError

#: The version of the file's format.
FORMAT = 1
MANIFEST, DATABASE = "manifest.json", "portal.db"
#: The files of the data folder that cannot be made again.
KEYS = ("tasks.key",)
_LARGEST_SMALL_FILE = 1_000_000


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself.

    Attributes:
        format: The version of the file's format.
        portal: The version of the portal that made it.
        tables: The version of the tables.
        made_at: When it was made, ISO 8601.
        rows: How many rows it has.
    """

    format: int
    portal: str
    tables: str
    made_at: str
    rows: int


def write(path: Path, manifest: Manifest, database: Path, keys: Mapping[str, bytes]) -> None:
    """Write a backup beside ``path``, for this user only, then put it there.

    Raises:
        OSError: When it cannot be written.
    """
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        file = os.open(unfinished, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with os.fdopen(file, "wb") as opened, tarfile.open(fileobj=opened, mode="w:gz") as tar:
            _add(tar, MANIFEST, json.dumps(asdict(manifest), indent=1).encode())
            for name, data in keys.items():
                _add(tar, name, data)
            tar.add(database, DATABASE)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(data), 0o600
    tar.addfile(member, io.BytesIO(data))


def read(path: Path, database: Path) -> tuple[Manifest, dict[str, bytes]]:
    """Read a backup; its database is written to ``database``. Return the rest of it.

    Raises:
        InputError: When the file is no backup, or one of a newer portal.
        OSError: When it cannot be read.
    """
    try:
        with tarfile.open(path, "r:gz") as tar:
            manifest = Manifest(**json.loads(_small(tar, MANIFEST)))
            if manifest.format != FORMAT:
                msg = f"{path.name} has format {manifest.format}; this portal reads {FORMAT}"
                raise InputError(msg)
            keys = {name: _small(tar, name) for name in KEYS if name in tar.getnames()}
            _extract(tar, database)
    except (tarfile.TarError, EOFError, KeyError, ValueError, TypeError) as error:
        msg = f"{path.name} is no whole backup of 'portal backup'"
        raise InputError(msg) from error
    return manifest, keys


def _extract(tar: tarfile.TarFile, database: Path) -> None:
    """Write the database; links and folders are no files of a backup.

    Raises:
        KeyError: When there is none.
    """
    found = tar.extractfile(DATABASE)
    if found is None:
        raise KeyError(DATABASE)
    file = os.open(database, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(file, "wb") as written:
        while data := found.read(1 << 20):
            written.write(data)


def _small(tar: tarfile.TarFile, name: str) -> bytes:
    found = tar.extractfile(name)
    if found is None:
        raise KeyError(name)
    return found.read(_LARGEST_SMALL_FILE)
