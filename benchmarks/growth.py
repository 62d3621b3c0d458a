"""Measure what every kind of read costs as the catalog grows, in one process.

    python benchmarks/growth.py [--entities 1000 10000 100000] [--keep FOLDER] [--json FILE]

Each question is asked so often that no two are alike, at answers that are not kept; the least
and the middle CPU time of one are printed in milliseconds, and what the first one cost, which
reads the rows it needs into memory. Then one entity is changed, and the first answers after it
are measured. Memory is what the process has grown by until then.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import resource
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import generate

from portal.catalog.processing.engine import Engine
from portal.catalog.reading.cursors import OrderField
from portal.catalog.reading.cursors import decode_cursor
from portal.catalog.reading.entities_catalog import EntitiesCatalog
from portal.catalog.reading.queries import EntitiesRequest
from portal.catalog.reading.queries import QueryRequest
from portal.config.settings import Config
from portal.config.sources import Source
from portal.kernel.cache import GenerationCache
from portal.model.refs import parse_ref
from portal.roles.services import Services

_NAME = OrderField("metadata.name")
_TEXT_FIELDS = ("metadata.name", "metadata.title", "spec.profile.displayname")
_COMPONENT = {"kind": "component"}


@dataclass(frozen=True)
class Read:
    """A kind of question; ``ask`` gets a number that no other question had."""

    name: str
    ask: Callable[[int], Any]


class Reads:
    """The questions to a catalog.

    Args:
        catalog: The catalog; it keeps no answers.
        names: Of its entities, by kind.
    """

    def __init__(self, catalog: EntitiesCatalog, names: dict[str, list[str]]) -> None:
        self._catalog = catalog
        self._names = names
        self._random = random.Random(11)
        self._sorted = sorted(names["Component"])

    def all(self) -> list[Read]:
        """Return every kind of read."""
        return [
            Read("page of 20 by name", lambda n: self._page(None, n)),
            Read("page of a kind", lambda n: self._page(_COMPONENT, n)),
            Read("page of an owner", lambda _: self._page(self._owned())),
            Read("kind and system", lambda _: self._page({**_COMPONENT, **self._of_system()})),
            Read("deep page by cursor", self._deep_page),
            Read("text, many match", lambda n: self._text(self._random.choice("aeiou"), n)),
            Read("text, some match", lambda n: self._text(self._word(), n)),
            Read("text, none match", lambda n: self._text(f"nothing{n}", 0)),
            Read("by a relation", lambda _: self._related()),
            Read("three facets", lambda _: self._facets(None)),
            Read("facets of a system", lambda _: self._facets(self._of_system())),
            Read("paged list by ref", self._list),
            Read("by name", lambda _: self._catalog.by_name(parse_ref(self._ref("API")))),
            Read("50 by refs", lambda _: self._by_refs()),
            Read("ancestry", lambda _: self._catalog.ancestry(parse_ref(self._ref("API")))),
        ]

    def _one(self, kind: str) -> str:
        return self._random.choice(self._names[kind])

    def _ref(self, kind: str) -> str:
        return f"{kind}:default/{self._one(kind)}".lower()

    def _word(self) -> str:
        return self._one("Component").split("-")[0]

    def _owned(self) -> dict[str, str]:
        return {"relations.ownedBy": self._ref("Group")}

    def _of_system(self) -> dict[str, str]:
        return {"spec.system": self._one("System")}

    def _page(self, predicate: Any, offset: int = 0) -> bytes:
        request = QueryRequest(predicate, _NAME, limit=20, offset=offset)
        return self._catalog.by_query(None, request, ())

    def _deep_page(self, number: int) -> bytes:
        text = json.loads(self._page(None, 1))["pageInfo"]["nextCursor"]
        middle = self._sorted[len(self._sorted) // 2 + number]
        content = decode_cursor(text)
        cursor = type(content)(content.order, values=(middle, ""), total=content.total)
        return self._catalog.by_query(None, QueryRequest(limit=20, cursor=cursor), ())

    def _text(self, term: str, offset: int) -> bytes:
        request = QueryRequest(_COMPONENT, _NAME, term, _TEXT_FIELDS, limit=20, offset=offset)
        return self._catalog.by_query(None, request, ())

    def _related(self) -> bytes:
        relation = {"type": "dependsOn", "targetRef": self._ref("Component")}
        request = EntitiesRequest({"relations": {"$contains": relation}})
        return self._catalog.entities(None, request, ())[0]

    def _facets(self, predicate: Any) -> bytes:
        return self._catalog.facets(None, ("kind", "spec.type", "metadata.tags"), predicate)

    def _list(self, offset: int) -> bytes:
        return self._catalog.entities(None, EntitiesRequest(None, (), 20, offset), ())[0]

    def _by_refs(self) -> bytes:
        return self._catalog.by_refs(None, [self._ref("Component") for _ in range(50)], None, ())


def spent(ask: Callable[[], Any]) -> float:
    """Return the CPU time of a call in milliseconds."""
    before = time.process_time()
    ask()
    return (time.process_time() - before) * 1000


def memory() -> float:
    """Return the present resident memory of this process in MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / (1 << 20)


def git(repository: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=bench", "-c", "user.email=bench@example.org")
    subprocess.run(("git", *identity, *arguments), cwd=repository, check=True, capture_output=True)


def prepare(folder: Path, count: int) -> Services:
    """Make a catalog in a folder, unless it is there, and return its services."""
    repository = folder / "repository"
    source = Source("large", str(repository), targets=("catalog-info.yaml",))
    services = Services(Config(data_dir=folder / "data", sources=(source,)))
    if not repository.exists():
        generate.write(repository, count)
        git(repository, "init", "--quiet", "--initial-branch", "main")
        git(repository, "add", "--all")
        git(repository, "commit", "--quiet", "--message", "everything")
        run(services)
    return services


def run(services: Services) -> None:
    """Bring the catalog to its repository, without an index."""
    (opened,) = services.source_sync.openers().values()
    assert Engine(services.database, 1.0).refresh(opened()).outcome == "changed"


def change(services: Services, repository: Path) -> float:
    """Change one entity, and return the seconds its run took."""
    path = min(repository.glob("entities-*.yaml"))
    head, mark, tail = path.read_text().partition('"description": "')
    path.write_text(f"{head}{mark}Changed at {time.time()}. {tail}")
    git(repository, "commit", "--quiet", "--all", "--message", "change")
    before = time.process_time()
    run(services)
    return time.process_time() - before


def measure(folder: Path, count: int, times: int) -> dict[str, Any]:
    """Measure one size."""
    services = prepare(folder, count)
    gc.collect()
    catalog = EntitiesCatalog(services.database, GenerationCache(0))
    before = memory()
    names = generate.Catalog(count).names
    reads = Reads(catalog, names).all()
    figures: dict[str, Any] = {"reads": {}}
    for read in reads:
        first = spent(partial(read.ask, 0))
        rest = [spent(partial(read.ask, n)) for n in range(1, times)]
        figures["reads"][read.name] = {
            "first": first, "least": min(rest), "median": statistics.median(rest)
        }  # fmt: skip
    figures["memory MiB"] = memory() - before
    figures["run after a change s"] = change(services, folder / "repository")
    for read in reads:
        figures["reads"][read.name]["after a change"] = spent(partial(read.ask, times))
    return figures


def report(count: int, figures: dict[str, Any]) -> None:
    print(f"\n{count} entities, ms of CPU: least, median, first, first after a change")
    for name, each in figures["reads"].items():
        columns = (each[key] for key in ("least", "median", "first", "after a change"))
        print(f"  {name:22}", *(f"{value:9.2f}" for value in columns))
    for name in ("memory MiB", "run after a change s"):
        print(f"  {name:22} {figures[name]:9.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--entities", nargs="+", type=int, default=[1_000, 10_000, 100_000])
    parser.add_argument("--times", type=int, default=20, help="questions of each kind")
    parser.add_argument("--keep", type=Path, help="a folder for catalogs that are kept")
    parser.add_argument("--json", type=Path, help="where the figures are written, too")
    arguments = parser.parse_args()
    found = {}
    for count in arguments.entities:
        with tempfile.TemporaryDirectory() as name:
            folder = (arguments.keep or Path(name)) / str(count)
            folder.mkdir(parents=True, exist_ok=True)
            found[count] = measure(folder, count, arguments.times)
        report(count, found[count])
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
