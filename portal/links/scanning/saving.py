"""Stores the links of one service in one transaction, with what changed."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine as Database

from portal.kernel.database import lock_writers
from portal.links import store
from portal.links.link import CheckResult
from portal.links.link import Gap
from portal.links.link import Link
from portal.links.store import LinkRecord
from portal.links.store import NewChange
from portal.links.store import StoredScan


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a scan of one service came to.

    Attributes:
        stored: How it was read.
        records: Its links; ``None`` when its files could not be read, and the links stay.
        gaps: What is expected of it and not there.
        memory: What the next scan needs; empty while what is stored of it does.
        committed_at: When the commit was made, ISO 8601 in UTC; may be empty.
        read_before: When the scan before was made that this one began with.
    """

    stored: StoredScan
    records: Sequence[LinkRecord] | None = None
    gaps: Sequence[Gap] = ()
    memory: bytes = b""
    committed_at: str = ""
    read_before: str = ""


def save(database: Database, outcome: Outcome, now: str) -> bool:
    """Store what a scan came to; return whether that was done.

    It is not when another process has scanned the service meanwhile: that one stays.
    """
    scan = outcome.stored.scan
    with database.begin() as connection:
        lock_writers(connection)
        known = store.load_scans(connection, [scan.entity]).get(scan.entity)
        if known is not None and known.scan.scanned_at != outcome.read_before:
            return False
        store.save_scan(connection, outcome.stored)
        if outcome.records is not None:
            _save_links(connection, scan.entity, outcome.records, outcome.committed_at, now)
            store.save_gaps(connection, scan.entity, outcome.gaps)
            if outcome.memory:
                store.save_memory(connection, scan.entity, outcome.memory)
    return True


def forget(database: Database, entity: str, now: str) -> None:
    """Delete what is stored of a service that is gone; its changes stay."""
    with database.begin() as connection:
        lock_writers(connection)
        _save_links(connection, entity, (), "", now)
        store.save_gaps(connection, entity, ())
        store.forget(connection, entity)


def _save_links(
    connection: Connection,
    entity: str,
    records: Sequence[LinkRecord],
    committed_at: str,
    now: str,
) -> None:
    before = {link.id: link for link in store.load_links(connection, entities=[entity])}
    checks = store.load_checks(connection, before)
    kept = {record.link.id for record in records}
    gone = [link for id, link in before.items() if id not in kept]  # noqa: A001
    changes = [
        *_changes(records, before, checks, committed_at),
        *(NewChange(link, link, is_gone=True, committed_at=committed_at) for link in gone),
    ]
    store.save_links(connection, records, gone)
    store.add_changes(connection, changes, now)


def _changes(
    records: Iterable[LinkRecord],
    before: Mapping[str, Link],
    checks: Mapping[str, Sequence[CheckResult]],
    committed_at: str,
) -> Iterator[NewChange]:
    """Yield the links whose status, level or checks changed."""
    for record in records:
        link, old = record.link, before.get(record.link.id)
        changed = _changed_checks(checks.get(link.id, ()), record.checks)
        is_same = old is not None and (old.status, old.level) == (link.status, link.level)
        if changed or not is_same:
            yield NewChange(link, old, checks=changed, committed_at=committed_at)


def _changed_checks(
    before: Iterable[CheckResult], after: Iterable[CheckResult]
) -> dict[str, tuple[str, str]]:
    old = {check.id: check.outcome.value for check in before}
    new = {check.id: check.outcome.value for check in after}
    return {
        id: (old.get(id, ""), new.get(id, ""))
        for id in sorted(old.keys() | new.keys())  # noqa: A001
        if old.get(id) != new.get(id)
    }
