"""A campaign, and what became of each of its projects, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from portal.integrations.clients.repository import Proposed
from portal.kernel.clock import iso_of
from portal.kernel.json_text import Json
from portal.scaffolder.updating.plan import CONFLICTS
from portal.scaffolder.updating.plan import CURRENT
from portal.scaffolder.updating.plan import QUESTIONS
from portal.scaffolder.updating.plan import READY
from portal.scaffolder.updating.plan import UpdatePlan

#: The bounds and the default of how many projects an hour a campaign updates.
LEAST_AN_HOUR, MOST_AN_HOUR, USUAL_AN_HOUR = 1, 1_000, 20


class ProjectState(StrEnum):
    """What became of a project in a campaign."""

    WAITING = "waiting"
    RUNNING = "running"
    #: A request is open.
    PROPOSED = "proposed"
    #: A request is open as a draft: people have to decide.
    CONFLICTS = "conflicts"
    #: The branch is there; people have to open the request.
    PUSHED = "pushed"
    #: The template asks something new: its owners have to answer.
    QUESTIONS = "questions"
    #: Its owners closed the request of this version: it is not opened again by itself.
    CLOSED = "closed"
    #: There was nothing to do.
    CURRENT = "current"
    FAILED = "failed"


#: What is still to be done.
UNFINISHED = frozenset({ProjectState.WAITING, ProjectState.RUNNING})
_OF_PLAN: Mapping[str, ProjectState] = {
    CURRENT: ProjectState.CURRENT,
    QUESTIONS: ProjectState.QUESTIONS,
    CONFLICTS: ProjectState.CONFLICTS,
    READY: ProjectState.PROPOSED,
}


@dataclass(frozen=True, slots=True)
class ProjectOutcome:
    """What came of a project's update.

    Attributes:
        state: What became of it.
        url: The address of its request; empty without one.
        message: What people should know, as why it failed; in English.
        request: ``open``, ``merged`` or ``closed``; empty where that is not known.
    """

    state: ProjectState
    url: str = ""
    message: str = ""
    request: str = ""


def outcome_of(plan: UpdatePlan) -> ProjectOutcome:
    """Return what came of an update that was proposed."""
    message = "; ".join(plan.notes)
    if plan.state == QUESTIONS:
        asked = [str(one["name"]) for one in plan.questions if one.get("required")]
        message = f"the template asks: {', '.join(asked)}" if asked else message
    state = _OF_PLAN[plan.state]
    is_pushed = plan.state in {READY, CONFLICTS} and not isinstance(plan.proposed, Proposed)
    url = plan.proposed.url if plan.proposed else ""
    return ProjectOutcome(ProjectState.PUSHED if is_pushed else state, url, message)


@dataclass(frozen=True, slots=True)
class CampaignProject:
    """A project of a campaign."""

    project: str
    outcome: ProjectOutcome

    def to_json(self) -> dict[str, Json]:
        """Return it as JSON."""
        url, message, request = self.outcome.url, self.outcome.message, self.outcome.request
        return {
            "project": self.project,
            "state": self.outcome.state.value,
            **({"url": url} if url else {}),
            **({"request": request} if request else {}),
            **({"message": message} if message else {}),
        }


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign, with those of its projects that the caller may see.

    Attributes:
        id: A UUID.
        template: The ref of the template.
        per_hour: How many projects an hour it updates at most.
        created_at: When it was started, in seconds since the epoch.
        created_by: The ref of the user in whose name it works; empty for a program.
        program: The subject of a program with a named token; empty for others.
        is_stopped: Whether somebody stopped it.
        projects: Its projects, by ref.
    """

    id: str
    template: str
    per_hour: int
    created_at: int
    created_by: str = ""
    program: str = ""
    is_stopped: bool = False
    projects: tuple[CampaignProject, ...] = ()

    @property
    def state(self) -> str:
        """``running``, ``stopped``, or ``done``: nothing of it is left to do."""
        if not any(one.outcome.state in UNFINISHED for one in self.projects):
            return "done"
        return "stopped" if self.is_stopped else "running"

    @property
    def counts(self) -> dict[str, int]:
        """How many projects are in each state."""
        states = [one.outcome.state for one in self.projects]
        return {state.value: states.count(state) for state in ProjectState}

    def to_json(self) -> dict[str, Json]:
        """Return it as JSON."""
        return {
            "id": self.id,
            "template": self.template,
            "state": self.state,
            "perHour": self.per_hour,
            "createdAt": iso_of(self.created_at),
            "createdBy": self.created_by,
            "counts": self.counts,
            "projects": [one.to_json() for one in self.projects],
        }
