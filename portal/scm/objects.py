"""Reads objects of a bare repository through one long-running git process."""

from __future__ import annotations

from pathlib import Path

import git
from git import GitCmdObjectDB
from git import Repo

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
