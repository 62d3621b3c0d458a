"""Work beside the requests: woken by the clock or by a request, and ended cleanly."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from portal.kernel import jobs
from portal.kernel.jobs import JobLoop
from portal.kernel.jobs import JobPool
from portal.kernel.jobs import WorkerProcess
from portal.kernel.jobs import command
from tests.waiting import until


def started(loop: JobLoop) -> threading.Thread:
    thread = threading.Thread(target=loop.run, daemon=True)
    thread.start()
    return thread


def test_a_job_runs_at_once_then_when_woken_and_stops() -> None:
    calls: list[int] = []
    loop = JobLoop(lambda: calls.append(1), lambda: False, 60)
    thread = started(loop)
    until(lambda: len(calls) == 1)
    loop.wake()
    until(lambda: len(calls) == 2)
    loop.stop()
    thread.join(30)
    assert not thread.is_alive()
    assert len(calls) == 2


_UNTIL_STOPPED = """\
import signal
from portal.kernel.jobs import JobLoop

loop = JobLoop(lambda: None, lambda: False, 0.01, lambda: print(flush=True))
signal.signal(signal.SIGUSR1, lambda *_: loop.wake())
signal.signal(signal.SIGUSR2, lambda *_: loop.wake())
signal.signal(signal.SIGTERM, lambda *_: loop.stop())
loop.run()
"""


def test_signals_that_come_close_together_end_a_loop() -> None:
    """A handler runs in the middle of anything, of another handler, too: it must take no lock."""
    with subprocess.Popen([sys.executable, "-c", _UNTIL_STOPPED], stdout=subprocess.PIPE) as run:
        assert run.stdout is not None
        assert run.stdout.readline()
        threading.Thread(target=run.stdout.read, daemon=True).start()
        for _ in range(20_000):
            run.send_signal(signal.SIGUSR1)
            run.send_signal(signal.SIGUSR2)
        run.terminate()
        try:
            assert run.wait(30) == 0
        finally:
            run.kill()


def test_a_job_runs_by_the_clock() -> None:
    calls: list[int] = []
    loop = JobLoop(lambda: calls.append(1), lambda: False, 0.01)
    thread = started(loop)
    until(lambda: len(calls) >= 3)
    loop.stop()
    thread.join(30)


def test_a_job_that_fails_is_tried_again() -> None:
    calls: list[int] = []

    def fail() -> None:
        calls.append(1)
        raise RuntimeError

    def fail_to_ask() -> bool:
        raise RuntimeError

    loop = JobLoop(fail, fail_to_ask, 0.01)
    thread = started(loop)
    until(lambda: len(calls) >= 2)
    loop.stop()
    thread.join(30)


def test_a_worker_that_dies_is_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "_RESTART_SECONDS", 0.01)
    log = tmp_path / "log"
    worker = WorkerProcess(command([sys.executable, "-c", f"open({str(log)!r}, 'a').write('x')"]))
    worker.start()
    until(lambda: log.exists() and len(log.read_text()) >= 2)
    worker.stop()


def test_a_worker_hears_a_line_and_is_ended(tmp_path: Path) -> None:
    log = tmp_path / "log"
    program = f"import sys\nfor _ in sys.stdin: open({str(log)!r}, 'a').write('x')"
    worker = WorkerProcess(command([sys.executable, "-c", program]))
    worker.start()
    until(lambda: worker._process is not None)
    worker.wake()
    until(lambda: log.exists() and log.read_text() == "x")
    process = worker._process
    worker.stop()
    assert process is not None
    assert process.poll() is not None
    worker.wake()


# --- a pool of named jobs -------------------------------------------------------


@pytest.fixture
def pool() -> Iterator[JobPool]:
    pool = JobPool(2)
    yield pool
    pool.stop()


def test_a_job_that_is_asked_for_while_it_runs_runs_once_more(pool: JobPool) -> None:
    begun, go = threading.Semaphore(0), threading.Event()
    runs: list[int] = []

    def job() -> None:
        begun.release()
        go.wait(30)
        runs.append(1)

    pool.ask("source", job, is_urgent=True)
    assert begun.acquire(timeout=5)
    for _ in range(50):
        pool.ask("source", job, is_urgent=True)
    go.set()
    until(pool.is_idle)
    assert len(runs) == 2


def test_what_runs_is_not_wanted_again_by_the_clock(pool: JobPool) -> None:
    begun, go = threading.Event(), threading.Event()
    runs: list[int] = []

    def job() -> None:
        begun.set()
        go.wait(30)
        runs.append(1)

    pool.ask("source", job)
    assert begun.wait(30)
    pool.ask("source", job)
    go.set()
    until(pool.is_idle)
    assert len(runs) == 1


def test_an_urgent_job_goes_before_those_that_wait_and_hanging_ones_hold_up_nobody() -> None:
    pool = JobPool(1)
    begun, go = threading.Event(), threading.Event()
    order: list[str] = []

    def first() -> None:
        begun.set()
        go.wait(30)

    pool.ask("first", first)
    assert begun.wait(30)
    for name in ("a", "b", "c"):
        pool.ask(name, partial(order.append, name))
    pool.ask("c", partial(order.append, "c"), is_urgent=True)
    pool.ask("d", partial(order.append, "d"), is_urgent=True)
    pool.ask("d", partial(order.append, "d"))
    go.set()
    until(pool.is_idle)
    assert order == ["c", "d", "a", "b"]
    pool.stop()


def test_one_job_never_runs_twice_at_the_same_time(pool: JobPool) -> None:
    inside = 0
    most = 0

    def job() -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        time.sleep(0.01)
        inside -= 1

    for _ in range(20):
        pool.ask("source", job, is_urgent=True)
        time.sleep(0.003)
    until(pool.is_idle)
    assert most == 1


def test_a_job_that_fails_does_not_end_its_thread(pool: JobPool) -> None:
    done = threading.Event()

    def fail() -> None:
        raise RuntimeError

    for name in ("one", "two", "three"):
        pool.ask(name, fail)
    pool.ask("four", done.set)
    assert done.wait(30)


def test_a_pool_that_stops_ends_what_runs_and_begins_nothing() -> None:
    pool = JobPool(1)
    begun, ended, never = threading.Event(), threading.Event(), threading.Event()

    def job() -> None:
        begun.set()
        time.sleep(0.05)
        ended.set()

    pool.ask("runs", job)
    pool.ask("waits", never.set)
    assert begun.wait(30)
    pool.stop()
    assert ended.is_set()
    assert not never.is_set()
