"""The audit log over HTTP and on the command line: what is done at the doors is in it."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from portal.cli import main
from portal.model.refs import EntityRef
from portal.permission.policy import DENY
from portal.scaffolder.tasks.serving.service import TaskRequest
from tests.conftest import MakePortal
from tests.conftest import Portal
from tests.policies import TablePolicy
from tests.tables import each
from tests.task_bench import FETCHING
from tests.task_bench import run_all

_TOKEN = "a-token-of-the-tests"
GUEST = "user:development/guest"
AUDIT = "/api/audit"


@pytest.fixture
def portal(make_portal: MakePortal) -> Portal:
    return make_portal(
        {"catalog-info.yaml": FETCHING, "skeleton/a": "b"},
        service_token=_TOKEN,
        guest_access="always",
        permission_policy=TablePolicy(user={"portal.audit.read": DENY}),
    )


def headers(portal: Portal, token: str = "") -> dict[str, str]:
    return {"Authorization": f"Bearer {token or portal.guest_token()}"}


def told(portal: Portal, query: str = "") -> list[tuple[str, str, str]]:
    assert portal.services.audit.flush(30)
    items = portal.get(f"{AUDIT}?{query}", headers=headers(portal, _TOKEN))["items"]
    return [(x["action"], x["outcome"], x["actor"]["name"]) for x in items]


def test_what_is_done_is_recorded_with_who_did_it(portal: Portal) -> None:
    client, guest = portal.client, headers(portal)
    location = {"type": "url", "target": "https://github.com/acme/shop/blob/main/catalog-info.yaml"}
    created = client.post("/api/catalog/locations", json=location, headers=guest)
    assert created.status_code == 201, created.text
    client.delete(
        f"/api/catalog/locations/{created.get_json()['location']['id']}",
        headers=headers(portal, _TOKEN),
    )
    ref = {"entityRef": "template:default/one"}
    assert client.post("/api/catalog/refresh", json=ref, headers=guest).status_code == 200
    body = {"templateRef": ref["entityRef"], "values": {}}
    task = client.post("/api/scaffolder/v2/tasks", json=body, headers=guest).get_json()["id"]
    run_all(portal.services)
    client.get(f"/api/scaffolder/v2/tasks/{task}/workspace.zip", headers=guest)
    found = [each for each in told(portal) if not each[0].startswith("auth.")]
    assert found == [
        ("scaffolder.task.download", "done", GUEST),
        ("scaffolder.task.run", "done", GUEST),
        ("scaffolder.task.create", "done", GUEST),
        ("catalog.entity.refresh", "done", GUEST),
        ("catalog.location.delete", "done", "external:service-token"),
        ("catalog.location.create", "done", GUEST),
    ]


def test_only_who_may_reads_it(portal: Portal) -> None:
    refused = portal.client.get(AUDIT, headers=headers(portal))
    assert (refused.status_code, refused.get_json()["error"]["message"]) == (403, "")
    assert told(portal, "outcome=refused") == [("portal.request", "refused", GUEST)]


def test_it_is_filtered_and_paged(portal: Portal) -> None:
    for _ in range(3):
        request = TaskRequest(EntityRef("template", "default", "one"), {}, {}, GUEST)
        portal.services.tasks.create(request)
    assert len(told(portal, "action=scaffolder.task.create")) == 3
    assert told(portal, "action=scaffolder.&until=2020-01-01") == []
    first = portal.get(f"{AUDIT}?limit=2&action=scaffolder.", headers=headers(portal, _TOKEN))
    rest = f"{AUDIT}?limit=2&action=scaffolder.&cursor={first['nextCursor']}"
    second = portal.get(rest, headers=headers(portal, _TOKEN))
    assert len(second["items"]) == 1
    assert "nextCursor" not in second


def test_wrong_questions_are_told(portal: Portal) -> None:
    @each(["limit=0", "limit=5000", "cursor=-1", "since=yesterday", "cursor=x", "other=1"])
    def is_told(query: str) -> None:
        answer = portal.client.get(f"{AUDIT}?{query}", headers=headers(portal, _TOKEN))
        assert answer.status_code == 400, answer.text

    is_told()


def test_the_command_line_prints_it(portal: Portal) -> None:
    portal.services.audit.record("auth.sign-in", "x")
    assert portal.services.audit.flush(30)
    data_dir = str(portal.config.data_dir)
    done = CliRunner().invoke(main, ["audit", "--data-dir", data_dir, "--action", "auth."])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout.splitlines()[0])["resource"] == "x"


@pytest.mark.parametrize(
    ("trusted", "expected"), [(["127.0.0.0/8"], "192.0.2.7"), ([], "127.0.0.1")], ids=str
)
def test_behind_trusted_proxies_it_names_the_address_of_the_client(
    make_portal: MakePortal, trusted: list[str], expected: str
) -> None:
    portal = make_portal(
        {"catalog-info.yaml": FETCHING},
        service_token=_TOKEN,
        guest_access="always",
        trusted_proxies=tuple(trusted),
    )
    far = {**headers(portal), "X-Forwarded-For": "198.51.100.9, 192.0.2.7"}
    ref = {"entityRef": "template:default/one"}
    assert portal.client.post("/api/catalog/refresh", json=ref, headers=far).status_code == 200
    assert portal.services.audit.flush(30)
    query = f"{AUDIT}?action=catalog.entity.refresh"
    (item,) = portal.get(query, headers=headers(portal, _TOKEN))["items"]
    assert item["actor"]["address"] == expected
