"""Paths: the only address where a name from outside becomes a path of the host."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from collections.abc import Mapping
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


def write_files(folder: Path, files: Mapping[str, tuple[bytes, bool]], *, force: bool) -> None:
    """Write files into a folder: by relative path, content and whether it may be run.

    Nothing outside of the folder is touched, whatever links it holds. Other files of
    the folder stay.

    Args:
        folder: Made when it is not there.
        files: What is written.
        force: Whether a folder may be taken that has something in it.

    Raises:
        InputError: When the folder is not empty, or something in it is in the way.
    """
    check_folder(folder, force=force)
    targets = {relative_path("", name): file for name, file in files.items()}
    for name in targets:
        _check_way(folder, name)
    for name, (data, is_executable) in targets.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(path, data)
        path.chmod(_mode(is_executable))


def check_folder(folder: Path, *, force: bool) -> None:
    """Refuse a folder that ``write_files`` would refuse before it begins.

    Raises:
        InputError: When it is no folder, or not empty.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is no folder")
    if not force and folder.is_dir() and any(folder.iterdir()):
        raise InputError(f"{folder} is not empty: name another folder, or use --force")


def _check_way(folder: Path, name: str) -> None:
    """Refuse a path that leads through a link or a file, or is a folder."""
    path = folder
    for part in PurePosixPath(name).parent.parts:
        path /= part
        if path.is_symlink() or (path.exists() and not path.is_dir()):
            raise InputError(f"{path} is in the way: it is a link or a file, not a folder")
    if (folder / name).is_dir() and not (folder / name).is_symlink():
        raise InputError(f"{folder / name} is in the way: it is a folder")


def _mode(is_executable: bool) -> int:
    """Return what a new file's mode is under the user's mask."""
    mask = os.umask(0)
    os.umask(mask)
    return (0o777 if is_executable else 0o666) & ~mask
