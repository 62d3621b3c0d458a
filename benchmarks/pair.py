"""Measure the portal and a real Backstage side by side: same catalog, same requests, in turn.

    python benchmarks/pair.py --backstage FOLDER [--entities 1000 10000] [--json FILE]

``FOLDER`` holds an installed Backstage backend and its ``start.sh PORT``, which loads the
catalog that ``PEER_CATALOG`` names and keeps its data below ``PEER_VAR``. Both servers run, and
are asked one after the other for each kind of request: on one connection, and with wrk on eight,
the same request again and again, and requests of which no two are alike. The table of
docs/benchmarks.md is printed, ratios first; a ratio above 1 is in favour of the portal.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import generate
from load import Request
from load import load
from serve import Client
from serve import memory
from serve import wait

_CONNECTIONS = 8
_ALONE = 400
_API = "/api/catalog"
_PORTS = {"portal": 7019, "backstage": 7018}
_TRIGGER = "/api/search/.backstage/scheduler/v1/tasks/search_index_software_catalog/trigger"

Make = Callable[[], Request]


def kinds(catalog: generate.Catalog, seed: int = 5) -> dict[str, Make]:
    """Return what makes requests of each kind, at every call another one."""
    chosen = random.Random(seed)
    names = catalog.names
    words = sorted({word for name in names["Component"] for word in name.split("-")[:3]})

    def ref(kind: str) -> str:
        return f"{kind}:default/{chosen.choice(names[kind])}".lower()

    def get(path: str, *query: tuple[str, str | int]) -> Request:
        return "GET", f"{path}?{urlencode(query)}" if query else path, None

    def page(*query: tuple[str, str | int]) -> Request:
        order = ("orderField", "metadata.name,asc")
        return get(f"{_API}/entities/by-query", ("limit", 20), order, *query)

    def name() -> str:
        return f"{_API}/entities/by-name/component/default/{chosen.choice(names['Component'])}"

    def refs() -> Request:
        body = json.dumps({"entityRefs": [ref("Component") for _ in range(50)]})
        return "POST", f"{_API}/entities/by-refs", body

    def term(text: str) -> Request:
        return get("/api/search/query", ("term", text))

    component = ("filter", "kind=component")
    fields = [("facet", key) for key in ("kind", "spec.type", "metadata.tags")]
    return {
        "by name": lambda: get(name()),
        "50 by refs": refs,
        "ancestry": lambda: get(f"{name()}/ancestry"),
        "page at an offset": lambda: page(("offset", chosen.randrange(len(names["Component"])))),
        "page of an owner": lambda: page(("filter", f"relations.ownedBy={ref('Group')}")),
        "kind and system": lambda: page(
            ("filter", f"kind=component,spec.system={chosen.choice(names['System'])}")
        ),
        "text": lambda: page(component, ("fullTextFilterTerm", chosen.choice(words)[:4])),
        "by a relation": lambda: get(
            f"{_API}/entities", ("filter", f"relations.dependsOn={ref('Component')}")
        ),
        "facets of a system": lambda: get(
            f"{_API}/entity-facets",
            *fields,
            ("filter", f"spec.system={chosen.choice(names['System'])}"),
        ),
        "search, a word": lambda: term(chosen.choice(words)),
        "search, two words": lambda: term(" ".join(chosen.sample(words, 2))),
        "search, a prefix": lambda: term(chosen.choice(words)[:4]),
    }


def checked(client: Client, request: Request) -> float:
    """Return the seconds of an answer, which has to be one."""
    before = time.perf_counter()
    status, body = client.ask(request)
    if status != 200:
        raise SystemExit(f"{request[1]}: {status} {body[:200]!r}")
    return time.perf_counter() - before


def measured(base: str, requests: list[Request], connections: int) -> dict[str, float]:
    """Ask on one connection, then on several, and return median, p99 (ms) and requests/s."""
    client = Client(base)
    for request in requests[:5]:
        checked(client, request)
    alone = sorted(checked(client, request) * 1000 for request in requests[:_ALONE])
    together = load(base, requests, connections)
    return {
        "median": statistics.median(alone),
        "p99": alone[int(len(alone) * 0.99)],
        "rate": together["rate"],
        "busy p99": together["p99"],
    }


def start(folder: Path, backstage: Path, which: str) -> subprocess.Popen[bytes]:
    """Start one of the two servers on the catalog in a folder."""
    port = _PORTS[which]
    environment = dict(os.environ)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed portal is compiled
    if which == "portal":
        config = {
            "sources": [{"name": "bench", "url": "catalog"}],
            "data_dir": str(folder / "data"),
            "port": port,
        }
        (folder / "portal.yaml").write_text(json.dumps(config))
        command = [sys.executable, "-m", "portal", "serve", "--config", str(folder / "portal.yaml")]
    else:
        environment["PEER_CATALOG"] = str(folder / "catalog/catalog-info.yaml")
        environment["PEER_VAR"] = str(folder / "var")
        command = [str(backstage / "start.sh"), str(port)]
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, env=environment, stdout=quiet, stderr=quiet)


def until_served(base: str, count: int) -> dict[str, float]:
    """Wait for all entities, then for the search index, and return the seconds of both."""
    served = wait(base, f"{_API}/entities/by-query?limit=1", count, "totalItems")
    Client(base).ask(("POST", _TRIGGER, "{}"))  # Backstage's; the portal does not know it
    path = "/api/search/query?term=&pageLimit=1"
    searchable = served + wait(base, path, count, "numberOfResults")
    return {"served": served, "searchable": searchable}


def pair(count: int, backstage: Path, times: int) -> dict[str, Any]:
    """Measure both at one size."""
    found: dict[str, Any] = {which: {"reads": {}} for which in _PORTS}
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        catalog = generate.write(folder / "catalog", count)
        for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "catalog"]):
            identity = ["-c", "user.name=bench", "-c", "user.email=bench@localhost"]
            subprocess.run(["git", *identity, *command], cwd=folder / "catalog", check=True)
        servers = {}
        for which, port in _PORTS.items():  # one after the other: both want all of the machine
            servers[which] = start(folder, backstage, which)
            stack.callback(servers[which].wait)
            stack.callback(servers[which].terminate)
            found[which] |= until_served(f"http://127.0.0.1:{port}", count)
        for kind, make in kinds(catalog).items():
            different = [make() for _ in range(times)]
            for way, requests in {
                "repeated": different[:1] * _ALONE,
                "different": different,
            }.items():
                for which, port in _PORTS.items():
                    figures = measured(f"http://127.0.0.1:{port}", requests, _CONNECTIONS)
                    found[which]["reads"][f"{kind}, {way}"] = figures
        for which, server in servers.items():
            found[which]["memory"] = memory(server.pid)
    return found


def report(count: int, found: dict[str, Any]) -> None:
    """Print the table of one size."""
    ours, theirs = found["portal"], found["backstage"]
    print(f"\n## {count:,} entities\n")
    print("| request | ratio, req/s | ratio, median | portal: ms, p99, req/s | Backstage |")
    print("|---|---:|---:|---|---|")
    for name, own in ours["reads"].items():
        peer = theirs["reads"][name]
        columns = [
            name,
            f"{own['rate'] / peer['rate']:.1f}",
            f"{peer['median'] / own['median']:.1f}",
            *(f"{x['median']:.2f}, {x['p99']:.1f}, {x['rate']:,.0f}" for x in (own, peer)),
        ]
        print(f"| {' | '.join(columns)} |")
    for name, unit in {"served": "s", "searchable": "s", "memory": "MiB"}.items():
        ratio = theirs[name] / ours[name]
        figures = (f"{x[name]:.1f} {unit}" for x in (ours, theirs))
        print(f"| {name} | {ratio:.1f} | | {' | '.join(figures)} |")


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--backstage", type=Path, required=True, help="an installed backend")
    parser.add_argument("--entities", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--requests", type=int, default=10_000, help="different ones of each kind")
    parser.add_argument("--json", type=Path, help="where the figures are written, too")
    arguments = parser.parse_args()
    found = {}
    for count in arguments.entities:
        found[count] = pair(count, arguments.backstage, arguments.requests)
        report(count, found[count])
        if arguments.json:
            arguments.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
