"""A process is known to be gone, however it ended."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from portal.kernel.processes.presence import Presence

_OTHER = """
import sys
from pathlib import Path
from portal.kernel.processes.presence import Presence
presence = Presence(Path(sys.argv[1]))
print(presence.name, flush=True)
sys.stdin.read()
"""


def start(folder: Path) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen(
        [sys.executable, "-c", _OTHER, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def test_a_killed_process_is_gone(tmp_path: Path) -> None:
    process, name = start(tmp_path)
    here = Presence(tmp_path)
    assert (here.is_here(name), here.is_gone(name)) == (True, False)
    process.kill()
    process.communicate()
    assert (here.is_here(name), here.is_gone(name)) == (False, True)


def test_it_is_not_gone_itself(tmp_path: Path) -> None:
    here = Presence(tmp_path)
    assert not here.is_gone(here.name)


def test_one_of_another_machine_is_not_known_to_be_gone(tmp_path: Path) -> None:
    here, elsewhere = Presence(tmp_path / "a"), Presence(tmp_path / "b")
    elsewhere.leave()
    assert not here.is_gone(elsewhere.name)
    assert not here.is_here(elsewhere.name)
    assert not here.is_gone("../b/" + elsewhere.name)


def test_what_the_gone_left_is_swept_unless_it_is_asked_about(tmp_path: Path) -> None:
    here, first, second = (Presence(tmp_path) for _ in range(3))
    first.leave()
    second.leave()
    here.sweep({first.name})
    left = {path.stem for path in tmp_path.iterdir()}
    assert left == {here.name, first.name}
