"""Children that are forked: ended when they are asked, and when they are not willing."""

from __future__ import annotations

import os
import signal
import subprocess
import time

import pytest

from portal.kernel.jobs import Process
from portal.server.forked import forked


def _be_deaf(signs: int) -> None:
    """Say that the process runs, and do not end when it is asked to."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.write(signs, b"!")
    time.sleep(60)


@pytest.fixture
def deaf() -> Process:
    reading, signs = os.pipe()
    process = forked("portal-deaf", _be_deaf)(os.open(os.devnull, os.O_RDONLY), signs)
    assert os.read(reading, 1) == b"!"
    return process


def test_waiting_for_a_child_that_does_not_end_is_over_in_time(deaf: Process) -> None:
    deaf.terminate()
    with pytest.raises(subprocess.TimeoutExpired):
        deaf.wait(0.2)
    assert deaf.poll() is None
    deaf.kill()
    assert deaf.wait(30) == -signal.SIGKILL
    assert deaf.poll() == -signal.SIGKILL
