"""What looking into repositories costs: components in repositories, then one commit in each.

Prints seconds of wall clock and CPU, the peak of memory, and the size of the database::

    .venv/bin/python benchmarks/evidence.py --repositories 300 --components 1000
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from portal.config.settings import Config
from portal.config.sources import Source
from portal.roles.services import Services

_DESCRIPTOR = """apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {{name: service-{number}}}
spec: {{type: service, lifecycle: production, owner: guests, implementsConcepts: [circuit-breaker]}}
"""
_CODE = """import requests
import pybreaker

breaker = pybreaker.CircuitBreaker(fail_max={number})


@breaker
def call(address):
    return requests.get(address, timeout={number})
"""
_GLOSSARY = Path(__file__).parents[1]


def _git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=bench", "-c", "user.email=bench@example.org")
    subprocess.run(("git", *identity, *arguments), cwd=folder, check=True, capture_output=True)


def _make(folder: Path, numbers: range, files: int) -> None:
    """Make a repository with a folder for each component."""
    for number in numbers:
        home = folder / f"service-{number}"
        (home / "src").mkdir(parents=True)
        (home / "catalog-info.yaml").write_text(_DESCRIPTOR.format(number=number))
        (home / "requirements.txt").write_text("requests\npybreaker\n")
        for at in range(files):
            (home / f"src/module_{at}.py").write_text(_CODE.format(number=number + at))
    _git(folder, "init", "--quiet", "--initial-branch", "main")
    _git(folder, "add", "--all")
    _git(folder, "commit", "--quiet", "--message", "First")


def _timed(name: str, do: Callable[[], object]) -> None:
    started, cpu = time.perf_counter(), time.process_time()
    done = do()
    seconds, spent = time.perf_counter() - started, time.process_time() - cpu
    print(f"{name}: {seconds:.1f} s, {spent:.1f} s of CPU  {done}", flush=True)


def main() -> None:
    """Make the repositories, read them, scan them, commit to each, and scan again."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repositories", type=int, default=300)
    parser.add_argument("--components", type=int, default=1_000)
    parser.add_argument("--files", type=int, default=20, help="files of each component")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        share = asked.components / asked.repositories
        source = Source("glossary", str(_GLOSSARY), targets=("catalog/*/catalog-info.yaml",))
        sources = [source]
        for at in range(asked.repositories):
            home = folder / f"repository-{at}"
            home.mkdir()
            _make(home, range(round(at * share), round((at + 1) * share)), asked.files)
            sources.append(
                replace(source, name=home.name, url=str(home), targets=("**/catalog-info.yaml",))
            )
        services = Services(Config(data_dir=folder / "data", sources=tuple(sources)))
        _timed("sync", lambda: len(list(services.source_sync.sync(()))))
        _timed("first scan", lambda: len(services.link_job.scan_all().scanned))
        _timed("nothing changed", lambda: services.link_job.scan_all().unchanged)
        for at in range(asked.repositories):
            home = folder / f"repository-{at}"
            path = next(home.glob("service-*/src/module_0.py"))
            path.write_text(path.read_text() + "\n# changed\n")
            _git(home, "commit", "--quiet", "--all", "--message", "Next")
        list(services.source_sync.sync(()))
        _timed("after a commit in each", lambda: len(services.link_job.scan_all().scanned))
        services.database.dispose()
        size = sum(one.stat().st_size for one in (folder / "data").glob("portal.db*"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"database {size / 1e6:.1f} MB, peak of memory {peak:.0f} MiB")


if __name__ == "__main__":
    main()
