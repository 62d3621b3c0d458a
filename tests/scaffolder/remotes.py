"""The servers that templates publish to: bare repositories, and JSON as forges answer it."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conftest import ForgeAnswer
from tests.conftest import Serving


@dataclass(frozen=True)
class Remote:
    """A bare repository behind HTTP.

    Attributes:
        serving: Its server.
        name: Its path there, without ``.git``.
    """

    serving: Serving
    name: str = "acme/shop"

    @property
    def path(self) -> Path:
        """Its folder."""
        return self.serving.root / f"{self.name}.git"

    @property
    def url(self) -> str:
        """What is cloned and pushed to."""
        return f"http://{self.serving.host}/{self.name}.git"

    def git(self, *arguments: str) -> str:
        """Run git in it; return what it printed."""
        done = subprocess.run(("git", *arguments), cwd=self.path, check=True, capture_output=True)
        return done.stdout.decode()

    def files(self, branch: str = "main") -> dict[str, str]:
        """Return the content of each file of a branch, by its path."""
        listing = self.git("ls-tree", "-r", "-z", "--name-only", branch)
        return {path: self.read(path, branch) for path in listing.split("\0") if path}

    def read(self, path: str, branch: str = "main") -> str:
        """Return the content of a file."""
        return self.git("show", f"{branch}:{path}")

    def commits(self, branch: str = "main") -> list[str]:
        """Return the ids of a branch's commits, the newest first."""
        return self.git("rev-list", branch).split()


def json_answer(status: int, content: Any) -> ForgeAnswer:
    """Return what a forge answers."""
    return status, {"Content-Type": "application/json"}, json.dumps(content).encode()
