"""The files of the Whoosh engine: how they are written, and when they are trusted.

``state.json`` names the current indexes; each has a folder of its own that is never
changed once the state names it. Whoosh's files are pickles: they are opened only if
nobody else can write to the folder and each file has the digest that was written.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any

import whoosh
from whoosh import index as whoosh_index

from portal.kernel.files import private_folder
from portal.search.analysis.words import KOREAN
from portal.search.engines import whoosh_mapping
from portal.search.engines.index_folder import is_own

#: The version of the format, raised whenever it changes; includes Whoosh's version.
_FORMAT = f"9/{'.'.join(map(str, whoosh.__version__))}"
STATE_FILE = "state.json"
FOLDER_NAME = re.compile(r"[0-9a-f]{16}")
_MEMORY_MB = 32


@dataclass(frozen=True, slots=True)
class IndexFolder:
    """The folder of one index: its name, and the digests of its files by name."""

    folder: str
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class State:
    """The content of ``state.json``.

    Attributes:
        generation: The catalog's generation; -1 without an index.
        indexes: The indexes by document type.
        catalog: The id of the catalog.
        build: A random id of the last rebuild.
    """

    generation: int = -1
    indexes: Mapping[str, IndexFolder] = field(default_factory=dict)
    catalog: str = ""
    build: str = ""


class DamagedFileError(ValueError):
    """A file of the index is missing, or not the one that was written."""


class Writers:
    """The Whoosh writers of one update or rebuild, each into a new folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: dict[str, tuple[Path, Any]] = {}
        self._known: dict[str, Mapping[str, str]] = {}

    def of(self, kind: str, base: IndexFolder | None = None) -> Any:
        """Return the writer of a type, which starts with the content of ``base``."""
        if kind not in self._open:
            path = private_folder(self._folder / secrets.token_hex(8))
            if base is None:
                index = whoosh_index.create_in(path, whoosh_mapping.schema())
            else:
                self._known[kind] = base.files
                _link_files(self._folder / base.folder, path, base.files)
                index = whoosh_index.open_dir(path)
            self._open[kind] = path, index.writer(limitmb=_MEMORY_MB)
        return self._open[kind][1]

    def commit(self) -> dict[str, IndexFolder]:
        """Commit all writers and return their folders by type."""
        done = {}
        for kind, (path, writer) in self._open.items():
            writer.commit()
            for lock in path.glob("*LOCK"):
                lock.unlink()
            known = self._known.get(kind, {})
            files = {
                file.name: known.get(file.name) or digest_of(file)
                for file in sorted(path.iterdir())
            }
            done[kind] = IndexFolder(path.name, files)
        return done

    def cancel(self) -> None:
        """Cancel all writers and delete their folders."""
        for path, writer in self._open.values():
            if not writer.is_closed:
                writer.cancel()
            shutil.rmtree(path, ignore_errors=True)


def _link_files(source: Path, target: Path, files: Mapping[str, str]) -> None:
    """Link (or copy) files of ``source``, which are never changed, into ``target``.

    Raises:
        DamagedFileError: When one is not as it was written.
    """
    for name, digest in files.items():
        if not (source / name).exists() or digest_of(source / name) != digest:
            raise DamagedFileError
        try:
            os.link(source / name, target / name)
        except OSError:
            shutil.copyfile(source / name, target / name)


def load_files(folder: Path, one: IndexFolder, known: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the content of an index's files by name.

    They are read, not mapped into memory: a mapped file that is cut short in place ends the
    process that reads it (SIGBUS), and what was verified could be another by then.

    Args:
        folder: The folder of all indexes.
        one: The index.
        known: Content by digest that was read before.

    Raises:
        DamagedFileError: When they are not the files that were written.
        OSError: When they cannot be read.
    """
    path = folder / one.folder
    if not path.is_dir() or {file.name for file in path.iterdir()} != one.files.keys():
        raise DamagedFileError
    return {
        name: known[digest] if digest in known else _read_verified(path / name, digest)
        for name, digest in one.files.items()
    }


def _read_verified(path: Path, digest: str) -> bytes:
    data = path.read_bytes()
    if hashlib.blake2b(data, digest_size=16).hexdigest() != digest:
        raise DamagedFileError
    return data


def digest_of(path: Path) -> str:
    """Return the BLAKE2b digest of a file in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def format_now() -> str:
    """Return the format of this process: format version and Korean analyzer."""
    return f"{_FORMAT}/{KOREAN.name}"


def state_text(state: State) -> bytes:
    """Return a state as the bytes of ``state.json``."""
    indexes = {
        kind: {"folder": one.folder, "files": dict(one.files)}
        for kind, one in state.indexes.items()
    }
    text = {
        "format": format_now(),
        "catalog": state.catalog,
        "generation": state.generation,
        "build": state.build,
        "indexes": indexes,
    }
    return json.dumps(text, indent=1).encode()


def read_state(folder: Path) -> State:
    """Return the state of a folder; the empty state when the file is missing or invalid."""
    try:
        if not is_own(folder):
            return State()
        read = json.loads((folder / STATE_FILE).read_bytes())
        if read["format"] != format_now():
            return State()
        indexes = {
            str(kind): IndexFolder(one["folder"], dict(one["files"]))
            for kind, one in read["indexes"].items()
        }
        sound = all(FOLDER_NAME.fullmatch(one.folder) for one in indexes.values())
        made_of = str(read["catalog"]), str(read["build"])
        return State(int(read["generation"]), indexes, *made_of) if sound else State()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return State()
