"""Programs for node in this folder: their packages installed, their answers read."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from typing import NoReturn

import pytest

_HERE = Path(__file__).parent
_INSTALL = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")


def run_client(script: str, *arguments: str, seconds: float = 120) -> dict[str, Any]:
    """Run a script of this folder and return the JSON object it prints."""
    install_packages()
    command = ["node", str(_HERE / script), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def install_packages() -> None:
    """Install what ``package.json`` asks for, once; skip where that cannot be, but in CI."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        _give_up("node or npm is not installed: the clients are JavaScript packages")
    with _alone():
        if _are_installed():
            return
        done = subprocess.run(_INSTALL, cwd=_HERE, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        _give_up(f"the clients' packages cannot be installed: npm ci failed\n{done.stderr}")


@contextmanager
def _alone() -> Iterator[None]:
    """Wait until no other process of the tests installs packages."""
    folder = os.open(_HERE, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _are_installed() -> bool:
    wanted = json.loads((_HERE / "package.json").read_text())["dependencies"]
    return all(_version(name) == version for name, version in wanted.items())


def _version(package: str) -> str:
    file = _HERE / "node_modules" / package / "package.json"
    return str(json.loads(file.read_text())["version"]) if file.exists() else ""


def _give_up(reason: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason.splitlines()[0])
