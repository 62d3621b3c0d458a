"""Discovery: the repositories of an owner at a forge as sources.

A provider's list of repositories is stored in the database. A failed or partial listing
changes nothing; a list that has lost too many repositories is held until it is confirmed.
"""

from __future__ import annotations

import datetime as dt
import fnmatch
import hashlib
import json
import logging
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
from portal.catalog.failures import Failure
from portal.catalog.failures import Stage
from portal.catalog.failures import later
from portal.catalog.failures import reason_of
from portal.catalog.outcomes import RunOutcome
from portal.config.sources import Provider
from portal.config.sources import Source
from portal.forges import FORGES
from portal.integrations.clients.listed import ListedRepository
from portal.integrations.clients.listing import ListedPage
from portal.integrations.clients.listing import Lister
from portal.integrations.clients.listing import RateLimitError
from portal.integrations.clients.listing import rate_limit_error
from portal.kernel.clock import iso_of
from portal.kernel.clock import now
from portal.kernel.database import lock_writers
from portal.kernel.errors import PortalError

_LONGEST_NAME = 63

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ProviderState:
    """The stored state of a provider; texts are empty when unset, times ISO 8601.

    Attributes:
        provider: Its name.
        fingerprint: Changes with the settings that determine the list.
        pages: The pages of the last listing, with ETags.
        repositories: The list in force.
        listed_at: The time of the last successful listing.
        error: Why the last listing failed.
        failing_since: The time of the first failed one since.
        not_before: The time (seconds since the epoch) before which the forge must not be
            asked, because of its rate limit.
        held: A newer list that is held back.
        held_id: The id that confirms the held list.
        asked_at: The time of the last request to the forge.
    """

    provider: str
    fingerprint: str = ""
    pages: tuple[ListedPage, ...] = ()
    repositories: tuple[ListedRepository, ...] = ()
    listed_at: str = ""
    error: str = ""
    failing_since: str = ""
    not_before: int = 0
    held: tuple[ListedRepository, ...] = ()
    held_id: str = ""
    asked_at: str = ""


@dataclass(frozen=True, slots=True)
class ListingReport:
    """The result of listing a provider's repositories.

    Attributes:
        provider: Its name.
        outcome: How the listing ended.
        added: The names of added sources.
        removed: The names of removed sources; when held, of those that would be removed.
        held_id: The id that confirms a held list.
        error: Why the listing failed.
    """

    provider: str
    outcome: RunOutcome
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    held_id: str = ""
    error: str = ""


class Discovery:
    """Lists the repositories of providers and makes sources of them.

    Args:
        database: The database of the lists.
        providers: The configured providers.
        interval: The seconds between two listings.
        removal_share: See the setting of that name.
        env: The environment variables with tokens.
    """

    def __init__(
        self,
        database: Database,
        providers: tuple[Provider, ...],
        interval: float,
        removal_share: float,
        env: Mapping[str, str] = os.environ,
    ) -> None:
        self._database = database
        self.providers = providers
        self._interval = interval
        self._removal_share = removal_share
        self._env = env
        self._looked_at: dict[str, float] = {}

    def due(self) -> list[Provider]:
        """Return the providers whose listing is due."""
        oldest = time.monotonic() - self._interval
        return [
            provider
            for provider in self.providers
            if self._looked_at.get(provider.name, -float("inf")) <= oldest
        ]

    def unlisted(self) -> list[Provider]:
        """Return the providers that no worker has listed within the interval."""
        limit = iso_of(time.time() - self._interval)
        asked = {state.provider: state.asked_at for state in self.states()}
        return [each for each in self.providers if asked.get(each.name, "") <= limit]

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

    def states(self) -> list[ProviderState]:
        """Return the state of every provider."""
        if not self.providers:
            return []
        with self._database.connect() as connection:
            return [load(connection, provider) for provider in self.providers]

    def failing(self) -> list[Failure]:
        """Return the failures of providers whose last listing failed."""
        return [self._failure(state) for state in self.states() if state.failing_since]

    def _failure(self, state: ProviderState) -> Failure:
        failed_at = state.asked_at or state.failing_since
        next_try = later(failed_at, self._interval)
        if state.not_before:
            rest = dt.datetime.fromtimestamp(state.not_before, dt.UTC).isoformat()
            next_try = max(next_try, rest)
        return Failure(
            Stage.PROVIDER, state.provider, state.error, state.failing_since, failed_at, next_try
        )

    def look(self, provider: Provider, confirm: str = "") -> ListingReport:
        """List a provider's repositories and apply the list, unless it has to be held.

        Args:
            provider: The provider.
            confirm: The id of a held list to accept.
        """
        self._looked_at[provider.name] = time.monotonic()
        try:
            with self._database.connect() as connection:
                before = load(connection, provider)
            return self._take_over(provider, self._ask(provider, before), confirm)
        except PortalError as error:
            return self._note_failure(provider, error)
        except Exception as error:  # noqa: BLE001 - an unforeseen error fails this listing only
            _LOG.exception("the list of provider %s could not be taken over", provider.name)
            return self._note_failure(provider, error)

    def _ask(self, provider: Provider, before: ProviderState) -> tuple[ListedPage, ...]:
        if before.not_before > time.time():
            raise rate_limit_error(before.not_before)
        known = before.pages if before.fingerprint == _fingerprint(provider) else ()
        return tuple(Lister(provider, self._env, known).pages())

    def _note_failure(self, provider: Provider, error: Exception) -> ListingReport:
        noted_at = now()
        with self._database.connect() as connection, connection.begin():
            lock_writers(connection)
            state = load(connection, provider)
            fresh = replace(
                state,
                error=reason_of(error),
                failing_since=state.failing_since or noted_at,
                asked_at=noted_at,
                not_before=error.until if isinstance(error, RateLimitError) else 0,
            )
            _save(connection, fresh)
        return ListingReport(provider.name, RunOutcome.FAILED, error=fresh.error)

    def _take_over(
        self, provider: Provider, pages: tuple[ListedPage, ...], confirm: str
    ) -> ListingReport:
        listed = {entry.url: entry for page in pages for entry in page.repositories}
        noted_at = now()
        with self._database.connect() as connection, connection.begin():
            lock_writers(connection)
            before = load(connection, provider)
            answered = ProviderState(
                provider.name,
                _fingerprint(provider),
                pages,
                tuple(listed.values()),
                listed_at=noted_at,
                asked_at=noted_at,
            )
            report = _difference(provider, before, answered)
            total = sum(1 for _ in _wanted(provider, before.repositories))
            is_confirmed = bool(confirm) and report.held_id.startswith(confirm)
            if self._is_too_much(len(report.removed), total) and not is_confirmed:
                report = replace(report, outcome=RunOutcome.HELD)
                answered = replace(
                    answered,
                    repositories=before.repositories,
                    held=answered.repositories,
                    held_id=report.held_id,
                )
            _save(connection, answered)
        return report

    def _is_too_much(self, removed: int, total: int) -> bool:
        """Return whether removing ``removed`` of ``total`` repositories needs confirmation.

        A single one does not, unless none would remain.
        """
        is_most = removed > self._removal_share * total
        return is_most and (removed > 1 or removed == total)


def _difference(provider: Provider, before: ProviderState, after: ProviderState) -> ListingReport:
    old = {source_of(provider, one).name for one in _wanted(provider, before.repositories)}
    new = {source_of(provider, one).name for one in _wanted(provider, after.repositories)}
    text = "\0".join(sorted(new))
    return ListingReport(
        provider.name,
        RunOutcome.CHANGED if old != new else RunOutcome.UNCHANGED,
        tuple(sorted(new - old)),
        tuple(sorted(old - new)),
        hashlib.sha256(f"{provider.name}\0{text}".encode()).hexdigest()[:12],
    )


def _wanted(provider: Provider, listed: Iterable[ListedRepository]) -> Iterator[ListedRepository]:
    """Yield the repositories that the provider's settings include."""
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


def source_of(provider: Provider, repository: ListedRepository) -> Source:
    """Return a repository as a source."""
    return Source(
        name=_source_name(provider.name, repository.path),
        url=repository.url,
        ref=provider.ref,
        targets=provider.targets,
        allow=provider.allow,
        token_env=provider.token_env,
        token_user=FORGES[provider.type].git_user,
        is_optional=True,
        worker=provider.worker,
    )


def _source_name(provider: str, path: str) -> str:
    """Return ``<provider>-<repository>``.

    If the path has characters that names cannot have, a part of its hash is appended, so
    that different repositories have different names.
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


def load(connection: Connection, provider: Provider) -> ProviderState:
    """Return the state of a provider; an empty one when it is new."""
    query = sa.select(t.listings).where(t.listings.c.provider == provider.name)
    row = connection.execute(query).mappings().first()
    if row is None:
        return ProviderState(provider.name)
    values = {**row, "asked_at": row["asked_at"] or ""}
    values["pages"] = tuple(
        ListedPage(
            page["url"], page["etag"], page["following"], _repositories(page["repositories"])
        )
        for page in json.loads(row["pages"])
    )
    for name in ("repositories", "held"):
        values[name] = _repositories(json.loads(row[name]))
    return ProviderState(**values)


def _repositories(entries: Iterable[Mapping[str, Any]]) -> tuple[ListedRepository, ...]:
    return tuple(ListedRepository(**entry) for entry in entries)


def _save(connection: Connection, listing: ProviderState) -> None:
    values = asdict(listing)
    for name in ("pages", "repositories", "held"):
        values[name] = json.dumps(values[name])
    query = sa.update(t.listings).where(t.listings.c.provider == listing.provider)
    if connection.execute(query.values(values)).rowcount == 0:
        connection.execute(sa.insert(t.listings).values(values))
