"""Reads and writes the rows of links; whoever calls opens the transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from portal.kernel.database import batches
from portal.links import tables as t
from portal.links.link import CheckOutcome
from portal.links.link import CheckResult
from portal.links.link import Completeness
from portal.links.link import Gap
from portal.links.link import Link
from portal.links.link import LinkChange
from portal.links.link import LinkFinding
from portal.links.link import LinkStatus
from portal.links.link import Place
from portal.links.link import Scan
from portal.links.link import judgment_of
from portal.links.link import judgment_to_json

#: SQLite binds at most 32,766 values in a statement.
_BATCH = 500


@dataclass(frozen=True, slots=True)
class StoredScan:
    """A scan, with what the next one needs to know.

    Attributes:
        scan: The scan.
        inputs: The hash of all that decided what it found.
        files_at: The address of the repository's files at its forge; empty when there is none.
    """

    scan: Scan
    inputs: str = ""
    files_at: str = ""


@dataclass(frozen=True, slots=True)
class LinkRecord:
    """A link that is to be stored, with all that shows it.

    Attributes:
        link: The link.
        findings: The places of its rules, the most telling first.
        checks: The results of the concept's checks.
    """

    link: Link
    findings: Sequence[LinkFinding] = ()
    checks: Sequence[CheckResult] = ()


@dataclass(frozen=True, slots=True)
class NewChange:
    """A change that is to be stored; see ``LinkChange``."""

    link: Link
    before: Link | None
    is_gone: bool = False
    checks: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    committed_at: str = ""


# --- scans ------------------------------------------------------------------------


def load_scans(connection: Connection, refs: Iterable[str] | None = None) -> dict[str, StoredScan]:
    """Return the last scans of some services, or of all, by ref."""
    query = sa.select(t.scans)
    return {row["entity_ref"]: _scan(row) for row in _rows(connection, query, "entity_ref", refs)}


def _rows(
    connection: Connection, query: sa.Select[Any], column: str, values: Iterable[str] | None
) -> Iterator[sa.RowMapping]:
    """Yield the rows whose column has one of some values; all of them for ``None``."""
    if values is None:
        yield from connection.execute(query).mappings()
        return
    for batch in batches(dict.fromkeys(values), _BATCH):
        wanted = query.where(query.selected_columns[column].in_(batch))
        yield from connection.execute(wanted).mappings()


def _scan(row: sa.RowMapping) -> StoredScan:
    scan = Scan(
        row["entity_ref"],
        Completeness(row["completeness"]),
        row["repository"],
        row["folder"],
        row["commit_id"],
        row["tree_id"],
        row["rule_set"],
        row["scanned_at"],
        row["checked_at"],
        row["seconds"],
        row["files"],
        row["read"],
        tuple(json.loads(row["gaps"])),
        row["error"],
        row["failing_since"],
    )
    return StoredScan(scan, row["inputs"], row["files_at"])


def save_scan(connection: Connection, stored: StoredScan) -> None:
    """Store how a service was read, in place of its last scan."""
    scan = stored.scan
    connection.execute(sa.delete(t.scans).where(t.scans.c.entity_ref == scan.entity))
    connection.execute(
        sa.insert(t.scans).values(
            entity_ref=scan.entity,
            completeness=scan.completeness,
            repository=scan.repository,
            files_at=stored.files_at,
            folder=scan.folder,
            commit_id=scan.commit,
            tree_id=scan.tree,
            rule_set=scan.rule_set,
            inputs=stored.inputs,
            scanned_at=scan.scanned_at,
            checked_at=scan.checked_at,
            seconds=scan.seconds,
            files=scan.files,
            read=scan.read,
            gaps=json.dumps([dict(gap) for gap in scan.gaps], ensure_ascii=False),
            error=scan.error,
            failing_since=scan.failing_since,
        )
    )


def load_memory(connection: Connection, entity: str) -> bytes:
    """Return what the last scan of a service kept for the next; empty for none."""
    query = sa.select(t.memories.c.content).where(t.memories.c.entity_ref == entity)
    found: bytes | None = connection.scalar(query)
    return found or b""


def save_memory(connection: Connection, entity: str, content: bytes) -> None:
    """Store what the next scan of a service needs."""
    connection.execute(sa.delete(t.memories).where(t.memories.c.entity_ref == entity))
    connection.execute(sa.insert(t.memories).values(entity_ref=entity, content=content))


def forget(connection: Connection, entity: str) -> None:
    """Delete the scan of a service that is gone, and what was kept for the next."""
    connection.execute(sa.delete(t.scans).where(t.scans.c.entity_ref == entity))
    connection.execute(sa.delete(t.memories).where(t.memories.c.entity_ref == entity))


# --- links ------------------------------------------------------------------------


def load_links(
    connection: Connection,
    *,
    entities: Iterable[str] | None = None,
    concepts: Iterable[str] | None = None,
) -> list[Link]:
    """Return links, by concept and service: of some services, of some concepts, or all."""
    query = sa.select(t.links)
    column, values = ("concept_ref", concepts) if entities is None else ("entity_ref", entities)
    found = [link_of(row) for row in _rows(connection, query, column, values)]
    return sorted(found, key=lambda link: (link.concept, link.entity))


def load_link(connection: Connection, id: str) -> Link | None:  # noqa: A002
    """Return a link; ``None`` when there is none."""
    row = connection.execute(sa.select(t.links).where(t.links.c.id == id)).mappings().first()
    return link_of(row) if row else None


def link_of(row: sa.RowMapping) -> Link:
    """Return the link of a row."""
    return Link(
        row["id"],
        row["concept_ref"],
        row["entity_ref"],
        LinkStatus(row["status"]),
        row["confidence"],
        row["level"],
        row["commit_id"],
        bool(row["is_declared"]),
        row["since"],
        row["template"],
        judgment_of(json.loads(row["judgment"]) if row["judgment"] else None),
    )


def save_links(
    connection: Connection, records: Sequence[LinkRecord], gone: Iterable[Link] = ()
) -> None:
    """Store links in place of those of the same id, and delete others."""
    ids = [record.link.id for record in records] + [link.id for link in gone]
    for batch in batches(ids, _BATCH):
        for table, column in (
            (t.links, t.links.c.id),
            (t.findings, t.findings.c.link_id),
            (t.checks, t.checks.c.link_id),
        ):
            connection.execute(sa.delete(table).where(column.in_(batch)))
    _insert(connection, t.links, [_link_row(record.link) for record in records])
    _insert(connection, t.findings, [row for one in records for row in _finding_rows(one)])
    _insert(connection, t.checks, [row for one in records for row in _check_rows(one)])


def _insert(connection: Connection, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(sa.insert(table), rows)


def _link_row(link: Link) -> dict[str, Any]:
    judgment = judgment_to_json(link.judgment)
    return {
        "id": link.id,
        "concept_ref": link.concept,
        "entity_ref": link.entity,
        "status": link.status,
        "confidence": link.confidence,
        "level": link.level,
        "commit_id": link.commit,
        "is_declared": link.is_declared,
        "since": link.since,
        "template": link.template,
        "judgment": json.dumps(judgment, ensure_ascii=False) if judgment else "",
    }


def _finding_rows(record: LinkRecord) -> Iterator[dict[str, Any]]:
    of_checks = [(check.id, finding) for check in record.checks for finding in check.findings]
    listed = [*(("", finding) for finding in record.findings), *of_checks]
    return _placed_rows(record.link.id, listed)


def _placed_rows(
    id: str,  # noqa: A002
    listed: Iterable[tuple[str, LinkFinding]],
) -> Iterator[dict[str, Any]]:
    for position, (check_id, finding) in enumerate(listed):
        yield {
            "link_id": id,
            "position": position,
            "check_id": check_id,
            "path": finding.place.path,
            "line": finding.place.line,
            "commit_id": finding.place.commit,
            "rule": finding.rule,
            "form": finding.form,
            "scope": finding.scope,
            "strength": finding.strength,
            "weakened": finding.weakened,
            "matched": finding.matched,
            "message_ko": finding.message.get("ko", ""),
            "message_en": finding.message.get("en", ""),
        }


def _check_rows(record: LinkRecord) -> Iterator[dict[str, Any]]:
    for check in record.checks:
        yield {
            "link_id": record.link.id,
            "check_id": check.id,
            "level": check.level,
            "outcome": check.outcome,
            "reason": check.reason,
        }


def load_findings(connection: Connection, id: str) -> list[tuple[str, LinkFinding]]:  # noqa: A002
    """Return the places of a link, each with the id of its check; empty for those of none."""
    rows = sa.select(t.findings).where(t.findings.c.link_id == id).order_by(t.findings.c.position)
    return [(row["check_id"], _finding(row)) for row in connection.execute(rows).mappings()]


def _finding(row: sa.RowMapping) -> LinkFinding:
    return LinkFinding(
        Place(row["path"], row["line"], row["commit_id"]),
        row["rule"],
        row["form"],
        row["scope"],
        row["strength"],
        row["weakened"],
        row["matched"],
        {"ko": row["message_ko"], "en": row["message_en"]},
    )


def load_checks(connection: Connection, ids: Iterable[str]) -> dict[str, list[CheckResult]]:
    """Return the results of checks, without places, by the id of their link."""
    found: dict[str, list[CheckResult]] = {}
    for row in _rows(connection, sa.select(t.checks), "link_id", ids):
        outcome = CheckOutcome(row["outcome"])
        result = CheckResult(row["check_id"], row["level"], outcome, row["reason"])
        found.setdefault(row["link_id"], []).append(result)
    for results in found.values():
        results.sort(key=lambda one: (one.level, one.id))
    return found


# --- gaps -------------------------------------------------------------------------


def save_gaps(connection: Connection, entity: str, found: Sequence[Gap]) -> None:
    """Store what is expected of a service and not there, in place of what was."""
    known = sa.select(t.gaps.c.id).where(t.gaps.c.entity_ref == entity)
    connection.execute(sa.delete(t.findings).where(t.findings.c.link_id.in_(known)))
    connection.execute(sa.delete(t.gaps).where(t.gaps.c.entity_ref == entity))
    rows = [
        {
            "id": gap.id,
            "concept_ref": gap.concept,
            "entity_ref": gap.entity,
            "expectation_id": gap.expectation,
            "message_ko": gap.message.get("ko", ""),
            "message_en": gap.message.get("en", ""),
        }
        for gap in found
    ]
    _insert(connection, t.gaps, rows)
    placed = [(gap.id, [("", finding) for finding in gap.findings]) for gap in found]
    _insert(connection, t.findings, [row for pair in placed for row in _placed_rows(*pair)])


def load_gaps(
    connection: Connection,
    *,
    entities: Iterable[str] | None = None,
    concepts: Iterable[str] | None = None,
) -> list[Gap]:
    """Return gaps without places, by concept and service: of some services, concepts, or all."""
    column, values = ("concept_ref", concepts) if entities is None else ("entity_ref", entities)
    found = [
        Gap(
            row["concept_ref"],
            row["entity_ref"],
            row["expectation_id"],
            {"ko": row["message_ko"], "en": row["message_en"]},
        )
        for row in _rows(connection, sa.select(t.gaps), column, values)
    ]
    return sorted(found, key=lambda gap: (gap.concept, gap.entity, gap.expectation))


# --- changes ----------------------------------------------------------------------


def add_changes(connection: Connection, changes: Sequence[NewChange], recorded_at: str) -> None:
    """Append changes to the history."""
    _insert(connection, t.changes, [_change_row(change, recorded_at) for change in changes])


def _change_row(change: NewChange, recorded_at: str) -> dict[str, Any]:
    link, before = change.link, change.before
    return {
        "link_id": link.id,
        "concept_ref": link.concept,
        "entity_ref": link.entity,
        "before": before.status if before else "",
        "after": "" if change.is_gone else link.status,
        "level_before": before.level if before else None,
        "level_after": None if change.is_gone else link.level,
        "checks": json.dumps({key: list(value) for key, value in change.checks.items()}),
        "confidence": 0.0 if change.is_gone else link.confidence,
        "commit_id": link.commit,
        "committed_at": change.committed_at,
        "recorded_at": recorded_at,
    }


def change_of(row: sa.RowMapping) -> LinkChange:
    """Return the change of a row."""
    return LinkChange(
        row["id"],
        row["link_id"],
        row["concept_ref"],
        row["entity_ref"],
        LinkStatus(row["before"]) if row["before"] else None,
        LinkStatus(row["after"]) if row["after"] else None,
        row["level_before"],
        row["level_after"],
        {key: (before, after) for key, (before, after) in json.loads(row["checks"]).items()},
        row["confidence"],
        row["commit_id"],
        row["committed_at"],
        row["recorded_at"],
    )
