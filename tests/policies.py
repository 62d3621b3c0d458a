"""Policies for tests: a table of decisions, for everybody or for some."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.auth.identity import Principal
from portal.permission.conditions import Condition
from portal.permission.conditions import read_condition
from portal.permission.permissions import ENTITY
from portal.permission.permissions import PERMISSIONS
from portal.permission.permissions import Permission
from portal.permission.policy import ALLOW
from portal.permission.policy import Decision
from portal.permission.policy import conditional

#: A principal's kind or subject, to the decisions on permissions for it; "" is everybody else.
Table = Mapping[str, Mapping[str, Decision]]


class TablePolicy:
    """Decides by a table that may be changed; allows what is not in it."""

    def __init__(self, **table: Mapping[str, Decision]) -> None:
        self.table: dict[str, Mapping[str, Decision]] = dict(table)
        self.asked: list[tuple[Principal, str]] = []

    def decide(self, principal: Principal, permission: Permission) -> Decision:
        self.asked.append((principal, permission.name))
        for who in (principal.subject, principal.kind, "everybody"):
            if permission.name in self.table.get(who, {}):
                return self.table[who][permission.name]
        return ALLOW


def rule(name: str, resource_type: str = ENTITY, **parameters: Any) -> Condition:
    """Return a condition of one rule."""
    return read_condition({"rule": name, "params": parameters}, resource_type)


def when(name: str, resource_type: str = ENTITY, **parameters: Any) -> Decision:
    """Return the decision to allow on a condition of one rule."""
    return conditional(rule(name, resource_type, **parameters))


def unless(name: str, resource_type: str = ENTITY, **parameters: Any) -> Decision:
    """Return the decision to allow unless a rule holds."""
    value = {"not": {"rule": name, "params": parameters}}
    return conditional(read_condition(value, resource_type))


def permission(name: str) -> Permission:
    """Return a permission by its name."""
    return PERMISSIONS[name]
