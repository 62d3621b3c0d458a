"""The job that carries out campaigns: one project after another, in the name of who started it.

A process that dies leaves its claim; the next one updates the project again. That is safe at
any moment: a branch that was pushed is taken as it is, a request that is open stays the only one.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
import uuid
from collections.abc import Callable

from sqlalchemy.engine import Engine as Database

from portal.auth.identity import Principal
from portal.catalog.failures import Stage
from portal.catalog.reading.failure_log import FailureLog
from portal.kernel.database import lock_writers
from portal.kernel.errors import PortalError
from portal.kernel.processes.presence import Presence
from portal.model.refs import EntityRef
from portal.model.refs import parse_ref
from portal.permission.access import acting_as
from portal.scaffolder.campaigns import store
from portal.scaffolder.campaigns.campaign import ProjectOutcome
from portal.scaffolder.campaigns.campaign import ProjectState
from portal.scaffolder.campaigns.campaign import outcome_of
from portal.scaffolder.campaigns.proposals import ProposedUpdate
from portal.scaffolder.updating.plan import UpdatePlan
from portal.scaffolder.updating.service import UpdateRequest

_LOG = logging.getLogger(__name__)
#: Seconds between two looks whether there is something to do.
_LOOK = 1.0
#: After so many seconds, a process of another machine that has not finished counts as dead.
_LEASE = 1800
#: After so many deaths of processes with it, a project fails.
_MOST_INTERRUPTIONS = 3
_GIVEN_UP = "given up: the portal's process died with it again and again"
_CLOSED = (
    "the request of this version was closed without being merged; it is opened again only when "
    "somebody proposes it on the page of the project's update"
)
_INTERNAL = "an internal error occurred; the portal's log says more"


class CampaignJob:
    """Carries out campaigns; several processes may.

    Args:
        database: The database of the campaigns.
        propose: Proposes an update; judged as of the present principal.
        standing: Returns the update a project has been proposed to the version its template has
            now, by the refs of both; ``None`` without one.
        check_template: Refuses a principal who may not use a template, by its ref.
        creator: Returns who started a campaign, as they are now, given the ref of the user
            and the subject of the program.
        presence: This process among those of its data folder that carry out campaigns.
        failure_log: Stores that the database cannot be written.
        clock: Returns the seconds since the epoch.
    """

    def __init__(
        self,
        database: Database,
        propose: Callable[[UpdateRequest], UpdatePlan],
        standing: Callable[[EntityRef, EntityRef], ProposedUpdate | None],
        check_template: Callable[[EntityRef], None],
        creator: Callable[[str, str], Principal | None],
        presence: Presence,
        failure_log: FailureLog,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._propose = propose
        self._standing = standing
        self._check_template = check_template
        self._creator = creator
        self._presence = presence
        self._failure_log = failure_log
        self._clock = clock

    def run(self, is_over: threading.Event) -> None:
        """Work until the event is set."""
        while not is_over.wait(_LOOK):
            noting = self._failure_log.noting(Stage.TASKS, "campaigns")
            with contextlib.suppress(Exception), noting:  # the next look tries again
                self._sweep()
                while not is_over.is_set() and self.do_one():
                    pass

    def _sweep(self) -> None:
        """Remove the presence files of dead processes that hold no claims."""
        with self._database.connect() as connection:
            found = store.leases(connection)
        self._presence.sweep({_holder(each) for each in found})

    def do_one(self) -> bool:
        """Update the next project; return whether there was one."""
        with self._database.connect() as connection:
            if not store.has_work(connection):
                return False
        lease = f"{self._presence.name}.{uuid.uuid4().hex}"
        with self._database.begin() as connection:
            lock_writers(connection)
            claim = store.take(connection, int(self._clock()), lease, self._is_abandoned)
        if claim is None:
            return False
        outcome = self._outcome(claim)
        with self._database.begin() as connection:
            lock_writers(connection)
            store.finish(connection, claim, outcome)
        return True

    def _is_abandoned(self, lease: str, taken_at: int) -> bool:
        holder = _holder(lease)
        if self._presence.is_here(holder):
            return False
        return self._presence.is_gone(holder) or taken_at < self._clock() - _LEASE

    def _outcome(self, claim: store.Claim) -> ProjectOutcome:
        """Update a project; any failure is that of this project only."""
        if claim.interruptions > _MOST_INTERRUPTIONS:
            return ProjectOutcome(ProjectState.FAILED, message=_GIVEN_UP)
        campaign = claim.campaign
        try:
            with acting_as(self._creator(campaign.created_by, campaign.program)):
                self._check_template(parse_ref(campaign.template))
                return self._proposed(parse_ref(claim.project), parse_ref(campaign.template))
        except PortalError as error:
            return ProjectOutcome(ProjectState.FAILED, message=error.message)
        except Exception:  # noqa: BLE001 - any failure ends this update, not the job
            _LOG.exception("campaign %s could not update %s", campaign.id, claim.project)
            return ProjectOutcome(ProjectState.FAILED, message=_INTERNAL)

    def _proposed(self, project: EntityRef, template: EntityRef) -> ProjectOutcome:
        """Propose an update, unless its owners have closed that of the same version."""
        standing = self._standing(project, template)
        if standing is not None and standing.is_closed:
            return ProjectOutcome(ProjectState.CLOSED, standing.url, _CLOSED)
        return outcome_of(self._propose(UpdateRequest(project)))


def _holder(lease: str) -> str:
    return lease.partition(".")[0]
