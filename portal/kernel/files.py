"""Files and paths: the only module that turns untrusted names into paths of the host."""

from __future__ import annotations

import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from contextlib import suppress
from pathlib import Path
from pathlib import PurePosixPath

from portal.kernel.errors import ConfigError
from portal.kernel.errors import InputError
from portal.kernel.errors import MissingFolderError

#: What is said instead of the path of a folder, which is nobody's business.
_NO_FOLDER = (
    "This node of the portal has no data folder that it can write to, and cannot read "
    "repositories without one: ask another node, or have the operator give this one a data_dir, "
    "which may be empty"
)
#: The unit of ``st_blocks``, in bytes.
_BLOCK = 512


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
    """Create a folder with mode 0700, or set that mode; return it.

    Raises:
        ConfigError: When it cannot be made, belongs to another user, or is one that all users
            share, as ``/tmp``: whoever else works there would be shut out.
    """
    make_folder(path)
    try:
        if path.stat().st_mode & stat.S_ISVTX:
            msg = f"the folder {path} is shared by all users: choose a data_dir of the portal's own"
            raise ConfigError(msg)
        path.chmod(0o700)
    except OSError as error:
        raise ConfigError(_refusal(path, error)) from None
    return path


def cache_folder(path: Path) -> Path:
    """Return what ``private_folder`` does, for what is read anew when it is lost.

    Raises:
        MissingFolderError: When it cannot be made: this process has to do without.
    """
    try:
        return private_folder(path)
    except ConfigError as error:
        raise MissingFolderError(_NO_FOLDER) from error


def make_folder(path: Path) -> None:
    """Create a folder with mode 0700; leave one that is there as it is.

    Raises:
        ConfigError: When it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ConfigError(_refusal(path, error)) from None


def _refusal(path: Path, error: OSError) -> str:
    return (
        f"the folder {path} cannot be made or taken: {error.strerror}; choose another "
        "data_dir, or give the portal's user the right to write there"
    )


def private_file(path: Path) -> None:
    """Create a file with mode 0600, or set that mode."""
    path.touch(mode=0o600)
    path.chmod(0o600)


def keep_private() -> None:
    """Let whatever this process and its children write from now on be its user's only."""
    os.umask(0o077)


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file, among processes; its folder is made if needed.

    A file that was removed while it was waited for is no lock any more: it is made anew.
    """
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if _is_there(path, os.fstat(file.fileno())):
                yield
                return


def _is_there(path: Path, opened: os.stat_result) -> bool:
    try:
        return os.path.samestat(path.stat(), opened)
    except OSError:
        return False


def note_use(path: Path) -> None:
    """Set the time of a file to now, if it exists."""
    with suppress(OSError):
        os.utime(path)


def size_of(folder: Path) -> int:
    """Return how many bytes the files of a folder have on disk; 0 when it does not exist."""
    total = 0
    for root, _folders, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(f"{root}/{name}").st_blocks * _BLOCK
            except OSError:  # it is gone meanwhile
                continue
    return total


def atomic_write(path: Path, data: bytes) -> None:
    """Replace a file atomically: readers see the old content or the new one."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_files(folder: Path, files: Mapping[str, tuple[bytes, bool]], *, force: bool) -> None:
    """Write files into a folder.

    Nothing outside of the folder is written, whatever links it has. Other files of the
    folder stay.

    Args:
        folder: The folder; created if it does not exist.
        files: Content and executable bit, by relative path.
        force: Whether the folder may have files already.

    Raises:
        InputError: When the folder is not empty, or a path leads through a link or file.
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
    """Refuse a path that cannot become a file without following a link.

    Raises:
        InputError: When a part of the path is a link or a file, or it is a folder.
    """
    path = folder
    for part in PurePosixPath(name).parent.parts:
        path /= part
        if path.is_symlink() or (path.exists() and not path.is_dir()):
            raise InputError(f"{path} is in the way: it is a link or a file, not a folder")
    if (folder / name).is_dir() and not (folder / name).is_symlink():
        raise InputError(f"{folder / name} is in the way: it is a folder")


def _mode(is_executable: bool) -> int:
    """Return the mode of a new file under the user's umask."""
    mask = os.umask(0)
    os.umask(mask)
    return (0o777 if is_executable else 0o666) & ~mask


def mark_of(path: Path) -> tuple[int, ...]:
    """Return a value that changes when the file is replaced; empty when it does not exist."""
    try:
        now = path.stat()
    except OSError:
        return ()
    return now.st_ino, now.st_mtime_ns, now.st_size


def bytes_below(folder: Path) -> int:
    """Return the size of all files below a folder; what vanishes meanwhile does not count."""
    size = 0
    for inner, _folders, files in os.walk(folder):
        for name in files:
            try:
                size += (Path(inner) / name).lstat().st_size
            except OSError:
                continue
    return size
