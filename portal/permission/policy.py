"""The permission policy: decides whether a principal may do something.

One policy is handed to all that ask. It decides without looking at resources: allow, deny, or
allow on a condition, which whoever has the resources makes a part of its query. So every
decision is a value that depends on the principal and the permission only.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from portal.auth.identity import Principal
from portal.permission.conditions import Condition
from portal.permission.permissions import Permission


class Result(Enum):
    """The results of decisions; values are Backstage's."""

    ALLOW = "ALLOW"
    DENY = "DENY"
    CONDITIONAL = "CONDITIONAL"


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision of the policy.

    Attributes:
        result: Allow, deny, or allow on a condition.
        condition: The condition on the resource; ``None`` when there is none.
    """

    result: Result
    condition: Condition | None = None


ALLOW = Decision(Result.ALLOW)
DENY = Decision(Result.DENY)


def conditional(condition: Condition) -> Decision:
    """Return the decision to allow on a condition."""
    return Decision(Result.CONDITIONAL, condition)


class PermissionPolicy(Protocol):
    """Decides whether principals may do something; Backstage's term."""

    def decide(self, principal: Principal, permission: Permission) -> Decision:
        """Return the decision on a permission, for all of its resources."""


def decide(policy: PermissionPolicy, principal: Principal, permission: Permission) -> Decision:
    """Return the decision of a policy within the limits of a program's token.

    Every question to a policy goes through here: no policy widens what a token is good for.
    """
    limits = principal.access
    if limits is not None and not limits.allows(permission.name, permission.action):
        return DENY
    return policy.decide(principal, permission)


class AllowAllPermissionPolicy:
    """Allows everything; as Backstage's policy of that name."""

    def decide(self, principal: Principal, permission: Permission) -> Decision:  # noqa: ARG002
        """Return ``ALLOW``."""
        return ALLOW
