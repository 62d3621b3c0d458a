"""Ask for known vulnerabilities of every locked package: those of the portal and of its starters.

``make security`` runs it. It ends with 1 when a locked package has one. A service that does not
answer, or does not know the packages, fails nothing: a line that begins with SKIPPED says so.
``OSV_URL`` names a service with the API of osv.dev to ask instead of the package index's own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parents[1]
#: Seconds for the audit of one lock.
_PATIENCE = 60


@dataclass(frozen=True)
class Verdict:
    """What is known of one lock.

    Attributes:
        judged: The number of packages the service knows.
        vulnerable: Each package with a vulnerability, with its ids.
        reason: Why nothing is known; empty when something is.
    """

    judged: int = 0
    vulnerable: tuple[str, ...] = ()
    reason: str = ""


def main() -> int:
    """Print a line for each lock; return 1 when one of them holds a vulnerable package."""
    is_sound = True
    silent: dict[str, Verdict] = {}
    for lock in _locks():
        # A service that is silent about one lock is not asked about the next.
        verdict = silent.get(lock.suffix) or judge(lock)
        if verdict.reason:
            silent[lock.suffix] = verdict
        is_sound &= not verdict.vulnerable
        print(_line(lock, verdict))  # noqa: T201
    return 0 if is_sound else 1


def _locks() -> Iterator[Path]:
    yield _ROOT / "constraints.txt"
    yield from sorted(_ROOT.glob("templates/**/requirements*.txt"))
    yield from sorted(_ROOT.glob("templates/**/package-lock.json"))


def _line(lock: Path, verdict: Verdict) -> str:
    name = lock.relative_to(_ROOT)
    if verdict.reason:
        return f"SKIPPED {name}: {verdict.reason}"
    if verdict.vulnerable:
        return f"FAILED {name}: {'; '.join(verdict.vulnerable)}"
    return f"{name}: {verdict.judged} packages without a known vulnerability"


def judge(lock: Path) -> Verdict:
    """Ask about one lock: a ``package-lock.json``, or requirements of pip."""
    try:
        return _of_npm(lock) if lock.suffix == ".json" else _of_python(lock)
    except subprocess.TimeoutExpired:
        return Verdict(reason=f"no answer in {_PATIENCE} s")
    except ValueError:
        return Verdict(reason="the vulnerability service does not answer")


def _of_python(lock: Path) -> Verdict:
    service = os.environ.get("OSV_URL", "")
    chosen = ["--vulnerability-service", "osv", "--osv-url", service] if service else []
    # What is locked is named with its version: nothing has to be resolved or installed.
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(lock), "--no-deps"]
    options = ["--disable-pip", "--format", "json", "--progress-spinner", "off", "--timeout", "5"]
    return python_verdict(_answer([*command, *options, *chosen], lock.parent))


def python_verdict(answer: Any) -> Verdict:
    """Return what pip-audit says as JSON."""
    packages = answer["dependencies"]
    found = [one for one in packages if "vulns" in one]
    if packages and not found:
        return Verdict(reason="the package index tells no vulnerabilities")
    vulnerable = tuple(
        f"{one['name']} {one['version']} {' '.join(vuln['id'] for vuln in one['vulns'])}"
        for one in found
        if one["vulns"]
    )
    return Verdict(len(found), vulnerable)


def _of_npm(lock: Path) -> Verdict:
    return npm_verdict(_answer(["npm", "audit", "--package-lock-only", "--json"], lock.parent))


def npm_verdict(answer: Any) -> Verdict:
    """Return what ``npm audit`` says as JSON."""
    if "vulnerabilities" not in answer:
        return Verdict(reason="the registry tells no vulnerabilities")
    vulnerable = tuple(
        f"{name} {one['range']} ({one['severity']})"
        for name, one in answer["vulnerabilities"].items()
    )
    return Verdict(answer["metadata"]["dependencies"]["total"], vulnerable)


def _answer(command: list[str], folder: Path) -> Any:
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, timeout=_PATIENCE, check=False
        )
    except FileNotFoundError as error:
        msg = f"{command[0]} is not installed"
        raise ValueError(msg) from error
    return json.loads(done.stdout)


if __name__ == "__main__":
    sys.exit(main())
