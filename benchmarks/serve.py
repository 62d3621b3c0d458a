"""Measure a whole portal: start to served, memory, and requests as a frontend makes them.

    python benchmarks/serve.py [--entities 1000 10000] [--against http://127.0.0.1:7008]

Every number comes from ``portal serve`` itself, over HTTP on loopback, with the
catalog in a git repository made for the occasion. ``--against`` measures the same
requests at another Backstage-compatible backend that holds the same entities
(``generate.py`` writes them), in turn with ours, and prints the ratio.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import generate

_CONNECTIONS = 8
_API = "/api/catalog"
#: A request: method, path, body.
Request = tuple[str, str, str | None]


def _requests(catalog: generate.Catalog) -> dict[str, Request]:
    names = catalog.names
    one = names["Component"][0]
    refs = [f"component:default/{name}" for name in names["Component"][:60]]
    refs += [f"api:default/{name}" for name in names["API"][:40]]
    page = f"{_API}/entities/by-query?limit=20&orderField=metadata.name,asc"
    return {
        "page of 20": ("GET", page, None),
        "page, kind and text": (
            "GET",
            f"{page}&filter=kind=component&fullTextFilterTerm=pay",
            None,
        ),
        "all components": ("GET", f"{_API}/entities?filter=kind=component", None),
        "facets": (
            "GET",
            f"{_API}/entity-facets?facet=kind&facet=spec.type&facet=metadata.tags",
            None,
        ),
        "by name": ("GET", f"{_API}/entities/by-name/component/default/{one}", None),
        "100 by refs": ("POST", f"{_API}/entities/by-refs", json.dumps({"entityRefs": refs})),
        "ancestry": ("GET", f"{_API}/entities/by-name/component/default/{one}/ancestry", None),
        "search": ("GET", "/api/search/query?term=payment", None),
    }


class Client:
    """One kept-alive connection to a backend."""

    def __init__(self, base: str) -> None:
        parts = urlsplit(base)
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)

    def ask(self, request: Request) -> tuple[int, bytes]:
        """Send a request and read its answer whole."""
        method, path, body = request
        headers = {"Content-Type": "application/json"} if body else {}
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        return answer.status, answer.read()


def _seconds(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def _sequential(client: Client, request: Request, budget: float) -> list[float]:
    status, body = client.ask(request)
    if status != 200:
        raise SystemExit(f"{request[1]}: {status} {body[:200]!r}")
    once = _seconds(lambda: client.ask(request))
    return [
        _seconds(lambda: client.ask(request)) for _ in range(min(200, max(20, int(budget / once))))
    ]


def _concurrent(base: str, request: Request, count: int) -> float:
    """Return requests per second over several connections."""

    def work(_index: int) -> None:
        client = Client(base)
        for _ in range(count // _CONNECTIONS):
            client.ask(request)

    with ThreadPoolExecutor(_CONNECTIONS) as pool:
        seconds = _seconds(lambda: list(pool.map(work, range(_CONNECTIONS))))
    return count / seconds


def memory(pid: int) -> float:
    """Return the memory of a process and all below it in MiB.

    The proportional set size: what several processes share is counted once.
    """
    children = subprocess.run(
        ["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False
    ).stdout.split()
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):  # it has just ended, as a run of git does
        return 0
    own = sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return own / 1024 + sum(memory(int(child)) for child in children)


def wait(base: str, path: str, wanted: int, member: str) -> float:
    started = time.perf_counter()
    while time.perf_counter() - started < 600:
        try:
            status, body = Client(base).ask(("GET", path, None))
            if status == 200 and json.loads(body)[member] >= wanted:
                return time.perf_counter() - started
        except OSError:
            pass
        time.sleep(0.1)
    raise SystemExit("the catalog was not served within ten minutes")


def _measure(count: int, against: str | None, budget: float) -> None:
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        catalog = generate.write(folder / "catalog", count)
        for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "catalog"]):
            identity = ["-c", "user.name=bench", "-c", "user.email=bench@localhost"]
            subprocess.run(["git", *identity, *command], cwd=folder / "catalog", check=True)
        config = {
            "sources": [{"name": "bench", "url": "catalog"}],
            "data_dir": str(folder / "data"),
        }
        (folder / "portal.yaml").write_text(json.dumps({**config, "port": 7019}))
        base = "http://127.0.0.1:7019"
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, "-m", "portal", "serve", "--config", str(folder / "portal.yaml")]
        with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as server:
            try:
                _report(base, count, catalog, server.pid, against, budget)
            finally:
                server.terminate()


def _report(
    base: str, count: int, catalog: generate.Catalog, pid: int, against: str | None, budget: float
) -> None:
    served = wait(base, f"{_API}/entities/by-query?limit=1", count, "totalItems")
    searched = served + wait(base, "/api/search/query?term=&pageLimit=1", count, "numberOfResults")
    print(f"\n## {count:,} entities\n")
    print(
        f"served after {served:.1f} s, searchable after {searched:.1f} s, {memory(pid):.0f} MiB\n"
    )
    columns = ["request", "kB", "median ms", "p99 ms", f"req/s, {_CONNECTIONS} conn."]
    columns += ["peer median", "ratio"] if against else []
    print("| " + " | ".join(columns) + " |\n|" + "---|" * len(columns))
    for name, request in _requests(catalog).items():
        times = _sequential(Client(base), request, budget)
        median = statistics.median(times) * 1000
        p99 = sorted(times)[int(len(times) * 0.99)] * 1000
        rate = _concurrent(base, request, max(80, min(1600, int(budget * 1000 / median))))
        size = len(Client(base).ask(request)[1]) / 1000
        row = [name, f"{size:,.0f}", f"{median:.2f}", f"{p99:.2f}", f"{rate:,.0f}"]
        if against:
            peer = statistics.median(_sequential(Client(against), request, budget)) * 1000
            row += [f"{peer:.2f}", f"{peer / median:.1f}"]
        print("| " + " | ".join(row) + " |", flush=True)
    print(f"\n{memory(pid):.0f} MiB after all requests")


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--entities", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--against", help="base URL of a backend with the same entities")
    parser.add_argument("--budget", type=float, default=3.0, help="seconds per kind of request")
    arguments = parser.parse_args()
    for count in arguments.entities:
        _measure(count, arguments.against, arguments.budget)


if __name__ == "__main__":
    main()
