"""Pushes a commit to one branch of a remote, never by force.

The commit is written in a temporary bare repository; there is no working tree and no
configuration that a file of the commit could affect.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Collection
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

#: What the names of branches are below at a remote.
BRANCHES = "refs/heads/"
_BASE = "refs/portal/fetched"
#: What the renderings that projects came from are below, in the projects' repositories.
KEPT = "refs/portal/base/"
#: The age in seconds after which the folder of a killed push is removed.
_ABANDONED = 24 * 3600


@dataclass(frozen=True, slots=True)
class Branches:
    """The branches of a remote: the default one, and the commit id of each.

    ``default`` is empty where there is no commit yet.
    """

    default: str
    commits: dict[str, str] = field(default_factory=dict)


class Outbox:
    """A temporary bare repository for one push to a remote."""

    def __init__(self, folder: Path, remote: Remote, git: Git) -> None:
        self._folder = folder
        self._remote = remote
        self._git = git

    def local(self, *arguments: str, accepts: Collection[int] = (0,)) -> bytes:
        """Run a git command that connects to nothing in this repository; return its output.

        Raises:
            SourceError: When it fails.
        """
        return self._git.run(*arguments, cwd=self._folder, accepts=accepts)

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
            f"{BRANCHES}*",
            remote=self._remote,
        ).decode(errors="replace")
        commits, default = {}, ""
        for line in listing.splitlines():
            value, _, name = line.partition("\t")
            if value.startswith("ref: ") and name == "HEAD":
                default = value.removeprefix(f"ref: {BRANCHES}")
            elif name.startswith(BRANCHES):
                commits[name.removeprefix(BRANCHES)] = value
        return Branches(default, commits)

    def fetch(self, name: str, depth: int = 1) -> None:
        """Fetch a branch, or a commit by its full id.

        Args:
            name: The branch or the commit.
            depth: The number of commits of its history.

        Raises:
            SourceError: When the remote cannot be read, or does not have it.
        """
        full = name if is_commit(name) else f"{BRANCHES}{check_ref(name)}"
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

    def fetch_kept(self, name: str) -> str:
        """Fetch a commit that was kept in the remote below ``KEPT`` and return its id.

        Returns:
            The id; empty when the remote has no such commit.
        """
        target = f"{KEPT}{check_ref(name)}"
        try:
            self._git.run(
                "fetch",
                "--quiet",
                "--no-tags",
                "--depth=1",
                "--no-write-fetch-head",
                "--",
                self._remote.url,
                f"+{target}:{target}",
                cwd=self._folder,
                remote=self._remote,
            )
        except SourceError:
            return ""
        return self.local("rev-parse", "--verify", target).decode().strip()

    def has(self, commit: str) -> bool:
        """Return whether the repository has a commit, by its full id."""
        try:
            self._git.run("cat-file", "-e", f"{commit}^{{commit}}", cwd=self._folder)
        except SourceError:
            return False
        return True

    def write(self, commit: NewCommit, parent: str = "") -> str:
        """Write a commit and return its id; see ``write_commit``."""
        return write_commit(self._folder, commit, self._git, parent)

    def is_change(self, commit: str, parent: str) -> bool:
        """Return whether the files of a commit differ from its parent's."""
        trees = [
            self._git.run("rev-parse", "--verify", f"{name}^{{tree}}", cwd=self._folder)
            for name in (commit, parent)
        ]
        return trees[0] != trees[1]

    def push(self, commit: str, branch: str, namespace: str = BRANCHES) -> None:
        """Push a commit to a branch of the remote, which must be its ancestor or new.

        Args:
            commit: The commit's id.
            branch: The branch.
            namespace: What its name is below: at Gerrit, ``refs/for/`` asks for a review.

        Raises:
            SourceError: When the remote refuses it; the remote is unchanged then.
        """
        self._git.run(
            "push",
            "--quiet",
            "--no-verify",
            "--no-signed",
            "--recurse-submodules=no",
            "--",
            self._remote.url,
            f"{commit}:{namespace}{check_ref(branch)}",
            cwd=self._folder,
            remote=self._remote,
        )


@contextmanager
def open_outbox(home: Path, remote: Remote, git: Git) -> Iterator[Outbox]:
    """Yield an empty outbox, which is deleted afterwards.

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
