"""Reads a local folder as a template and its files, as a repository would have them."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any

from portal.kernel import yaml12
from portal.kernel.errors import InputError
from portal.kernel.errors import RenderingError
from portal.kernel.errors import SourceError
from portal.scaffolder.forms.template import TemplateSpec
from portal.scaffolder.forms.template import read_template
from portal.scaffolder.workspace.tree import File
from portal.scaffolder.workspace.tree import Tree
from portal.scaffolder.workspace.tree import check_tree
from portal.scm.command import Git
from portal.scm.file_names import readable_name
from portal.scm.snapshot import Entry

#: The file names of a template's descriptor, the usual one first.
DESCRIPTORS = ("template.yaml", "template.yml")
_GIT_SECONDS = 30.0
#: Names that are left out where there is no git to tell which files are tracked.
_SKIPPED = frozenset(
    {
        ".git",
        ".mypy_cache",
        ".pytest_cache",
        ".ruff_cache",
        ".venv",
        "__pycache__",
        "node_modules",
    }
)


@dataclass(frozen=True, slots=True)
class TemplateFolder:
    """A template in a local folder.

    Attributes:
        path: The folder.
        descriptor: The name of the file that holds the Template entity.
        data: That file's content.
        line: The line the entity begins at, from 1.
        spec: The template.
        files: All regular files of the folder, without what git ignores.
        left_out: What of it is not used, by path, and why: its symbolic links, for example.
    """

    path: Path
    descriptor: str
    data: bytes
    line: int
    spec: TemplateSpec
    files: Tree
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The template's name, or that of its folder."""
        metadata = self.spec.entity.get("metadata")
        name = metadata.get("name") if isinstance(metadata, dict) else None
        return str(name or self.path.resolve().name)

    def position(self, path: tuple[str | int, ...]) -> tuple[int, int]:
        """Return line and column of a member of the entity."""
        return yaml12.position(self.data, self.line, path)


def read_folder(path: Path) -> TemplateFolder:
    """Read the template of a folder.

    Args:
        path: The folder, or the descriptor in it.

    Raises:
        InputError: When there is no template, or it is invalid; the message names file
            and line.
    """
    folder = path.parent if path.is_file() else path
    names = (path.name,) if path.is_file() else DESCRIPTORS
    name = next((name for name in names if (folder / name).is_file()), "")
    if not name:
        raise InputError(f"{folder}: there is no {DESCRIPTORS[0]} in this folder")
    found = sorted(_tracked(folder) or _walked(folder))
    files = dict(_regular_files(folder, found))
    data = (folder / name).read_bytes()
    return template_folder(folder / name, data, files, dict(_left_out(folder, found)))


def template_folder(
    descriptor: Path, data: bytes, files: Tree, left_out: Mapping[str, str]
) -> TemplateFolder:
    """Return the template of files that were read.

    Args:
        descriptor: Where the descriptor is, or was.
        data: Its content.
        files: All regular files of its folder.
        left_out: What of the folder is not used, by path, and why.

    Raises:
        InputError: When the template is invalid; the message names file and line.
    """
    entity, line = _entity(data, descriptor)
    try:
        spec = read_template(entity)
    except (InputError, RenderingError) as error:
        raise InputError(f"{descriptor}:{line}: {error.message}") from None
    check_tree(files)
    return TemplateFolder(descriptor.parent, descriptor.name, data, line, spec, files, left_out)


def _entity(data: bytes, file: Path) -> tuple[Mapping[str, Any], int]:
    """Return the first document of kind Template in a file, and its line.

    Raises:
        InputError: When there is none, or the file is no YAML.
    """
    documents = []
    for item in yaml12.read(data):
        if isinstance(item, yaml12.Fault):
            raise InputError(f"{file}:{item.line}:{item.column}: {item.message}")
        if isinstance(item.value, dict):
            documents.append(item)
    for item in documents:
        if item.value.get("kind") == "Template":
            return item.value, item.line
    raise InputError(f"{file}:1: no document of kind Template")


def _left_out(folder: Path, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield what is not used of a folder, and why."""
    for name in names:
        shown, is_raw = readable_name(os.fsencode(name))
        entry = Entry("", 0, (folder / name).is_symlink(), has_raw_name=is_raw)
        if entry.why_left_out:
            yield shown, entry.why_left_out


def _regular_files(folder: Path, names: Iterable[str]) -> Iterator[tuple[str, File]]:
    for name in names:
        if readable_name(os.fsencode(name))[1]:
            continue
        path = folder / name
        state = path.lstat() if path.exists() else None
        if state is not None and stat.S_ISREG(state.st_mode):
            yield name, File(path.read_bytes(), bool(state.st_mode & stat.S_IXUSR))


def _tracked(folder: Path) -> list[str]:
    """Return the tracked and untracked files, without ignored ones; empty without git."""
    listing = ("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    with tempfile.TemporaryDirectory() as home:
        try:
            found = Git(Path(home), _GIT_SECONDS).run(*listing, cwd=folder)
        except SourceError:
            return []
    return sorted(set(os.fsdecode(found).split("\0")) - {""})


def _walked(folder: Path) -> Iterator[str]:
    for place, names, files in os.walk(folder, followlinks=False):
        names[:] = [name for name in names if name not in _SKIPPED]
        links = [name for name in names if Path(place, name).is_symlink()]
        yield from (Path(place, name).relative_to(folder).as_posix() for name in (*files, *links))
