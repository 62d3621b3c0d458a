"""What is configured, reachable and healthy, and how to mend what is not."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass

from portal.catalog.locations import open_location
from portal.catalog.providers import Listing
from portal.kernel.config import Source
from portal.kernel.errors import PortalError
from portal.kernel.presence import anybody_here
from portal.scaffolder.tasks.broker import LEASE_SECONDS
from portal.scaffolder.tasks.task import ENDED
from portal.scaffolder.tasks.task import OPEN
from portal.scaffolder.tasks.task import PROCESSING
from portal.scaffolder.tasks.task import now
from portal.wiring import Services

_OLDEST_GIT = (2, 31)
#: How long a task may wait before somebody should ask why, in microseconds.
_LONGEST_WAIT = 60_000_000
_LEASE = int(LEASE_SECONDS * 1_000_000)
_MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        what: The thing.
        is_good: Whether it is as it should be.
        detail: What was found.
        remedy: What to do when it is not good.
    """

    what: str
    is_good: bool
    detail: str
    remedy: str = ""


def examine(services: Services) -> Iterator[Finding]:
    """Look at everything, from the ground up; one bad thing does not hide the rest."""
    for look in (_git, _exposure, _database, _index):
        yield _safely(look, services)
    for source in services.sources:
        yield _source(services, source)
    for listing in services.discovery.states():
        yield _provider(listing)
    yield _safely(_problems, services)
    yield from _action_packages(services)
    yield _safely(_tasks, services)
    yield _safely(_task_worker, services)


def _safely(look: Callable[[Services], Finding], services: Services) -> Finding:
    try:
        return look(services)
    except PortalError as error:
        name = look.__name__.strip("_<>")
        return Finding(name, is_good=False, detail=error.message, remedy="See the message.")


def _git(_services: Services) -> Finding:
    if shutil.which("git") is None:
        return Finding("git", is_good=False, detail="not found", remedy="Install git.")
    text = subprocess.run(
        ["git", "--version"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()[2]
    version = tuple(int(part) for part in text.split(".")[:2])
    return Finding("git", version >= _OLDEST_GIT, text, "Install git 2.31 or newer.")


def _exposure(services: Services) -> Finding:
    config = services.config
    config.check_exposure()
    reach = "this machine only" if config.is_loopback else "other machines, with a token"
    return Finding("address", is_good=True, detail=f"{config.host}:{config.port}, for {reach}")


def _database(services: Services) -> Finding:
    count = services.catalog.count()
    name = services.database.dialect.name
    version = f" {sqlite3.sqlite_version}" if name == "sqlite" else ""
    generation = services.catalog.generation()
    detail = f"{name}{version}, {count:,} entities, generation {generation}"
    return Finding("database", generation > 0, detail, "Run 'portal sync'.")


def _index(services: Services) -> Finding:
    index, catalog = services.search_engine.generation, services.catalog.generation()
    if index == catalog:
        return Finding("search index", is_good=True, detail=f"generation {index}")
    detail = f"at generation {index}, the catalog is at {catalog}"
    return Finding("search index", is_good=False, detail=detail, remedy="Run 'portal sync'.")


def _source(services: Services, source: Source) -> Finding:
    name = f"source {source.name}"
    try:
        commit = open_location(source, services.config).mirror.look()
    except PortalError as error:
        remedy = "The last good state is served. Check url, ref and access of the source."
        return Finding(name, is_good=False, detail=error.message, remedy=remedy)
    states = {state.name: state for state in services.catalog.sources()}
    state = states.get(source.name)
    if state is None or not state.commit_id:
        return Finding(name, False, f"at {commit[:12]}, never read", "Run 'portal sync'.")
    if state.held_commit:
        detail = f"{state.held_commit[:12]} would remove {state.held_removals} and is held"
        return Finding(name, False, detail, f"portal sync --confirm {state.held_commit[:12]}")
    if state.commit_id != commit:
        detail = f"at {commit[:12]}, the catalog at {state.commit_id[:12]}"
        return Finding(name, False, detail, "Run 'portal sync', or wait for the worker.")
    return Finding(name, is_good=True, detail=f"at {commit[:12]}, as the catalog")


def _provider(listing: Listing) -> Finding:
    name = f"provider {listing.provider}"
    if listing.held_id:
        detail = "its list lost too many repositories and is held"
        return Finding(name, False, detail, f"portal sync --confirm {listing.held_id}")
    if not listing.listed_at or listing.error:
        remedy = "Its last list stays. Check api, owner and token_env, then run 'portal sync'."
        return Finding(name, False, listing.error or "never asked", remedy)
    return Finding(name, is_good=True, detail=f"{len(listing.repositories)} repositories")


def _problems(services: Services) -> Finding:
    problems = services.catalog.problems()
    errors = sum(problem["level"] == "error" for problem in problems)
    detail = f"{errors} errors, {len(problems) - errors} warnings"
    remedy = "See /api/catalog/problems, or run 'portal check' in the source."
    return Finding("descriptors", errors == 0, detail, remedy)


def _action_packages(services: Services) -> Iterator[Finding]:
    """Tell what is wrong with packages that add actions; nothing when nothing is."""
    for problem in services.installed_actions.problems:
        remedy = "Mend or remove that package; until then the action is left out."
        yield Finding("actions", is_good=False, detail=problem, remedy=remedy)


def _tasks(services: Services) -> Finding:
    found = services.tasks.totals()
    over = sum(found.by_status.get(status, 0) for status in ENDED)
    counts = [over, found.by_status.get(PROCESSING, 0), found.by_status.get(OPEN, 0)]
    detail = "{:,} over, {:,} running, {:,} waiting".format(*counts)
    sizes = [found.file_bytes / _MEGABYTE, found.told_bytes / _MEGABYTE]
    return Finding(
        "tasks", True, "{}; {:,.1f} MB of files, {:,.1f} MB of log".format(detail, *sizes)
    )


def _task_worker(services: Services) -> Finding:
    """Look whether somebody runs tasks; that nobody does is bad when one waits."""
    name, found = "task worker", services.tasks.totals()
    if anybody_here(services.workers_folder):
        return Finding(name, is_good=True, detail="one of this data folder runs tasks")
    if found.heard_at > now() - _LEASE:
        return Finding(name, is_good=True, detail="one of another machine runs tasks")
    is_late = 0 < found.waits_since < now() - _LONGEST_WAIT
    is_left = bool(found.by_status.get(PROCESSING))
    if not services.config.tasks_at_once:
        remedy = "Set tasks_at_once, or run a 'portal worker' with another setting."
        return Finding(name, not (is_late or is_left), "none: tasks_at_once is 0", remedy)
    remedy = "Run 'portal serve', or 'portal worker' beside 'portal serve --no-jobs'."
    return Finding(name, not (is_late or is_left), "none is seen from here", remedy)
