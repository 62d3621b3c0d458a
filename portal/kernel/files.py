"""Paths: the only address where a name from outside becomes a path of the host."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from pathlib import PurePosixPath

from portal.kernel.errors import InputError


def relative_path(base: str, target: str) -> str:
    """Resolve ``target`` against the folder ``base`` inside a repository.

    Both are POSIX paths relative to the repository's root; a leading ``/`` in
    ``target`` means that root.

    Raises:
        InputError: When the result would leave the repository.
    """
    parts: list[str] = []
    start = "" if target.startswith("/") else base
    for part in PurePosixPath(start, target.lstrip("/") if not start else target).parts:
        if part == "..":
            if not parts:
                msg = f"'{target}' points outside of the repository"
                raise InputError(msg)
            parts.pop()
        elif part not in {"", ".", "/"}:
            parts.append(part)
    return "/".join(parts)


def private_folder(path: Path) -> Path:
    """Make ``path`` a folder only the portal's user can enter."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.chmod(0o700)
    return path


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Let only one process at a time run what follows, by a lock on a file."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def atomic_write(path: Path, data: bytes) -> None:
    """Replace the file at ``path`` so that a reader sees all of it or the old one."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
