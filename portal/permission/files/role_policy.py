"""Decides by the lines of policy files: what the roles of a caller allow, together.

What one role allows is allowed, whatever the others say, except for what one of them denies. A
condition of a role takes the place of what the role is allowed without one. Lines that name a
permission come before those that name its type of resources.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping
from typing import Any

from portal.auth.identity import SERVICE
from portal.auth.identity import USER
from portal.auth.identity import Principal
from portal.kernel.conditions import replaced
from portal.permission.conditions import Condition
from portal.permission.conditions import Rule
from portal.permission.conditions import any_of
from portal.permission.files.lines import ADMIN
from portal.permission.files.lines import GUESTS
from portal.permission.files.lines import SIGNED_IN
from portal.permission.files.lines import PolicyLines
from portal.permission.permissions import PERMISSIONS
from portal.permission.permissions import Permission
from portal.permission.policy import ALLOW
from portal.permission.policy import DENY
from portal.permission.policy import Decision
from portal.permission.policy import conditional

#: In parameters of conditions: the ref of the caller, and the refs of their ownership.
CURRENT_USER, OWNER_REFS = "$currentUser", "$ownerRefs"
#: The decisions that are kept: those of so many callers and permissions.
_MOST_KEPT = 10_000


class RolePolicy:
    """A policy of roles.

    Args:
        lines: What the policy files say.
    """

    def __init__(self, lines: PolicyLines) -> None:
        self.lines = lines
        self._roles_of: dict[str, set[str]] = defaultdict(set)
        for membership in lines.memberships:
            self._roles_of[membership.subject].add(membership.role)
        self._kept: dict[tuple[Principal, str], Decision] = {}

    def decide(self, principal: Principal, permission: Permission) -> Decision:
        """Return the decision on a permission, for all of its resources."""
        key = (principal, permission.name)
        found = self._kept.get(key)
        if found is None:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            found = self._kept[key] = self._decide(principal, permission)
        return found

    def _decide(self, principal: Principal, permission: Permission) -> Decision:
        subjects = _subjects(principal)
        roles = self.roles_of(subjects)
        if any(each.denies(roles | subjects, permission) for each in self.lines.denials):
            return DENY
        if principal.kind == SERVICE and not roles:
            return ALLOW  # as far as its token's scopes go: ``policy.decide`` has asked them
        decision = self._by_roles(roles, permission)
        if decision is None and permission.falls_back_to and not self._knows(permission):
            decision = self._by_roles(roles, PERMISSIONS[permission.falls_back_to])
        if decision is None or decision.condition is None:
            return decision or DENY
        return conditional(_for_caller(decision.condition, principal))

    def roles_of(self, subjects: Collection[str]) -> set[str]:
        """Return the roles of a caller, those that these have included."""
        found: set[str] = set()
        rest = list(subjects)
        while rest:
            fresh = self._roles_of.get(rest.pop(), set()) - found
            found |= fresh
            rest.extend(fresh)
        return found

    def _by_roles(self, roles: set[str], permission: Permission) -> Decision | None:
        """Return what some roles allow together; ``None`` when they say nothing."""
        grants = [
            each
            for each in self.lines.grants
            if each.role in roles
            and each.verb == permission.verb
            and each.target in {permission.name, permission.resource_type}
        ]
        grants = [each for each in grants if each.target == permission.name] or grants
        if any(not each.is_allowed for each in grants):
            return DENY
        conditions = [
            each
            for each in self.lines.conditions
            if each.role in roles
            and each.resource_type == permission.resource_type
            and permission.verb in each.verbs
        ]
        if {each.role for each in grants} - {each.role for each in conditions}:
            return ALLOW
        return conditional(any_of(each.condition for each in conditions)) if conditions else None

    def _knows(self, permission: Permission) -> bool:
        """Return whether the policy says anything of a permission but to administrators."""
        names = {permission.name, permission.resource_type}
        grants = any(
            each.target in names and each.verb == permission.verb and each.role != ADMIN
            for each in self.lines.grants
        )
        return grants or any(
            each.resource_type == permission.resource_type and permission.verb in each.verbs
            for each in self.lines.conditions
        )


def _subjects(principal: Principal) -> set[str]:
    """Return the names under which policy files know a caller."""
    if principal.kind == SERVICE:
        return {principal.subject}
    if principal.kind != USER:
        return {GUESTS}
    kind = GUESTS if principal.is_guest else SIGNED_IN
    return {principal.subject, *principal.ownership, kind}


def _for_caller(condition: Condition, principal: Principal) -> Condition:
    """Return a condition with the refs of the caller in place of aliases."""
    user = principal.subject if principal.kind == USER else ""
    aliases = {CURRENT_USER: (user,), OWNER_REFS: principal.ownership or (user,)}
    return replaced(condition, lambda rule: _with_refs(rule, aliases))


def _with_refs(rule: Rule, aliases: Mapping[str, Collection[str]]) -> Rule:
    return Rule(rule.name, tuple((name, _refs(value, aliases)) for name, value in rule.parameters))


def _refs(value: Any, aliases: Mapping[str, Collection[str]]) -> Any:
    if isinstance(value, str):
        return next(iter(aliases[value])) if value in aliases else value
    return tuple(_each(value, aliases)) if isinstance(value, tuple) else value


def _each(values: Iterable[str], aliases: Mapping[str, Collection[str]]) -> Iterable[str]:
    for value in values:
        yield from aliases.get(value, (value,))
