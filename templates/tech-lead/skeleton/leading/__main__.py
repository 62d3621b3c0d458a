"""The commands: ``python -m leading decide | lint | hotspots | plan | issues``."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import httpx

from leading import messages
from leading.debt import Debt, load_register, with_hotspots
from leading.hotspots import hotspots
from leading.issues import write_issues
from leading.matrix import load_decision
from leading.record import faults, write_record
from leading.settings import Settings, load_settings
from leading.sprint import plan, too_large

_REGISTER = Path("debt/register.yaml")
_RECORDS = Path("docs/decisions")
_HOTTEST = 10


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    given = _parser().parse_args(arguments)
    try:
        code: int = given.run(given, load_settings())
    except (ValueError, RuntimeError, OSError, httpx.HTTPError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m leading")
    commands = parser.add_subparsers(required=True)
    decide = commands.add_parser("decide", help=messages.HELP_DECIDE)
    decide.add_argument("file", type=Path)
    decide.set_defaults(run=_decide)
    commands.add_parser("lint", help=messages.HELP_LINT).set_defaults(run=_lint)
    for name, run, text in (
        ("hotspots", _hotspots, messages.HELP_HOTSPOTS),
        ("plan", _plan, messages.HELP_PLAN),
        ("issues", _issues, messages.HELP_ISSUES),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument("--repository", type=Path, default=Path())
        command.set_defaults(run=run)
        if name == "issues":
            command.add_argument("--api", required=True, help="https://api.github.com")
            command.add_argument("--to", required=True, help="owner/name")
    return parser


def _decide(given: argparse.Namespace, _settings: Settings) -> int:
    sys.stdout.write(write_record(load_decision(given.file)))
    return 0


def _lint(_given: argparse.Namespace, _settings: Settings) -> int:
    found = list(faults(_RECORDS))
    sys.stdout.writelines(f"{fault}\n" for fault in found)
    return 1 if found else 0


def _hotspots(given: argparse.Namespace, settings: Settings) -> int:
    found = hotspots(given.repository, settings.days, datetime.now(UTC))
    for hotspot in found[:_HOTTEST]:
        line = f"{hotspot.heat:8}  {hotspot.changes:4} x {hotspot.complexity:<4}  {hotspot.path}\n"
        sys.stdout.write(line)
    return 0


def _register(given: argparse.Namespace, settings: Settings) -> list[Debt]:
    found = hotspots(given.repository, settings.days, datetime.now(UTC))
    return with_hotspots(load_register(_REGISTER), found[:_HOTTEST])


def _plan(given: argparse.Namespace, settings: Settings) -> int:
    register = _register(given, settings)
    for sprint in plan(register, settings.budget_hours, sprints=3):
        sys.stdout.write(messages.SPRINT.format(sprint=sprint) + "\n")
        sys.stdout.writelines(messages.ITEM.format(debt=debt) + "\n" for debt in sprint.items)
    for debt in too_large(register, settings.budget_hours):
        sys.stdout.write(messages.TOO_LARGE.format(debt=debt) + "\n")
    return 0


def _issues(given: argparse.Namespace, settings: Settings) -> int:
    token = os.environ.get("FORGE_TOKEN", "")
    headers = {"Authorization": f"token {token}"} if token else {}
    with httpx.Client(base_url=given.api, headers=headers, timeout=30) as client:
        added = write_issues(client, given.to, _register(given, settings))
    sys.stdout.write(messages.ISSUES_ADDED.format(count=len(added)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
