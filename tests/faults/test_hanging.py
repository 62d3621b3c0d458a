"""Processes that hang: what is told of them, and that they are started again."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from portal.kernel import jobs
from portal.kernel.jobs import WorkerProcess
from portal.kernel.jobs import command
from tests.conftest import MakeRepository
from tests.faults.running import CONTENT
from tests.faults.running import Running
from tests.faults.running import running
from tests.processes import child_named
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.alone]
_READINESS = "/.backstage/health/v1/readiness"
_LIVING = """\
import sys, time
from portal.kernel.jobs import tell_alive

tell_alive(int(sys.argv[1]))
time.sleep(60)
"""


def test_a_worker_that_says_nothing_is_killed_and_started_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(jobs, "_RESTART_SECONDS", 0.01)
    worker = WorkerProcess(command([sys.executable, "-c", _LIVING]), hangs_after=3)
    worker.start()
    until(lambda: worker._process is not None)
    first = worker._process
    assert first is not None
    os.kill(first.pid, signal.SIGSTOP)
    monkeypatch.setattr(worker, "_heard_until", 0.0)
    until(lambda: worker._process not in (None, first))
    assert first.poll() == -signal.SIGKILL
    second = worker._process
    worker.stop()
    assert second is not None
    assert second.poll() is not None


def test_a_stopped_worker_of_a_portal_is_replaced_and_goes_on(
    tmp_path: Path, make_repository: MakeRepository
) -> None:
    repository = make_repository(CONTENT)
    with running(tmp_path / "portal", repository) as portal:
        portal.wait_for("site", "site")
        before = child_named(portal.process.pid, "portal-worker")
        os.kill(before, signal.SIGSTOP)
        name = CONTENT["catalog-info.yaml"].replace("site", "shop")
        repository.commit({"catalog-info.yaml": name})
        portal.wait(lambda: "it is killed" in portal.log.read_text(), seconds=60)
        portal.wait_for("shop", "shop")
        assert child_named(portal.process.pid, "portal-worker") != before
        portal.wait(lambda: portal.get(_READINESS)[1] == '{"status":"ok"}')


def test_a_worker_of_its_own_that_is_stopped_degrades_readiness(
    tmp_path: Path, make_repository: MakeRepository
) -> None:
    with running(tmp_path / "portal", make_repository(CONTENT), jobs=False) as portal:
        command = [sys.executable, "-m", "portal", "worker", "--data-dir", "data"]
        with subprocess.Popen(command, cwd=tmp_path / "portal") as worker:
            portal.wait_for("site", "site")
            portal.wait(lambda: portal.get(_READINESS)[1] == '{"status":"ok"}')
            worker.send_signal(signal.SIGSTOP)
            portal.wait(lambda: _degraded(portal) == ["worker"], seconds=120)
            doctor = [sys.executable, "-m", "portal", "doctor", "--data-dir", "data"]
            told = subprocess.run(
                doctor, cwd=tmp_path / "portal", capture_output=True, text=True, check=False
            )
            assert told.returncode == 1
            assert "is not heard of any more" in told.stdout
            worker.send_signal(signal.SIGCONT)
            portal.wait(lambda: _degraded(portal) == [])
            worker.terminate()


def test_a_database_that_only_reads_degrades_readiness(
    tmp_path: Path, make_repository: MakeRepository
) -> None:
    folder = tmp_path / "portal"
    with running(folder, make_repository(CONTENT), jobs=False) as portal:
        sync = [sys.executable, "-m", "portal", "sync", "--data-dir", "data"]
        subprocess.run(sync, cwd=folder, check=True, capture_output=True)
        portal.wait(lambda: portal.get(_READINESS)[0] == 200)
        with sqlite3.connect(folder / "data/portal.db") as connection:
            for event in ("INSERT", "UPDATE"):
                refusal = f"BEFORE {event} ON heartbeats BEGIN SELECT RAISE(FAIL, 'no'); END"
                connection.execute(f"CREATE TRIGGER refused_{event} {refusal}")
        portal.wait(lambda: "database" in _degraded(portal), seconds=120)
        assert portal.get("/api/catalog/entities")[0] == 200


def _degraded(portal: Running) -> list[str]:
    answer = json.loads(portal.get(_READINESS)[1])
    return [each["check"] for each in answer.get("degraded", ())]
