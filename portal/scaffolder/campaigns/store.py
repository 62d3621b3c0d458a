"""Campaigns in the database; who updates a project holds a lease on it."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from portal.integrations.clients.repository import RequestState
from portal.scaffolder.campaigns.campaign import UNFINISHED
from portal.scaffolder.campaigns.campaign import Campaign
from portal.scaffolder.campaigns.campaign import CampaignProject
from portal.scaffolder.campaigns.campaign import ProjectOutcome
from portal.scaffolder.campaigns.campaign import ProjectState
from portal.scaffolder.campaigns.tables import campaigns
from portal.scaffolder.campaigns.tables import projects
from portal.scaffolder.campaigns.tables import updates

HOUR = 3600
_c, _p = campaigns.c, projects.c
_COUNT_NOT = (ProjectState.CURRENT.value, ProjectState.CLOSED.value)


@dataclass(frozen=True, slots=True)
class Claim:
    """A project that a process updates now.

    Attributes:
        campaign: The campaign, without its projects.
        project: The project's ref.
        lease: Identifies the claim.
        interruptions: How often a process died with it.
    """

    campaign: Campaign
    project: str
    lease: str
    interruptions: int = 0


def add(connection: Connection, campaign: Campaign) -> None:
    """Store a new campaign with its projects."""
    connection.execute(
        sa.insert(campaigns).values(
            id=campaign.id,
            template_ref=campaign.template,
            per_hour=campaign.per_hour,
            created_at=campaign.created_at,
            created_by=campaign.created_by,
            program=campaign.program,
            stopped_at=0,
        )
    )
    rows = [
        {
            "campaign_id": campaign.id,
            "project_ref": one.project,
            "state": one.outcome.state.value,
            "lease": "",
            "taken_at": 0,
            "interruptions": 0,
            "url": "",
            "message": "",
        }
        for one in campaign.projects
    ]
    connection.execute(sa.insert(projects), rows)


def find(connection: Connection, campaign_id: str) -> Campaign | None:
    """Return a campaign with all its projects."""
    query = sa.select(campaigns).where(_c.id == campaign_id)
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else _campaign(row, _projects_of(connection, campaign_id))


def of_template(connection: Connection, template: str, limit: int) -> list[Campaign]:
    """Return the newest campaigns of a template, the newest first."""
    query = sa.select(campaigns).where(_c.template_ref == template)
    query = query.order_by(_c.created_at.desc(), _c.id).limit(limit)
    rows = connection.execute(query).mappings().all()
    return [_campaign(row, _projects_of(connection, row["id"])) for row in rows]


def _projects_of(connection: Connection, campaign_id: str) -> tuple[CampaignProject, ...]:
    """Return the projects of a campaign, with what is known of their requests."""
    is_its = (updates.c.project_ref == _p.project_ref) & (updates.c.url == _p.url) & (_p.url != "")
    query = sa.select(projects, updates.c.state.label("request")).outerjoin(updates, is_its)
    query = query.where(_p.campaign_id == campaign_id).order_by(_p.project_ref)
    return tuple(
        CampaignProject(
            row["project_ref"],
            ProjectOutcome(
                ProjectState(row["state"]), row["url"], row["message"], _request(row["request"])
            ),
        )
        for row in connection.execute(query).mappings()
    )


def _request(state: str | None) -> str:
    """Return a state of an update as that of its request."""
    return "" if state is None else state if state in set(RequestState) else RequestState.OPEN.value


def _campaign(row: sa.RowMapping, found: tuple[CampaignProject, ...] = ()) -> Campaign:
    return Campaign(
        row["id"],
        row["template_ref"],
        row["per_hour"],
        row["created_at"],
        row["created_by"],
        row["program"],
        bool(row["stopped_at"]),
        found,
    )


def stop(connection: Connection, campaign_id: str, at: int) -> None:
    """Stop a campaign; what is being updated now is finished."""
    connection.execute(sa.update(campaigns).where(_c.id == campaign_id).values(stopped_at=at))


def resume(connection: Connection, campaign_id: str, again: Collection[str]) -> None:
    """Let a stopped campaign go on; projects that failed, of those named, wait again."""
    connection.execute(sa.update(campaigns).where(_c.id == campaign_id).values(stopped_at=0))
    mine = (_p.campaign_id == campaign_id, _p.project_ref.in_(again))
    failed = _p.state == ProjectState.FAILED.value
    fresh = {"state": ProjectState.WAITING.value, "interruptions": 0, "message": ""}
    connection.execute(sa.update(projects).where(*mine, failed).values(**fresh))


def has_work(connection: Connection) -> bool:
    """Return whether any campaign has something left to do."""
    unfinished = _p.state.in_([state.value for state in UNFINISHED])
    return connection.scalar(sa.select(_p.campaign_id).where(unfinished).limit(1)) is not None


def leases(connection: Connection) -> list[str]:
    """Return the leases of the projects that are being updated."""
    query = sa.select(_p.lease).where(_p.state == ProjectState.RUNNING.value)
    return list(connection.scalars(query))


def take(
    connection: Connection, now: int, lease: str, is_abandoned: Callable[[str, int], bool]
) -> Claim | None:
    """Claim the next project; the caller is the only writer.

    A project whose process died goes first: it has begun, so no limit counts it again.

    Args:
        connection: A connection in a transaction that locks writers.
        now: The time in seconds since the epoch.
        lease: Identifies the claim.
        is_abandoned: Tells whether nobody works under a lease any more, taken at a time.
    """
    joined = sa.select(campaigns, projects).join(projects, _p.campaign_id == _c.id)
    query = joined.where(_p.state == ProjectState.RUNNING.value).order_by(_p.taken_at)
    for row in connection.execute(query).mappings():
        if is_abandoned(row["lease"], row["taken_at"]):
            return _taken(connection, row, lease, row["taken_at"], 1)
    waiting = joined.where(_p.state == ProjectState.WAITING.value)
    for campaign_id, per_hour in _going(connection):
        if _taken_since(connection, campaign_id, now - HOUR) < per_hour:
            first = waiting.where(_c.id == campaign_id).order_by(_p.project_ref).limit(1)
            row = connection.execute(first).mappings().one()
            return _taken(connection, row, lease, now, 0)
    return None


def _going(connection: Connection) -> list[tuple[str, int]]:
    """Return the campaigns with projects that wait, the oldest first, and their limits."""
    waits = sa.exists().where(_p.campaign_id == _c.id, _p.state == ProjectState.WAITING.value)
    query = sa.select(_c.id, _c.per_hour).where(_c.stopped_at == 0, waits)
    rows = connection.execute(query.order_by(_c.created_at, _c.id))
    return [(row[0], row[1]) for row in rows]


def _taken(
    connection: Connection, row: sa.RowMapping, lease: str, taken_at: int, died: int
) -> Claim:
    count = row["interruptions"] + died
    values = {
        "state": ProjectState.RUNNING.value,
        "lease": lease,
        "taken_at": taken_at,
        "interruptions": count,
    }
    connection.execute(
        sa.update(projects).where(*_is(row["id"], row["project_ref"])).values(values)
    )
    return Claim(_campaign(row), row["project_ref"], lease, count)


def _taken_since(connection: Connection, campaign_id: str, since: int) -> int:
    """Return how many projects were updated since a time, not counting where nothing was done."""
    query = sa.select(sa.func.count()).where(
        _p.campaign_id == campaign_id,
        _p.taken_at > since,
        _p.state.not_in(_COUNT_NOT),
    )
    return connection.scalar(query) or 0


def finish(connection: Connection, claim: Claim, outcome: ProjectOutcome) -> bool:
    """Store what came of a project; return whether the claim was still held."""
    values = {
        "state": outcome.state.value,
        "lease": "",
        "url": outcome.url,
        "message": outcome.message,
    }
    mine = (*_is(claim.campaign.id, claim.project), _p.lease == claim.lease)
    return bool(connection.execute(sa.update(projects).where(*mine).values(values)).rowcount)


def _is(campaign_id: str, project: str) -> Iterable[sa.ColumnElement[bool]]:
    return _p.campaign_id == campaign_id, _p.project_ref == project
