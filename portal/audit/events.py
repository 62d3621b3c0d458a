"""Entries of the audit log: who did what to which resource, and with which outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from enum import StrEnum
from typing import Any
from typing import Protocol


class AuditAction(StrEnum):
    """What is recorded."""

    SIGN_IN = "auth.sign-in"
    SIGN_OUT = "auth.sign-out"
    TOKEN_CREATE = "auth.token.create"
    TOKEN_REVOKE = "auth.token.revoke"
    LOCATION_CREATE = "catalog.location.create"
    LOCATION_CHANGE = "catalog.location.change"
    LOCATION_DELETE = "catalog.location.delete"
    ENTITY_REFRESH = "catalog.entity.refresh"
    ENTITY_DELETE = "catalog.entity.delete"
    DRY_RUN = "scaffolder.template.dry-run"
    TASK_CREATE = "scaffolder.task.create"
    TASK_RETRY = "scaffolder.task.retry"
    TASK_CANCEL = "scaffolder.task.cancel"
    TASK_RUN = "scaffolder.task.run"
    CAMPAIGN_START = "scaffolder.campaign.start"
    CAMPAIGN_STOP = "scaffolder.campaign.stop"
    CAMPAIGN_RESUME = "scaffolder.campaign.resume"
    TASK_DOWNLOAD = "scaffolder.task.download"
    POLICY_LOAD = "portal.policy.load"
    REQUEST = "portal.request"


class Outcome(StrEnum):
    """How it ended: done, refused (credentials or permission) or failed (anything else)."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it.

    Attributes:
        kind: ``user``, ``service``, ``none``, or ``portal`` for the portal itself.
        name: The user's entity ref or the program's name; empty for nobody.
        address: The network address of the client; empty without a request.
    """

    kind: str = "portal"
    name: str = ""
    address: str = ""


#: The portal itself: its worker, or its command line.
PORTAL = Actor()


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One entry.

    Attributes:
        at: When, in microseconds since the epoch.
        action: One of ``AuditAction``.
        outcome: One of ``Outcome``.
        actor: Who did it.
        resource: What it was done to: an entity ref, a location, the id of a task, a path.
        details: Further JSON values; never secrets, never the values of forms.
        id: Its number in the table; 0 before it is stored.
    """

    at: int
    action: str
    outcome: str
    actor: Actor
    resource: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    id: int = 0


class Record(Protocol):
    """Records an action of the current caller; ``AuditLog.record`` is one."""

    def __call__(
        self,
        action: str,
        resource: str = "",
        *,
        outcome: str = Outcome.DONE,
        details: Mapping[str, Any] = {},
    ) -> None:
        """Record an action; see ``AuditLog.record``."""


def record_nothing(
    action: str,
    resource: str = "",
    *,
    outcome: str = Outcome.DONE,
    details: Mapping[str, Any] = {},
) -> None:
    """Record nothing."""
