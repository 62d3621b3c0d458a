"""Reads and writes the table of the audit log, inside its caller's transaction."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from portal.audit import tables as t
from portal.audit.events import Actor
from portal.audit.events import AuditEvent

_c = t.audit_events.c
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
#: The greatest length of a stored text, in characters.
_LONGEST = 1_000


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """A query of the log; empty members let everything pass.

    Attributes:
        actor: The ref of a user, or the name of a program.
        action: One of ``AuditAction``, or the beginning of one that ends with a dot.
        outcome: One of ``Outcome``.
        resource: What it was done to.
        since: From this time on, in microseconds since the epoch.
        until: Before this time, in microseconds since the epoch; 0 for no end.
        before: Only entries with a smaller number; 0 for all: the cursor.
        limit: The greatest number of entries.
    """

    actor: str = ""
    action: str = ""
    outcome: str = ""
    resource: str = ""
    since: int = 0
    until: int = 0
    before: int = 0
    limit: int = 100


def add(connection: Connection, events: Iterable[AuditEvent]) -> None:
    """Append entries."""
    rows = [
        {
            "at": event.at,
            "action": event.action,
            "outcome": event.outcome,
            "actor_kind": event.actor.kind,
            "actor": _storable(event.actor.name),
            "address": _storable(event.actor.address),
            "resource": _storable(event.resource),
            "details": json.dumps(event.details, default=str),
        }
        for event in events
    ]
    if rows:
        connection.execute(sa.insert(t.audit_events), rows)


def _storable(text: str) -> str:
    return _UNSTORABLE.sub("\ufffd", text[:_LONGEST])


def find(connection: Connection, query: AuditQuery) -> list[AuditEvent]:
    """Return entries, the newest first."""
    exact: Mapping[sa.Column[Any], str] = {
        _c.actor: query.actor,
        _c.outcome: query.outcome,
        _c.resource: query.resource,
    }
    wanted = [column == value for column, value in exact.items() if value]
    if query.action.endswith("."):
        wanted.append(_c.action.startswith(query.action, autoescape=True))
    elif query.action:
        wanted.append(_c.action == query.action)
    if query.since:
        wanted.append(_c.at >= query.since)
    if query.until:
        wanted.append(_c.at < query.until)
    if query.before:
        wanted.append(_c.id < query.before)
    rows = sa.select(t.audit_events).where(*wanted).order_by(_c.id.desc()).limit(query.limit)
    return [_event(row) for row in connection.execute(rows)]


def _event(row: Any) -> AuditEvent:
    actor = Actor(row.actor_kind, row.actor, row.address)
    details = json.loads(row.details)
    return AuditEvent(row.at, row.action, row.outcome, actor, row.resource, details, row.id)
