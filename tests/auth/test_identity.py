"""Principals: what they own, and what a program's token is limited to."""

from __future__ import annotations

import pytest

from portal.auth.identity import USER
from portal.auth.identity import AccessRestriction
from portal.auth.identity import Principal
from portal.auth.identity import ProgramAccess
from portal.auth.identity import Scope


def access(*scopes: Scope, restrictions: tuple[AccessRestriction, ...] = ()) -> ProgramAccess:
    return ProgramAccess(frozenset(scopes), restrictions)


#: Permission, action, and the scopes that open it.
_PERMISSIONS = [
    ("catalog.entity.read", "read", {Scope.READ, Scope.ADMIN}),
    ("catalog.location.create", "create", {Scope.REGISTER, Scope.ADMIN}),
    ("catalog.location.delete", "delete", {Scope.REGISTER, Scope.ADMIN}),
    ("catalog.entity.refresh", "update", {Scope.REGISTER, Scope.ADMIN}),
    ("catalog.entity.delete", "delete", {Scope.ADMIN}),
    ("scaffolder.task.create", "create", {Scope.SCAFFOLD, Scope.ADMIN}),
    ("scaffolder.task.read", "read", {Scope.READ, Scope.ADMIN}),
    ("something.new", "", {Scope.ADMIN}),
]


@pytest.mark.parametrize(("permission", "action", "scopes"), _PERMISSIONS)
def test_a_permission_is_opened_by_its_scope_and_by_no_other(
    permission: str, action: str, scopes: set[Scope]
) -> None:
    assert {each for each in Scope if access(each).allows(permission, action)} == scopes


def test_a_restriction_opens_its_plugin_only() -> None:
    only = access(Scope.ADMIN, restrictions=(AccessRestriction("catalog"),))
    assert only.allows("catalog.entity.delete", "delete")
    assert not only.allows("scaffolder.task.read", "read")
    assert only.opens("catalog")
    assert not only.opens("scaffolder")


def test_a_restriction_opens_only_the_permissions_and_actions_it_names() -> None:
    named = AccessRestriction("catalog", permissions=("catalog.entity.read",))
    reading = AccessRestriction("scaffolder", actions=("read",))
    both = access(Scope.ADMIN, restrictions=(named, reading))
    assert both.allows("catalog.entity.read", "read")
    assert not both.allows("catalog.entity.delete", "delete")
    assert both.allows("scaffolder.task.read", "read")
    assert not both.allows("scaffolder.task.create", "create")


def test_a_restriction_adds_nothing_to_the_scopes() -> None:
    reader = access(Scope.READ, restrictions=(AccessRestriction("catalog"),))
    assert not reader.allows("catalog.location.create", "create")


def test_a_user_owns_what_they_or_their_groups_own() -> None:
    ada = Principal(USER, "user:default/ada", ("user:default/ada", "group:default/platform"))
    assert ada.owns(["group:default/payments", "group:default/platform"])
    assert not ada.owns(["group:default/payments"])
    assert not ada.owns([])
