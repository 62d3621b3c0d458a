"""Discovery: the repositories of an owner at a forge become sources.

A provider's list is kept in the database. A list that cannot be had, or only
half of it, changes nothing; one that has lost too many repositories is held
until somebody confirms it.
"""

from __future__ import annotations

import datetime as dt
import fnmatch
import hashlib
import json
import os
import re
import time
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine as Database

from portal.catalog import tables as t
from portal.catalog.repository_lists import Lister
from portal.catalog.repository_lists import Page
from portal.catalog.repository_lists import RateLimitError
from portal.catalog.repository_lists import Repository
from portal.catalog.repository_lists import rate_limit_error
from portal.catalog.repository_lists import token_user
from portal.kernel.config import Config
from portal.kernel.config import Provider
from portal.kernel.config import Source
from portal.kernel.database import lock_writers
from portal.kernel.errors import PortalError

_LONGEST_NAME = 63

UNCHANGED, CHANGED, HELD, FAILED = "unchanged", "changed", "held", "failed"


@dataclass(frozen=True, slots=True)
class Listing:
    """What is remembered of a provider; texts are empty when unset.

    Attributes:
        provider: Its name.
        fingerprint: Says for which question the pages are the answer.
        pages: The pages, for asking again.
        repositories: The list in force.
        listed_at: When it was last known to be right.
        error: Why it could not be had since.
        failing_since: Since when.
        not_before: The time (Unix) before which the forge is left alone.
        held: A newer list that has lost too much.
        held_id: What confirms it.
    """

    provider: str
    fingerprint: str = ""
    pages: tuple[Page, ...] = ()
    repositories: tuple[Repository, ...] = ()
    listed_at: str = ""
    error: str = ""
    failing_since: str = ""
    not_before: int = 0
    held: tuple[Repository, ...] = ()
    held_id: str = ""


@dataclass(frozen=True, slots=True)
class ListingReport:
    """What a look at a provider's list brought; names are those of sources."""

    provider: str
    outcome: str
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    held_id: str = ""
    error: str = ""


class Discovery:
    """Keeps the providers' lists, and makes sources of them.

    Args:
        database: Where the lists are kept.
        config: The settings in force.
        env: Where tokens are looked up.
    """

    def __init__(
        self, database: Database, config: Config, env: Mapping[str, str] = os.environ
    ) -> None:
        self._database = database
        self._config = config
        self._env = env
        self._looked_at: dict[str, float] = {}

    @property
    def providers(self) -> tuple[Provider, ...]:
        """The configured providers."""
        return self._config.providers

    def due(self) -> list[Provider]:
        """Return the providers whose list is to be asked for now."""
        oldest = time.monotonic() - self._config.discovery_interval
        return [
            provider
            for provider in self.providers
            if self._looked_at.get(provider.name, -float("inf")) <= oldest
        ]

    def sources(self) -> list[Source]:
        """Return the repositories of every list in force, as sources."""
        if not self.providers:
            return []
        with self._database.connect() as connection:
            return [
                source_of(provider, repository)
                for provider in self.providers
                for repository in _wanted(provider, load(connection, provider).repositories)
            ]

    def states(self) -> list[Listing]:
        """Return how every provider is doing."""
        if not self.providers:
            return []
        with self._database.connect() as connection:
            return [load(connection, provider) for provider in self.providers]

    def look(self, provider: Provider, confirm: str = "") -> ListingReport:
        """Ask for a provider's list and take it over, unless it must be held.

        Args:
            provider: Whose list.
            confirm: The id of a held list to accept.
        """
        self._looked_at[provider.name] = time.monotonic()
        with self._database.connect() as connection:
            before = load(connection, provider)
        try:
            pages = self._ask(provider, before)
        except PortalError as error:
            return self._note_failure(provider, error)
        return self._take_over(provider, pages, confirm)

    def _ask(self, provider: Provider, before: Listing) -> tuple[Page, ...]:
        if before.not_before > time.time():
            raise rate_limit_error(before.not_before)
        known = before.pages if before.fingerprint == _fingerprint(provider) else ()
        return tuple(Lister(provider, self._env, known).pages())

    def _note_failure(self, provider: Provider, error: PortalError) -> ListingReport:
        with self._database.connect() as connection, connection.begin():
            lock_writers(connection)
            state = load(connection, provider)
            fresh = replace(
                state,
                error=error.message,
                failing_since=state.failing_since or _now(),
                not_before=error.until if isinstance(error, RateLimitError) else 0,
            )
            _save(connection, fresh)
        return ListingReport(provider.name, FAILED, error=error.message)

    def _take_over(
        self, provider: Provider, pages: tuple[Page, ...], confirm: str
    ) -> ListingReport:
        listed = {entry.url: entry for page in pages for entry in page.repositories}
        with self._database.connect() as connection, connection.begin():
            lock_writers(connection)
            before = load(connection, provider)
            answered = Listing(
                provider.name, _fingerprint(provider), pages, tuple(listed.values()), _now()
            )
            report = _difference(provider, before, answered)
            total = sum(1 for _ in _wanted(provider, before.repositories))
            is_confirmed = bool(confirm) and report.held_id.startswith(confirm)
            if self._is_too_much(len(report.removed), total) and not is_confirmed:
                report = replace(report, outcome=HELD)
                answered = replace(
                    answered,
                    repositories=before.repositories,
                    held=answered.repositories,
                    held_id=report.held_id,
                )
            _save(connection, answered)
        return report

    def _is_too_much(self, removed: int, total: int) -> bool:
        """Whether so many of a list's repositories cannot go without a confirmation.

        One alone can, unless nothing would be left.
        """
        is_most = removed > self._config.removal_share * total
        return is_most and (removed > 1 or removed == total)


def _difference(provider: Provider, before: Listing, after: Listing) -> ListingReport:
    old = {source_of(provider, one).name for one in _wanted(provider, before.repositories)}
    new = {source_of(provider, one).name for one in _wanted(provider, after.repositories)}
    text = "\0".join(sorted(new))
    return ListingReport(
        provider.name,
        CHANGED if old != new else UNCHANGED,
        tuple(sorted(new - old)),
        tuple(sorted(old - new)),
        hashlib.sha256(f"{provider.name}\0{text}".encode()).hexdigest()[:12],
    )


def _wanted(provider: Provider, listed: Iterable[Repository]) -> Iterator[Repository]:
    """Yield the repositories the provider's settings do not leave out."""
    for repository in listed:
        is_left_out = (
            (repository.is_archived and not provider.archived)
            or (repository.is_fork and not provider.forks)
            or not _fits(repository.path, provider.include)
            or _fits(repository.path, provider.exclude)
        )
        if not is_left_out:
            yield repository


def _fits(path: str, patterns: Collection[str]) -> bool:
    return any(fnmatch.fnmatchcase(path, pattern) for pattern in patterns)


def source_of(provider: Provider, repository: Repository) -> Source:
    """Return a repository as a source."""
    return Source(
        name=_source_name(provider.name, repository.path),
        url=repository.url,
        ref=provider.ref,
        targets=provider.targets,
        allow=provider.allow,
        token_env=provider.token_env,
        token_user=token_user(provider),
        is_optional=True,
    )


def _source_name(provider: str, path: str) -> str:
    """Return ``<provider>-<repository>``.

    Where the characters of names do not suffice, something of a hash keeps two
    repositories apart, whichever of them comes first.
    """
    name = f"{provider}-{path.lower()}"
    plain = re.sub(r"[^a-z0-9]+", "-", name).strip("-")
    if plain == name and len(name) <= _LONGEST_NAME:
        return name
    digest = hashlib.sha256(path.lower().encode()).hexdigest()[:8]
    return f"{plain[: _LONGEST_NAME - 9]}-{digest}"


def _fingerprint(provider: Provider) -> str:
    parts = (provider.type, provider.api, provider.owner, provider.git)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def load(connection: Connection, provider: Provider) -> Listing:
    """Return what is remembered of a provider, blank when it is new."""
    query = sa.select(t.listings).where(t.listings.c.provider == provider.name)
    row = connection.execute(query).mappings().first()
    if row is None:
        return Listing(provider.name)
    values = dict(row)
    values["pages"] = tuple(
        Page(page["url"], page["etag"], page["following"], _repositories(page["repositories"]))
        for page in json.loads(row["pages"])
    )
    for name in ("repositories", "held"):
        values[name] = _repositories(json.loads(row[name]))
    return Listing(**values)


def _repositories(entries: Iterable[Mapping[str, Any]]) -> tuple[Repository, ...]:
    return tuple(Repository(**entry) for entry in entries)


def _save(connection: Connection, listing: Listing) -> None:
    values = asdict(listing)
    for name in ("pages", "repositories", "held"):
        values[name] = json.dumps(values[name])
    query = sa.update(t.listings).where(t.listings.c.provider == listing.provider)
    if connection.execute(query.values(values)).rowcount == 0:
        connection.execute(sa.insert(t.listings).values(values))


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")
