"""The operator's tokens in a whole portal: whose templates get them, and what others are told."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from portal.config.sources import Integration
from portal.model.refs import EntityRef
from portal.scaffolder.tasks.serving.service import TaskRequest
from tests.conftest import MakePortal
from tests.conftest import MakeRepository
from tests.conftest import Portal
from tests.conftest import Serving
from tests.task_bench import run_all

_SECRET = "operators-t0ken"
_NEEDS_USER = "${{ secrets.USER_OAUTH_TOKEN }}"
_WRITING = {"action": "roadiehq:utils:fs:write", "input": {"path": "a.txt", "content": "a"}}


def template(name: str, *steps: dict[str, Any]) -> dict[str, Any]:
    """Return a template."""
    made = [{"id": f"s{number}", "name": "s", **step} for number, step in enumerate(steps)]
    return {
        "apiVersion": "scaffolder.backstage.io/v1beta3",
        "kind": "Template",
        "metadata": {"name": name},
        "spec": {"type": "service", "steps": made},
    }


def fetching(serving: Serving) -> dict[str, Any]:
    """Return a step that reads a private repository."""
    url = f"http://{serving.host}/acme/vault/tree/main"
    return {"action": "fetch:plain", "input": {"url": url}}


def publishing(serving: Serving, **given: str) -> dict[str, Any]:
    """Return a step that pushes to a repository."""
    address = f"http://{serving.host}/acme/new.git"
    return {"action": "publish:git", "input": {"remoteUrl": address, **given}}


@pytest.fixture
def bound() -> dict[str, Any]:
    """Return what the operator binds the token to: nothing."""
    return {}


@pytest.fixture
def portal(
    make_portal: MakePortal,
    make_repository: MakeRepository,
    serving: Serving,
    bound: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> Portal:
    """Return a portal with a token for a host of private repositories."""
    monkeypatch.setitem(os.environ, "HOST_TOKEN", _SECRET)
    serving.password = _SECRET
    serving.publish(make_repository({"vault.txt": "gold"}, "vault"), "acme/vault.git")
    reads = template("reads", fetching(serving))
    serving.publish(
        make_repository({"t.yaml": json.dumps({**reads, "metadata": {"name": "theirs"}})}, "t"),
        "them/t.git",
    )
    serving.make_empty("acme/new")
    files = {
        "catalog-info.yaml": json.dumps(
            {
                "apiVersion": "backstage.io/v1alpha1",
                "kind": "Location",
                "metadata": {"name": "all"},
                "spec": {"targets": ["./reads.yaml", "./push.yaml", "./asks.yaml"]},
            }
        ),
        "reads.yaml": json.dumps(reads),
        "push.yaml": json.dumps(template("push", _WRITING, publishing(serving))),
        "asks.yaml": json.dumps(template("asks", _WRITING, publishing(serving, token=_NEEDS_USER))),
    }
    return make_portal(
        files,
        location_hosts=(serving.host,),
        publish_hosts=(serving.host,),
        location_kinds=("Template",),
        host_tokens={serving.host: "HOST_TOKEN"},
        integrations=(Integration(serving.host, "github", **bound),),
    )


def told_by_task(portal: Portal, name: str, **secrets: str) -> str:
    """Run a template; return all that its task told."""
    services = portal.services
    wanted = TaskRequest(
        EntityRef("template", "default", name), {}, secrets, "user:development/guest"
    )
    task = services.tasks.create(wanted)
    run_all(services)
    return "\n".join(event.body for event in services.event_feed.events(task, 0))


def test_templates_of_own_sources_get_the_token(portal: Portal) -> None:
    assert '"completed"' in told_by_task(portal, "reads")
    assert '"completed"' in told_by_task(portal, "push")


def test_a_template_that_somebody_sent_reads_with_nobodys_token(
    portal: Portal, serving: Serving
) -> None:
    body = {
        "template": template("reads", fetching(serving)),
        "values": {},
        "secrets": {},
        "directoryContents": [],
    }
    seen = len(serving.seen)
    answer = portal.client.post("/api/scaffolder/v2/dry-run", json=body)
    assert answer.status_code == 400
    assert "own sources only" in answer.get_json()["error"]["message"]
    assert "Z29sZA==" not in answer.text
    assert {sent for _, sent in serving.seen[seen:]} == {""}


def test_what_was_read_with_the_token_is_not_shown_to_others_from_its_copy(
    portal: Portal, serving: Serving
) -> None:
    assert '"completed"' in told_by_task(portal, "reads")
    commit = (serving.root / "acme/vault.git/refs/heads/main").read_text().strip()
    step = fetching(serving)
    step["input"]["url"] = f"http://{serving.host}/acme/vault/tree/{commit}"
    body = {
        "template": template("reads", step),
        "values": {},
        "secrets": {},
        "directoryContents": [],
    }
    answer = portal.client.post("/api/scaffolder/v2/dry-run", json=body)
    assert answer.status_code == 400
    assert "own sources only" in answer.get_json()["error"]["message"]


def test_a_template_that_somebody_registered_reads_with_nobodys_token(
    portal: Portal, serving: Serving
) -> None:
    address = f"http://{serving.host}/them/t/blob/main/t.yaml"
    portal.services.registrations.add("url", address, False)
    portal.sync()
    told = told_by_task(portal, "theirs")
    assert '"failed"' in told
    assert "own sources only" in told


def test_a_users_token_that_is_missing_ends_the_task(portal: Portal, serving: Serving) -> None:
    seen = len(serving.seen)
    told = told_by_task(portal, "asks")
    assert '"failed"' in told
    assert "requestUserCredentials" in told
    assert serving.seen[seen:] == []
    assert '"completed"' in told_by_task(portal, "asks", USER_OAUTH_TOKEN=_SECRET)


@pytest.mark.parametrize(
    ("bound", "is_lent"),
    [
        ({"targets": ("*/acme/*",)}, True),
        ({"targets": ("*/other/*",)}, False),
        ({"templates": ("template:default/push",)}, True),
        ({"templates": ("template:default/reads",)}, False),
        ({"user_token": True}, False),
    ],
    ids=str,
)
def test_what_the_operator_bound_the_token_to_counts(
    portal: Portal, serving: Serving, is_lent: bool
) -> None:
    told = told_by_task(portal, "push")
    assert ("secretsKey: USER_OAUTH_TOKEN" in told) is not is_lent
    assert any(sent for _, sent in serving.seen) is is_lent
