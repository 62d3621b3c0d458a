"""Signing in, cookies and permissions, seen by a frontend."""

from __future__ import annotations

from typing import Any

import pytest

from portal.app import create_app
from portal.config.loading import load_config
from portal.config.settings import Config
from portal.kernel.errors import ConfigError
from tests.conftest import MakePortal
from tests.conftest import Portal

_USERS = """
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: Guest}
spec: {memberOf: [platform, payments]}
"""
_TOKEN = "a-token-of-the-tests"
_COOKIE = "/api/techdocs/.backstage/auth/v1/cookie"


@pytest.fixture(scope="module")
def portal(make_shared_portal: MakePortal) -> Portal:
    """Return a portal whose guest is in its catalog."""
    return make_shared_portal({"catalog-info.yaml": _USERS}, guest_user="user:default/guest")


@pytest.fixture
def session(portal: Portal) -> dict[str, Any]:
    """Return what a guest gets who signs in."""
    identity: dict[str, Any] = portal.get("/api/auth/guest/refresh")["backstageIdentity"]
    return identity


@pytest.fixture
def bearer(session: dict[str, Any]) -> dict[str, str]:
    """Return the headers of a guest's requests."""
    return {"Authorization": f"Bearer {session['token']}"}


# --- signing in -------------------------------------------------------------


def test_a_guest_of_the_catalog_owns_what_their_groups_own(
    portal: Portal, session: dict[str, Any], bearer: dict[str, str]
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
    make_portal: MakePortal,
) -> None:
    identity = make_portal({"catalog-info.yaml": _USERS}).get("/api/auth/guest/refresh")
    assert identity["backstageIdentity"]["identity"]["ownershipEntityRefs"] == [
        "user:development/guest"
    ]


def test_a_session_is_not_kept_by_caches(portal: Portal) -> None:
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
    make_portal: MakePortal,
) -> None:
    client = make_portal({"catalog-info.yaml": _USERS}, service_token=_TOKEN).client
    response = client.get("/api/auth/guest/refresh")
    assert response.status_code == 403
    assert "guest_access" in response.get_json()["error"]["message"]


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


def test_the_host_header_changes_nothing(portal: Portal) -> None:
    path = "/api/auth/.well-known/openid-configuration"
    expected = portal.get(path)
    for headers in ({"Host": "127.0.0.1:1"}, {"X-Forwarded-Host": "evil.test"}):
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
    make_portal: MakePortal, base_url: str, domain: str, last: str
) -> None:
    client = make_portal({"catalog-info.yaml": _USERS}, base_url=base_url).client
    token = client.get("/api/auth/guest/refresh").get_json()["backstageIdentity"]["token"]
    response = client.get(_COOKIE, headers={"Authorization": f"Bearer {token}"})
    head, _, attributes = response.headers["Set-Cookie"].partition(";")
    assert head.startswith("backstage-auth=eyJ")
    assert attributes.startswith(f"{domain} Path=/; Expires=")
    assert attributes.endswith(f"GMT; {last}")


def test_a_fresh_cookie_is_not_given_again(portal: Portal, bearer: dict[str, str]) -> None:
    client = create_app(portal.services).test_client(use_cookies=False)
    given = client.get(_COOKIE, headers=bearer).headers["Set-Cookie"].partition(";")[0]
    again = client.get(_COOKIE, headers=bearer | {"Cookie": given})
    assert "Set-Cookie" not in again.headers
    assert again.get_json()["expiresAt"].endswith(".000Z")
    broken = client.get(_COOKIE, headers=bearer | {"Cookie": f"{given[:-4]}AAAA"})
    assert "Set-Cookie" in broken.headers


def test_nobody_in_particular_gets_no_cookie(portal: Portal) -> None:
    client = portal.client
    client.delete_cookie("backstage-auth")
    response = client.get(_COOKIE)
    assert (response.status_code, response.get_json()["error"]["message"]) == (
        401,
        "Missing credentials",
    )
