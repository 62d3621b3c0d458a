"""Measure how long a change takes from its commit until search finds it.

    python benchmarks/sync.py [--entities 10000 100000] [--engines whoosh sqlite] [--changes 12]

A repository of made-up entities (``generate.py``, files of 500) and another with a single
one are read once. Then one descriptor at a time is changed and committed, the worker reads
its source, as a webhook makes it do, and a second engine, as the web process has one, is
asked for the change. ``own repository`` changes the single one, ``large repository`` one
of all the others, in a file of 500.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import generate

from portal.catalog.processing.run_report import RunReport
from portal.config.settings import Config
from portal.config.sources import Source
from portal.roles.services import Services
from portal.search.documents import SearchEngine
from portal.search.documents import SearchQuery
from portal.search.engines.table import ENGINES
from portal.search.engines.table import IndexPlace

_OWN = "catalog-info.yaml"
_ONE_OF_500 = "entities-003.yaml"


def git(repository: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=bench", "-c", "user.email=bench@example.org")
    subprocess.run(("git", *identity, *arguments), cwd=repository, check=True, capture_output=True)


def make_repositories(folder: Path, count: int) -> tuple[Source, Source]:
    """Make the small and the large repository; return them as sources."""
    entity = {
        "apiVersion": "backstage.io/v1alpha1",
        "kind": "Component",
        "metadata": {"name": "own-descriptor", "description": "The first text."},
        "spec": {"type": "service", "lifecycle": "production", "owner": "team-a"},
    }
    (folder / "own").mkdir()
    (folder / "own" / _OWN).write_text(json.dumps(entity, indent=1))
    generate.write(folder / "large", count)
    for name in ("own", "large"):
        git(folder / name, "init", "--quiet", "--initial-branch", "main")
        git(folder / name, "add", "--all")
        git(folder / name, "commit", "--quiet", "--message", "everything")
    own, large = (
        Source(name, str(folder / name), targets=("catalog-info.yaml",))
        for name in ("own", "large")
    )
    return own, large


def change(repository: Path, name: str, word: str) -> None:
    """Commit another description for the last entity of a file."""
    path = repository / name
    head, mark, last = path.read_text().rpartition('"description": "')
    path.write_text(head + mark + re.sub(r'^[^"]*', f"Now {word}.", last))
    git(repository, "commit", "--quiet", "--all", "--message", word)


def measure(engine: str, count: int, changes: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sources = make_repositories(folder, count)
        config = Config(data_dir=folder / "data", sources=sources, search_engine=engine)
        services = Services(config)
        before = time.perf_counter()
        assert all(report.outcome == "changed" for report in services.source_sync.sync())
        figures = {"first sync s": time.perf_counter() - before}
        return figures | measure_changes(services, folder, changes)


def measure_changes(services: Services, folder: Path, changes: int) -> dict[str, float]:
    config = services.config
    reader = ENGINES[config.search_engine](
        IndexPlace(config.data_dir / "index", lambda: services.database)
    )
    reader.search(SearchQuery("payment"))
    figures: dict[str, float] = {}
    for source, file in (("own", _OWN), ("large", _ONE_OF_500)):
        found, near = [], []
        for at in range(changes):
            word = f"quux{_letters(at)}{source}"
            change(folder / source, file, word)
            found.append(_timed(partial(_sync_and_find, services, reader, source, word)))
            near.append(_timed(partial(reader.search, SearchQuery("ownn descriptr"))))
        figures |= _row(f"{source} repository, found", found)
        figures |= _row(f"{source} repository, then a near miss", near[1:])
    return figures


def _sync_and_find(services: Services, reader: SearchEngine, source: str, word: str) -> None:
    (report,) = services.source_sync.sync((source,))
    assert isinstance(report, RunReport), report
    assert len(report.changed) == 1, report
    assert reader.search(SearchQuery(word)).total == 1


def _row(title: str, took: list[float]) -> dict[str, float]:
    took = sorted(took)
    return {f"{title} p50 ms": took[len(took) // 2], f"{title} max ms": took[-1]}


def _letters(at: int) -> str:
    return "".join("bcdfghjklm"[int(digit)] for digit in str(at))


def _timed(ask: Callable[[], object]) -> float:
    before = time.perf_counter()
    ask()
    return (time.perf_counter() - before) * 1e3


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure from a commit until it is found.")
    parser.add_argument("--entities", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=["whoosh", "sqlite"])
    parser.add_argument("--changes", type=int, default=12)
    asked = parser.parse_args()
    for count in asked.entities:
        all_figures = {name: measure(name, count, asked.changes) for name in asked.engines}
        print(f"| {count:,} entities | " + " | ".join(all_figures) + " |")
        print("| --- |" + " ---: |" * len(all_figures))
        for row in next(iter(all_figures.values())):
            cells = [f"{figures[row]:,.1f}" for figures in all_figures.values()]
            print(f"| {row} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
