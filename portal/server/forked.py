"""Children of the supervisor that are no web processes: forked, they share what it imported."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import subprocess
import time
from collections.abc import Callable
from multiprocessing.context import ForkProcess
from pathlib import Path

from portal.kernel.jobs import Launch
from portal.kernel.jobs import Process

_FORK = multiprocessing.get_context("fork")
_STANDARD_INPUT = 0
#: Seconds between two looks whether a child has ended.
_LOOK_SECONDS = 0.01
#: The first number that is neither standard input, output nor error.
_FIRST_FILE = 3


def forked(name: str, run: Callable[[int], None]) -> Launch:
    """Return what starts a function in a child process.

    The process that starts it must have no other threads: their locks would stay locked.

    Args:
        name: The name of the process for ``ps`` and ``top``, at most 15 letters.
        run: Takes the number of the file for signs of life.
    """

    def launch(standard_input: int, signs: int) -> Process:
        arguments = (name, run, standard_input, signs)
        process = _FORK.Process(target=_run_child, args=arguments, name=name)
        process.start()
        return _ForkedProcess(process)

    return launch


def name_process(name: str) -> None:
    """Give this process a name for ``ps`` and ``top``, where the system lets it."""
    with contextlib.suppress(OSError):
        Path("/proc/self/comm").write_text(name)


def _run_child(name: str, run: Callable[[int], None], standard_input: int, signs: int) -> None:
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for number in (signal.SIGINT, signal.SIGHUP):  # they are for the parent, which ends this one
        signal.signal(number, signal.SIG_IGN)
    os.dup2(standard_input, _STANDARD_INPUT)
    # The address that is served, and what the parent hears its other children by.
    os.closerange(_FIRST_FILE, signs)
    os.closerange(signs + 1, os.sysconf("SC_OPEN_MAX"))
    name_process(name)
    run(signs)


class _ForkedProcess:
    """A process of ``multiprocessing`` with the methods of one of ``subprocess``."""

    def __init__(self, process: ForkProcess) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        return self._process.pid or 0

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        # ``join`` waits for the end of a pipe that the child closes with all its other files, and
        # then for its exit without a limit.
        deadline = None if timeout is None else time.monotonic() + timeout
        while (code := self._process.exitcode) is None:
            if deadline is not None and time.monotonic() >= deadline:
                raise subprocess.TimeoutExpired(self._process.name, timeout or 0)
            time.sleep(_LOOK_SECONDS)
        return code

    def terminate(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        self._process.kill()
