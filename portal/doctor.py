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
from portal.wiring import Services

_OLDEST_GIT = (2, 31)


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
