"""Reads objects of a bare repository through one long-running git process."""

from __future__ import annotations

from pathlib import Path

import git
from git import GitCmdObjectDB
from git import Repo
from git.exc import GitError
from gitdb.exc import ODBError
from gitdb.util import hex_to_bin

_HEADER_PARTS = 3


class _AnyObjectFormat(git.Git):
    """GitPython's ``Git`` with support for SHA-256 repositories.

    GitPython's own parser of object headers accepts ids of 40 digits only.
    """

    def _parse_object_header(self, header_line: str) -> tuple[str, str, int]:
        parts = header_line.split()
        if len(parts) != _HEADER_PARTS:
            raise ValueError(f"git returned no object: {header_line!r}")
        return parts[0], parts[1], int(parts[2])


class _Repository(Repo):
    """GitPython's ``Repo`` with ``_AnyObjectFormat``."""

    GitCommandWrapperType = _AnyObjectFormat


def open_repository(path: Path) -> Repo:
    """Return a bare repository whose ``odb`` is a ``GitCmdObjectDB``; the caller closes it."""
    repository = _Repository(path, odbt=GitCmdObjectDB)
    # In a git hook, GIT_DIR names the hook's repository.
    repository.git.update_environment(GIT_DIR=str(path))
    return repository


def size_in(objects: GitCmdObjectDB, id: str) -> int | None:  # noqa: A002
    """Return the size of an object in bytes; ``None`` when it cannot be read."""
    try:
        return int(objects.info(hex_to_bin(id.encode())).size)
    except (ODBError, GitError, OSError, ValueError):
        return None


def id_in(repository: Repo, name: str) -> str:
    """Return the id of an object that has a name, as ``commit:folder``; empty for none."""
    if "\n" in name:  # it would be two questions
        return ""
    try:
        return str(repository.git.get_object_header(name)[0])
    except (GitError, OSError, ValueError):
        return ""
