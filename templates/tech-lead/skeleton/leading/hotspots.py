"""Hotspots: files that are complicated and change often.

Complicated code that nobody touches costs nothing, and simple code may change
every day. The product of both finds where work is slow (Adam Tornhill, "Your Code
as a Crime Scene"). Changes come from ``git log``, complexity from lizard.
"""

from __future__ import annotations

import subprocess
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import lizard


class HistoryError(RuntimeError):
    """There is no history to read."""


@dataclass(frozen=True)
class Hotspot:
    """A file, how often it changed, and how complicated it is.

    Args:
        path: From the repository's root.
        changes: The commits that touched it.
        complexity: The sum of its functions' cyclomatic complexity.
    """

    path: str
    changes: int
    complexity: int

    @property
    def heat(self) -> int:
        """How much it slows the team down, for comparing only."""
        return self.changes * self.complexity


def changes(repository: Path, since: datetime) -> Counter[str]:
    """Return how many commits touched each file.

    Raises:
        HistoryError: When the folder is no git repository with a commit.
    """
    command = ["git", "-C", str(repository), "log", f"--since={since.isoformat()}"]
    command += ["--no-merges", "--no-renames", "--name-only", "-z", "--format="]
    done = subprocess.run(command, capture_output=True, check=False)
    if b"safe.directory" in done.stderr:
        raise HistoryError(
            f"{repository.name} belongs to another user; when it is to be trusted: "
            f"git config --global --add safe.directory {repository.resolve()}"
        )
    if done.returncode:
        raise HistoryError(f"{repository.name} is not a git repository with a history")
    return Counter(path for path in done.stdout.decode().split("\0") if path)


def complexity(path: Path) -> int:
    """Return the sum of the cyclomatic complexity of a file's functions; 0 for prose."""
    found = lizard.analyze_file(str(path))
    return sum(function.cyclomatic_complexity for function in found.function_list)


def hotspots(repository: Path, days: int, now: datetime) -> list[Hotspot]:
    """Return the files that are there today and have heat, the hottest first.

    Raises:
        HistoryError: When there is no history to read.
    """
    found = [
        Hotspot(path, count, complexity(repository / path))
        for path, count in changes(repository, now - timedelta(days=days)).items()
        if (repository / path).is_file()
    ]
    hot = [hotspot for hotspot in found if hotspot.heat]
    return sorted(hot, key=lambda hotspot: (-hotspot.heat, hotspot.path))
