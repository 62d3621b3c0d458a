"""Links, coverage and changes as the JSON of answers, and coverage read from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from portal.kernel.errors import InputError
from portal.links.link import CheckResult
from portal.links.link import Gap
from portal.links.link import Link
from portal.links.link import LinkChange
from portal.links.link import LinkDetail
from portal.links.link import LinkFinding
from portal.links.link import LinkStatus
from portal.links.link import Scan
from portal.links.link import judgment_to_json
from portal.links.reading.coverage import Cell
from portal.links.reading.coverage import Coverage
from portal.links.reading.coverage import Group
from portal.links.reading.coverage import Service
from portal.links.reading.service import EntityLinks


def finding_to_json(finding: LinkFinding) -> dict[str, Any]:
    """Return a finding as JSON."""
    place = finding.place
    return {
        "path": place.path,
        "line": place.line,
        "commit": place.commit,
        "url": place.url or None,
        "rule": finding.rule,
        "form": finding.form,
        "scope": finding.scope,
        "strength": finding.strength,
        "weakened": finding.weakened or None,
        "matched": finding.matched,
        "message": dict(finding.message),
    }


def link_to_json(link: Link) -> dict[str, Any]:
    """Return a link as JSON."""
    return {
        "id": link.id,
        "concept": link.concept,
        "entity": link.entity,
        "status": link.status.value,
        "confidence": link.confidence,
        "level": link.level,
        "commit": link.commit or None,
        "declared": link.is_declared,
        "since": link.since,
        "template": link.template or None,
        "judgment": judgment_to_json(link.judgment),
    }


def _scan_to_json(scan: Scan | None) -> dict[str, Any] | None:
    if scan is None:
        return None
    return {
        "completeness": scan.completeness.value,
        "repository": scan.repository,
        "folder": scan.folder,
        "commit": scan.commit,
        "tree": scan.tree,
        "ruleSet": scan.rule_set,
        "scannedAt": scan.scanned_at,
        "checkedAt": scan.checked_at,
        "seconds": scan.seconds,
        "files": scan.files,
        "read": scan.read,
        "gaps": [dict(gap) for gap in scan.gaps],
        "error": scan.error,
        "failingSince": scan.failing_since,
    }


def gap_to_json(gap: Gap) -> dict[str, Any]:
    """Return a gap as JSON."""
    return {
        "concept": gap.concept,
        "entity": gap.entity,
        "expectation": gap.expectation,
        "message": dict(gap.message),
        "findings": list(map(finding_to_json, gap.findings)),
    }


def _check_to_json(check: CheckResult) -> dict[str, Any]:
    return {
        "id": check.id,
        "level": check.level,
        "result": check.outcome.value,
        "reason": check.reason or None,
        "title": dict(check.title),
        "description": dict(check.description),
        "remedy": dict(check.remedy),
        "findings": list(map(finding_to_json, check.findings)),
    }


def entity_to_json(ref: str, found: EntityLinks) -> dict[str, Any]:
    """Return the concepts of a service as JSON."""
    return {
        "entity": ref,
        "scan": _scan_to_json(found.scan),
        "items": list(map(link_to_json, found.links)),
        "gaps": list(map(gap_to_json, found.gaps)),
    }


def detail_to_json(detail: LinkDetail) -> dict[str, Any]:
    """Return a link with all that shows it as JSON."""
    return {
        **link_to_json(detail.link),
        "scan": _scan_to_json(detail.scan),
        "findings": list(map(finding_to_json, detail.findings)),
        "checks": list(map(_check_to_json, detail.checks)),
        "lookedFor": [dict(sentence) for sentence in detail.looked_for],
    }


def coverage_to_json(coverage: Coverage) -> dict[str, Any]:
    """Return the coverage as JSON."""
    return {
        "at": coverage.at or None,
        "concepts": {ref: dict(titles) for ref, titles in coverage.concepts.items()},
        "services": [_nulled(asdict(service)) for service in coverage.services],
        "cells": [asdict(cell) | {"status": cell.status.value} for cell in coverage.cells],
        "counts": coverage.counts,
        "groups": [_nulled(asdict(group)) for group in coverage.groups],
    }


def _nulled(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: None if value == "" else value for name, value in members.items()}


def coverage_of(body: Mapping[str, Any]) -> Coverage:
    """Return the coverage of the JSON that ``coverage_to_json`` made.

    Raises:
        InputError: When it made none of this.
    """
    try:
        return Coverage(
            body["concepts"],
            tuple(Service(**_texts(service)) for service in body["services"]),
            tuple(Cell(**cell | {"status": LinkStatus(cell["status"])}) for cell in body["cells"]),
            body["counts"],
            tuple(Group(**_texts(group)) for group in body["groups"]),
            body["at"] or "",
        )
    except (KeyError, TypeError, ValueError):
        raise InputError("what answers sends no coverage: it is another version") from None


def _texts(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: "" if value is None else value for name, value in members.items()}


def change_to_json(change: LinkChange) -> dict[str, Any]:
    """Return a change as JSON."""
    return {
        "link": change.link,
        "concept": change.concept,
        "entity": change.entity,
        "before": change.before.value if change.before else None,
        "after": change.after.value if change.after else None,
        "levelBefore": change.level_before,
        "levelAfter": change.level_after,
        "checks": {
            id: {"before": before, "after": after}
            for id, (before, after) in change.checks.items()  # noqa: A001
        },
        "commit": change.commit or None,
        "committedAt": change.committed_at or None,
        "recordedAt": change.recorded_at,
    }
