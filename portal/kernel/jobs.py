"""Work beside the requests: one loop, woken by the clock or by a request.

``JobLoop`` runs a function now and then in the current thread. ``WorkerProcess``
keeps a second process alive that does so, which the web process starts and
ends: a large sync then costs readers nothing.
"""

from __future__ import annotations

import logging
import subprocess
import threading
import time
from collections.abc import Callable
from collections.abc import Sequence

_LOG = logging.getLogger(__name__)
#: How long a worker that died is waited for before it is started again.
_RESTART_SECONDS = 2.0


class JobLoop:
    """Calls a function every so often until it is told to stop.

    Args:
        job: What to do; it may take long, and its exceptions are logged.
        is_asked: Asked every second whether the job is wanted at once.
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
            except Exception:
                _LOG.exception("a job failed; it is tried again")
            while not self._stopped and time.monotonic() < due and not self._should_run():
                self._wake.wait(min(1.0, self._interval))

    def _should_run(self) -> bool:
        was_woken = self._wake.is_set()
        self._wake.clear()
        try:
            return was_woken or self._is_asked()
        except Exception:
            _LOG.exception("could not look for requests")
            return False

    def wake(self) -> None:
        """Make the next call happen now."""
        self._wake.set()

    def stop(self) -> None:
        """Let ``run`` return when the present call is done."""
        self._stopped = True
        self._wake.set()


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
            with subprocess.Popen(self._command, stdin=subprocess.PIPE) as process:  # noqa: S603
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
            except OSError:
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
