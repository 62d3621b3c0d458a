"""What a principal may do: one function decides, for every door alike.

Today whoever is let in may do everything. The gate asks for every request, and
``POST /api/permission/authorize`` tells a frontend what the answer would be. Search
asks about every entity there is, so it first asks what can be said of all at once, and
keeps answers by role. A stricter policy changes ``decide``, and with it what
``decide_for_all`` and ``roles_of`` say of it, and nothing else.
"""

from __future__ import annotations

from enum import Enum

from portal.auth.identity import Principal
from portal.kernel.errors import NotAllowedError

#: The action the gate asks for before a request is looked at any closer; its
#: resource is the path.
ENTER = "portal.enter"


class Decision(Enum):
    """May they, or not; the values are Backstage's."""

    ALLOW = "ALLOW"
    DENY = "DENY"


def decide(principal: Principal, action: str, resource: str = "") -> Decision:  # noqa: ARG001
    """Say whether a principal may do something.

    Args:
        principal: Who asks.
        action: A permission's name, such as ``catalog.entity.delete``, or ``ENTER``.
        resource: What it would be done to, such as an entity ref; empty when the
            action is not about one thing.
    """
    return Decision.ALLOW


def decide_for_all(principal: Principal, action: str) -> Decision | None:  # noqa: ARG001
    """Say what ``decide`` says of every resource alike; ``None`` when it depends on it."""
    return Decision.ALLOW


def roles_of(principal: Principal) -> frozenset[str]:
    """Return what decisions depend on: principals of the same roles may do the same."""
    return frozenset({principal.kind})


def require(principal: Principal, action: str, resource: str = "") -> None:
    """Go on only when the principal may.

    Raises:
        NotAllowedError: When not; without a message, as in Backstage, because a
            reason would tell what is there.
    """
    if decide(principal, action, resource) is not Decision.ALLOW:
        raise NotAllowedError
