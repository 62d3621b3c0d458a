"""The proof of the eleven starters: one command, every step of it real.

A portal serves this checkout; each starter is generated through its API, in Korean and in
English, published to a git server and registered; each clone is installed from its lock,
linted, tested and run; what its README says of the size, and the commands its texts tell, are
held against that; then the portal is asked whether it knows. The table at the end says which use
case of which concept passed. Exit code 1 when anything is missing.

    python tests/starters/prove.py
    python tests/starters/prove.py --only etl --only mlops --cases ko --keep
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import as_completed
from pathlib import Path
from typing import Any

from git_server import git_server
from project import USE_CASES
from project import Proof
from project import Workplace
from project import prove
from project import stop
from running_portal import ROOT
from running_portal import PortalFault
from running_portal import running_portal

from portal.kernel import yaml12

Json = Any
TEMPLATES = ROOT / "templates"
#: All of them, those that take longest first: two at a time then end together.
CONCEPTS = (
    "data-warehouse",
    "mlops",
    "etl",
    "concept-drift",
    "feature-store",
    "platform-engineering",
    "backstage",
    "circuit-breaker",
    "idempotency",
    "tech-lead",
    "apache-kafka",
)
CASES = ("ko", "en")
_LAST_LINES = 40
_TIMED = ("generate", "install", "check", "test", "run")


def main() -> int:
    given = _arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    began = time.monotonic()
    folder = Path(given.work or tempfile.mkdtemp(prefix="starters-")).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    say = _sayer(began)
    say(f"in {folder}")
    try:
        proofs = _prove_all(given, folder, say)
    except PortalFault as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say(f"stopped; what there is stays in {folder}")
        return 130
    _print(f"\n{table(proofs)}\n")
    failed = [proof for proof in proofs if not proof.is_good]
    for proof in failed:
        _explain(proof)
    say(f"{len(proofs) - len(failed)} of {len(proofs)} proved")
    if not (given.keep or given.work or failed):
        shutil.rmtree(folder)
    return 1 if failed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", action="append", choices=sorted(CONCEPTS), metavar="CONCEPT")
    parser.add_argument("--cases", action="append", choices=CASES, metavar="CASE")
    parser.add_argument("-j", type=int, default=2, dest="jobs", metavar="N", help="at a time (2)")
    parser.add_argument("--limit", type=float, default=600, metavar="SECONDS", help="per project")
    parser.add_argument("--work", metavar="FOLDER", help="where to work; it is kept")
    parser.add_argument("--keep", action="store_true", help="keep everything that was made")
    return parser.parse_args()


def _prove_all(given: argparse.Namespace, folder: Path, say: Callable[[str], None]) -> list[Proof]:
    wanted = [
        (concept, case)
        for concept in CONCEPTS
        for case in given.cases or CASES
        if concept in (given.only or CONCEPTS)
    ]
    log = folder / "portal.log"
    with git_server(folder / "git") as git, running_portal(folder, git.host, log) as portal:
        say(f"portal on {portal.url}, git on http://{git.host}")
        place = Workplace(portal, git, folder, tools_for(folder), given.limit)
        return _in_parallel(place, wanted, given.jobs, say)


def _in_parallel(
    place: Workplace, wanted: list[tuple[str, str]], jobs: int, say: Callable[[str], None]
) -> list[Proof]:
    pool = ThreadPoolExecutor(jobs)
    try:
        futures = [
            pool.submit(prove, place, concept, case, _values(concept, case), say)
            for concept, case in wanted
        ]
        for future in as_completed(futures):
            future.result()
        return [future.result() for future in futures]
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        stop(place)
        pool.shutdown()


def _values(concept: str, case: str) -> dict[str, Json]:
    file = TEMPLATES / concept / "cases" / f"{case}.yaml"
    values: dict[str, Json] = yaml12.read_one(file.read_bytes())["values"]
    return values


def tools_for(folder: Path) -> Path:
    """Return a folder for the search path that has uv, and no other tool of ours."""
    found = shutil.which("uv", path=f"{Path(sys.prefix, 'bin')}{os.pathsep}{os.environ['PATH']}")
    tools = folder / "tools"
    tools.mkdir(exist_ok=True)
    link = tools / "uv"
    if found and not link.exists():
        link.symlink_to(found)
    # Hard links instead of copies: the cache has to be where the environments are.
    cache = Path(os.environ.get("UV_CACHE_DIR", Path.home() / ".cache" / "uv"))
    if _device(cache) != _device(folder):
        os.environ["UV_CACHE_DIR"] = str(folder / "uv-cache")
    return tools


def _device(path: Path) -> int:
    while not path.exists():
        path = path.parent
    return path.stat().st_dev


def _sayer(began: float) -> Callable[[str], None]:
    lock = threading.Lock()

    def say(text: str) -> None:
        with lock:
            minutes, seconds = divmod(int(time.monotonic() - began), 60)
            _print(f"[{minutes:02}:{seconds:02}] {text}")

    return say


def table(proofs: list[Proof]) -> str:
    """Return concept × use case × passed, with what was measured in MB and in seconds."""
    head = ("concept", "case", "use case 1", "use case 2", "tests", "linked", "installed", *_TIMED)
    rows: list[tuple[str, ...]] = [head, *map(_row, proofs)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(line.rstrip() for line in lines)


def _row(proof: Proof) -> tuple[str, ...]:
    def use_case(number: int) -> str:
        is_shown = number in proof.shown
        count = proof.passed.get(number, 0)
        return f"passed ({count})" if count and is_shown else "MISSING"

    def seconds(step: str) -> str:
        return f"{proof.seconds[step]:.1f} s" if step in proof.seconds else "-"

    return (
        proof.concept,
        proof.case,
        *map(use_case, USE_CASES),
        str(proof.tests),
        "yes" if proof.is_linked else "MISSING",
        f"{proof.megabytes} MB" if proof.megabytes else "-",
        *map(seconds, _TIMED),
    )


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _explain(proof: Proof) -> None:
    _print(f"--- {proof.name}: {proof.fault or 'not complete'}")
    if proof.log.is_file():
        lines = proof.log.read_text(encoding="utf-8").splitlines()[-_LAST_LINES:]
        _print("\n".join(f"    {line}" for line in lines))
        _print(f"    (all of it: {proof.log})\n")


if __name__ == "__main__":
    sys.exit(main())
