"""A bare mirror per source: fetch, and read blobs at a commit.

Nothing is ever checked out, so symbolic links, hooks, filters and submodules of
a repository are inert: only modes 100644 and 100755 exist here.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

from git import GitCmdObjectDB
from git import Repo
from git.exc import GitError
from gitdb.exc import ODBError
from gitdb.util import hex_to_bin

from portal.kernel.errors import InputError
from portal.kernel.errors import NotFoundError
from portal.kernel.errors import SourceError
from portal.kernel.files import exclusive
from portal.scm import globs
from portal.scm.command import Git
from portal.scm.urls import Remote
from portal.scm.urls import check_ref
from portal.scm.urls import is_commit

_PROGRAM = "100755"
_REGULAR = frozenset({"100644", _PROGRAM})
_LINK = "120000"
#: How far back the author of a file is looked for.
_LOG_DEPTH = 2_000
#: The largest file that is read into memory.
_LARGEST_BLOB = 10 * 1024 * 1024
#: Fields of a commit. Nothing in git can hold a NUL, so none can be forged; the
#: letters keep an empty field from looking like the next record.
_LOG_FORMAT = "--format=%x00%x00%H%x00n%an%x00e%ae%x00t%aI%x00s%s"
_LOG_FIELDS = 4
#: How many loose objects a mirror may have before it is packed.
_LOOSE_OBJECTS = 2_000
#: What a git that was killed leaves behind, and the next one stumbles over.
_LOCKS = ("HEAD.lock", "config.lock", "shallow.lock", "packed-refs.lock")


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of a snapshot: the id of its content, its size, whether it is a link or a program."""

    id: str
    size: int
    is_link: bool = False
    is_executable: bool = False


@dataclass(frozen=True, slots=True)
class Blob:
    """A file's content at a commit."""

    path: str
    data: bytes
    id: str


class FileTree(Protocol):
    """Files that can be listed and read: a snapshot of a commit, or a folder."""

    @property
    def commit(self) -> str:
        """The commit's id; empty for what is not committed."""

    @property
    def entries(self) -> Mapping[str, Entry]:
        """Every regular file and symbolic link by path."""

    def read(self, path: str) -> Blob:
        """Return the content of a file, or raise ``NotFoundError``."""

    def glob(self, pattern: str) -> list[str]:
        """Return the paths a glob matches, sorted."""


@dataclass(frozen=True, slots=True)
class Commit:
    """Who changed what, when and why."""

    id: str
    author: str
    email: str
    time: str
    subject: str


class Snapshot:
    """A repository at one commit, read-only and forever the same.

    Args:
        commit: The full commit id.
        entries: Every regular file and symbolic link by path.
        objects: Where blobs are read from.
    """

    def __init__(self, commit: str, entries: Mapping[str, Entry], objects: GitCmdObjectDB) -> None:
        self.commit = commit
        self.entries = entries
        self._objects = objects

    def read(self, path: str) -> Blob:
        """Return the content of a file.

        Raises:
            NotFoundError: When the commit has no such regular file.
        """
        entry = self.entries.get(path)
        if entry is None or entry.is_link:
            reason = "is a symbolic link" if entry else "does not exist"
            msg = f"file {path} {reason}"
            raise NotFoundError(msg)
        check_size(path, entry.size)
        try:
            data = self._objects.stream(hex_to_bin(entry.id.encode())).read()
        except (ODBError, GitError, OSError, ValueError) as error:
            msg = f"the object of {path} cannot be read"
            raise SourceError(msg) from error
        return Blob(path, data, entry.id)

    def glob(self, pattern: str) -> list[str]:
        """Return the paths a glob matches, sorted; links are among them.

        ``*`` and ``?`` stay inside one folder, ``**`` crosses folders.
        """
        if not any(char in pattern for char in "*?["):
            return [pattern] if pattern in self.entries else []
        return sorted(filter(globs.matcher(pattern), self.entries))


def check_size(path: str, size: int) -> None:
    """Refuse a file that would fill the memory.

    Raises:
        InputError: When it is larger than any descriptor may be.
    """
    if size > _LARGEST_BLOB:
        msg = f"file {path} has {size:,} bytes, more than the {_LARGEST_BLOB:,} that are read"
        raise InputError(msg)


class Mirror:
    """The local copy of one remote repository, kept at one branch or tag.

    Args:
        path: The folder of the bare repository; made when needed.
        remote: Where it comes from.
        ref: The branch or tag to follow; empty follows ``HEAD``.
        git: How commands are run.
    """

    def __init__(self, path: Path, remote: Remote, ref: str, git: Git) -> None:
        self._path = path
        self._remote = remote
        self._ref = check_ref(ref) if ref else "HEAD"
        digest = hashlib.sha256(self._ref.encode()).hexdigest()[:12]
        self._head = f"refs/portal/{digest}"
        self._git = git
        self._full_name = ""

    def look(self) -> str:
        """Ask the remote which commit it is at, without fetching anything.

        Raises:
            SourceError: When it does not answer, or has no such ref.
        """
        self._full_name, commit = self._look()
        return commit

    def _look(self) -> tuple[str, str]:
        """Return the full name of the ref that is followed, and its commit.

        A branch goes before a tag of the same name; ``^{}`` is the commit of a
        tag that is an object of its own. A commit id, as in a permanent link,
        follows nothing and needs no question.
        """
        if is_commit(self._ref):
            return self._ref, self._ref
        full = [f"refs/heads/{self._ref}", f"refs/tags/{self._ref}", self._ref]
        names = ["HEAD"] if self._ref == "HEAD" else full
        peeled = [f"{name}^{{}}" for name in names]
        listing = self._git.run(
            "ls-remote", "--quiet", "--", self._remote.url, *names, *peeled, remote=self._remote
        ).decode(errors="replace")
        lines = [line.partition("\t") for line in listing.splitlines()]
        commits = {name: commit for commit, _, name in lines}
        for name in names:
            if name in commits:
                return name, commits.get(f"{name}^{{}}", commits[name])
        reason = (
            "it has no commit yet"
            if self._ref == "HEAD"
            else f"it has no branch or tag '{self._ref}'"
        )
        raise SourceError(reason)

    def refs(self) -> frozenset[str]:
        """Return the names of all branches and tags of the remote.

        Raises:
            SourceError: When it does not answer.
        """
        listing = self._git.run(
            "ls-remote", "--quiet", "--heads", "--tags", "--", self._remote.url, remote=self._remote
        ).decode(errors="replace")
        names = (line.partition("\t")[2] for line in listing.splitlines())
        return frozenset(
            name.removeprefix("refs/heads/").removeprefix("refs/tags/") for name in names
        )

    def fetch(self) -> str:
        """Bring the mirror up to the remote and return the commit it is at.

        Raises:
            SourceError: When the remote cannot be read.
        """
        self._path.mkdir(parents=True, exist_ok=True)
        with exclusive(self._path / "portal.lock"):
            return self._fetch()

    def _fetch(self) -> str:
        # One who has just looked knows the name, and a question less is time won.
        name = self._full_name or self._look()[0]
        self._full_name = ""
        for lock in (*_LOCKS, f"{self._head}.lock"):
            (self._path / lock).unlink(missing_ok=True)
        if not (self._path / "HEAD").exists():
            self._git.run("init", "--quiet", "--bare", "--template=", cwd=self._path)
        self._git.run(
            "fetch",
            "--quiet",
            "--no-tags",
            "--force",
            "--update-shallow",
            "--no-write-fetch-head",
            "--",
            self._remote.url,
            f"+{name}:{self._head}",
            cwd=self._path,
            remote=self._remote,
        )
        return (
            self._git.run("rev-parse", "--verify", f"{self._head}^{{commit}}", cwd=self._path)
            .decode()
            .strip()
        )

    def has(self, commit: str) -> bool:
        """Whether the mirror holds ``commit``."""
        try:
            self._git.run("cat-file", "-e", f"{commit}^{{commit}}", cwd=self._path)
        except (SourceError, OSError):
            return False
        return True

    def snapshot(self, commit: str) -> Snapshot:
        """Return the repository at a full commit id the mirror holds."""
        listing = self._git.run(
            "ls-tree", "-r", "-z", "-l", "--full-tree", commit, cwd=self._path
        ).decode("utf-8", "backslashreplace")
        entries = dict(_entries(listing))
        return Snapshot(commit, entries, self._objects)

    def authors(self, paths: Collection[str], old: str | None, new: str) -> dict[str, Commit]:
        """Return the last commit that touched each path, up to ``new``.

        ``old`` bounds the search; a path it does not find (a merge, a history
        that was rewritten) gets ``new`` itself.
        """
        span = f"{old}..{new}" if old and self.has(old) else new
        log = self._git.run(
            "log",
            f"-{_LOG_DEPTH}",
            "--no-renames",
            "--name-only",
            "-z",
            _LOG_FORMAT,
            span,
            "--",
            cwd=self._path,
        ).decode("utf-8", "backslashreplace")
        missing = set(paths)
        found: dict[str, Commit] = {}
        for commit, touched in _commits(log):
            for path in missing & touched:
                found[path] = commit
            missing -= touched
            if not missing:
                return found
        return found | dict.fromkeys(missing, self.commit(new))

    def commit(self, commit: str) -> Commit:
        """Return author, time and subject of one commit."""
        log = self._git.run(
            "log", "-1", "-z", "--no-patch", _LOG_FORMAT, commit, cwd=self._path
        ).decode("utf-8", "backslashreplace")
        return next(_commits(log))[0]

    @cached_property
    def _repository(self) -> Repo:
        """The repository as GitPython sees it.

        Kept while objects are read: when it is collected, at any moment, it ends the
        process that reads them.
        """
        repository = Repo(self._path, odbt=GitCmdObjectDB)
        # A portal that is started from a git hook must not read that repository.
        repository.git.update_environment(GIT_DIR=str(self._path))
        return repository

    @property
    def _objects(self) -> GitCmdObjectDB:
        return self._repository.odb

    def tidy(self) -> None:
        """Pack what many small fetches have left loose, when it has become much.

        Raises:
            SourceError: When git fails; the mirror is as good as before.
        """
        loose = int(self._git.run("count-objects", cwd=self._path).split()[0])
        if loose > _LOOSE_OBJECTS:
            with exclusive(self._path / "portal.lock"):
                self._git.run("gc", "--quiet", cwd=self._path)

    def close(self) -> None:
        """End the process that reads objects, when one runs."""
        if "_repository" in self.__dict__:
            self._repository.close()
            del self.__dict__["_repository"]


def _entries(listing: str) -> Iterator[tuple[str, Entry]]:
    for line in filter(None, listing.split("\0")):
        meta, path = line.split("\t", 1)
        mode, kind, blob, size = meta.split()
        if kind == "blob" and (mode in _REGULAR or mode == _LINK):
            yield path, Entry(blob, int(size), mode == _LINK, mode == _PROGRAM)


def _commits(log: str) -> Iterator[tuple[Commit, set[str]]]:
    for block in log.split("\0\0"):
        commit, *fields = block.strip("\0").split("\0")
        if len(fields) < _LOG_FIELDS:
            continue
        author, email, time, subject = (field[1:] for field in fields[:_LOG_FIELDS])
        names = {name.lstrip("\n") for name in fields[_LOG_FIELDS:]}
        yield (
            Commit(commit, _one_line(author), _one_line(email), _utc(time), _one_line(subject)),
            names,
        )


def _one_line(text: str) -> str:
    """Return text of a stranger fit for a log or a page: printable and short."""
    return "".join(char for char in text if char.isprintable())[:200].strip()


def _utc(time: str) -> str:
    try:
        return dt.datetime.fromisoformat(time.strip()).astimezone(dt.UTC).isoformat()
    except (ValueError, OverflowError):
        return ""
