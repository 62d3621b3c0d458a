"""The tour of the README, and the first steps of the documentation, as they stand there.

Each command is run in a clone of this repository, beside a portal that serves it; what it
prints is held to what the page shows. ``…`` stands for anything, as do ids of commits, times,
sizes and versions.
"""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import select
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow

PAGES = {
    "README.md": "## The tour",
    "docs/users/getting-started.md": "## Look around",
}
#: Commands that are proved elsewhere (``make starters``), or end with the terminal.
NOT_RUN = frozenset({"cd order-breaker && make run"})
#: What the page's reader types into a command that asks.
TYPED = {"portal new circuit-breaker": "order-breaker\n\n주문을 막지 않는다\n" + "\n" * 12}
EDITOR = """\
#!/bin/sh
sed -i.before 's/^  description: /  description: 짧게 /' "$1" && rm "$1.before"
"""
#: After so many seconds without a word, a command in the terminal waits for an answer.
_LONGEST_SILENCE = 60
#: What differs from day to day, and from machine to machine.
VARYING = (
    (r"\b[0-9a-f]{12}\b", r"[0-9a-f]{12}"),
    (r"\d+\\\.\d+(?=\\ (?:s|MB)\b)", r"[\\d.]+"),
    (r"(?<=generation\\ )\d+", r"\\d+"),
    (r"(?<=git:\\ )[\d\\.]+", r"[\\d.]+"),
    (r"(?<=sqlite\\ )[\d\\.]+", r"[\\d.]+"),
    (r"\b\d+(?=\\ web\b)", r"\\d+"),
)


@dataclass(frozen=True)
class Shown:
    """A command as a page shows it, and the output below it."""

    page: str
    line: int
    command: str
    output: str


def shown_commands(page: str, start: str) -> Iterator[Shown]:
    """Yield the commands in the console blocks of a page, from a heading on."""
    text = (ROOT / page).read_text()
    offset = text.index(start)
    for block in re.finditer(r"^```console\n(.*?)^```$", text[offset:], re.DOTALL | re.MULTILINE):
        line = text.count("\n", 0, offset + block.start()) + 2
        for part in re.finditer(r"^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)", block[1], re.MULTILINE):
            number = line + block[1].count("\n", 0, part.start())
            yield Shown(page, number, part[1].replace("\\\n", " "), part[2].strip())


COMMANDS = [shown for page, start in PAGES.items() for shown in shown_commands(page, start)]


def pattern_of(output: str) -> re.Pattern[str]:
    """Return what an output has to match."""
    parts = []
    for part in output.split("…"):
        escaped = re.escape(part.strip("\n") if output.startswith(part) else part)
        for varying, anything in VARYING:
            escaped = re.sub(varying, anything, escaped)
        parts.append(escaped)
    return re.compile(".*?".join(parts).strip(), re.DOTALL)


@dataclass
class Tour:
    """A clone of the repository, served by a portal of its own."""

    clone: Path
    port: int
    env: dict[str, str]

    def run(self, command: str) -> str:
        """Run a command of a page and return what it prints."""
        command = command.replace("127.0.0.1:7007", f"127.0.0.1:{self.port}")
        typed = next((text for start, text in TYPED.items() if start in command), None)
        if typed is not None:
            return self._in_terminal(f"{command} --url http://127.0.0.1:{self.port}", typed)
        done = subprocess.run(
            ["/bin/sh", "-c", command],
            cwd=self.clone,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def _in_terminal(self, command: str, typed: str) -> str:
        """Run a command that asks, in a terminal, and type into it."""
        master, slave = pty.openpty()
        process = subprocess.Popen(
            ["/bin/sh", "-c", command],
            cwd=self.clone,
            env=self.env,
            stdin=slave,
            stdout=slave,
            stderr=slave,
        )
        os.close(slave)
        lines = iter(typed.splitlines(keepends=True))
        printed = bytearray()
        # A terminal is gone when its command has ended; one that still asks is silent.
        with contextlib.suppress(OSError):
            while select.select([master], [], [], _LONGEST_SILENCE)[0]:
                printed += os.read(master, 65_536)
                # What is typed before the prompt would be shown before it.
                if printed.endswith(b": "):
                    os.write(master, next(lines, "\n").encode())
        process.kill() if process.poll() is None else None
        assert process.wait() == 0, printed.decode()
        os.close(master)
        return re.sub(r"\x1b\[[0-9;]*m|\r", "", printed.decode())


@pytest.fixture(scope="module")
def tour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tour]:
    """Return a served clone of what is committed here."""
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed, which the README's tour uses")
    folder = tmp_path_factory.mktemp("tour")
    clone = folder / "clone"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    binaries = clone / ".venv" / "bin"
    binaries.mkdir(parents=True)
    portal = binaries / "portal"
    portal.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m portal "$@"\n')
    editor = folder / "editor"
    editor.write_text(EDITOR)
    for program in (portal, editor):
        program.chmod(0o755)
    env = {
        **os.environ,
        "PATH": f"{binaries}:{os.environ['PATH']}",
        "PYTHONPATH": str(clone),
        "EDITOR": str(editor),
        "HOME": str(folder),
        # Only "portal sync" reads what was committed.
        "PORTAL_SYNC_INTERVAL": "86400",
        **{f"GIT_{who}_NAME": "Ada Author" for who in ("AUTHOR", "COMMITTER")},
        **{f"GIT_{who}_EMAIL": "ada@example.org" for who in ("AUTHOR", "COMMITTER")},
    }
    port = _free_port()
    serve = [str(portal), "serve", "--port", str(port)]
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(
            serve, cwd=clone, env=env, stderr=log, stdin=subprocess.DEVNULL
        ) as process,
    ):
        try:
            _wait(port, process)
            yield Tour(clone, port, env)
        finally:
            process.terminate()
            process.wait(30)


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until documentation is searchable, the last of what a portal does at its start."""
    pages = f"http://127.0.0.1:{port}/api/search/query?types=techdocs"
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(pages) as answer:
            if json.load(answer)["results"]:
                return
        time.sleep(0.1)
    pytest.fail("the portal did not become ready")


def test_the_pages_show_commands() -> None:
    assert len(COMMANDS) > 20
    assert {shown.command for shown in COMMANDS} >= NOT_RUN


def test_every_command_of_the_tour_prints_what_the_page_shows(tour: Tour) -> None:
    wrong = []
    for shown in COMMANDS:
        if shown.command in NOT_RUN:
            continue
        printed = tour.run(shown.command).strip()
        if shown.output and not pattern_of(shown.output).fullmatch(printed):
            wrong.append(
                f"{shown.page}:{shown.line}: $ {shown.command}\n{printed[:2000]}\n…\n{printed[-500:]}"
            )
    assert not wrong, "\n\n".join(wrong)
