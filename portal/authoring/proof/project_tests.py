"""Runs a generated project's own tests, in a temporary folder and with a time limit."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from portal.kernel.files import write_files
from portal.scaffolder.workspace.tree import Tree

#: Variables that are not passed on to the project: the virtual environment, the outer
#: make, and a switch that slows down every start of Python.
_NOT_PASSED_ON = frozenset(
    {
        "MAKEFLAGS",
        "MAKELEVEL",
        "MFLAGS",
        "PYTHONDONTWRITEBYTECODE",
        "PYTHONHOME",
        "PYTHONPATH",
        "VIRTUAL_ENV",
    }
)
_LAST_LINES = 60


@dataclass(frozen=True, slots=True)
class TestRun:
    """The result of a project's tests.

    Attributes:
        fault: Why they failed; empty when they passed.
        seconds: Their duration.
        output: The last lines of their output.
    """

    __test__ = False

    fault: str
    seconds: float
    output: tuple[str, ...]


def run_tests(tree: Tree, command: tuple[str, ...], limit: float) -> TestRun:
    """Write a project into a temporary folder and run its tests there.

    Args:
        tree: The files of the project.
        command: The program that runs its tests, and its arguments.
        limit: Seconds after which its process group is killed.
    """
    with tempfile.TemporaryDirectory(prefix="portal-template-") as folder:
        project = Path(folder, "project")
        files = {path: (file.data, file.is_executable) for path, file in tree.items()}
        write_files(project, files, force=False)
        return _run(project, command, limit)


def _run(project: Path, command: tuple[str, ...], limit: float) -> TestRun:
    began = time.monotonic()
    try:
        with _started(project, command) as process:
            output, _ = process.communicate(timeout=limit)
            code = process.returncode
            fault = f"'{' '.join(command)}' ended with exit code {code}" if code else ""
    except FileNotFoundError:
        output, fault = b"", f"there is no program '{command[0]}'"
    except subprocess.TimeoutExpired as error:
        output = error.output or b""
        fault = f"'{' '.join(command)}' did not end within {limit:g} seconds"
    lines = output.decode("utf-8", "replace").splitlines()
    return TestRun(fault, time.monotonic() - began, tuple(lines[-_LAST_LINES:]))


@contextlib.contextmanager
def _started(project: Path, command: tuple[str, ...]) -> Iterator[subprocess.Popen[bytes]]:
    """Start a program in its own process group, which is killed at the end of the block."""
    process = subprocess.Popen(
        command,
        cwd=project,
        env={name: value for name, value in os.environ.items() if name not in _NOT_PASSED_ON},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    with process:
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
