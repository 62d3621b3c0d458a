"""Load the portal with scenarios that others published for Backstage: Locust files.

    python benchmarks/published.py --scenarios FOLDER [--entities 16000] [--users 50] [--seconds 60]

``FOLDER`` holds Locust files that ask Backstage's API, such as ``scenarios/mvp.py``,
``list-catalog.py`` and ``search-catalog.py`` of redhat-performance/backstage-performance, and
``locust`` is a program on PATH or named with ``--locust``. Every user sends its next request as
soon as the last one is answered; requests/s, p95 and p99 are of all requests of a file.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import generate
from pair import until_served
from serve import memory

_PORT = 7017
_SCENARIOS = ("mvp", "list-catalog", "search-catalog")


@dataclass(frozen=True)
class Summary:
    """What Locust tells of all requests of a scenario; times in milliseconds."""

    requests: int
    failures: int
    rate: float
    p95: float
    p99: float


@contextmanager
def serving(folder: Path, count: int) -> Iterator[int]:
    """Serve a made-up catalog while the body of the ``with`` statement runs; yield the process."""
    generate.write(folder / "catalog", count)
    identity = ["-c", "user.name=bench", "-c", "user.email=bench@localhost"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "catalog"]):
        subprocess.run(["git", *identity, *command], cwd=folder / "catalog", check=True)
    settings = {
        "sources": [{"name": "bench", "url": "catalog"}],
        "data_dir": str(folder / "data"),
        "port": _PORT,
        "guest_user": "user:default/guest",
    }
    (folder / "portal.yaml").write_text(json.dumps(settings))
    command = [sys.executable, "-m", "portal", "serve", "--config", str(folder / "portal.yaml")]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        print(f"served: {until_served(f'http://127.0.0.1:{_PORT}', count)}", flush=True)
        yield server.pid
    finally:
        server.terminate()
        server.wait()


def run(locust: str, scenario: Path, users: int, seconds: int) -> Summary:
    """Run a Locust file, and return what it tells.

    Raises:
        SystemExit: When it did not run.
    """
    with tempfile.TemporaryDirectory() as name:
        prefix = Path(name) / "found"
        command = [locust, "--headless", "--only-summary", "--skip-log", "--csv", str(prefix)]
        command += ["--locustfile", str(scenario), "--host", f"http://127.0.0.1:{_PORT}"]
        command += ["--users", str(users), "--spawn-rate", str(users), "--run-time", f"{seconds}s"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        table = prefix.with_name("found_stats.csv")
        if not table.exists():
            raise SystemExit(f"{scenario.name} did not run:\n{done.stderr}")
        rows = list(csv.DictReader(table.open()))
    total = rows[-1]
    return Summary(
        int(total["Request Count"]),
        int(total["Failure Count"]),
        float(total["Requests/s"]),
        float(total["95%"]),
        float(total["99%"]),
    )


def main() -> None:
    """Read the arguments, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--scenarios", type=Path, required=True, help="a folder of Locust files")
    parser.add_argument("--locust", default="locust", help="the program")
    parser.add_argument("--entities", type=int, default=16_000)
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=60)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, serving(Path(name), arguments.entities) as server:
        print("| scenario | requests/s | p95 ms | p99 ms | requests | failed |")
        print("|---|---:|---:|---:|---:|---:|")
        for scenario in _SCENARIOS:
            path = arguments.scenarios / f"{scenario}.py"
            found = run(arguments.locust, path, arguments.users, arguments.seconds)
            figures = f"{found.rate:,.0f} | {found.p95:.0f} | {found.p99:.0f}"
            print(
                f"| {scenario} | {figures} | {found.requests:,} | {found.failures:,} |", flush=True
            )
        print(f"\nmemory: {memory(server):.0f} MiB")


if __name__ == "__main__":
    main()
