"""Every route declares what it asks of the policy, and is asked it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask import Response

from portal.app import create_app
from portal.audit.events import AuditAction
from portal.audit.events import Outcome
from portal.audit.store import AuditQuery
from portal.permission.permissions import PERMISSIONS
from portal.permission.policy import DENY
from portal.ui.texts.table import TEXTS
from portal.web.doors import Door
from portal.web.doors import asks
from portal.web.doors import doors_of
from portal.web.doors import public
from tests.conftest import MakePortal
from tests.conftest import Portal
from tests.policies import TablePolicy
from tests.sight import DOORS
from tests.sight import ELSEWHERE

_FILES = {
    "catalog-info.yaml": "apiVersion: backstage.io/v1alpha1\nkind: Domain\n"
    "metadata: {name: d}\nspec: {owner: o}\n"
}
_TOKEN = "a-token-of-the-tests"


@pytest.fixture(scope="module")
def portal(make_shared_portal: MakePortal) -> Portal:
    """Return a portal whose policy a test may change."""
    return make_shared_portal(
        _FILES, service_token=_TOKEN, guest_access="always", permission_policy=TablePolicy()
    )


def all_doors(portal: Portal) -> dict[str, tuple[str, str, Door]]:
    """Return the declaration of every route of the application, by endpoint."""
    app = portal.client.application
    doors = doors_of(app.view_functions, PERMISSIONS)
    return {
        f"{method} {rule.rule}": (method, rule.rule, doors[rule.endpoint])
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    }


def test_every_route_says_what_it_asks_or_why_it_asks_nothing(portal: Portal) -> None:
    doors = all_doors(portal)
    assert len(doors) > 70
    for name, (_method, _rule, door) in doors.items():
        assert bool(door.permissions) != bool(door.reason), name


@pytest.mark.parametrize(
    ("declare", "told"),
    [
        (lambda view: view, "declares no permission"),
        (public(""), "declares no permission"),
        (asks(), "declares no permission"),
        (asks("catalog.entity.raed"), "'catalog.entity.raed', which is no permission"),
    ],
)
def test_a_route_that_says_nothing_or_something_unknown_ends_the_start(
    declare: Callable[[Callable[[], str]], Callable[[], str]], told: str
) -> None:
    app = Flask("app", static_folder=None)
    app.add_url_rule("/forgotten", "forgotten", declare(lambda: ""))
    with pytest.raises(RuntimeError, match=told):
        doors_of(app.view_functions, PERMISSIONS)


def test_the_whole_application_is_refused_with_such_a_route(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def add(_app: Flask, *_others: object) -> None:
        _app.add_url_rule("/forgotten", "forgotten", lambda: Response("secret"))

    monkeypatch.setattr("portal.app._add_openapi", add)
    with pytest.raises(RuntimeError, match="'forgotten' declares no permission"):
        create_app(portal.services)


#: What stands for a variable of a route, by its converter.
_EXAMPLES = {"uuid": "00000000-0000-4000-8000-000000000000", "int": "1"}


def _example(variable: re.Match[str]) -> str:
    return _EXAMPLES.get(variable[1], variable[2])


def _addresses(portal: Portal) -> list[tuple[str, str, str]]:
    """Return method, path and permission of every route that asks one without a resource."""
    return [
        (method, re.sub(r"<(?:(\w+):)?(\w+)>", _example, rule), name)
        for method, rule, door in all_doors(portal).values()
        for name in door.permissions
        if not PERMISSIONS[name].resource_type
    ]


def test_whom_the_policy_denies_is_refused_before_the_body_is_read(portal: Portal) -> None:
    policy = portal.services.policy
    assert isinstance(policy, TablePolicy)
    headers = {"Authorization": f"Bearer {portal.guest_token()}"}
    addresses = _addresses(portal)
    assert len(addresses) > 15
    for method, path, name in addresses:
        policy.table["user"] = {name: DENY}
        answer = portal.client.open(path, method=method, headers=headers, data=b"{no json")
        error = {"name": "NotAllowedError", "message": ""}
        assert answer.status_code == 403, (method, path, name)
        if path.startswith("/api/"):
            assert answer.get_json()["error"] == error, (method, path, name)
    policy.table.clear()


def test_refusals_are_recorded_and_equal_ones_once(portal: Portal) -> None:
    policy = portal.services.policy
    assert isinstance(policy, TablePolicy)
    policy.table["user"] = {"catalog.location.create": DENY}
    headers = {"Authorization": f"Bearer {portal.guest_token()}"}
    path = "/api/catalog/locations"
    for _ in range(3):
        assert portal.client.post(path, headers=headers).status_code == 403
        assert portal.client.post(path).status_code == 401
    policy.table.clear()
    audit = portal.services.audit
    assert audit.flush(30)
    found = audit.find(AuditQuery(resource=path, outcome=Outcome.REFUSED))
    told = [(x.actor.kind, x.actor.name, x.actor.address, x.details["status"]) for x in found]
    assert told.count(("none", "", "127.0.0.1", 401)) == 1
    assert told.count(("user", "user:development/guest", "127.0.0.1", 403)) <= 1


def test_every_route_that_reads_the_catalog_is_asked_about_what_is_hidden(portal: Portal) -> None:
    """A new route has a question in ``tests/sight.py``, or a reason there why it needs none."""
    adapter = portal.client.application.url_map.bind("localhost")
    asked = set()
    for question in DOORS.values():
        rule, _ = adapter.match(question.path.partition("?")[0], question.method, return_rule=True)
        asked.add(f"{question.method} {rule.rule}")
    doors = all_doors(portal)
    needed = {name for name, (_method, _rule, door) in doors.items() if door.permissions}
    assert needed - asked - set(ELSEWHERE) == set()
    assert set(ELSEWHERE) - needed == set()
    assert set(ELSEWHERE) & asked == set()


def test_every_action_and_permission_has_a_name_in_both_languages() -> None:
    for action in AuditAction:
        assert all(TEXTS[f"audit.action.{action}"])
    for name in PERMISSIONS:
        assert all(TEXTS[f"permission.{name}"])
