"""Git repositories: files go in, a repository that can be cloned comes out."""

import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

IDENTITY = ("-c", "user.name=platform", "-c", "user.email=platform@localhost")
UNSIGNED = ("-c", "commit.gpgsign=false", "-c", "core.hooksPath=/dev/null")


class Taken(Exception):  # noqa: N818 - it is an answer, not an accident
    """A repository of this name is there already, and is not empty."""


def publish(name: str, files: Mapping[str, str], folder: Path) -> str:
    """Put files into a new repository, as its first commit on "main", and give its address.

    The repository is a bare one in the folder, or, where PLATFORM_GIT_BASE says so (for instance
    "git@github.com:acme"), an empty one of that name on a git server.

    Raises:
        Taken: Nothing was overwritten.
    """
    base = os.environ.get("PLATFORM_GIT_BASE")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".") as temporary:
        work = Path(temporary) / "work"
        _commit(work, name, files)
        if base:
            return _push(work, f"{base.rstrip('/')}/{name}.git")
        return _keep(work, folder / f"{name}.git")


def _commit(work: Path, name: str, files: Mapping[str, str]) -> None:
    _git("init", "--quiet", "--initial-branch=main", str(work))
    for path, text in files.items():
        target = work / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="\n")
    _git("-C", str(work), "add", "--all", "--force")
    _git("-C", str(work), *IDENTITY, *UNSIGNED, "commit", "--quiet", "--message", f"Begin {name}")


def _push(work: Path, remote: str) -> str:
    if _git("ls-remote", "--heads", remote):
        raise Taken(remote)
    try:
        _git("-C", str(work), "push", "--quiet", remote, "main")
    except subprocess.CalledProcessError as error:
        if "rejected" in error.stderr:
            raise Taken(remote) from error
        raise
    return remote


def _keep(work: Path, target: Path) -> str:
    """Put a bare repository in its place in one step, so that of two at once only one wins."""
    bare = work.with_name("bare")
    _git("clone", "--quiet", "--bare", "--no-hardlinks", str(work), str(bare))
    _git("-C", str(bare), "remote", "remove", "origin")
    try:
        bare.rename(target)
    except OSError as error:
        if not target.exists():
            raise
        raise Taken(target.name) from error
    return str(target)


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True).stdout
