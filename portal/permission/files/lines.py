"""What policy files say, as values: permissions of roles, members of roles, conditions.

What cannot be read is a ``PolicyFinding``. A line that is wrong never allows anything; if it may
have been meant to deny something, a ``Denial`` denies all that it may have been about.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from portal.permission.conditions import Condition
from portal.permission.permissions import PERMISSIONS
from portal.permission.permissions import PLUGIN_OF_RESOURCE
from portal.permission.permissions import Permission

#: The actions of policy files; ``use`` is that of permissions without one.
VERBS = ("create", "read", "update", "delete", "use")
#: Everybody who is signed in, and guests, callers without credentials among them; programs
#: are named as ``portal token`` names them, with ``external:`` before. None of these can be
#: the ref of an entity.
SIGNED_IN, GUESTS = "$signedIn", "$guests"
#: The role of administrators, named as in Red Hat Developer Hub.
ADMIN = "role:default/rbac_admin"
_NAME = r"[a-z0-9][a-z0-9._-]*"
_ROLE = re.compile(rf"role:{_NAME}/{_NAME}")
_SUBJECT = re.compile(rf"(user|group|role):{_NAME}/{_NAME}|external:[\w.:-]+")


@dataclass(frozen=True, slots=True)
class PolicyFinding:
    """Something wrong in a policy file.

    Attributes:
        file: The name of the file.
        line: The line, from 1; 0 for the whole file.
        message: What is wrong, what is allowed, and what it means for the decisions.
    """

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        """Return it as one line of text."""
        return f"{self.file}:{self.line}: {self.message}"


@dataclass(frozen=True, slots=True)
class Grant:
    """A ``p`` line: what a role may do, or may not.

    Attributes:
        role: The role.
        target: The name of a permission, or a type of resources.
        verb: One of ``VERBS``.
        is_allowed: Whether it is allowed; otherwise it is denied.
    """

    role: str
    target: str
    verb: str
    is_allowed: bool


@dataclass(frozen=True, slots=True)
class Membership:
    """A ``g`` line: who has a role; a role may have another."""

    subject: str
    role: str


@dataclass(frozen=True, slots=True)
class RoleCondition:
    """A document of conditions: what a role may do to resources that meet one."""

    role: str
    resource_type: str
    verbs: frozenset[str]
    condition: Condition


@dataclass(frozen=True, slots=True)
class Denial:
    """What an unreadable line may have denied; empty members mean any.

    Attributes:
        subject: A role, or a member of roles.
        target: The name of a permission, or a type of resources.
        verbs: Actions.
    """

    subject: str = ""
    target: str = ""
    verbs: frozenset[str] = frozenset()

    def denies(self, subjects: Iterable[str], permission: Permission) -> bool:
        """Return whether it denies a permission to a caller."""
        is_theirs = not self.subject or self.subject in subjects
        is_it = self.target in {"", permission.name, permission.resource_type}
        return is_theirs and is_it and (not self.verbs or permission.verb in self.verbs)


@dataclass(frozen=True, slots=True)
class PolicyLines:
    """All that the files of a policy say."""

    grants: tuple[Grant, ...] = ()
    memberships: tuple[Membership, ...] = ()
    conditions: tuple[RoleCondition, ...] = ()
    denials: tuple[Denial, ...] = ()
    findings: tuple[PolicyFinding, ...] = ()

    def __add__(self, other: PolicyLines) -> PolicyLines:
        """Return what both say."""
        return PolicyLines(
            self.grants + other.grants,
            self.memberships + other.memberships,
            self.conditions + other.conditions,
            self.denials + other.denials,
            self.findings + other.findings,
        )


def is_role(text: str) -> bool:
    """Return whether a text is the ref of a role, such as ``role:default/admin``."""
    return _ROLE.fullmatch(text) is not None


def is_subject(text: str) -> bool:
    """Return whether a text names somebody who can have roles."""
    return text in {SIGNED_IN, GUESTS} or _SUBJECT.fullmatch(text) is not None


def is_target(text: str) -> bool:
    """Return whether a text names a permission or a type of resources.

    Permissions of plugins that are not here are accepted: a policy may be shared with a
    Backstage that has them.
    """
    if text in PERMISSIONS or text in PLUGIN_OF_RESOURCE:
        return True
    plugin, dot, rest = text.partition(".")
    ours = {each.plugin for each in PERMISSIONS.values()}
    return bool(plugin and dot and rest) and plugin not in ours


def matching_verbs(target: str) -> set[str]:
    """Return the actions of the permissions that a target names."""
    named = [each for each in PERMISSIONS.values() if target in {each.name, each.resource_type}]
    return {each.verb for each in named} or set(VERBS)
