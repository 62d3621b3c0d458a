"""Commits: written of a file tree, without a working tree, and read from a log."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Protocol

from portal.kernel.errors import InputError
from portal.kernel.errors import NotFoundError
from portal.kernel.errors import SourceError
from portal.scm.command import Git

#: Where ``write_commit`` leaves its commit.
_NEW = "refs/heads/new"
_LONGEST_NAME = 200
_LONGEST_MESSAGE = 20_000

#: The beginning of a commit's id, long enough to be of one commit only.
_PREFIX = re.compile(r"[0-9a-f]{7,64}")
_LONGEST_ID = 64

#: Fields of a commit. Nothing in git can hold a NUL, so none can be forged; the
#: letters keep an empty field from looking like the next record.
LOG_FORMAT = "--format=%x00%x00%H%x00n%an%x00e%ae%x00t%aI%x00s%s"
_LOG_FIELDS = 4


class Content(Protocol):
    """A regular file as git stores it."""

    @property
    def data(self) -> bytes:
        """Its content."""

    @property
    def is_executable(self) -> bool:
        """Whether it is executable."""


@dataclass(frozen=True, slots=True)
class Author:
    """The author and committer of a commit."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class NewCommit:
    """A commit to be written: equal values give equal commit ids.

    Args:
        files: Its files by path; paths were checked by the caller.
        message: The commit message.
        author: Author and committer.
        time: Seconds since the epoch; the time zone is UTC.
        removed: Paths of the parent that are deleted.
        tree: The id of a tree that takes the place of the parent's files; empty keeps them.
        moved: New paths of files and folders, by their paths before.
    """

    files: Mapping[str, Content]
    message: str
    author: Author
    time: int
    removed: Sequence[str] = ()
    tree: str = ""
    moved: Mapping[str, str] = field(default_factory=dict)


def check_author(author: Author) -> Author:
    """Return an author that is valid in a commit.

    Raises:
        InputError: When name or address contain characters that a header cannot.
    """
    for what, value in (("name", author.name), ("email address", author.email)):
        is_plain = value.isprintable() and not set(value) & set("<>") and value.strip()
        if not is_plain or len(value) > _LONGEST_NAME:
            raise InputError(
                f"the author's {what} must be one line without '<' and '>', "
                f"{_LONGEST_NAME} characters at most"
            )
    return author


def check_message(message: str) -> str:
    """Return a message that is valid in a commit.

    Raises:
        InputError: When it is empty, too long, or has characters git cannot store.
    """
    try:
        size = len(message.encode())
    except UnicodeEncodeError:
        size = 0
    if not message.strip() or "\0" in message or not 0 < size <= _LONGEST_MESSAGE:
        raise InputError(f"the commit message must be text of 1 to {_LONGEST_MESSAGE:,} bytes")
    return message


def write_commit(repository: Path, commit: NewCommit, git: Git, parent: str = "") -> str:
    """Write a commit into a bare repository and return its id.

    Args:
        repository: The folder, with the parent in it when there is one.
        commit: What it holds; over a parent, its other files stay as they are.
        git: How commands are run.
        parent: The full id of the commit it follows; empty makes a first commit.

    Raises:
        InputError: When author or message cannot be kept.
        SourceError: When git cannot write it.
    """
    check_author(commit.author)
    check_message(commit.message)
    stream = b"".join(_stream(commit, parent))
    git.run("fast-import", "--quiet", "--force", cwd=repository, data=stream)
    return git.run("rev-parse", "--verify", _NEW, cwd=repository).decode().strip()


def _stream(commit: NewCommit, parent: str) -> Iterator[bytes]:
    text = commit.message.rstrip("\n").encode() + b"\n"
    who = f"{commit.author.name} <{commit.author.email}> {commit.time} +0000"
    yield f"commit {_NEW}\nauthor {who}\ncommitter {who}\n".encode()
    yield b"data %d\n%s\n" % (len(text), text)
    if parent:
        yield f"from {parent}\n".encode()
    if commit.tree:
        yield f'deleteall\nM 040000 {commit.tree} ""\n'.encode()
    for before, after in commit.moved.items():
        yield f"R {_quoted(before)} {_quoted(after)}\n".encode()
    for path in commit.removed:
        yield f"D {_quoted(path)}\n".encode()
    for path, file in sorted(commit.files.items()):
        mode = "100755" if file.is_executable else "100644"
        yield f"M {mode} inline {_quoted(path)}\ndata {len(file.data)}\n".encode()
        yield file.data + b"\n"


def _quoted(path: str) -> str:
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def blob_id(data: bytes) -> str:
    """Return the id of a blob: SHA-1 of its header and content."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def commit_files(repository: Path, files: Mapping[str, bytes], message: str, git: Git) -> None:
    """Make ``files`` the whole content of the ``main`` branch of a bare repository.

    Args:
        repository: The folder; a bare repository is made when there is none.
        files: Content by path from the root; paths are the caller's own, safe ones.
        message: The commit message.
        git: How commands are run.
    """
    if not (repository / "HEAD").exists():
        repository.mkdir(parents=True, exist_ok=True)
        git.run("init", "--quiet", "--bare", "--template=", "-b", "main", cwd=repository)
    is_new = not git.run("for-each-ref", "refs/heads/main", cwd=repository)
    if not is_new and _content(repository, git) == {p: blob_id(d) for p, d in files.items()}:
        return
    stream = [_commit_header(message, is_new), b"deleteall\n"]
    for path, data in sorted(files.items()):
        stream.append(f"M 100644 inline {_quoted(path)}\ndata {len(data)}\n".encode())
        stream.append(data + b"\n")
    git.run("fast-import", "--quiet", "--date-format=now", cwd=repository, data=b"".join(stream))


def _commit_header(message: str, is_new: bool) -> bytes:
    text = message.encode()
    parent = b"" if is_new else b"from refs/heads/main^0\n"
    return (
        b"commit refs/heads/main\n"
        b"committer Glossary Portal <portal@localhost> now\n"
        b"data %d\n%s\n%s" % (len(text), text, parent)
    )


def _content(repository: Path, git: Git) -> dict[str, str]:
    listing = git.run("ls-tree", "-r", "-z", "--full-tree", "main", cwd=repository)
    lines = listing.decode("utf-8", "backslashreplace").split("\0")
    return {line.split("\t")[1]: line.split()[2] for line in lines if line}


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit: its id, author, time (ISO 8601, UTC) and subject."""

    id: str
    author: str
    email: str
    time: str
    subject: str


def commits_of(log: str) -> Iterator[tuple[Commit, set[str]]]:
    """Yield the commits of a log in ``LOG_FORMAT``, each with the paths it names."""
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
    """Return untrusted text for a log or a page: one printable, short line."""
    return "".join(char for char in text if char.isprintable())[:200].strip()


def _utc(time: str) -> str:
    try:
        return dt.datetime.fromisoformat(time.strip()).astimezone(dt.UTC).isoformat()
    except (ValueError, OverflowError):
        return ""


def newest_by_path(log: str, paths: Collection[str]) -> dict[str, Commit]:
    """Return the newest commit of a log that touched each path, for those that one touched."""
    missing = set(paths)
    found: dict[str, Commit] = {}
    for commit, touched in commits_of(log):
        found |= dict.fromkeys(missing & touched, commit)
        missing -= touched
        if not missing:
            break
    return found


def ancestor_of(git: Git, mirror: Path, prefix: str, commit: str) -> str:
    """Return the full id of a commit in the history of another one; see ``Mirror.ancestor``.

    Raises:
        NotFoundError: When that history has no such commit.
    """
    msg = f"there is no commit {prefix[:_LONGEST_ID]} in the history that is shown"
    if not _PREFIX.fullmatch(prefix):
        raise NotFoundError(msg)
    name = f"{prefix}^{{commit}}"
    try:
        found = git.run("rev-parse", "--verify", "--quiet", name, cwd=mirror)
        old = found.decode().strip()
        git.run("merge-base", "--is-ancestor", old, commit, cwd=mirror)
    except SourceError:
        raise NotFoundError(msg) from None
    return old
