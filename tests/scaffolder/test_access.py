"""Which templates, steps and actions the policy lets somebody use: when asked, and when run."""

from __future__ import annotations

from typing import Any

import pytest

from portal.auth.identity import USER
from portal.auth.identity import Principal
from portal.integrations.repo_urls import target_of
from portal.kernel.errors import NotAllowedError
from portal.model.refs import EntityRef
from portal.permission.access import Access
from portal.permission.permissions import ACTION
from portal.permission.permissions import TEMPLATE
from portal.permission.policy import DENY
from portal.permission.policy import Decision
from portal.scaffolder.access import ScaffolderAccess
from portal.scaffolder.tasks.serving.service import TaskRequest
from tests.conftest import MakePortal
from tests.conftest import Portal
from tests.policies import TablePolicy
from tests.policies import unless
from tests.policies import when
from tests.task_bench import run_all

ADA = Principal(USER, "user:default/ada")
EXECUTE, USE = "scaffolder.action.execute", "scaffolder.template.use"


def access(**decisions: Decision) -> ScaffolderAccess:
    names = {name.replace("__", "."): decision for name, decision in decisions.items()}
    return ScaffolderAccess(Access(TablePolicy(everybody=names), lambda: ADA))


def may(decision: Decision, action: str = "publish:github", **given: Any) -> bool:
    try:
        access(scaffolder__action__execute=decision).require_action(action, given)
    except NotAllowedError:
        return False
    return True


def test_actions_are_judged_by_their_id_and_their_input() -> None:
    assert not may(DENY)
    assert may(when("HAS_ACTION_ID", ACTION, actionId="publish:github"))
    assert not may(unless("HAS_ACTION_ID", ACTION, actionId="publish:github"))
    private = when("HAS_STRING_PROPERTY", ACTION, key="repo.visibility", value="private")
    assert may(private, repo={"visibility": "private"})
    assert not may(private, repo={"visibility": "public"})
    assert not may(private)
    assert may(when("HAS_BOOLEAN_PROPERTY", ACTION, key="a", value=False), a=False)
    assert not may(when("HAS_BOOLEAN_PROPERTY", ACTION, key="a", value=True), a="true")
    number = when("HAS_NUMBER_PROPERTY", ACTION, key="id", value=5)
    assert may(number, id=5)
    assert may(number, id="5")
    assert not may(number, id=True)
    assert may(when("HAS_NUMBER_PROPERTY", ACTION, key="id"), id=[1])


_ACME = when("PUBLISHES_ONLY_TO", ACTION, targets=["github.com/acme/*"])


@pytest.mark.parametrize(
    ("given", "is_allowed"),
    [
        ({}, True),
        ({"repoUrl": "github.com?owner=acme&repo=shop"}, True),
        ({"repoUrl": "GITHUB.com?repo=shop&owner=ACME"}, True),
        ({"repoUrl": "github.com?owner=other&repo=shop"}, False),
        ({"repoUrl": "github.com?owner=other&owner=acme&repo=shop"}, False),
        ({"repoUrl": "github.com?owner=acme/../other&repo=shop"}, False),
        ({"repoUrl": "evil.org?owner=acme&repo=github.com/acme/x"}, False),
        ({"repoUrl": "acme@evil.org?owner=acme&repo=x"}, False),
        ({"remoteUrl": "https://github.com/acme/shop.git"}, True),
        ({"remoteUrl": "https://github.com/other/shop.git"}, False),
        ({"remoteUrl": "https://github.com/acme/%2e%2e/other/shop"}, False),
        ({"remoteUrl": "https://github.com/acme/shop", "repoUrl": "x?owner=a&repo=b"}, False),
        ({"repoUrl": 5}, False),
        ({"repoUrl": "https://["}, False),
    ],
)
def test_targets_of_publishing_are_judged(given: dict[str, Any], is_allowed: bool) -> None:
    assert may(_ACME, **given) is is_allowed


def test_a_target_is_named_by_host_and_path() -> None:
    assert target_of("gitlab.com?owner=group/sub&repo=a") == "gitlab.com/group/sub/a"
    assert target_of("dev.azure.com?organization=o&project=p&repo=r") == "dev.azure.com/o/p/r"


TEMPLATE_ENTITY: dict[str, Any] = {
    "apiVersion": "scaffolder.backstage.io/v1beta3",
    "kind": "Template",
    "metadata": {"name": "one", "labels": {"audience": "all"}},
    "spec": {
        "type": "service",
        "parameters": [
            {
                "title": "For all",
                "required": ["name", "cost"],
                "properties": {
                    "name": {"type": "string"},
                    "cost": {"type": "string", "backstage:permissions": {"tags": ["secret"]}},
                },
            },
            {"title": "Secret", "backstage:permissions": {"tags": ["secret"]}},
        ],
        "steps": [
            {"id": "a", "action": "debug:log"},
            {"id": "b", "action": "debug:log", "backstage:permissions": {"tags": ["secret"]}},
        ],
    },
}


def test_pages_fields_and_steps_are_hidden_by_their_tags() -> None:
    hidden = unless("HAS_TAG", TEMPLATE, tag="secret")
    both = {
        "scaffolder__template__parameter__read": hidden,
        "scaffolder__template__step__read": hidden,
    }
    spec = access(**both).visible(TEMPLATE_ENTITY)["spec"]
    (page,) = spec["parameters"]
    assert (list(page["properties"]), page["required"]) == (["name"], ["name"])
    assert [step["id"] for step in spec["steps"]] == ["a"]
    assert access().visible(TEMPLATE_ENTITY) is TEMPLATE_ENTITY
    none = access(scaffolder__template__step__read=DENY).visible(TEMPLATE_ENTITY)["spec"]
    assert (none["steps"], len(none["parameters"])) == ([], 2)


def test_templates_are_judged_by_what_they_are() -> None:
    access(scaffolder__template__use=when("HAS_LABEL", label="audience")).require_template(
        TEMPLATE_ENTITY
    )
    with pytest.raises(NotAllowedError, match="run the template one"):
        access(scaffolder__template__use=when("HAS_LABEL", label="x")).require_template(
            TEMPLATE_ENTITY
        )


# --- a whole portal -----------------------------------------------------------

_FILES = """
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: one}
spec:
  type: service
  steps:
    - {id: a, action: "catalog:fetch", input: {entityRef: "component:default/vault", optional: true}}
    - {id: b, action: "debug:log", input: {message: "${{ 'sec' + 'ret' }}"}}
  output: {text: [{title: found, content: "${{ steps.a.output.entity | dump }}"}]}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: vault}
spec: {type: strongbox, lifecycle: production, owner: o}
"""
GUEST = "user:development/guest"


@pytest.fixture
def portal(make_portal: MakePortal) -> Portal:
    return make_portal({"catalog-info.yaml": _FILES}, permission_policy=TablePolicy())


def run(portal: Portal, **decisions: Decision) -> str:
    """Create a task as the guest, change the policy, run it; return all that it told."""
    services = portal.services
    task = services.tasks.create(
        TaskRequest(EntityRef("template", "default", "one"), {}, {}, GUEST)
    )
    policy = services.policy
    assert isinstance(policy, TablePolicy)
    policy.table["user"] = {name.replace("__", "."): x for name, x in decisions.items()}
    run_all(services)
    policy.table.clear()
    events = services.event_feed.events(task, 0)
    return "\n".join(event.body for event in events)


def test_a_task_that_may_be_run_is_run(portal: Portal) -> None:
    told = run(portal)
    assert '"completed"' in told
    assert "strongbox" in told


def test_a_task_reads_what_its_creator_may_see(portal: Portal) -> None:
    told = run(portal, catalog__entity__read=unless("HAS_METADATA", key="name", value="vault"))
    assert '"completed"' in told
    assert "strongbox" not in told


def test_rights_are_judged_again_when_a_task_runs(portal: Portal) -> None:
    assert "You may not run the template one" in run(portal, scaffolder__template__use=DENY)


def test_actions_are_judged_by_what_their_input_is_rendered_to(portal: Portal) -> None:
    secret = unless("HAS_STRING_PROPERTY", ACTION, key="message", value="secret")
    told = run(portal, scaffolder__action__execute=secret)
    assert "Unauthorized action: debug:log. The action is not allowed." in told
