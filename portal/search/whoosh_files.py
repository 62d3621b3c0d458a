"""The files of the Whoosh engine: what is written, and what is trusted on reading.

``state.json`` says what the folder holds; each index lives in a folder of its own
that is never changed once the state names it. Whoosh's files are pickles: they
are opened only when the folder is the portal's own and each file is, byte for
byte, the one that was written.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any

import whoosh
from whoosh import index as whoosh_index

from portal.kernel.files import private_folder
from portal.search import whoosh_mapping as mapping
from portal.search.analysis import KOREAN
from portal.search.index_folder import is_own

#: Rises whenever what is written changes; another Whoosh is another format too.
_FORMAT = f"5/{'.'.join(map(str, whoosh.__version__))}"
STATE_FILE = "state.json"
FOLDER_NAME = re.compile(r"[0-9a-f]{16}")
_MEMORY_MB = 32


@dataclass(frozen=True, slots=True)
class IndexFolder:
    """Where one index is: a folder's name, and its files with their digests."""

    folder: str
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class State:
    """What ``state.json`` says."""

    generation: int = -1
    indexes: Mapping[str, IndexFolder] = field(default_factory=dict)


class Writers:
    """The Whoosh writers of one write, each into a new folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: dict[str, tuple[Path, Any]] = {}
        self._known: dict[str, Mapping[str, str]] = {}

    def of(self, kind: str, base: IndexFolder | None = None) -> Any:
        """Return the writer of a type, which begins with what ``base`` holds."""
        if kind not in self._open:
            path = private_folder(self._folder / secrets.token_hex(8))
            if base is None:
                index = whoosh_index.create_in(path, mapping.schema())
            else:
                self._known[kind] = base.files
                _link_files(self._folder / base.folder, path, base.files)
                index = whoosh_index.open_dir(path)
            self._open[kind] = path, index.writer(limitmb=_MEMORY_MB)
        return self._open[kind][1]

    def commit(self) -> dict[str, IndexFolder]:
        """Finish all of them."""
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
        """Leave nothing behind."""
        for path, writer in self._open.values():
            if not writer.is_closed:
                writer.cancel()
            shutil.rmtree(path, ignore_errors=True)


def _link_files(source: Path, target: Path, names: Iterable[str]) -> None:
    """Give ``target`` the files of ``source``, which nobody ever writes to again."""
    for name in names:
        try:
            os.link(source / name, target / name)
        except OSError:
            shutil.copyfile(source / name, target / name)


def digest_of(path: Path) -> str:
    """Return what tells a file from any other."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def format_now() -> str:
    """Return what indexes are like that this process writes and reads."""
    return f"{_FORMAT}/{KOREAN.name}"


def state_text(state: State) -> bytes:
    """Return what ``read_state`` reads."""
    indexes = {
        kind: {"folder": one.folder, "files": dict(one.files)}
        for kind, one in state.indexes.items()
    }
    text = {"format": format_now(), "generation": state.generation, "indexes": indexes}
    return json.dumps(text, indent=1).encode()


def read_state(folder: Path) -> State:
    """Return what the state file says; the empty state when it is not sound."""
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
        return State(int(read["generation"]), indexes) if sound else State()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return State()
