"""Policies in files: what is read, what is decided by it, and what wrong lines mean."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from portal.auth.identity import NOBODY
from portal.auth.identity import SERVICE_TOKEN_HOLDER
from portal.auth.identity import USER
from portal.auth.identity import Principal
from portal.kernel.errors import ConfigError
from portal.permission.files.csv_lines import read_csv
from portal.permission.files.lines import PolicyFinding
from portal.permission.files.loading import FilePolicy
from portal.permission.files.loading import PolicyFiles
from portal.permission.files.loading import open_policy
from portal.permission.files.role_policy import RolePolicy
from portal.permission.files.shipped import IN_FILES
from portal.permission.files.shipped import admin_lines
from portal.permission.files.shipped import shipped_lines
from portal.permission.files.yaml_conditions import read_conditions
from portal.permission.permissions import PERMISSIONS
from portal.permission.permissions import TASK
from portal.permission.policy import ALLOW
from portal.permission.policy import DENY
from portal.permission.policy import AllowAllPermissionPolicy
from portal.permission.policy import Decision
from portal.permission.policy import PermissionPolicy
from tests.policies import when

ADA = Principal(USER, "user:default/ada", ("user:default/ada", "group:default/payments"))
BOB = Principal(USER, "user:default/bob", ("user:default/bob",))
GUEST = Principal(USER, "user:development/guest", ("user:development/guest",), is_guest=True)
READ, DELETE, REFRESH = "catalog.entity.read", "catalog.entity.delete", "catalog.entity.refresh"


def decide(policy: PermissionPolicy, who: Principal, name: str) -> Decision:
    return policy.decide(who, PERMISSIONS[name])


def policy_of(csv: str, conditions: str = "") -> RolePolicy:
    lines = read_csv(csv, "policy.csv") + read_conditions(conditions.encode(), "conditions.yaml")
    return RolePolicy(lines)


def condition(role: str, rule: str, verbs: str = "[read]", **params: Any) -> str:
    return f"""
result: CONDITIONAL
roleEntityRef: role:default/{role}
pluginId: catalog
resourceType: catalog-entity
permissionMapping: {verbs}
conditions: {{rule: {rule}, resourceType: catalog-entity, params: {params}}}
"""


# --- decisions --------------------------------------------------------------


def test_roles_allow_by_name_or_type_and_what_is_not_said_is_denied() -> None:
    policy = policy_of("""
        # comments and empty lines are allowed

        p, role:default/reader, catalog-entity, read, allow
        p, role:default/admin, catalog.entity.delete, delete, allow
        g, user:default/ada, role:default/reader
        g, group:default/payments, role:default/admin
    """)
    assert decide(policy, ADA, READ) == decide(policy, ADA, DELETE) == ALLOW
    assert decide(policy, ADA, REFRESH) == DENY
    assert decide(policy, BOB, READ) == DENY


def test_a_denial_of_one_role_counts_whatever_others_allow() -> None:
    policy = policy_of("""
        p, role:default/a, catalog-entity, read, allow
        p, role:default/b, catalog-entity, read, deny
        g, user:default/ada, role:default/a
        g, user:default/ada, role:default/b
        g, user:default/bob, role:default/a
    """)
    assert (decide(policy, ADA, READ), decide(policy, BOB, READ)) == (DENY, ALLOW)


def test_the_name_of_a_permission_comes_before_its_type() -> None:
    policy = policy_of("""
        p, role:default/a, catalog-entity, read, deny
        p, role:default/a, catalog.entity.read, read, allow
        g, user:default/ada, role:default/a
    """)
    assert decide(policy, ADA, READ) == ALLOW


def test_roles_include_roles_in_circles_too() -> None:
    policy = policy_of("""
        p, role:default/c, catalog-entity, read, allow
        g, role:default/a, role:default/b
        g, role:default/b, role:default/c
        g, role:default/c, role:default/a
        g, user:default/ada, role:default/a
    """)
    assert decide(policy, ADA, READ) == ALLOW


def test_everybody_and_guests_have_names_of_their_own() -> None:
    policy = policy_of("""
        p, role:default/member, catalog-entity, read, allow
        p, role:default/guest, catalog.location.read, read, allow
        g, $signedIn, role:default/member
        g, $guests, role:default/guest
    """)
    assert decide(policy, BOB, READ) == ALLOW
    for who in (GUEST, NOBODY):
        assert decide(policy, who, READ) == DENY
        assert decide(policy, who, "catalog.location.read") == ALLOW


def test_programs_are_limited_by_their_tokens_unless_they_have_a_role() -> None:
    csv = "p, role:default/ci, catalog-entity, read, allow\ng, external:ci, role:default/ci"
    policy = policy_of(csv)
    ci = Principal("service", "external:ci", access=SERVICE_TOKEN_HOLDER.access)
    assert decide(policy, SERVICE_TOKEN_HOLDER, DELETE) == ALLOW
    assert (decide(policy, ci, READ), decide(policy, ci, DELETE)) == (ALLOW, DENY)


def test_conditions_of_roles_are_joined_and_a_role_without_one_allows_all() -> None:
    csv = """
        p, role:default/all, catalog-entity, read, allow
        p, role:default/api, catalog-entity, read, allow
        g, user:default/ada, role:default/api
        g, user:default/ada, role:default/mine
        g, user:default/bob, role:default/api
        g, user:default/bob, role:default/all
    """
    conditions = condition("api", "IS_ENTITY_KIND", kinds=["API"]) + "---"
    conditions += condition("mine", "IS_ENTITY_OWNER", claims=["$ownerRefs"])
    policy = policy_of(csv, conditions)
    assert not policy.lines.findings
    kind = when("IS_ENTITY_KIND", kinds=["API"]).condition
    owned = when("IS_ENTITY_OWNER", claims=list(ADA.ownership)).condition
    found = decide(policy, ADA, READ).condition
    assert getattr(found, "parts", ()) == (kind, owned)
    assert decide(policy, BOB, READ) == ALLOW
    assert decide(policy, ADA, DELETE) == DENY, "the condition is on reading"


def test_the_current_user_of_a_program_is_nobody() -> None:
    policy = policy_of(
        "g, external:ci, role:default/ci",
        condition("ci", "IS_ENTITY_OWNER", claims=["$currentUser"]),
    )
    found = decide(policy, Principal("service", "external:ci"), READ)
    assert found == when("IS_ENTITY_OWNER", claims=[""])


def test_using_templates_is_what_creating_tasks_is_unless_the_policy_says_more() -> None:
    csv = "p, role:default/a, scaffolder.task.create, create, allow\ng, $signedIn, role:default/a\n"
    assert decide(policy_of(csv), BOB, "scaffolder.template.use") == ALLOW
    limited = condition("a", "HAS_LABEL", "[use]", label="open")
    assert decide(policy_of(csv, limited), BOB, "scaffolder.template.use") == when(
        "HAS_LABEL", label="open"
    )
    other = condition("b", "HAS_LABEL", "[use]", label="open")
    assert decide(policy_of(csv, other), BOB, "scaffolder.template.use") == DENY


# --- wrong lines ------------------------------------------------------------

_GOOD = """p, role:default/a, catalog-entity, read, allow
p, role:default/a, catalog-entity, delete, allow
p, role:default/b, catalog-entity, read, allow
g, user:default/ada, role:default/a
g, user:default/bob, role:default/b
"""
#: A wrong line; what it says; whether Ada and Bob may still read, and Ada delete.
_WRONG = {
    "p, role:default/a, catalog.entity.raed, read, allow": ("did you mean", True, True, True),
    "p, role:default/a, catalog-entity, raed, allow": ("the action of catalog-entity", 1, 1, 1),
    "p, role:default/a, catalog-entity, use": ("the form 'p, role", True, True, True),
    "p, role:default/a, catalog-entity, read, dney": ("allow or deny, not 'dney'", 0, 1, 1),
    "p, role:default/a, catalog.entity.raed, read, deny": ("catalog.entity.read", 0, 1, 1),
    "p, role:default/A, catalog-entity, read, deny": ("is no role", False, False, True),
    "p, a, b, c, deny": ("is no role", False, False, False),
    "deny everything": ("begins with p or g", False, False, False),
    "g, user:default/ada": ("a line of members", False, True, False),
    "g, user:default/ada, admin": ("'admin' is no role", False, True, False),
    "g, ada, role:default/a": ("'ada' is nobody", True, True, True),
    "\x00\ud800": ("begins with p or g", False, False, False),
}


@pytest.mark.parametrize(("line", "expected"), _WRONG.items(), ids=repr)
def test_a_wrong_line_is_told_and_never_allows_more(line: str, expected: Any) -> None:
    policy = policy_of(f"{_GOOD}{line}\n")
    told, ada_reads, bob_reads, ada_deletes = expected
    (finding,) = policy.lines.findings
    assert (finding.file, finding.line) == ("policy.csv", 6)
    assert told in finding.message
    found = [decide(policy, who, READ) == ALLOW for who in (ADA, BOB)]
    assert found == [bool(ada_reads), bool(bob_reads)]
    assert (decide(policy, ADA, DELETE) == ALLOW) is bool(ada_deletes)


_WRONG_DOCUMENTS = {
    "conditions: {rule: NOPE}": ("Unknown permission rule 'NOPE'", 7, False, True),
    "conditions: {rule: HAS_TAG, params: {tag: a}}": ("Unknown permission rule", 7, False, True),
    "conditions: {}": ("Unknown permission rule", 7, False, True),
    "roleEntityRef: a": ("roleEntityRef must be a role", 3, False, False),
    "resourceType: entity": ("resourceType must be one of", 5, False, True),
    "pluginId: scaffolder": ("the pluginId of catalog-entity", 4, False, True),
    "permissionMapping: [write]": ("the actions of catalog-entity are", 6, False, True),
    "permissionMapping: []": ("permissionMapping must be a list", 6, False, True),
    "result: ALLOW": ("result must be CONDITIONAL", 2, False, True),
    "extra: 1": ("unknown member 'extra'", 8, False, True),
}


@pytest.mark.parametrize(("change", "expected"), _WRONG_DOCUMENTS.items(), ids=str)
def test_a_wrong_condition_denies_what_it_is_about(change: str, expected: Any) -> None:
    name = change.partition(":")[0]
    lines = condition("a", "IS_ENTITY_KIND", kinds=["API"]).splitlines()
    lines = [change if line.startswith(f"{name}:") else line for line in lines]
    text = "\n".join(lines if change in lines else [*lines, change])
    policy = policy_of(_GOOD, text)
    told, line, ada_reads, bob_reads = expected
    finding = policy.lines.findings[0]
    assert told in finding.message
    assert (finding.file, finding.line) == ("conditions.yaml", line)
    found = [decide(policy, who, READ) == ALLOW for who in (ADA, BOB)]
    assert found == [ada_reads, bob_reads]


def test_a_file_that_is_no_yaml_denies_everything() -> None:
    policy = policy_of(_GOOD, "a: [")
    assert policy.lines.findings
    assert decide(policy, BOB, READ) == decide(policy, ADA, DELETE) == DENY


def test_permissions_of_other_plugins_are_known_by_name_only() -> None:
    lines = read_csv("p, role:default/a, kubernetes.proxy, use, allow", "p.csv")
    assert not lines.findings


# --- the policies that come with the portal ---------------------------------


@pytest.mark.parametrize("name", IN_FILES)
def test_the_policies_of_the_portal_are_without_a_fault(name: str) -> None:
    assert shipped_lines(name).findings == ()


def test_a_company() -> None:
    policy = RolePolicy(shipped_lines("company") + admin_lines(["group:default/payments"]))
    admin, member = ADA, BOB
    for permission in PERMISSIONS.values():
        assert policy.decide(admin, permission) == ALLOW, permission
    allowed = {name for name in PERMISSIONS if decide(policy, member, name) == ALLOW}
    assert allowed == {
        READ,
        "catalog.entity.create",
        "catalog.entity.validate",
        "catalog.location.read",
        "catalog.location.create",
        "catalog.location.analyze",
        "scaffolder.template.parameter.read",
        "scaffolder.template.step.read",
        "scaffolder.action.execute",
        "scaffolder.task.create",
        "scaffolder.template.use",
    }
    assert decide(policy, member, REFRESH) == when("IS_ENTITY_OWNER", claims=[BOB.subject])
    for name in ("scaffolder.task.read", "scaffolder.task.cancel"):
        assert decide(policy, member, name) == when("IS_TASK_OWNER", TASK, createdBy=[BOB.subject])
    for name in ("scaffolder.template.dry-run", DELETE, "catalog.location.delete"):
        assert decide(policy, member, name) == DENY
    for who in (GUEST, NOBODY):
        found = {name for name in PERMISSIONS if decide(policy, who, name) != DENY}
        assert found == {READ}


def test_locked() -> None:
    policy = RolePolicy(shipped_lines("locked") + admin_lines(["user:default/ada"]))
    for permission in PERMISSIONS.values():
        assert policy.decide(ADA, permission) == ALLOW
        for who in (BOB, GUEST, NOBODY):
            assert policy.decide(who, permission) == DENY


# --- loading ----------------------------------------------------------------


class Clock:
    """Time that a test turns."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    file, clock = tmp_path / "policy.csv", Clock()
    file.write_text(_GOOD)
    told: list[tuple[PolicyFinding, ...]] = []
    policy = FilePolicy(PolicyFiles(str(file)), told.append, clock)
    assert decide(policy, ADA, DELETE) == ALLOW
    file.write_text(_GOOD.replace("delete, allow", "delete, deny"))
    assert decide(policy, ADA, DELETE) == ALLOW, "it is not looked at on each request"
    clock.now += 3
    assert decide(policy, ADA, DELETE) == DENY
    file.write_text("x")
    clock.now += 3
    assert decide(policy, ADA, READ) == DENY
    assert [len(findings) for findings in told] == [0, 1]


def test_a_file_that_is_gone_leaves_the_policy_in_force(tmp_path: Path) -> None:
    file, clock = tmp_path / "policy.csv", Clock()
    file.write_text(_GOOD)
    policy = FilePolicy(PolicyFiles(str(file)), clock=clock)
    file.unlink()
    clock.now += 3
    assert decide(policy, ADA, DELETE) == ALLOW
    assert decide(policy, BOB, DELETE) == DENY
    file.write_bytes(b"\xff\xfe")
    clock.now += 3
    assert decide(policy, ADA, DELETE) == ALLOW


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_portal_does_not_start_with_a_policy_it_cannot_read(
    tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "policy.csv"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError, match=r"policy\.csv"):
        open_policy(PolicyFiles(str(file)))
    with pytest.raises(ConfigError, match="none"):
        open_policy(PolicyFiles("company", str(tmp_path / "none")))


def test_open_is_no_file() -> None:
    assert isinstance(open_policy(PolicyFiles("open")), AllowAllPermissionPolicy)
