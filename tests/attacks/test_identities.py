"""Callers with different rights (cases E10, G5, I6, I7, J6, J7, J8); the number is in the name.

Ada and Bob sign in by a proxy and run templates, but register nothing and do not see what is
private. ``reader`` and ``builder`` are programs whose tokens are good for reading, and for that and
running templates. The administrator is the service token.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.attacks.conftest import StartPortal
from tests.attacks.running import Answer
from tests.attacks.running import Json
from tests.attacks.running import RunningPortal
from tests.http_server import folder_server

#: Each starts a portal of its own, as a process.
pytestmark = pytest.mark.slow

_TOKEN = "correct-horse-battery"
_ADMIN = {"Authorization": f"Bearer {_TOKEN}"}
_ADA, _BOB = {"X-User": "ada"}, {"X-User": "bob"}
_TASKS = "/api/scaffolder/v2/tasks"
_NONE = "00000000-0000-4000-8000-000000000000"

_POLICY = """
g, $signedIn, role:default/member
p, role:default/member, catalog.location.read, read, allow
p, role:default/member, scaffolder-template, read, allow
p, role:default/member, scaffolder.action.execute, use, allow
p, role:default/member, scaffolder.task.create, create, allow
"""
_CONDITIONS = """
result: CONDITIONAL
roleEntityRef: role:default/member
pluginId: catalog
resourceType: catalog-entity
permissionMapping: [read]
conditions:
  not:
    rule: HAS_LABEL
    resourceType: catalog-entity
    params: {label: visibility, value: private}
---
result: CONDITIONAL
roleEntityRef: role:default/member
pluginId: scaffolder
resourceType: scaffolder-task
permissionMapping: [read, use]
conditions:
  rule: IS_TASK_OWNER
  resourceType: scaffolder-task
  params: {createdBy: [$currentUser]}
"""
_PEOPLE = """
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: ada}
spec: {profile: {email: ada@example.org}, memberOf: []}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: bob}
spec: {profile: {email: bob@example.org}, memberOf: []}
"""
_CONTENT = """
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: cart, description: moves payments}
spec: {type: service, lifecycle: production, owner: user:default/ada}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: vaultkeeper, description: moves payments, labels: {visibility: private}}
spec: {type: strongbox, lifecycle: production, owner: user:default/bob,
       dependsOn: ["component:default/cart"]}
"""
_REGISTERED = """
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: smuggled}
spec: {type: service, lifecycle: production, owner: guests}
"""


def _template(name: str, action: str, given: Json) -> str:
    template = {
        "apiVersion": "scaffolder.backstage.io/v1beta3",
        "kind": "Template",
        "metadata": {"name": name},
        "spec": {
            "type": "service",
            "owner": "user:default/ada",
            "steps": [{"id": "s", "name": "s", "action": action, "input": given}],
        },
    }
    return f"---\n{json.dumps(template)}\n"


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return a host that the portal may read, with a descriptor."""
    folder = tmp_path_factory.mktemp("web")
    (folder / "catalog-info.yaml").write_text(_REGISTERED)
    with folder_server(folder) as host:
        yield host


@pytest.fixture(scope="module")
def portal(
    start_portal: StartPortal, web: str, tmp_path_factory: pytest.TempPathFactory
) -> RunningPortal:
    """Return a portal of a company."""
    folder = tmp_path_factory.mktemp("policy")
    (folder / "policy.csv").write_text(_POLICY)
    (folder / "conditions.yaml").write_text(_CONDITIONS)
    address = f"http://{web}/catalog-info.yaml"
    templates = _template("say", "debug:log", {"message": "hello"}) + _template(
        "register", "catalog:register", {"catalogInfoUrl": address}
    )
    proxy = {
        "name": "gateway",
        "addresses": ["127.0.0.1/32"],
        "user_header": "X-User",
        "email_header": "X-Email",
    }
    return start_portal(
        {"catalog-info.yaml": _PEOPLE + _CONTENT + templates},
        service_token=_TOKEN,
        identity_proxies=[proxy],
        policy=str(folder / "policy.csv"),
        policy_conditions=str(folder / "conditions.yaml"),
        reading_allow=[web],
    )


def _program(portal: RunningPortal, name: str, *scopes: str) -> Mapping[str, str]:
    options = [part for scope in scopes for part in ("--scope", scope)]
    config = str(portal.folder / "portal.yaml")
    command = [sys.executable, "-m", "portal", "token", "create", name, *options]
    done = subprocess.run([*command, "--config", config], capture_output=True, check=True)
    return {"Authorization": f"Bearer {done.stdout.decode().strip()}"}


def _run(portal: RunningPortal, template: str, who: Mapping[str, str]) -> tuple[str, str]:
    """Run a template; return the id of the task and its state in the end."""
    body = {"templateRef": f"template:default/{template}", "values": {}}
    created = portal.ask("POST", _TASKS, body, who)
    assert created.status == 201, created.body
    task: str = created.json["id"]
    portal.ask("GET", f"{_TASKS}/{task}/eventstream", headers=who)
    status: str = portal.ask("GET", f"{_TASKS}/{task}", headers=_ADMIN).json["status"]
    return task, status


@pytest.fixture(scope="module")
def adas(portal: RunningPortal) -> str:
    """Return the id of a task of Ada's that completed."""
    task, status = _run(portal, "say", _ADA)
    assert status == "completed"
    return task


_DOORS = (
    ("GET", ""),
    ("GET", "/events"),
    ("GET", "/eventstream"),
    ("GET", "/workspace.zip"),
    ("POST", "/cancel"),
    ("POST", "/retry"),
)


def _told(answer: Answer, task: str) -> tuple[int, bytes]:
    return answer.status, answer.body.replace(task.encode(), b"<id>")


@pytest.mark.parametrize(("method", "door"), _DOORS)
def test_e10_a_task_of_somebody_else_is_answered_like_none(
    portal: RunningPortal, adas: str, method: str, door: str
) -> None:
    body: Json = {} if method == "POST" else None
    there, none = (
        portal.ask(method, f"{_TASKS}/{task}{door}", body, _BOB) for task in (adas, _NONE)
    )
    assert _told(there, adas) == _told(none, _NONE)
    assert there.status == 404


@pytest.mark.parametrize(
    "query", ["", "?createdBy=user:default/ada", "?status=completed", "?limit=1&offset=0"]
)
def test_e10_lists_neither_show_nor_count_tasks_of_others(
    portal: RunningPortal, adas: str, query: str
) -> None:
    assert portal.ask("GET", _TASKS + query, headers=_BOB).json == {"tasks": [], "totalTasks": 0}
    assert adas in portal.ask("GET", _TASKS + query, headers=_ADA).body.decode()
    page = portal.ask("GET", f"/tasks/{adas}", headers={**_BOB, "Accept": "text/html"})
    assert page.status == 404


@pytest.mark.parametrize("key", ["secrets.t", "spec", "state", "createdBy.x", "__class__"])
def test_e10_tasks_are_sorted_by_listed_fields_only(
    portal: RunningPortal, adas: str, key: str
) -> None:
    answer = portal.ask("GET", f"{_TASKS}?order=asc:{key}", headers=_ADA)
    assert answer.status == 400
    assert adas not in answer.body.decode()


@pytest.mark.parametrize(
    "path",
    [
        "/api/catalog/entities/unprocessed/failed",
        "/api/catalog/entities/unprocessed/pending",
        "/api/audit",
    ],
)
def test_g5_what_operators_look_at_is_theirs(portal: RunningPortal, path: str) -> None:
    assert portal.ask("GET", path, headers=_ADMIN).status == 200
    for who in (_ADA, _program(portal, f"g5-{len(path)}", "scaffold")):
        assert portal.ask("GET", path, headers=who).status == 403


@pytest.mark.parametrize(
    "query",
    [
        "term=vaultkeeper",
        "term=visibility:private",
        "term=ref:*",
        "term=type:strongbox",
        "term=payments%20owner:bob",
        "term=&filters%5Bowner%5D=user:default/bob",
        "term=&filters%5Btype%5D=strongbox",
        "term=vaultkeepr",
    ],
)
def test_i6_no_query_finds_what_is_hidden(portal: RunningPortal, query: str) -> None:
    answer = portal.ask("GET", f"/api/search/query?{query}", headers=_ADA)
    assert answer.status in {200, 400}
    told = answer.body.decode().replace(query, "")
    results = answer.json.get("results", [])
    assert "vaultkeeper" not in json.dumps([result["document"] for result in results])
    assert "strongbox" not in told.replace("type:strongbox", "")


def test_i7_counts_suggestions_and_facets_tell_nothing_of_it(portal: RunningPortal) -> None:
    path = "/api/search/query?term=payments&facets=owner,types"
    ours, whole = (portal.ask("GET", path, headers=who).json for who in (_ADA, _ADMIN))
    assert whole["numberOfResults"] == ours["numberOfResults"] + 1
    assert "bob" not in json.dumps(ours["facets"]).lower()
    for other in ("/api/search/suggest?term=vaultk", "/api/search/query?term=vaultkeper"):
        assert "vaultkeeper" in portal.ask("GET", other, headers=_ADMIN).body.decode()
        assert "vaultkeeper" not in portal.ask("GET", other, headers=_ADA).body.decode()
    facets = "/api/catalog/entity-facets?facet=spec.type&facet=relations.dependencyof"
    assert "strongbox" in portal.ask("GET", facets, headers=_ADMIN).body.decode()
    found = portal.ask("GET", facets, headers=_ADA).body.decode()
    assert "strongbox" not in found
    assert "vaultkeeper" not in found


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("ada@example.org", 200),
        ("ADA@EXAMPLE.ORG", 200),
        # As in Backstage, an address with a tag is that mailbox: Ada's, whatever the tag says.
        ("ada+bob@example.org", 200),
        ("bob+ada@evil.example", 401),
        ("\u0430da@example.org", 401),
        ("ada@example.org.evil.example", 401),
        ("ada@ex\u0430mple.org", 401),
        ("ada@example.org,bob@example.org", 401),
        ("", 401),
    ],
)
def test_j6_only_the_very_address_is_its_user(
    portal: RunningPortal, address: str, status: int
) -> None:
    headers = {"X-Email": address.encode().decode("latin-1")}
    answer = portal.ask("GET", "/account", headers=headers)
    assert (b"user:default/ada" in answer.body) is (status == 200)
    assert b"user:default/bob" not in answer.body
    assert portal.ask("GET", "/api/catalog/entities", headers=headers).status == status


_CHANGES: tuple[tuple[str, str, Json], ...] = (
    ("POST", "/api/catalog/locations", {"type": "url", "target": "https://nowhere.example/a"}),
    ("POST", "/api/catalog/locations?dryRun=true", {"type": "url", "target": "https://n.example"}),
    ("DELETE", f"/api/catalog/locations/{_NONE}", None),
    ("POST", "/api/catalog/refresh", {"entityRef": "component:default/cart"}),
    ("POST", "/api/catalog/analyze-location", {"location": {"type": "url", "target": "x"}}),
    ("POST", _TASKS, {"templateRef": "template:default/say", "values": {}}),
    ("POST", "/api/scaffolder/v2/dry-run", {}),
    ("POST", "/api/notifications", {}),
)


def test_j7_a_token_for_reading_changes_nothing(portal: RunningPortal) -> None:
    reader = _program(portal, "reader", "read")
    assert portal.ask("GET", "/api/catalog/entities", headers=reader).status == 200
    for method, path, body in _CHANGES:
        assert portal.ask(method, path, body, reader).status == 403, path


def _locations(portal: RunningPortal) -> Json:
    return portal.ask("GET", "/api/catalog/locations", headers=_ADMIN).json


def test_j7_a_template_registers_nothing_for_who_may_not(portal: RunningPortal, web: str) -> None:
    builder = _program(portal, "builder", "read", "scaffold")
    for who in (_ADA, builder):
        task, status = _run(portal, "register", who)
        assert status == "failed"
        assert "smuggled" not in portal.ask("GET", f"{_TASKS}/{task}", headers=_ADMIN).body.decode()
    assert web not in json.dumps(_locations(portal))
    both = _program(portal, "both", "read", "scaffold", "register")
    assert _run(portal, "register", both)[1] == "completed"
    assert web in json.dumps(_locations(portal))


_READS = (
    "/api/catalog/entities",
    "/api/catalog/entities?filter=spec.type=strongbox",
    "/api/catalog/entities/by-query?fullTextFilterTerm=vaultkeeper",
    "/api/catalog/entities/by-name/component/default/vaultkeeper",
    "/api/catalog/entities/by-name/component/default/vaultkeeper/ancestry",
    "/api/catalog/entities/by-name/component/default/vaultkeeper/history",
    "/api/catalog/entities/by-name/component/default/vaultkeeper/explain",
    "/api/catalog/locations/by-entity/component/default/vaultkeeper",
    "/api/catalog/entities/by-name/component/default/cart",
    "/api/catalog/entities/by-name/component/default/cart/history",
    "/api/catalog/entity-facets?facet=metadata.name",
    "/api/catalog/problems",
    "/api/techdocs/metadata/entity/default/component/vaultkeeper",
    "/api/scaffolder/v2/templates/default/component/vaultkeeper/parameter-schema",
    "/api/search/query?term=",
    "/api/search/suggest?term=vault",
    "/catalog",
    "/catalog?kind=component",
    "/catalog/default/component/cart",
    "/search?q=payments",
    "/",
)


@pytest.mark.parametrize("path", _READS)
def test_j8_no_way_of_reading_tells_of_it(portal: RunningPortal, path: str) -> None:
    answer = portal.ask("GET", path, headers=_ADA)
    assert answer.status in {200, 400, 404}
    told = answer.body.decode()
    if answer.status != 200:
        told = told.replace("vaultkeeper", "", told.count("vaultkeeper"))
    assert "vaultkeeper" not in told
    assert "strongbox" not in told


def test_j8_every_route_of_the_document_refuses_who_shows_nothing(portal: RunningPortal) -> None:
    document = json.loads(
        (Path(__file__).parents[2] / "docs" / "reference" / "openapi.json").read_text()
    )
    for path, methods in document["paths"].items():
        for method in set(methods) & {"get", "post", "put", "delete"}:
            address = path.replace("{", "").replace("}", "")
            answer = portal.ask(method.upper(), address, {} if method != "get" else None)
            assert b"vaultkeeper" not in answer.body
            if path.startswith("/api/catalog") and ".backstage" not in path:
                assert answer.status == 401, (method, path)
