"""A file tree becomes a commit, without a working tree."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from portal.kernel.errors import InputError
from portal.scm.command import Git

#: Where ``write_commit`` leaves its commit.
_NEW = "refs/heads/new"
_LONGEST_NAME = 200
_LONGEST_MESSAGE = 20_000


class Content(Protocol):
    """A regular file, as far as git keeps it."""

    @property
    def data(self) -> bytes:
        """Its content."""

    @property
    def is_executable(self) -> bool:
        """Whether it may be run."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who a commit is by, as it says itself; also the committer."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class NewCommit:
    """A commit to be made: the same one has the same id, wherever it is made.

    Args:
        files: Its files by path, judged by the caller.
        message: What it says.
        author: Who it is by.
        time: When, in seconds of Unix time; shown as UTC.
        removed: Paths of the parent that go.
    """

    files: Mapping[str, Content]
    message: str
    author: Author
    time: int
    removed: Sequence[str] = ()


def check_author(author: Author) -> Author:
    """Return an author that a commit can hold.

    Raises:
        InputError: When the name or the address would end the line it stands in.
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
    """Return a message that a commit can hold.

    Raises:
        InputError: When it is empty, too long, or holds what git cannot keep.
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
    """Return the id git gives a content."""
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
    lines = listing.decode().split("\0")
    return {line.split("\t")[1]: line.split()[2] for line in lines if line}
