"""A small repository with a history, for the demonstration and the tests.

``billing.py`` is complicated and changes all the time. ``tax.py`` is as complicated
and rests; ``labels.py`` changes as often and is simple; ``legacy.py`` was busy years ago.
"""

from __future__ import annotations

import os
import subprocess
from datetime import datetime, timedelta
from pathlib import Path

HOTSPOT = "billing.py"
_LONG_AGO = 3_000
_COMMITS = 40


def build_history(folder: Path, now: datetime) -> None:
    """Make a git repository whose history has one hotspot."""
    folder.mkdir(parents=True, exist_ok=True)
    _git(folder, now, "init", "--quiet")
    for number in range(_COMMITS):
        old = now - timedelta(days=_LONG_AGO - number)
        _commit(folder, old, {"legacy.py": _complicated("legacy", number)})
    _commit(folder, now - timedelta(days=20), {"tax.py": _complicated("tax", _COMMITS)})
    for number in range(_COMMITS):
        recent = now - timedelta(hours=_COMMITS * 12 - number)
        files = {HOTSPOT: _complicated("billing", number), "labels.py": f"LABEL = {number}\n"}
        _commit(folder, recent, files)


def _complicated(name: str, size: int) -> str:
    branches = "".join(f"    if amount == {n}:\n        return {n + 1}\n" for n in range(size))
    return f"def {name}(amount: int) -> int:\n{branches}    return 0\n"


def _commit(folder: Path, when: datetime, files: dict[str, str]) -> None:
    for path, text in files.items():
        (folder / path).write_text(text, "utf-8")
    _git(folder, when, "add", "--all")
    _git(folder, when, "commit", "--quiet", "--allow-empty", "--message", "Change")


def _git(folder: Path, when: datetime, *arguments: str) -> None:
    who = {"GIT_AUTHOR_NAME": "Sample", "GIT_AUTHOR_EMAIL": "sample@example.com"}
    who |= {name.replace("AUTHOR", "COMMITTER"): value for name, value in who.items()}
    dates = {"GIT_AUTHOR_DATE": when.isoformat(), "GIT_COMMITTER_DATE": when.isoformat()}
    # The caller's own settings, such as signing or hooks, have no say here.
    nothing = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(
        ["git", "-C", str(folder), *arguments],
        check=True,
        capture_output=True,
        env={**os.environ, **nothing, **who, **dates},
    )
