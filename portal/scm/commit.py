"""A file tree becomes a commit, without a working tree."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from portal.scm.command import Git


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
        quoted = path.replace("\\", "\\\\").replace('"', '\\"')
        stream.append(f'M 100644 inline "{quoted}"\ndata {len(data)}\n'.encode())
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
