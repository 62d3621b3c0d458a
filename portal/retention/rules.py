"""What is kept for how long: a table of rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

import sqlalchemy as sa

from portal.audit import tables as audit
from portal.catalog import tables as catalog
from portal.catalog.removals import HISTORY
from portal.catalog.removals import LINKS
from portal.config.settings import Config
from portal.health import tables as health
from portal.kernel.clock import iso_of
from portal.links import tables as links
from portal.notifications import tables as notifications
from portal.scaffolder.campaigns import tables as campaigns
from portal.scaffolder.tasks.model import tables as tasks
from portal.webhooks import tables as webhooks

DAY = 86_400.0
_n = notifications.notifications.c


class Unit(Enum):
    """How a table has times."""

    ISO = "ISO 8601 in UTC"
    SECONDS = "seconds since the epoch"
    MICROSECONDS = "microseconds since the epoch"

    def value_of(self, seconds: float) -> str | int:
        """Return a time in seconds since the epoch as the table has it."""
        if self is Unit.ISO:
            return iso_of(seconds)
        return int(seconds * (1_000_000 if self is Unit.MICROSECONDS else 1))

    def iso(self, value: Any) -> str:
        """Return a time of the table as ISO 8601; empty for ``None``."""
        if value is None or self is Unit.ISO:
            return value or ""
        return iso_of(value / (1_000_000 if self is Unit.MICROSECONDS else 1))


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """The rows of one table that are removed when they are old.

    Attributes:
        name: What they are, for people.
        table: The table.
        time: When a row was written, or changed last.
        unit: How the table has that time.
        setting: The setting with the days; empty where ``days`` says it for every portal.
        days: Those days.
        newest_of: A column: of every value of it, the row with the greatest ``id`` is kept.
        until_then: With ``newest_of``: keep the newest of those that are old, so that the state
            at any time since can be told from what was written before.
        dependents: Columns of other tables with the ids of rows, which go with them.
        tells_since: The name in ``removals`` under which is stored what was removed; empty where
            nobody asks for the past.
    """

    name: str
    table: sa.Table
    time: sa.ColumnElement[Any]
    unit: Unit
    setting: str = ""
    days: float = 0.0
    newest_of: sa.Column[Any] | None = None
    until_then: bool = False
    dependents: tuple[sa.Column[Any], ...] = ()
    tells_since: str = ""

    def seconds(self, config: Config) -> float:
        """Return for how long rows are kept, in seconds; 0 keeps them for good."""
        days: float = getattr(config, self.setting) if self.setting else self.days
        return days * DAY

    def is_old(self, before: float) -> tuple[sa.ColumnElement[bool], ...]:
        """Return the conditions of the rows that are removed.

        Args:
            before: Rows from before this time are old; seconds since the epoch.
        """
        value = self.unit.value_of(before)
        is_old = self.time < value
        if self.newest_of is None:
            return (is_old,)
        later = self.table.alias("later")
        newest = sa.select(sa.func.max(later.c.id)).where(
            later.c[self.newest_of.name] == self.newest_of
        )
        if self.until_then:
            newest = newest.where(later.c[self.time.key or ""] < value)
        kept = newest.correlate(self.table).scalar_subquery()
        return is_old, self.table.c.id < kept


#: In the order in which they are removed.
RULES = (
    Rule(
        "changes of entities",
        catalog.changes,
        catalog.changes.c.recorded_at,
        Unit.ISO,
        "history_retention",
        newest_of=catalog.changes.c.ref,
        tells_since=HISTORY,
    ),
    Rule(
        "changes of links",
        links.changes,
        links.changes.c.recorded_at,
        Unit.ISO,
        "link_history_retention",
        newest_of=links.changes.c.link_id,
        until_then=True,
        tells_since=LINKS,
    ),
    Rule(
        "runs of sources",
        catalog.runs,
        catalog.runs.c.started_at,
        Unit.ISO,
        "run_retention",
        newest_of=catalog.runs.c.source,
    ),
    Rule(
        "entries of the audit log",
        audit.audit_events,
        audit.audit_events.c.at,
        Unit.MICROSECONDS,
        "audit_retention",
    ),
    Rule(
        "deliveries of webhooks",
        webhooks.deliveries,
        webhooks.deliveries.c.received_at,
        Unit.SECONDS,
        "delivery_retention",
    ),
    Rule(
        "notifications",
        notifications.notifications,
        sa.func.coalesce(_n.updated_at, _n.created_at),
        Unit.ISO,
        "notification_retention",
        dependents=(notifications.marks.c.notification_id,),
    ),
    Rule(
        "idempotency keys",
        tasks.requests,
        tasks.requests.c.created_at,
        Unit.MICROSECONDS,
        days=1,
    ),
    Rule(
        "unfinished forms",
        tasks.drafts,
        tasks.drafts.c.updated_at,
        Unit.MICROSECONDS,
        days=7,
    ),
    Rule(
        "campaigns",
        campaigns.campaigns,
        campaigns.campaigns.c.created_at,
        Unit.SECONDS,
        days=365,
        dependents=(campaigns.projects.c.campaign_id,),
    ),
    Rule(
        "heartbeats",
        health.heartbeats,
        health.heartbeats.c.heard_at,
        Unit.ISO,
        days=7,
    ),
)


def periods_of(config: Config) -> Mapping[Rule, float]:
    """Return the rules that remove anything, and for how many seconds they keep rows."""
    periods = {rule: rule.seconds(config) for rule in RULES}
    return {rule: seconds for rule, seconds in periods.items() if seconds}
