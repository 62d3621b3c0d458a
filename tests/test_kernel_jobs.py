"""Work beside the requests: woken by the clock or by a request, and ended cleanly."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from portal.kernel import jobs
from portal.kernel.jobs import JobLoop
from portal.kernel.jobs import WorkerProcess


def until(condition: Callable[[], bool]) -> None:
    for _ in range(500):
        if condition():
            return
        time.sleep(0.01)
    pytest.fail("it did not happen")


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
    thread.join(5)
    assert not thread.is_alive()
    assert len(calls) == 2


def test_a_job_runs_by_the_clock() -> None:
    calls: list[int] = []
    loop = JobLoop(lambda: calls.append(1), lambda: False, 0.01)
    thread = started(loop)
    until(lambda: len(calls) >= 3)
    loop.stop()
    thread.join(5)


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
    thread.join(5)


def test_a_worker_that_dies_is_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "_RESTART_SECONDS", 0.01)
    log = tmp_path / "log"
    worker = WorkerProcess([sys.executable, "-c", f"open({str(log)!r}, 'a').write('x')"])
    worker.start()
    until(lambda: log.exists() and len(log.read_text()) >= 2)
    worker.stop()


def test_a_worker_hears_a_line_and_is_ended(tmp_path: Path) -> None:
    log = tmp_path / "log"
    program = f"import sys\nfor _ in sys.stdin: open({str(log)!r}, 'a').write('x')"
    worker = WorkerProcess([sys.executable, "-c", program])
    worker.start()
    until(lambda: worker._process is not None)
    worker.wake()
    until(lambda: log.exists() and log.read_text() == "x")
    process = worker._process
    worker.stop()
    assert process is not None
    assert process.poll() is not None
    worker.wake()
