"""A template as a commit of its own repository has it; nothing is checked out."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from portal.authoring.folder import TemplateFolder
from portal.authoring.folder import template_folder
from portal.kernel.errors import InputError
from portal.kernel.errors import MirrorError
from portal.kernel.errors import SourceError
from portal.scaffolder.workspace.tree import File
from portal.scm.command import Git
from portal.scm.snapshot import Entry
from portal.scm.snapshot import entries_in

_GIT_SECONDS = 60.0
#: The exit codes of ``git rev-parse`` for a name that means nothing.
_UNKNOWN = (1, 128)


@dataclass(frozen=True, slots=True)
class _Repository:
    """The repository that a folder is in, and the folder's path in it."""

    git: Git
    folder: Path
    place: str

    def run(self, *arguments: str, data: bytes | None = None) -> bytes:
        return self.git.run(*arguments, cwd=self.folder, data=data)

    def id_of(self, name: str) -> str:
        """Return the id of an object that has a name; empty for none."""
        command = ("rev-parse", "--verify", "--quiet", name)
        found = self.git.run(*command, cwd=self.folder, accepts=(0, *_UNKNOWN))
        return found.decode(errors="replace").strip()


@contextmanager
def _opened(folder: Path) -> Iterator[_Repository]:
    """Yield the repository that a folder is in.

    Raises:
        InputError: When it is in none.
        SourceError: When there is no git.
    """
    with tempfile.TemporaryDirectory() as home:
        git = Git(Path(home), _GIT_SECONDS)
        try:
            place = git.run("rev-parse", "--show-prefix", cwd=folder)
        except MirrorError:
            raise InputError(
                f"{folder} is in no git repository that can be read: --since needs one of yours"
            ) from None
        yield _Repository(git, folder, os.fsdecode(place).strip("\n").rstrip("/"))


def commit_of(folder: Path, ref: str) -> str:
    """Return the id of a commit of the repository that a folder is in.

    Args:
        folder: The folder.
        ref: A commit, tag or branch, as git understands it.

    Raises:
        InputError: When there is none of that name, or the folder is in no repository.
        SourceError: When there is no git.
    """
    with _opened(folder) as repository:
        found = "" if ref.startswith("-") else repository.id_of(f"{ref}^{{commit}}")
    if not found:
        raise InputError(
            f"there is no commit, tag or branch '{ref}' in the repository of {folder}; "
            "in a shallow copy, fetch it first"
        )
    return found


def former_folder(template: TemplateFolder, commit: str) -> TemplateFolder | None:
    """Return a template as a commit of its repository has it, below the same path.

    Args:
        template: The template as it is now.
        commit: The full id of the commit.

    Returns:
        ``None`` when there was no such descriptor.

    Raises:
        InputError: When the template was invalid then.
        SourceError: When git cannot read it.
    """
    with _opened(template.path) as repository:
        tree = f"{commit}:{repository.place}"
        if not repository.id_of(tree):
            return None
        listing = repository.run("ls-tree", "-r", "-z", "-l", "--full-tree", tree)
        entries = dict(entries_in(listing))
        files = dict(_files(repository, entries))
    if template.descriptor not in files:
        return None
    left_out = {path: one.why_left_out for path, one in entries.items() if one.why_left_out}
    data = files[template.descriptor].data
    return template_folder(template.path / template.descriptor, data, files, left_out)


def _files(repository: _Repository, entries: Mapping[str, Entry]) -> Iterator[tuple[str, File]]:
    """Yield the regular files, all read by one process.

    Raises:
        SourceError: When the repository does not have one, as a partial copy.
    """
    regular = {path: one for path, one in entries.items() if not one.why_left_out}
    names = "".join(f"{one.id}\n" for one in regular.values())
    written = memoryview(repository.run("cat-file", "--batch", data=names.encode()))
    at = 0
    for path, one in regular.items():
        end = at + len(f"{one.id} blob {one.size}\n")
        if bytes(written[at:end]) != f"{one.id} blob {one.size}\n".encode():
            raise SourceError(f"the repository has no content of {path} at that commit")
        at = end + one.size + 1
        yield path, File(bytes(written[end : end + one.size]), one.is_executable)
