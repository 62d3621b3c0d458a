"""Signing in, cookies and permissions, seen by a frontend."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from portal.app import create_app
from portal.auth import permissions
from portal.auth.identity import NOBODY
from portal.auth.identity import Principal
from portal.auth.policy import Decision
from portal.kernel.config import Config
from portal.kernel.config import load_config
from portal.kernel.errors import ConfigError
from portal.kernel.errors import InputError

_USERS = """
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: Guest}
spec: {memberOf: [platform, payments]}
"""
_TOKEN = "a-token-of-the-tests"
_COOKIE = "/api/techdocs/.backstage/auth/v1/cookie"
_AUTHORIZE = "/api/permission/authorize"


@pytest.fixture(scope="module")
def portal(make_shared_portal: Callable[..., Any]) -> Any:
    """Return a portal whose guest is in its catalog."""
    return make_shared_portal({"catalog-info.yaml": _USERS}, guest_user="user:default/guest")


@pytest.fixture
def session(portal: Any) -> dict[str, Any]:
    """Return what a guest gets who signs in."""
    return portal.get("/api/auth/guest/refresh")["backstageIdentity"]


@pytest.fixture
def bearer(session: dict[str, Any]) -> dict[str, str]:
    """Return the headers of a guest's requests."""
    return {"Authorization": f"Bearer {session['token']}"}


# --- signing in -------------------------------------------------------------


def test_a_guest_of_the_catalog_owns_what_their_groups_own(
    portal: Any, session: dict[str, Any], bearer: dict[str, str]
) -> None:
    refs = ["user:default/guest", "group:default/payments", "group:default/platform"]
    assert session["identity"] == {
        "type": "user",
        "userEntityRef": "user:default/guest",
        "ownershipEntityRefs": refs,
    }
    claims = portal.get("/api/auth/v1/userinfo", headers=bearer)["claims"]
    assert claims == {"sub": "user:default/guest", "ent": refs}


def test_a_guest_the_catalog_does_not_know_owns_only_what_is_theirs(
    make_portal: Callable[..., Any],
) -> None:
    identity = make_portal({"catalog-info.yaml": _USERS}).get("/api/auth/guest/refresh")
    assert identity["backstageIdentity"]["identity"]["ownershipEntityRefs"] == [
        "user:development/guest"
    ]


def test_a_session_is_not_kept_by_caches(portal: Any) -> None:
    for method in ("GET", "POST"):
        response = portal.client.open("/api/auth/guest/refresh", method=method)
        assert response.headers["Cache-Control"] == "no-store"


#: Settings, and whether anybody may sign in.
_ACCESS: list[tuple[dict[str, str], bool]] = [
    ({}, True),
    ({"host": "localhost"}, True),
    ({"host": "0.0.0.0"}, False),
    ({"service_token": _TOKEN}, False),
    ({"guest_access": "never"}, False),
    ({"host": "0.0.0.0", "guest_access": "always"}, True),
    ({"service_token": _TOKEN, "guest_access": "always"}, True),
]


@pytest.mark.parametrize(("settings", "is_let_in"), _ACCESS)
def test_guests_are_let_in_where_nobody_needs_a_token_or_the_operator_says_so(
    settings: dict[str, str], is_let_in: bool
) -> None:
    assert Config(**settings).lets_guests_in is is_let_in  # type: ignore[arg-type]


def test_a_guest_who_may_not_come_in_is_told_what_would_have_to_change(
    make_portal: Callable[..., Any],
) -> None:
    client = make_portal({"catalog-info.yaml": _USERS}, service_token=_TOKEN).client
    response = client.get("/api/auth/guest/refresh")
    assert response.status_code == 403
    assert "guest_access" in response.json["error"]["message"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("guest_access", "yes"),
        ("guest_user", "guest"),
        ("guest_user", "group:default/guest"),
        ("guest_user", "user:default/a/b"),
        ("base_url", "portal.example.org"),
        ("base_url", "https://portal.example.org/path"),
        ("base_url", "https://user@portal.example.org"),
        ("base_url", "javascript:alert(1)"),
    ],
)
def test_settings_of_signing_in_are_judged(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name):
        load_config(None, {}, **{name: value})


def test_the_address_of_the_portal_has_a_default() -> None:
    assert load_config(None, {}, base_url="https://p.test/").public_url == "https://p.test"
    assert Config().public_url == "http://127.0.0.1:7007"
    assert Config(host="::1").public_url == "http://[::1]:7007"


def test_the_host_header_changes_nothing(portal: Any) -> None:
    path = "/api/auth/.well-known/openid-configuration"
    expected = portal.get(path)
    for headers in ({"Host": "evil.test"}, {"X-Forwarded-Host": "evil.test"}):
        assert portal.get(path, headers=headers) == expected


# --- cookies ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("base_url", "domain", "last"),
    [
        ("", "", "HttpOnly; Priority=High; SameSite=Lax"),
        ("http://10.0.0.1:80", " Domain=10.0.0.1;", "HttpOnly; Priority=High; SameSite=Lax"),
        (
            "http://localhost:7007",
            " Domain=localhost;",
            "HttpOnly; Secure; Priority=High; SameSite=None",
        ),
        ("https://p.test", " Domain=p.test;", "HttpOnly; Secure; Priority=High; SameSite=None"),
    ],
)
def test_a_cookie_is_for_the_portals_address(
    make_portal: Callable[..., Any], base_url: str, domain: str, last: str
) -> None:
    client = make_portal({"catalog-info.yaml": _USERS}, base_url=base_url).client
    token = client.get("/api/auth/guest/refresh").json["backstageIdentity"]["token"]
    response = client.get(_COOKIE, headers={"Authorization": f"Bearer {token}"})
    head, _, attributes = response.headers["Set-Cookie"].partition(";")
    assert head.startswith("backstage-auth=eyJ")
    assert attributes.startswith(f"{domain} Path=/; Expires=")
    assert attributes.endswith(f"GMT; {last}")


def test_a_fresh_cookie_is_not_given_again(portal: Any, bearer: dict[str, str]) -> None:
    client = create_app(portal.services).test_client(use_cookies=False)
    given = client.get(_COOKIE, headers=bearer).headers["Set-Cookie"].partition(";")[0]
    again = client.get(_COOKIE, headers=bearer | {"Cookie": given})
    assert "Set-Cookie" not in again.headers
    assert again.json["expiresAt"].endswith(".000Z")
    broken = client.get(_COOKIE, headers=bearer | {"Cookie": f"{given[:-4]}AAAA"})
    assert "Set-Cookie" in broken.headers


def test_nobody_in_particular_gets_no_cookie(portal: Any) -> None:
    client = portal.client
    client.delete_cookie("backstage-auth")
    response = client.get(_COOKIE)
    assert (response.status_code, response.json["error"]["message"]) == (401, "Missing credentials")


# --- permissions ------------------------------------------------------------


def basic(**changes: Any) -> dict[str, Any]:
    permission = {"type": "basic", "name": "catalog.entity.create", "attributes": {}}
    return {"id": "1", "permission": permission} | changes


def resource(**changes: Any) -> dict[str, Any]:
    permission = {
        "type": "resource",
        "name": "catalog.entity.read",
        "attributes": {"action": "read"},
        "resourceType": "catalog-entity",
    }
    item = {"id": "1", "permission": permission, "resourceRef": "component:default/a"} | changes
    return {name: value for name, value in item.items() if value is not ...}


def test_a_frontend_without_credentials_is_answered_where_none_are_needed(portal: Any) -> None:
    response = portal.client.post(_AUTHORIZE, json={"items": [basic(), resource(id="2")]})
    assert response.json == {
        "items": [{"id": "1", "result": "ALLOW"}, {"id": "2", "result": "ALLOW"}]
    }


def test_answers_are_the_policys(monkeypatch: pytest.MonkeyPatch) -> None:
    def decide(_who: Principal, action: str, ref: str = "") -> Decision:
        is_allowed = action.endswith("read") and ref != "b"
        return Decision.ALLOW if is_allowed else Decision.DENY

    monkeypatch.setattr(permissions, "decide", decide)
    asked = [basic(), resource(resourceRef=["a", "b"]), resource(resourceRef=["a", "c"])]
    items = permissions.authorize(NOBODY, {"items": asked})["items"]
    assert [item["result"] for item in items] == ["DENY", ["ALLOW", "DENY"], "ALLOW"]


_WRONG: dict[str, Any] = {
    "no items": {},
    "items no list": {"items": {}},
    "item no object": {"items": [1]},
    "no id": {"items": [{"permission": basic()["permission"]}]},
    "id no text": {"items": [basic(id=1)]},
    "basic with ref": {"items": [basic(resourceRef="a")]},
    "ref no text": {"items": [resource(resourceRef=1)]},
    "ref null": {"items": [resource(resourceRef=None)]},
    "no refs": {"items": [resource(resourceRef=[])]},
    "refs no texts": {"items": [resource(resourceRef=["a", 1])]},
    "no permission": {"items": [{"id": "a"}]},
    "other type": {"items": [{"id": "a", "permission": {"type": "x"}}]},
    "other action": {
        "items": [basic(permission=basic()["permission"] | {"attributes": {"action": "x"}})]
    },
}


@pytest.mark.parametrize("body", _WRONG.values(), ids=_WRONG)
def test_a_malformed_question_is_refused_with_the_place(portal: Any, body: Any) -> None:
    response = portal.client.post(_AUTHORIZE, json=body)
    assert response.status_code == 400
    [issue, *_] = json.loads(response.json["error"]["message"])
    assert {"code", "path", "message"} <= issue.keys()
    assert issue["path"][0] == "items"


def test_a_resource_has_to_be_named(portal: Any) -> None:
    response = portal.client.post(_AUTHORIZE, json={"items": [resource(resourceRef=...)]})
    assert response.json["error"]["message"].startswith("Resource permissions require")


def test_not_everything_may_be_asked_at_once() -> None:
    items = [basic()] * (permissions.MAX_ITEMS + 1)
    with pytest.raises(InputError, match="1000"):
        permissions.authorize(NOBODY, {"items": items})
