"""``portal doctor``: checks of configuration, sources and health, with remedies."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Engine as Database

from portal.catalog.failures import Failure
from portal.catalog.failures import Stage
from portal.catalog.processing.source_states import SourceState
from portal.catalog.reading.change_feed import ChangeFeed
from portal.catalog.reading.entities_catalog import EntitiesCatalog
from portal.catalog.reading.source_status import SourceStatus
from portal.catalog.sources.discovery import ProviderState
from portal.catalog.sources.mirrors import Copies
from portal.catalog.sources.mirrors import in_words
from portal.catalog.sources.opening import open_location
from portal.catalog.sources.remote_access import RemoteAccess
from portal.config.settings import Config
from portal.config.sources import Source
from portal.health.service import Report
from portal.jobs.opening import PROCRASTINATE
from portal.jobs.opening import check_engine
from portal.jobs.queue import queue_of
from portal.kernel.errors import PortalError
from portal.kernel.processes.presence import anybody_here
from portal.permission.files.loading import FilePolicy
from portal.permission.policy import PermissionPolicy
from portal.retention.account import Kept
from portal.retention.account import account_of
from portal.retention.space import MOST_BYTES
from portal.retention.space import Space
from portal.retention.space import space_of
from portal.roles.services import Services
from portal.scaffolder.tasks.model.file_store import FileStore
from portal.scaffolder.tasks.model.task import ENDED
from portal.scaffolder.tasks.model.task import OPEN
from portal.scaffolder.tasks.model.task import PROCESSING
from portal.scaffolder.tasks.model.task import now
from portal.scaffolder.tasks.running.broker import LEASE_SECONDS
from portal.scaffolder.tasks.serving.listing import Totals
from portal.search.documents import SearchEngine

_OLDEST_GIT = (2, 31)
#: After so many seconds of waiting, a job is reported.
_LONGEST_JOB_WAIT = 60
#: After so many microseconds of waiting, a task is reported.
_LONGEST_WAIT = 60_000_000
_LEASE = int(LEASE_SECONDS * 1_000_000)
_MEGABYTE = 1_000_000
#: The share of their limit from which on copies are reported.
_NEARLY = 0.9
_BY_TASKS = "The process that runs tasks tries again by itself; its log says more."
_BY_SYNC = "The worker tries again; 'portal sync' does so now."
#: How to fix a stored failure, by stage; ``_BY_SYNC`` for all others.
_REMEDIES = {
    Stage.TASKS: _BY_TASKS,
    Stage.RETENTION: "It is tried again by itself; the log of the worker says more.",
    Stage.EVIDENCE: _BY_TASKS,
    Stage.SIGN_IN: "Check its issuer and whether this machine reaches it; the next sign-in tells.",
}


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The result of one check.

    Attributes:
        what: What was checked.
        is_good: Whether the check passed.
        detail: The finding.
        remedy: How to fix it, if it did not pass.
    """

    what: str
    is_good: bool
    detail: str
    remedy: str = ""


#: Examines one thing, or any number of one kind.
Check = Callable[[], Diagnosis | Iterable[Diagnosis]]


def checks_of(services: Services) -> Mapping[str, Check]:
    """Return all checks, by name; each gets what it needs when it runs."""
    config = services.config
    return {
        "git": check_git,
        "address": lambda: check_address(config),
        "database": lambda: check_database(
            services.database, services.source_status, services.catalog
        ),
        "storage": lambda: check_storage(space_of(services.database)),
        "retention": lambda: check_retention(account_of(services.database, config)),
        "search index": lambda: check_index(services.search_engine, services.change_feed),
        "work": lambda: check_work(services.health.report()),
        "sources": lambda: check_sources(
            services.sources, services.remote_access, services.source_status
        ),
        "copies": lambda: check_copies(services.copies, config.mirror_bytes, config.mirrors_bytes),
        "providers": lambda: check_providers(services.discovery.states()),
        "failures": lambda: check_failures(services.failure_log.current(), services.sources),
        "descriptors": lambda: check_descriptors(services.source_status.problems()),
        "policy": lambda: check_policy(services.policy, config),
        "actions": lambda: check_actions(services.installed_actions.problems),
        "tasks": lambda: check_tasks(services.tasks.totals()),
        "task files": lambda: check_files(services.task_files),
        "task worker": lambda: check_task_worker(
            services.tasks.totals(), services.workers_folder, config.tasks_at_once
        ),
        "jobs": lambda: check_jobs(config.jobs, services.database),
    }


def examine(checks: Mapping[str, Check]) -> Iterator[Diagnosis]:
    """Yield the results of checks, by name.

    A check that fails does not stop the others; one that fails for a reason of an earlier
    one, such as a database that cannot be opened, is left out.
    """
    reasons: set[str] = set()
    for name, check in checks.items():
        try:
            found = check()
            yield from (found,) if isinstance(found, Diagnosis) else found
        except PortalError as error:
            if error.message not in reasons:
                reasons.add(error.message)
                yield Diagnosis(name, False, error.message, "See the message.")


def check_git() -> Diagnosis:
    """Check whether git is there, and new enough."""
    if shutil.which("git") is None:
        return Diagnosis("git", is_good=False, detail="not found", remedy="Install git.")
    text = subprocess.run(
        ["git", "--version"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()[2]
    version = tuple(int(part) for part in text.split(".")[:2])
    return Diagnosis("git", version >= _OLDEST_GIT, text, "Install git 2.31 or newer.")


def check_address(config: Config) -> Diagnosis:
    """Tell where clients reach the portal, where it listens, and who reaches it there.

    Raises:
        ConfigError: When others reach it without a token.
    """
    config.check_exposure()
    reach = "this machine only" if config.is_loopback else "other machines, with credentials"
    listening = f"listening on {config.listening_url} for {reach}"
    is_same = config.public_url == config.listening_url
    shown = listening if is_same else f"{config.public_url}, {listening}"
    return Diagnosis("address", is_good=True, detail=shown)


def check_database(database: Database, status: SourceStatus, catalog: EntitiesCatalog) -> Diagnosis:
    """Check whether the catalog has content."""
    generation = catalog.generation()
    name = database.dialect.name
    version = f" {sqlite3.sqlite_version}" if name == "sqlite" else ""
    detail = f"{name}{version}, {status.count():,} entities, generation {generation}"
    return Diagnosis("database", generation > 0, detail, "Run 'portal sync'.")


def check_storage(space: Space) -> Diagnosis:
    """Tell how large the database is, and whether much of it is free."""
    free = f", {space.free / max(1, space.size):.0%} of it free" if space.free else ""
    detail = f"{in_words(space.size)}{free}"
    is_large = space.is_wasteful and not space.is_incremental and space.size > MOST_BYTES
    remedy = "Stop the portal and write the file anew: sqlite3 portal.db VACUUM."
    return Diagnosis("storage", not is_large, detail, remedy)


def check_retention(account: Iterable[Kept]) -> Iterator[Diagnosis]:
    """Tell what there is, and for how long it is kept."""
    for kept in account:
        yield Diagnosis(kept.name, is_good=True, detail=str(kept))


def check_index(engine: SearchEngine, feed: ChangeFeed) -> Diagnosis:
    """Check whether the search index is of this catalog, and at its generation."""
    index, catalog = (engine.catalog, engine.generation), feed.origin()
    if index == catalog:
        return Diagnosis("search index", is_good=True, detail=f"generation {index[1]}")
    remedy = "The worker builds it. Is one running? 'portal sync' builds it, too."
    detail = f"at generation {index[1]}, the catalog is at {catalog[1]}"
    if index[1] < 0:
        detail = "it has not been built yet"
    elif index[0] != catalog[0]:
        detail = "it is of another catalog"
    return Diagnosis("search index", is_good=False, detail=detail, remedy=remedy)


def check_work(report: Report) -> Iterator[Diagnosis]:
    """Check whether the processes that are expected live and work.

    How far the index is, and whether tasks wait, the other checks say.
    """
    others = {"index", "tasks"}
    found = [each for each in report.findings if each.check not in others]
    for each in found:
        since = f", since {each.since}" if each.since else ""
        yield Diagnosis(each.check, False, f"{each.reason}{since}", each.remedy)
    if not found:
        heard = Counter(process.role.value for process in report.seen.processes)
        living = ", ".join(f"{number} {role}" for role, number in sorted(heard.items()))
        yield Diagnosis("processes", is_good=True, detail=living or "none runs now")


def check_copies(copies: Copies, each: int, in_all: int) -> Diagnosis:
    """Tell how large the copies of repositories are, and whether they come near their limits."""
    count, total = copies.in_all()
    detail = f"{count} of repositories, {in_words(total)}"
    sizes = copies.sizes()
    largest = max(sizes, key=lambda name: sizes[name], default="")
    if largest:
        detail += f"; the largest is of {largest}: {in_words(sizes[largest])}"
    is_near = any(
        limit and size > _NEARLY * limit
        for size, limit in ((total, in_all), (sizes.get(largest, 0), each))
    )
    remedy = "Raise mirror_bytes or mirrors_bytes, or remove sources."
    return Diagnosis("copies", not is_near, detail, remedy)


def check_sources(
    sources: Iterable[Source], access: RemoteAccess, status: SourceStatus
) -> Iterator[Diagnosis]:
    """Check whether sources answer, and whether the catalog is at their newest commits."""
    states = {state.name: state for state in status.sources()}
    for source in sources:
        yield _source(source, access, states.get(source.name))


def _source(source: Source, access: RemoteAccess, state: SourceState | None) -> Diagnosis:
    name = f"source {source.name}"
    try:
        commit = open_location(source, access).mirror.look()
    except PortalError as error:
        remedy = "The last good state is served. Check url, ref and access of the source."
        return Diagnosis(name, is_good=False, detail=error.message, remedy=remedy)
    if state is None or not state.commit_id:
        return Diagnosis(name, False, f"at {commit[:12]}, never read", "Run 'portal sync'.")
    if state.held_commit:
        detail = f"{state.held_commit[:12]} would remove {state.held_removals} and is held"
        return Diagnosis(name, False, detail, f"portal sync --confirm {state.held_commit[:12]}")
    if state.commit_id != commit:
        detail = f"at {commit[:12]}, the catalog at {state.commit_id[:12]}"
        return Diagnosis(name, False, detail, "Run 'portal sync', or wait for the worker.")
    return Diagnosis(name, is_good=True, detail=f"at {commit[:12]}, as the catalog")


def check_providers(states: Iterable[ProviderState]) -> Iterator[Diagnosis]:
    """Check whether the lists of providers could be read, and are in force."""
    return map(_provider, states)


def _provider(listing: ProviderState) -> Diagnosis:
    name = f"provider {listing.provider}"
    if listing.held_id:
        detail = "its list lost too many repositories and is held"
        return Diagnosis(name, False, detail, f"portal sync --confirm {listing.held_id}")
    if not listing.listed_at or listing.error:
        remedy = "Its last list stays. Check api, owner and token_env, then run 'portal sync'."
        return Diagnosis(name, False, listing.error or "never asked", remedy)
    return Diagnosis(name, is_good=True, detail=f"{len(listing.repositories)} repositories")


def check_failures(failures: Iterable[Failure], sources: Iterable[Source]) -> Iterator[Diagnosis]:
    """Report stored failures, except those of what the other checks examine.

    Args:
        failures: The current failures.
        sources: The sources that are examined.
    """
    looked_at = {source.name for source in sources}
    for failure in failures:
        is_known = failure.stage is Stage.SOURCE and failure.name in looked_at
        if not is_known and failure.stage is not Stage.PROVIDER:
            detail = f"{failure.reason}, since {failure.since}"
            remedy = _REMEDIES.get(failure.stage, _BY_SYNC)
            yield Diagnosis(f"{failure.stage} {failure.name}", False, detail, remedy)


def check_descriptors(problems: Collection[Mapping[str, Any]]) -> Diagnosis:
    """Count the problems of descriptors; errors are bad."""
    errors = sum(problem["level"] == "error" for problem in problems)
    detail = f"{errors} errors, {len(problems) - errors} warnings"
    remedy = "See /api/catalog/problems, or run 'portal check' in the source."
    return Diagnosis("descriptors", errors == 0, detail, remedy)


def check_policy(policy: PermissionPolicy, config: Config) -> Iterator[Diagnosis]:
    """Tell which policy is in force, and what is wrong in its files."""
    findings = policy.findings if isinstance(policy, FilePolicy) else ()
    if not findings:
        yield Diagnosis("policy", is_good=True, detail=Path(config.policy_name).name)
    for finding in findings:
        remedy = "Correct the line; the portal reads the file again by itself."
        yield Diagnosis("policy", is_good=False, detail=str(finding), remedy=remedy)


def check_actions(problems: Iterable[str]) -> Iterator[Diagnosis]:
    """Report what is wrong with packages that add actions."""
    for problem in problems:
        remedy = "Mend or remove that package; until then the action is left out."
        yield Diagnosis("actions", is_good=False, detail=problem, remedy=remedy)


def check_tasks(found: Totals) -> Diagnosis:
    """Count tasks, and the bytes they take."""
    over = sum(found.by_status.get(status, 0) for status in ENDED)
    counts = [over, found.by_status.get(PROCESSING, 0), found.by_status.get(OPEN, 0)]
    detail = "{:,} over, {:,} running, {:,} waiting".format(*counts)
    sizes = [found.file_bytes / _MEGABYTE, found.event_bytes / _MEGABYTE]
    return Diagnosis(
        "tasks", True, "{}; {:,.1f} MB of files, {:,.1f} MB of log".format(detail, *sizes)
    )


def check_files(files: FileStore) -> Diagnosis:
    """Check whether the files of tasks can be read.

    Raises:
        ServiceUnavailableError: When they are in a store of objects, which does not answer.
    """
    files.check()
    return Diagnosis("task files", is_good=True, detail="can be read")


def check_jobs(chosen: str, database: Database) -> Iterator[Diagnosis]:
    """Check whether jobs are handed out, where an engine does that for all machines.

    Args:
        chosen: The setting ``jobs``.
        database: The database of the catalog, where the engine keeps them.

    Raises:
        ConfigError: When there can be no engine.
    """
    if chosen != PROCRASTINATE:
        return
    check_engine(database)
    queue = queue_of(database)
    remedy = "Run 'portal worker' on one machine or more; its log says what is in the way."
    if queue is None:
        yield Diagnosis("jobs", False, "no worker has prepared the queue yet", remedy)
        return
    detail = f"{queue.waiting:,} waiting, {queue.running:,} running, {queue.workers:,} workers"
    if queue.waiting:
        detail += f"; the oldest has waited for {queue.oldest:,.0f} seconds"
    is_good = bool(queue.workers) and queue.oldest < _LONGEST_JOB_WAIT
    if queue.workers:
        remedy = "They have much to do: add a worker, or raise sources_at_once."
    yield Diagnosis("jobs", is_good, detail, remedy)


def check_task_worker(found: Totals, workers_folder: Path, tasks_at_once: int) -> Diagnosis:
    """Check whether a worker runs tasks; without one the check fails if a task waits.

    Args:
        found: The numbers of tasks, and the time of the last heartbeat.
        workers_folder: The folder of the presence files of this data folder's workers.
        tasks_at_once: The setting of that name.
    """
    name = "task worker"
    if anybody_here(workers_folder):
        return Diagnosis(name, is_good=True, detail="one of this data folder runs tasks")
    if found.last_heartbeat_at > now() - _LEASE:
        return Diagnosis(name, is_good=True, detail="one of another machine runs tasks")
    is_late = 0 < found.oldest_open_at < now() - _LONGEST_WAIT
    is_left = bool(found.by_status.get(PROCESSING))
    if tasks_at_once:
        detail = "none is seen from here"
        remedy = "Run 'portal serve', or 'portal worker' beside 'portal serve --no-jobs'."
    else:
        detail = "none: tasks_at_once is 0"
        remedy = "Set tasks_at_once, or run a 'portal worker' with another setting."
    return Diagnosis(name, not (is_late or is_left), detail, remedy)
