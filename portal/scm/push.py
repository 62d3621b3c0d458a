"""A commit of our own goes to a remote: one branch, never by force.

The commit is made in a bare repository that lives as long as one push; there is no
working tree and no configuration a file of the commit could reach.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path

from portal.kernel.errors import SourceError
from portal.kernel.files import private_folder
from portal.scm.command import Git
from portal.scm.commit import NewCommit
from portal.scm.commit import write_commit
from portal.scm.urls import Remote
from portal.scm.urls import check_ref
from portal.scm.urls import is_commit

_HEADS = "refs/heads/"
_BASE = "refs/portal/base"
#: A push that was killed leaves its folder; after so many seconds it is nobody's.
_ABANDONED = 24 * 3600


@dataclass(frozen=True, slots=True)
class Branches:
    """What a remote says of itself: the default branch, and the commit of each branch.

    ``default`` is empty where there is no commit yet.
    """

    default: str
    commits: dict[str, str] = field(default_factory=dict)


class Outbox:
    """A bare repository that lives as long as one push to a remote."""

    def __init__(self, folder: Path, remote: Remote, git: Git) -> None:
        self._folder = folder
        self._remote = remote
        self._git = git

    def branches(self) -> Branches:
        """Ask the remote for its branches.

        Raises:
            SourceError: When it does not answer, or there is no such repository.
        """
        listing = self._git.run(
            "ls-remote",
            "--quiet",
            "--symref",
            "--",
            self._remote.url,
            "HEAD",
            f"{_HEADS}*",
            remote=self._remote,
        ).decode(errors="replace")
        commits, default = {}, ""
        for line in listing.splitlines():
            value, _, name = line.partition("\t")
            if value.startswith("ref: ") and name == "HEAD":
                default = value.removeprefix(f"ref: {_HEADS}")
            elif name.startswith(_HEADS):
                commits[name.removeprefix(_HEADS)] = value
        return Branches(default, commits)

    def fetch(self, name: str, depth: int = 1) -> None:
        """Bring a branch here, or a commit by its full id.

        Args:
            name: The branch or the commit.
            depth: How many commits of its history come along.

        Raises:
            SourceError: When the remote cannot be read, or does not have it.
        """
        full = name if is_commit(name) else f"{_HEADS}{check_ref(name)}"
        self._git.run(
            "fetch",
            "--quiet",
            "--no-tags",
            f"--depth={depth}",
            "--no-write-fetch-head",
            "--",
            self._remote.url,
            f"+{full}:{_BASE}",
            cwd=self._folder,
            remote=self._remote,
        )

    def has(self, commit: str) -> bool:
        """Whether a commit is here, by its full id."""
        try:
            self._git.run("cat-file", "-e", f"{commit}^{{commit}}", cwd=self._folder)
        except SourceError:
            return False
        return True

    def write(self, commit: NewCommit, parent: str = "") -> str:
        """Make a commit and return its id; see ``write_commit``."""
        return write_commit(self._folder, commit, self._git, parent)

    def is_change(self, commit: str, parent: str) -> bool:
        """Whether a commit has other files than its parent."""
        trees = [
            self._git.run("rev-parse", "--verify", f"{name}^{{tree}}", cwd=self._folder)
            for name in (commit, parent)
        ]
        return trees[0] != trees[1]

    def push(self, commit: str, branch: str) -> None:
        """Set a branch of the remote to a commit that follows what it has, if anything.

        Raises:
            SourceError: When the remote refuses it; it is as it was then.
        """
        self._git.run(
            "push",
            "--quiet",
            "--no-verify",
            "--no-signed",
            "--recurse-submodules=no",
            "--",
            self._remote.url,
            f"{commit}:{_HEADS}{check_ref(branch)}",
            cwd=self._folder,
            remote=self._remote,
        )


@contextmanager
def open_outbox(home: Path, remote: Remote, git: Git) -> Iterator[Outbox]:
    """Give an empty outbox that is gone afterwards.

    Args:
        home: The folder of the portal where such repositories are made.
        remote: Where the commit goes.
        git: How commands are run.
    """
    _sweep(private_folder(home))
    with tempfile.TemporaryDirectory(dir=home, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        git.run("init", "--quiet", "--bare", "--template=", cwd=folder)
        yield Outbox(folder, remote, git)


def _sweep(home: Path) -> None:
    oldest = time.time() - _ABANDONED
    for folder in home.iterdir():
        # Another push may end, and its folder go, while we look.
        with suppress(FileNotFoundError):
            if folder.stat().st_mtime < oldest:
                shutil.rmtree(folder, ignore_errors=True)
