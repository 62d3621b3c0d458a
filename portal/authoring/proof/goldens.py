"""Golden files: the stored output of a case, so that every change of it shows in a diff.

``<case>.golden/files.txt`` has a line for every file: mode, digest and path. Files that
the template rendered (not only copied) are stored in full, with the suffix ``.golden``,
so that no tool takes them for files of a project.
"""

from __future__ import annotations

import difflib
import hashlib
import shutil
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from portal.authoring.proof.cases import FOLDER
from portal.kernel.files import write_files
from portal.scaffolder.workspace.file_text import is_binary
from portal.scaffolder.workspace.tree import File
from portal.scaffolder.workspace.tree import Tree

_LISTING = "files.txt"
_SUFFIX = ".golden"
#: Hexadecimal digits of a digest: enough to notice changes, not meant against attacks.
_DIGEST = 16

#: The files of a golden folder, by their paths in it.
Golden = Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class GoldenDifference:
    """A file that differs from its golden file.

    Attributes:
        mark: ``+`` added, ``-`` removed, ``~`` changed.
        path: The path in the project.
        difference: Lines of a unified diff, if both texts are known.
    """

    mark: str
    path: str
    difference: tuple[str, ...] = ()


def golden_folder(template: Path, case: str) -> Path:
    """Return the folder of a case's golden files."""
    return template / FOLDER / f"{case}{_SUFFIX}"


def golden_of(tree: Tree, sources: Tree) -> dict[str, bytes]:
    """Return the golden files of a tree; files equal to a source are listed only."""
    own = f"{FOLDER}/"
    copied = {file.data for path, file in sources.items() if not path.startswith(own)}
    lines = [_line(path, file) for path, file in sorted(tree.items())]
    golden = {_LISTING: "".join(f"{line}\n" for line in lines).encode()}
    for path, file in tree.items():
        if file.data not in copied and not is_binary(file.data):
            golden[path + _SUFFIX] = file.data
    return golden


def _line(path: str, file: File) -> str:
    return f"{file.mode:o} {hashlib.sha256(file.data).hexdigest()[:_DIGEST]} {path}"


def read_golden(folder: Path) -> dict[str, bytes]:
    """Return the golden files of a folder; empty when it does not exist."""
    if not folder.is_dir():
        return {}
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def write_golden(folder: Path, golden: Golden) -> None:
    """Replace the content of a folder by golden files."""
    if folder.is_dir():
        shutil.rmtree(folder)
    write_files(folder, {path: (data, False) for path, data in golden.items()}, force=False)


def changes(old: Golden, new: Golden) -> Iterator[GoldenDifference]:
    """Yield the differences by file of the project."""
    before, after = _listed(old), _listed(new)
    for path in sorted(before.keys() | after.keys() | _texts(old) | _texts(new)):
        texts = old.get(path + _SUFFIX), new.get(path + _SUFFIX)
        if before.get(path) != after.get(path) or texts[0] != texts[1]:
            difference = _difference(path, *texts)
            modes = _modes(before.get(path, ""), after.get(path, ""))
            yield GoldenDifference(_mark(path, before, after), path, (*modes, *difference))


def _texts(golden: Golden) -> set[str]:
    return {path.removesuffix(_SUFFIX) for path in golden if path.endswith(_SUFFIX)}


def _listed(golden: Golden) -> dict[str, str]:
    lines = golden.get(_LISTING, b"").decode("utf-8", "replace").splitlines()
    parts = (line.split(" ", 2) for line in lines)
    return {part[2]: f"{part[0]} {part[1]}" for part in parts if len(part) == 3}


def _mark(path: str, before: Mapping[str, str], after: Mapping[str, str]) -> str:
    if path not in before:
        return "+"
    return "~" if path in after else "-"


def _modes(before: str, after: str) -> tuple[str, ...]:
    old, new = before.partition(" ")[0], after.partition(" ")[0]
    return (f"mode {old} -> {new}",) if old and new and old != new else ()


def _difference(path: str, old: bytes | None, new: bytes | None) -> tuple[str, ...]:
    if old == new:
        return ()
    before, after = ((data or b"").decode("utf-8", "replace").splitlines() for data in (old, new))
    names = f"golden/{path}", f"rendered/{path}"
    return tuple(difflib.unified_diff(before, after, *names, lineterm=""))
