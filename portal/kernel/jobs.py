"""Work beside the requests: one loop, woken by the clock or by a request.

``JobLoop`` runs a function now and then in the current thread. ``JobPool`` runs
named jobs side by side, each of them once at a time. ``WorkerProcess``
keeps a second process alive that does so, which the web process starts and
ends: a large sync then costs readers nothing.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from collections.abc import Sequence

_LOG = logging.getLogger(__name__)
#: How long a worker that died is waited for before it is started again.
_RESTART_SECONDS = 2.0
#: How long a request waits that another process wrote, whose wake-up is not heard.
_POLL_SECONDS = 0.25


class JobLoop:
    """Calls a function every so often until it is told to stop.

    Args:
        job: What to do; it may take long, and its exceptions are logged.
        is_asked: Asked four times a second whether the job is wanted at once.
        interval: Seconds between two calls.
    """

    def __init__(
        self, job: Callable[[], None], is_asked: Callable[[], bool], interval: float
    ) -> None:
        self._job = job
        self._is_asked = is_asked
        self._interval = interval
        self._wake = threading.Event()
        self._stopped = False

    def run(self) -> None:
        """Work until ``stop`` is called."""
        while not self._stopped:
            due = time.monotonic() + self._interval
            try:
                self._job()
            except Exception:  # noqa: BLE001 - whatever it was, the next try is due
                _LOG.exception("a job failed; it is tried again")
            while not self._stopped and time.monotonic() < due and not self._should_run():
                self._wake.wait(min(_POLL_SECONDS, self._interval))

    def _should_run(self) -> bool:
        was_woken = self._wake.is_set()
        self._wake.clear()
        try:
            return was_woken or self._is_asked()
        except Exception:  # noqa: BLE001 - likewise
            _LOG.exception("could not look for requests")
            return False

    def wake(self) -> None:
        """Make the next call happen now."""
        self._wake.set()

    def stop(self) -> None:
        """Let ``run`` return when the present call is done."""
        self._stopped = True
        self._wake.set()


class JobPool:
    """Runs named jobs side by side, in so many threads.

    A job that waits is not put in line again; one that runs and is asked for anew
    runs once more afterwards, however often it is asked for. Urgent jobs go first.

    Args:
        threads: How many jobs run at the same time.
    """

    def __init__(self, threads: int) -> None:
        self._changed = threading.Condition()
        self._urgent: dict[str, Callable[[], None]] = {}
        self._waiting: dict[str, Callable[[], None]] = {}
        self._running: set[str] = set()
        self._stopped = False
        self._threads = [
            threading.Thread(target=self._work, name=f"job-{number}", daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def ask(self, name: str, job: Callable[[], None], is_urgent: bool = False) -> None:
        """Put a job in line; a running one waits for its end first.

        What is not urgent and runs already is not wanted twice.
        """
        with self._changed:
            if name in self._running and not is_urgent:
                return
            if is_urgent:
                self._waiting.pop(name, None)
                self._urgent[name] = job
            elif name not in self._urgent:
                self._waiting[name] = job
            self._changed.notify_all()

    def _next(self) -> tuple[str, Callable[[], None]] | None:
        for line in (self._urgent, self._waiting):
            for name in line:
                if name not in self._running:
                    return name, line.pop(name)
        return None

    def _wait(self) -> tuple[str, Callable[[], None]] | None:
        """Return the next job, which counts as running from now on; ``None`` at the end."""
        with self._changed:
            found = None
            while not self._stopped and (found := self._next()) is None:
                self._changed.wait()
            if found is not None:
                self._running.add(found[0])
            return found

    def _work(self) -> None:
        while found := self._wait():
            name, job = found
            try:
                job()
            except Exception:  # noqa: BLE001 - one job's error is not the next one's
                _LOG.exception("the job %s failed", name)
            with self._changed:
                self._running.discard(name)
                self._changed.notify_all()

    def is_idle(self) -> bool:
        """Whether nothing runs and nothing waits."""
        with self._changed:
            return not (self._urgent or self._waiting or self._running)

    def stop(self) -> None:
        """Let no other job begin, and wait for those that run."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()


def follow(awake: Sequence[Callable[[], None]], end: Callable[[], None]) -> None:
    """Do what a ``WorkerProcess`` in the parent says: wake at every line, end with the pipe."""
    # Not through sys.stdin: a thread inside its lock makes the interpreter's end fatal.
    while os.read(sys.stdin.fileno(), 4096):
        for wake in awake:
            wake()
    end()


class WorkerProcess:
    """A child process that is started again when it dies.

    Its standard input is a pipe from here: a line wakes it, and its end, when
    this process is gone for whatever reason, ends it too.

    Args:
        command: What to run.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._command = list(command)
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep_alive, daemon=True, name="worker")

    def start(self) -> None:
        """Start the process."""
        self._thread.start()

    def _keep_alive(self) -> None:
        while not self._stopping.is_set():
            with subprocess.Popen(self._command, stdin=subprocess.PIPE) as process:
                self._process = process
                code = process.wait()
            if not self._stopping.is_set():
                _LOG.warning("the worker ended with code %s; starting it again", code)
                self._stopping.wait(_RESTART_SECONDS)

    def wake(self) -> None:
        """Ask the worker to look for work now."""
        process = self._process
        if process is not None and process.stdin is not None:
            try:
                process.stdin.write(b"\n")
                process.stdin.flush()
            except (OSError, ValueError):  # it ended, or its pipe is closed already
                _LOG.debug("the worker is not there to be woken")

    def stop(self) -> None:
        """End the process and wait for it."""
        self._stopping.set()
        process = self._process
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
        self._thread.join(5)
