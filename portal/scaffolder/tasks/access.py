"""Who may do what with which task: one function, which every door asks.

One's own tasks are one's own: whoever is let in may look at them, end them and try them
again. Of those of others the policy decides, each by its id.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from portal.auth import policy
from portal.auth.identity import USER
from portal.auth.identity import Principal
from portal.auth.policy import Decision

#: To look at a task, its events and its files.
READ = "scaffolder.task.read"
#: To ask for one, or to have one run again.
CREATE = "scaffolder.task.create"
#: To end one.
CANCEL = "scaffolder.task.cancel"


@dataclass(frozen=True, slots=True)
class Sight:
    """Which tasks of a list somebody may see.

    Args:
        is_all: Whether every one of them.
        owner: Otherwise those that this user asked for; empty for nobody's.
        may_read: And of the others those whose id it says yes to; ``None`` for none.
    """

    is_all: bool = True
    owner: str = ""
    may_read: Callable[[str], bool] | None = None


#: Of somebody who may see every task.
EVERYTHING = Sight()


def may(principal: Principal, action: str, task_id: str, created_by: str) -> bool:
    """Say whether a principal may do something with a task.

    Args:
        principal: Who asks.
        action: ``READ``, ``CREATE`` (run it again) or ``CANCEL``.
        task_id: Which task.
        created_by: The ref of the user who asked for it; empty for a program.
    """
    if created_by and created_by == _owner(principal):
        return True
    return policy.decide(principal, action, task_id) is Decision.ALLOW


def sight_of(principal: Principal) -> Sight:
    """Return which tasks a principal sees in lists: those that ``may`` lets them read."""
    for_all = policy.decide_for_all(principal, READ)
    if for_all is Decision.ALLOW:
        return EVERYTHING
    judge = None if for_all is Decision.DENY else partial(_may_read, principal)
    return Sight(is_all=False, owner=_owner(principal), may_read=judge)


def _owner(principal: Principal) -> str:
    """Return whose tasks are a principal's own; programs and nobody have none."""
    return principal.subject if principal.kind == USER else ""


def _may_read(principal: Principal, task_id: str) -> bool:
    return policy.decide(principal, READ, task_id) is Decision.ALLOW
