"""Access to tasks: one object decides for every route.

The policy decides, with a condition on who created a task where it does not allow or deny all.
A condition means the same in lists, where it is SQL, and for a single task.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Sequence

import sqlalchemy as sa

from portal.kernel.conditions import AllOf
from portal.kernel.conditions import AnyOf
from portal.kernel.conditions import Not
from portal.kernel.conditions import holds
from portal.permission.access import Access
from portal.permission.conditions import Condition
from portal.permission.conditions import Rule
from portal.permission.policy import Decision
from portal.permission.policy import Result
from portal.scaffolder.tasks.model import tables as t

#: To read a task, its events and its files.
READ = "scaffolder.task.read"
#: To create a task or retry one.
CREATE = "scaffolder.task.create"
#: To cancel a task.
CANCEL = "scaffolder.task.cancel"


def _owners(rule: Rule) -> Collection[str]:
    """Return the creators of the rule ``IS_TASK_OWNER``; a program's tasks have none."""
    return set(rule.get("createdBy")) - {""}


def sql_of(condition: Condition) -> sa.ColumnElement[bool]:
    """Return the SQL of a condition on tasks."""
    match condition:
        case AllOf(parts):
            return sa.and_(sa.true(), *map(sql_of, parts))
        case AnyOf(parts):
            return sa.or_(sa.false(), *map(sql_of, parts))
        case Not(part):
            return sa.not_(sql_of(part))
        case Rule():
            return t.tasks.c.created_by.in_(sorted(_owners(condition)))


def meets(created_by: str, condition: Condition) -> bool:
    """Return whether a task meets a condition.

    Args:
        created_by: The ref of the user who created it; empty for a program.
        condition: The condition.
    """
    return holds(condition, lambda rule: created_by in _owners(rule))


class TaskAccess:
    """Decides access to tasks, for every route.

    Args:
        access: What the caller may do.
    """

    def __init__(self, access: Access) -> None:
        self._access = access

    def may(self, permission: str, created_by: str) -> bool:
        """Return whether the caller may do something with a task.

        Args:
            permission: ``READ``, ``CREATE`` (retry) or ``CANCEL``.
            created_by: The ref of the user who created it; empty for a program.
        """
        return _is_allowed(self._access.decision(permission), created_by)

    def visible(self) -> Decision:
        """Return which tasks the caller sees in lists, consistent with ``may`` and ``READ``."""
        return self._access.decision(READ)


def _is_allowed(decision: Decision, created_by: str) -> bool:
    if decision.condition is not None:
        return meets(created_by, decision.condition)
    return decision.result is Result.ALLOW


def conditions_of(decision: Decision) -> Sequence[sa.ColumnElement[bool]]:
    """Return the SQL conditions of the tasks a decision allows."""
    if decision.condition is not None:
        return [sql_of(decision.condition)]
    return [] if decision.result is Result.ALLOW else [sa.false()]
