"""The use cases of campaigns: start, look, stop, resume."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable
from dataclasses import replace

from sqlalchemy.engine import Engine as Database

from portal.audit.events import AuditAction
from portal.audit.events import Record
from portal.audit.events import record_nothing
from portal.auth.identity import USER
from portal.auth.identity import Method
from portal.auth.identity import Principal
from portal.kernel.database import lock_writers
from portal.kernel.errors import ConflictError
from portal.kernel.errors import InputError
from portal.kernel.errors import NotFoundError
from portal.model.refs import EntityRef
from portal.model.refs import parse_ref
from portal.scaffolder.campaigns import store
from portal.scaffolder.campaigns.campaign import LEAST_AN_HOUR
from portal.scaffolder.campaigns.campaign import MOST_AN_HOUR
from portal.scaffolder.campaigns.campaign import USUAL_AN_HOUR
from portal.scaffolder.campaigns.campaign import Campaign
from portal.scaffolder.campaigns.campaign import CampaignProject
from portal.scaffolder.campaigns.campaign import ProjectOutcome
from portal.scaffolder.campaigns.campaign import ProjectState
from portal.scaffolder.campaigns.instances import Instances

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MOST_LISTED = 20


class Campaigns:
    """Starts campaigns and shows them, within what the caller may see and do.

    Args:
        database: Where they are.
        instances: The projects of templates.
        check_template: Refuses a caller who may not use a template, by its ref.
        record: Records what was done.
        clock: Returns the seconds since the epoch.
    """

    def __init__(
        self,
        database: Database,
        instances: Instances,
        check_template: Callable[[EntityRef], None],
        record: Record = record_nothing,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._instances = instances
        self._check_template = check_template
        self._record = record
        self._clock = clock

    def start(self, who: Principal, template: EntityRef, per_hour: int = USUAL_AN_HOUR) -> Campaign:
        """Start to update all projects of a template that the caller sees and that are behind.

        Args:
            who: In whose name it works; their rights are judged again for each project.
            template: The template.
            per_hour: How many projects an hour it updates at most.

        Raises:
            InputError: When no project is behind, or the limit is out of bounds.
            NotFoundError: When there is no such template.
            NotAllowedError: When the caller may not use it.
            ConflictError: When one of this caller's runs already.
        """
        if not LEAST_AN_HOUR <= per_hour <= MOST_AN_HOUR:
            msg = f"perHour must be between {LEAST_AN_HOUR} and {MOST_AN_HOUR}"
            raise InputError(msg)
        self._check_template(template)
        behind = [one.project for one in self._instances.of(template)[1] if not one.is_current]
        if not behind:
            raise InputError(f"no project of {template} is behind")
        waiting = ProjectOutcome(ProjectState.WAITING)
        campaign = Campaign(
            str(uuid.uuid4()),
            str(template),
            per_hour,
            int(self._clock()),
            who.subject if who.kind == USER else "",
            who.subject if who.method is Method.NAMED_TOKEN else "",
            projects=tuple(CampaignProject(project, waiting) for project in behind),
        )
        with self._database.begin() as connection:
            lock_writers(connection)
            for other in store.of_template(connection, str(template), _MOST_LISTED):
                if self._visible(other).state == "running":
                    raise ConflictError(f"a campaign of {template} is running: {other.id}")
            store.add(connection, campaign)
        details = {"template": str(template), "projects": len(behind)}
        self._record(AuditAction.CAMPAIGN_START, campaign.id, details=details)
        return campaign

    def get(self, campaign_id: str) -> Campaign:
        """Return a campaign, with those of its projects that the caller may see.

        Raises:
            NotFoundError: When there is none, or the caller may see nothing of it.
        """
        found = None
        if _ID.fullmatch(campaign_id):
            with self._database.connect() as connection:
                found = store.find(connection, campaign_id)
        visible = found and self._visible(found)
        if not visible or not visible.projects:
            raise NotFoundError(f"No campaign with id '{campaign_id}' found")
        return visible

    def of(self, template: EntityRef) -> list[Campaign]:
        """Return the newest campaigns of a template, as ``get`` does.

        Raises:
            NotFoundError: When the caller sees no such template.
        """
        if not self._instances.sees(template):
            raise NotFoundError(f"Template {template} not found")
        with self._database.connect() as connection:
            found = store.of_template(connection, str(template), _MOST_LISTED)
        return [one for one in map(self._visible, found) if one.projects]

    def _visible(self, campaign: Campaign) -> Campaign:
        """Return a campaign as if what the caller may not see were not there."""
        template = parse_ref(campaign.template)
        if not self._instances.sees(template):
            return replace(campaign, projects=())
        kept = (one for one in campaign.projects if self._instances.sees(parse_ref(one.project)))
        return replace(campaign, projects=tuple(kept))

    def stop(self, campaign_id: str) -> Campaign:
        """Stop a campaign; the project that is being updated is finished.

        Raises:
            NotFoundError: When there is none, or the caller may see nothing of it.
            NotAllowedError: When the caller may not use its template.
        """
        campaign = self._changeable(campaign_id)
        with self._database.begin() as connection:
            lock_writers(connection)
            store.stop(connection, campaign.id, int(self._clock()))
        self._record(AuditAction.CAMPAIGN_STOP, campaign.id)
        return self.get(campaign_id)

    def resume(self, campaign_id: str) -> Campaign:
        """Let a campaign go on, and try again what failed, as far as the caller sees it.

        Raises:
            NotFoundError: When there is none, or the caller may see nothing of it.
            NotAllowedError: When the caller may not use its template.
        """
        campaign = self._changeable(campaign_id)
        with self._database.begin() as connection:
            lock_writers(connection)
            store.resume(connection, campaign.id, [one.project for one in campaign.projects])
        self._record(AuditAction.CAMPAIGN_RESUME, campaign.id)
        return self.get(campaign_id)

    def _changeable(self, campaign_id: str) -> Campaign:
        campaign = self.get(campaign_id)
        self._check_template(parse_ref(campaign.template))
        return campaign
