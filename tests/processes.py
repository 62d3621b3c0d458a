"""The processes that a running portal starts, by the names that ``ps`` shows, and their ends."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

#: How many kills each of the tests that kill makes; 200 at night.
KILLS = int(os.environ.get("PORTAL_TEST_KILLS", "20"))


def children_of(pid: int) -> list[int]:
    """Return the numbers of a process' children."""
    command = ["pgrep", "-P", str(pid)]
    found = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return [int(one) for one in found.split()]


def child_named(pid: int, name: str) -> int:
    """Return the one child that has a name, such as ``portal-worker``."""
    (found,) = children_named(pid, name)
    return found


def children_named(pid: int, name: str) -> list[int]:
    """Return the numbers of the children that have a name."""
    return [child for child in children_of(pid) if _name(child) == name]


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""
