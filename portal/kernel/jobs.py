"""Background jobs.

``JobLoop`` calls a function periodically or on request, in the current thread. ``JobPool``
runs named jobs concurrently, each of them once at a time. ``WorkerProcess`` keeps a child
process alive that does both, so that a large sync does not slow down requests.
"""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import threading
import time
from collections.abc import Callable
from collections.abc import Sequence
from queue import Empty
from queue import SimpleQueue
from typing import Protocol

_LOG = logging.getLogger(__name__)
#: Seconds before a worker process that died is restarted, at first and at most: they double
#: while it dies sooner than ``_SETTLED_SECONDS`` after its start.
_RESTART_SECONDS, _LONGEST_RESTART = 2.0, 60.0
_SETTLED_SECONDS = 60.0
#: Seconds between two looks whether a worker process still runs.
_LOOK_SECONDS = 0.25
#: Seconds between two polls for requests that other processes stored.
_POLL_SECONDS = 0.25
#: Seconds between two signs of life of a worker process, and after which it hangs without one.
_ALIVE_SECONDS, _HANGS_SECONDS = 1.0, 30.0
#: Seconds a process may take until its first sign of life.
_STARTS_SECONDS = 120.0
#: Seconds a process may take until it ends.
_END_SECONDS = 10.0
_STANDARD_INPUT = 0


def _do_nothing() -> None:
    """Tell nobody."""


class JobLoop:
    """Calls a function periodically until it is stopped.

    Args:
        job: The function; it may take long, and its exceptions are logged.
        is_asked: Polled every ``_POLL_SECONDS``; true runs the job at once.
        interval: Seconds between two calls.
        on_turn: Called at every poll: it stops while the function runs.
    """

    def __init__(
        self,
        job: Callable[[], None],
        is_asked: Callable[[], bool],
        interval: float,
        on_turn: Callable[[], None] = _do_nothing,
    ) -> None:
        self._job = job
        self._is_asked = is_asked
        self._interval = interval
        self._on_turn = on_turn
        # Handlers of signals put into it. They may run in the middle of one another, so it has to
        # be what is made for that: an event takes a lock, which the handler below may hold.
        self._woken: SimpleQueue[None] = SimpleQueue()
        self._stopped = False

    def run(self) -> None:
        """Work until ``stop`` is called."""
        while not self._stopped:
            due = time.monotonic() + self._interval
            try:
                self._job()
            except Exception:  # noqa: BLE001 - whatever it was, the next try is due
                _LOG.exception("a job failed, and is tried again")
            while not self._stopped and time.monotonic() < due and not self._should_run():
                self._wait(min(_POLL_SECONDS, self._interval))

    def _should_run(self) -> bool:
        self._on_turn()
        if self._was_woken():
            return True
        try:
            return self._is_asked()
        except Exception:  # noqa: BLE001 - likewise
            _LOG.exception("could not look for requests")
            return False

    def _wait(self, seconds: float) -> None:
        with contextlib.suppress(Empty):
            self._woken.get(timeout=seconds)
            self._woken.put(None)  # the next look takes it

    def _was_woken(self) -> bool:
        was_woken = False
        with contextlib.suppress(Empty):
            while True:
                self._woken.get_nowait()
                was_woken = True
        return was_woken

    def wake(self) -> None:
        """Call the job now; a handler of signals may do this."""
        if self._woken.empty():
            self._woken.put(None)

    def stop(self) -> None:
        """Make ``run`` return after the current call; a handler of signals may do this."""
        self._stopped = True
        self._woken.put(None)


class JobPool:
    """Runs named jobs concurrently, in a fixed number of threads.

    A job that is queued is not queued again; one that is requested while it runs runs once
    more afterwards, however often it is requested. Urgent jobs go first.

    Args:
        threads: The number of jobs that run at the same time.
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
        """Queue a job; if it is running, it is queued after its end.

        A job that is not urgent and is running already is not queued.
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
        """Wait for the next job and mark it as running; ``None`` when the pool stops."""
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
        """Whether no job is running or queued."""
        with self._changed:
            return not (self._urgent or self._waiting or self._running)

    def stop(self) -> None:
        """Start no more jobs, and wait for those that run."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()


def follow(awake: Sequence[Callable[[], None]], end: Callable[[], None]) -> None:
    """Obey the parent's ``WorkerProcess``: wake at every line, end when the pipe closes."""
    # Not through sys.stdin: a thread inside its lock makes the interpreter's exit fatal, and in
    # a process of multiprocessing it is another file.
    while os.read(_STANDARD_INPUT, 4096):
        for wake in awake:
            wake()
    end()


def tell_alive(number: int) -> None:
    """Tell the parent's ``WorkerProcess`` every second that this process lives.

    Args:
        number: The number of the pipe's file.
    """

    def tell() -> None:
        with contextlib.suppress(OSError):  # the parent is gone, and this process ends as well
            while os.write(number, b"."):
                time.sleep(_ALIVE_SECONDS)

    threading.Thread(target=tell, daemon=True, name="alive").start()


class Process(Protocol):
    """A running process; ``subprocess.Popen`` is one."""

    @property
    def pid(self) -> int:
        """Its number."""

    def poll(self) -> int | None:
        """Return its exit code, negative for a signal; ``None`` while it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; ``subprocess.TimeoutExpired`` when that takes too long."""

    def terminate(self) -> None:
        """Ask it to end."""

    def kill(self) -> None:
        """End it."""


#: Starts a process: its standard input, and the file that takes its signs of life.
Launch = Callable[[int, int], Process]


def command(arguments: Sequence[str]) -> Launch:
    """Return what starts a program.

    Args:
        arguments: The program and its arguments; the number of the file for signs of life is
            added to them.
    """

    def launch(standard_input: int, signs: int) -> Process:
        whole = [*arguments, str(signs)]
        return subprocess.Popen(whole, stdin=standard_input, pass_fds=(signs,))

    return launch


class WorkerProcess:
    """A child process that is restarted when it dies, or hangs.

    Its standard input is a pipe: a line wakes it, and the pipe's end, when this process
    has ended for whatever reason, ends it too. Another pipe takes its signs of life.

    Args:
        launch: Starts it.
        hangs_after: Seconds without a sign of life after which it is killed.
    """

    def __init__(self, launch: Launch, hangs_after: float = _HANGS_SECONDS) -> None:
        self._launch = launch
        self._hangs_after = hangs_after
        self._signs = self._waking = -1
        self._is_replaced = False
        self._heard_until = 0.0
        self._process: Process | None = None
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._restarts = Restarts()

    def start(self) -> None:
        """Keep the process alive in a thread of its own."""
        self._thread = threading.Thread(target=self._keep_alive, daemon=True, name="worker")
        self._thread.start()

    def _keep_alive(self) -> None:
        while not self._stopping.is_set():
            self.look()
            self._stopping.wait(_LOOK_SECONDS)

    def look(self) -> None:
        """Start the process if it does not run, unless it died a moment ago."""
        process = self._process
        if process is not None and self._is_hanging():
            _LOG.error("the worker has said nothing for %g s; it is killed", self._hangs_after)
            process.kill()
            process.wait()
        if process is not None and (code := process.poll()) is not None:
            self._process = None
            self._close()
            if not self._is_replaced:
                pause = self._restarts.ended()
                _LOG.warning("the worker ended with code %s; it starts in %g s", code, pause)
            self._is_replaced = False
        if self._process is None and self._restarts.is_due():
            self._restarts.started()
            self._process = self._start()

    def _start(self) -> Process:
        self._signs, of_child = os.pipe()
        standard_input, self._waking = os.pipe()
        for ours in (self._signs, self._waking):
            os.set_blocking(ours, False)
        self._heard_until = time.monotonic() + _STARTS_SECONDS
        try:
            return self._launch(standard_input, of_child)
        finally:
            os.close(of_child)
            os.close(standard_input)

    def _is_hanging(self) -> bool:
        with contextlib.suppress(BlockingIOError):
            if os.read(self._signs, 4096):
                self._heard_until = time.monotonic() + self._hangs_after
        return time.monotonic() > self._heard_until

    def restart(self) -> None:
        """End the process when it has finished what it does; the next one starts at once."""
        if self._process is not None:
            self._is_replaced = True
            self._process.terminate()

    def wake(self) -> None:
        """Ask the worker to look for work now."""
        if self._process is not None:
            with contextlib.suppress(OSError):  # it ended, or was woken often enough
                os.write(self._waking, b"\n")

    def stop(self) -> None:
        """End the process and wait for it."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(5)
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._close()

    def _close(self) -> None:
        os.close(self._signs)
        os.close(self._waking)


class Restarts:
    """When a process that ended is started again: later each time while it ends soon."""

    def __init__(self) -> None:
        self._pause = _RESTART_SECONDS
        self._started = 0.0
        self._due = 0.0

    def started(self) -> None:
        """Note that the process was started."""
        self._started = time.monotonic()

    def ended(self) -> float:
        """Note that the process ended; return the seconds until its next start."""
        if time.monotonic() > self._started + _SETTLED_SECONDS:
            self._pause = _RESTART_SECONDS
        pause = self._pause
        self._due = time.monotonic() + pause
        self._pause = min(2 * pause, _LONGEST_RESTART)
        return pause

    def is_due(self) -> bool:
        """Return whether the process may be started."""
        return time.monotonic() >= self._due
