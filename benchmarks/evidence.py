"""What looking into repositories costs: components in repositories, then one commit in each.

Prints seconds of wall clock and of CPU (git's included), the peak of memory, and the size of the
database::

    .venv/bin/python benchmarks/evidence.py --repositories 300 --components 1000
    .venv/bin/python benchmarks/evidence.py --repositories 1 --components 1 --files 50000
"""

from __future__ import annotations

import argparse
import os
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
#: A file that shows something: one of twenty.
_TELLING = """import requests
import pybreaker

breaker = pybreaker.CircuitBreaker(fail_max={number})


@breaker
def call_{number}(address):
    return requests.get(address, timeout={number})
"""
_PLAIN = """import logging
from dataclasses import dataclass

from service.module_{before} import Order{before}

log = logging.getLogger(__name__)


@dataclass
class Order{number}:
    customer: str
    total: int = {number}

    def discounted(self, share: float) -> int:
        log.info("order of %s", self.customer)
        return round(self.total * (1 - share))


def larger_{number}(one: Order{number}, other: Order{before}) -> bool:
    return one.total > other.total
"""
_PER_FOLDER = 100
_GLOSSARY = Path(__file__).parents[1]


def _git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=bench", "-c", "user.email=bench@example.org")
    subprocess.run(("git", *identity, *arguments), cwd=folder, check=True, capture_output=True)


def _code(at: int) -> str:
    text = _PLAIN if at % 20 else _TELLING
    return text.format(number=at, before=max(at - 1, 0))


def _make(folder: Path, numbers: range, files: int) -> None:
    """Make a repository with a folder for each component."""
    for number in numbers:
        home = folder / f"service-{number}"
        home.mkdir()
        (home / "catalog-info.yaml").write_text(_DESCRIPTOR.format(number=number))
        (home / "requirements.txt").write_text("requests\npybreaker\n")
        (home / "main.py").write_text("from service import module_0\n\nmodule_0.call_0('a')\n")
        for at in range(files):
            path = home / f"service/part_{at // _PER_FOLDER}/module_{at}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(_code(at))
    _git(folder, "init", "--quiet", "--initial-branch", "main")
    _git(folder, "add", "--all")
    _git(folder, "commit", "--quiet", "--message", "First")


def _spent() -> float:
    """Return the seconds of CPU of this process and of those that it has waited for."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def _timed(name: str, do: Callable[[], object]) -> None:
    started, cpu = time.perf_counter(), _spent()
    done = do()
    seconds, spent = time.perf_counter() - started, _spent() - cpu
    print(f"{name}: {seconds:.1f} s, {spent:.2f} s of CPU  {done}", flush=True)


def _scan(services: Services, name: str) -> None:
    _timed(name, lambda: len(services.link_job.scan_all().scanned))


def main() -> None:
    """Make the repositories, read them, scan them, commit to each, and scan again."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repositories", type=int, default=300)
    parser.add_argument("--components", type=int, default=1_000)
    parser.add_argument("--files", type=int, default=20, help="files of code of each component")
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
                replace(source, name=home.name, url=str(home), targets=("*/catalog-info.yaml",))
            )
        config = Config(data_dir=folder / "data", sources=tuple(sources), evidence_timeout=3_600)
        services = Services(config)
        _timed("sync", lambda: len(list(services.source_sync.sync(()))))
        _scan(services, "first scan")
        _timed("nothing changed", lambda: services.link_job.scan_all().unchanged)
        for name in ("module_0", "module_1"):
            for at in range(asked.repositories):
                home = folder / f"repository-{at}"
                path = next(home.glob(f"service-*/service/part_0/{name}.py"))
                path.write_text(path.read_text() + "\n# changed\n")
                _git(home, "commit", "--quiet", "--all", "--message", "Next")
            _timed("sync", lambda: len(list(services.source_sync.sync(()))))
            _scan(services, f"after a commit in each, to {name}")
        # As after a restart: what is kept in the database saves the reading.
        again = Services(config)
        home = folder / "repository-0"
        path = next(home.glob("service-*/service/part_0/module_2.py"))
        path.write_text("import logging\n")
        _git(home, "commit", "--quiet", "--all", "--message", "Last")
        list(again.source_sync.sync(()))
        _scan(again, "after a restart and a commit in one")
        services.database.dispose()
        again.database.dispose()
        size = sum(one.stat().st_size for one in (folder / "data").glob("portal.db*"))
        mirrors = (
            sum(one.stat().st_size for one in (folder / "data").rglob("*") if one.is_file()) - size
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"database {size / 1e6:.1f} MB, mirrors and indexes {mirrors / 1e6:.1f} MB, "
        f"peak of memory {peak:.0f} MiB"
    )


if __name__ == "__main__":
    main()
