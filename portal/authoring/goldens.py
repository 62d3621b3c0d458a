"""Golden listings: what a case makes, kept beside it, so that each change is seen.

``<case>.golden/files.txt`` has a line for every file: mode, digest and path. What
the template rendered, and did not only copy, is there in full, each file with
``.golden`` behind its name: no tool takes it for what it is in a project.
"""

from __future__ import annotations

import difflib
import hashlib
import shutil
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from portal.authoring.cases import FOLDER
from portal.kernel.files import write_files
from portal.scaffolder.skeleton import is_binary
from portal.scaffolder.tree import File
from portal.scaffolder.tree import Tree

_LISTING = "files.txt"
_SUFFIX = ".golden"
#: A change is to be seen, not an attack to be met.
_DIGEST = 16

#: The files of a golden folder, by their path in it.
Golden = Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Change:
    """A file that is not as its golden listing says.

    Attributes:
        mark: ``+`` new, ``-`` gone, ``~`` changed.
        path: The file of the project.
        difference: Lines of a unified diff, where both texts are known.
    """

    mark: str
    path: str
    difference: tuple[str, ...] = ()


def golden_folder(template: Path, case: str) -> Path:
    """Return where a case's golden files are."""
    return template / FOLDER / f"{case}{_SUFFIX}"


def golden_of(tree: Tree, sources: Tree) -> dict[str, bytes]:
    """Return the golden files of a tree that was made of these sources."""
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
    """Return the golden files of a folder; nothing when there is none."""
    if not folder.is_dir():
        return {}
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def write_golden(folder: Path, golden: Golden) -> None:
    """Make a folder hold these golden files and nothing else."""
    if folder.is_dir():
        shutil.rmtree(folder)
    write_files(folder, {path: (data, False) for path, data in golden.items()}, force=False)


def changes(old: Golden, new: Golden) -> Iterator[Change]:
    """Yield what is different, file by file of the project."""
    before, after = _listed(old), _listed(new)
    for path in sorted(before.keys() | after.keys() | _texts(old) | _texts(new)):
        texts = old.get(path + _SUFFIX), new.get(path + _SUFFIX)
        if before.get(path) != after.get(path) or texts[0] != texts[1]:
            difference = _difference(path, *texts)
            modes = _modes(before.get(path, ""), after.get(path, ""))
            yield Change(_mark(path, before, after), path, (*modes, *difference))


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
