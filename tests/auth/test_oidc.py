"""Signing in with the certified provider ``oidc-provider``, and everything it may do wrong."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs
from urllib.parse import unquote
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.app import create_app
from portal.auth.people.sessions import SessionKind
from portal.auth.people.sessions import Sessions
from portal.config.signing_in import OidcProvider
from tests.clients.oidc import CLIENT
from tests.clients.oidc import PORTAL
from tests.clients.oidc import SECRET
from tests.clients.oidc import Browser
from tests.clients.oidc import Provider
from tests.clients.oidc import running_provider
from tests.conftest import MakePortal
from tests.conftest import Portal

pytestmark = pytest.mark.slow

_VARIABLE = "PORTAL_TEST_CLIENT_SECRET"
_APP = "http://localhost:3000"
_PEOPLE = """
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: ada}
spec: {profile: {email: Ada@Example.org}, memberOf: [platform]}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: twin-one}
spec: {profile: {email: twins@example.org}, memberOf: []}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: twin-two}
spec: {profile: {email: twins@example.org}, memberOf: []}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: platform}
spec: {type: team, children: []}
"""


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with running_provider() as running:
        yield running


@pytest.fixture(scope="module")
def portal(provider: Provider, make_shared_portal: MakePortal) -> Iterator[Portal]:
    """Return a portal with which people sign in."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(_VARIABLE, SECRET)
        acme = OidcProvider("acme", provider.issuer, CLIENT, _VARIABLE, title="Acme")
        portal = make_shared_portal(
            {"catalog-info.yaml": _PEOPLE}, oidc_providers=(acme,), cors_origins=(_APP,)
        )
        assert portal.services.authentication
        yield portal


@pytest.fixture
def client(portal: Portal, provider: Provider) -> FlaskClient:
    """Return a browser's view of the portal, without cookies; the provider is honest."""
    provider.use("honest")
    return create_app(portal.services).test_client()


def begin(client: FlaskClient, query: str = "flow=page&return=/catalog") -> str:
    """Return where the portal sends somebody who wants to sign in."""
    response = client.get(f"/api/auth/acme/start?{query}")
    assert response.status_code == 303, response.text
    return response.headers["Location"]


def come_back(client: FlaskClient, address: str) -> TestResponse:
    """Return the answer to a browser that the provider sent back."""
    parts = urlsplit(address)
    return client.get(f"{parts.path}?{parts.query}")


def sign_in(client: FlaskClient, login: str = "ada") -> TestResponse:
    return come_back(client, Browser().sign_in(begin(client), login))


def problem(response: TestResponse) -> str:
    """Return why the sign-in page says that it did not work."""
    assert response.status_code == 303
    place = urlsplit(response.headers["Location"])
    assert place.path == "/sign-in"
    return parse_qs(place.query)["problem"][0]


def cookies_of(response: TestResponse) -> dict[str, str]:
    """Return the cookies a response sets, with all their attributes."""
    headers = response.headers.getlist("Set-Cookie")
    return {header.partition("=")[0]: header.partition("=")[2] for header in headers}


# --- pages ------------------------------------------------------------------


def test_somebody_who_is_not_signed_in_is_sent_to_the_sign_in_page_and_back(
    client: FlaskClient,
) -> None:
    response = client.get("/catalog?kind=user")
    assert response.status_code == 303
    page = client.get(response.headers["Location"])
    assert page.status_code == 200
    (link,) = re.findall(r'href="(/api/auth/acme/start[^"]*)"', page.text)
    address = client.get(link.replace("&amp;", "&")).headers["Location"]
    assert come_back(client, Browser().sign_in(address, "ada")).headers["Location"] == (
        "/catalog?kind=user"
    )
    assert client.get("/catalog?kind=user").status_code == 200


def test_who_signed_in_is_the_user_of_the_catalog_with_their_groups(client: FlaskClient) -> None:
    sign_in(client)
    page = client.get("/account").text
    for text in ("user:default/ada", "group:default/platform", "Ada 러브레이스", "ada@example.org"):
        assert text in page


def test_the_request_has_pkce_a_nonce_and_a_state(client: FlaskClient) -> None:
    asked = parse_qs(urlsplit(begin(client)).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["code_challenge"][0]) == 43
    assert len(asked["nonce"][0]) == 43
    assert len(asked["state"][0]) == 43
    assert asked["response_type"] == ["code"]
    assert asked["redirect_uri"] == [f"{PORTAL}/api/auth/acme/handler/frame"]
    assert asked["scope"] == ["openid profile email"]


def test_the_session_is_a_cookie_that_scripts_do_not_see(client: FlaskClient) -> None:
    cookie = cookies_of(sign_in(client))["portal-session"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Max-Age=43200" in cookie


def test_a_session_is_good_for_pages_and_for_reading(client: FlaskClient) -> None:
    sign_in(client)
    assert client.get("/").status_code == 200
    assert client.get("/api/catalog/entities").status_code == 200
    response = client.post("/api/catalog/locations", json={"type": "url", "target": "https://x"})
    assert response.status_code == 401


def test_signing_in_anew_ends_the_session_before(client: FlaskClient) -> None:
    old = cookies_of(sign_in(client))["portal-session"].partition(";")[0]
    new = cookies_of(sign_in(client))["portal-session"].partition(";")[0]
    assert old != new
    client.set_cookie("portal-session", old)
    assert client.get("/account").status_code == 303
    client.set_cookie("portal-session", new)
    assert client.get("/account").status_code == 200


def test_signing_out_needs_the_token_of_the_session_and_ends_it_at_the_provider_too(
    client: FlaskClient, provider: Provider
) -> None:
    cookie = cookies_of(sign_in(client))["portal-session"].partition(";")[0]
    (token,) = set(re.findall(r'name="form_token" value="(\w+)"', client.get("/account").text))
    for wrong in ({}, {"form_token": "wrong"}, {"form_token": token[:-1]}):
        assert client.post("/sign-out", data=wrong).status_code == 403
    response = client.post("/sign-out", data={"form_token": token})
    address = response.headers["Refresh"].partition("url=")[2]
    assert address.startswith(f"{provider.issuer}/session/end?")
    asked = parse_qs(urlsplit(address).query)
    assert asked["post_logout_redirect_uri"] == [f"{PORTAL}/signed-out"]
    assert asked["client_id"] == [CLIENT]
    assert asked["id_token_hint"][0].count(".") == 2
    assert "Max-Age=0" in cookies_of(response)["portal-session"]
    client.set_cookie("portal-session", cookie)
    assert client.get("/account").status_code == 303


def test_a_session_ends_when_the_catalog_has_its_user_no_more(
    provider: Provider, make_portal: MakePortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(_VARIABLE, SECRET)
    provider.use("honest")
    acme = OidcProvider("acme", provider.issuer, CLIENT, _VARIABLE)
    portal = make_portal({"catalog-info.yaml": _PEOPLE}, oidc_providers=(acme,), removal_share=1.0)
    client = portal.client
    sign_in(client)
    assert client.get("/account").status_code == 200
    portal.repository.commit({"catalog-info.yaml": _PEOPLE.replace("name: ada", "name: eve")})
    portal.sync()
    assert client.get("/account").status_code == 303


# --- who may not ------------------------------------------------------------


@pytest.mark.parametrize(
    ("login", "reason"),
    [
        ("mallory", "email-not-verified"),
        ("nobody", "no-user"),
        ("twins", "several-users"),
        ("silent", "nothing-to-find"),
    ],
)
def test_who_is_not_one_user_of_the_catalog_is_told_why(
    client: FlaskClient, login: str, reason: str
) -> None:
    response = sign_in(client, login)
    assert problem(response) == reason
    assert "portal-session" not in cookies_of(response)
    pages = {
        client.get(f"{response.headers['Location']}&lang={lang}").text for lang in ("ko", "en")
    }
    assert len(pages) == 2
    assert all('role="alert"' in page for page in pages)


def test_who_gives_up_is_not_signed_in(client: FlaskClient) -> None:
    back = Browser().sign_in(begin(client), "ada", cancels=True)
    assert problem(come_back(client, back)) == "cancelled"


#: What is wrong with an ID token, in the words of the provider's script.
_BAD_TOKENS = (
    "expired",
    "not-yet",
    "wrong-audience",
    "several-audiences",
    "wrong-azp",
    "wrong-issuer",
    "wrong-nonce",
    "no-nonce",
    "no-exp",
    "no-aud",
    "no-iss",
    "wrong-access-token",
    "alg-none",
    "alg-none-signed",
    "hs256-with-public-key",
    "other-key",
    "other-key-embedded",
    "another-person",
    "no-token",
    "garbage",
)


@pytest.mark.parametrize("mode", _BAD_TOKENS)
def test_an_id_token_that_is_not_valid_signs_nobody_in(
    client: FlaskClient, provider: Provider, mode: str
) -> None:
    back = Browser().sign_in(begin(client), "ada")
    provider.use(mode)
    response = come_back(client, back)
    assert problem(response) == "invalid-token"
    assert "portal-session" not in cookies_of(response)
    assert client.get("/account").status_code == 303


def test_a_state_is_good_once(client: FlaskClient) -> None:
    back = Browser().sign_in(begin(client), "ada")
    assert come_back(client, back).headers["Location"] == "/catalog"
    assert problem(come_back(client, back)) == "too-late"


@pytest.mark.parametrize("state", ["", "unknown", "a" * 43, "a" * 100_000])
def test_an_unknown_state_signs_nobody_in(client: FlaskClient, state: str) -> None:
    begin(client)
    response = client.get(f"/api/auth/acme/handler/frame?code=x&state={state}")
    assert problem(response) == "too-late"


def test_a_sign_in_of_another_browser_signs_nobody_in(portal: Portal, client: FlaskClient) -> None:
    back = Browser().sign_in(begin(client), "ada")
    victim = create_app(portal.services).test_client()
    assert problem(come_back(victim, back)) == "other-browser"
    begin(victim)
    back = Browser().sign_in(begin(client), "ada")
    assert problem(come_back(victim, back)) == "other-browser"


def test_a_code_of_another_sign_in_is_refused(client: FlaskClient) -> None:
    first = parse_qs(urlsplit(Browser().sign_in(begin(client), "ada")).query)
    second = parse_qs(urlsplit(begin(client)).query)
    mixed = f"code={first['code'][0]}&state={second['state'][0]}&iss={first['iss'][0]}"
    response = client.get(f"/api/auth/acme/handler/frame?{mixed}")
    assert problem(response) == "invalid-token"


@pytest.mark.parametrize("change", ["", "&iss=https://issuer.example.org"])
def test_an_answer_of_another_issuer_is_refused(client: FlaskClient, change: str) -> None:
    back = re.sub(r"&iss=[^&]*", change, Browser().sign_in(begin(client), "ada"))
    assert problem(come_back(client, back)) == "invalid-token"


_FOREIGN = (
    "//evil.example.org",
    "/\\evil.example.org",
    "\\\\evil.example.org",
    "https://evil.example.org/",
    "javascript:alert(1)",
    "/\t/evil.example.org",
    "/%0d%0aSet-Cookie:x=y",
    "catalog",
    "",
)


@pytest.mark.parametrize("address", _FOREIGN)
def test_nobody_is_sent_to_another_site(client: FlaskClient, address: str) -> None:
    response = client.get("/api/auth/acme/start", query_string={"flow": "page", "return": address})
    back = Browser().sign_in(response.headers["Location"], "ada")
    location = come_back(client, back).headers["Location"]
    assert location in {"/", "/%0d%0aSet-Cookie:x=y"}
    page = client.get("/sign-in", query_string={"return": address}).text
    links = re.findall(r'href="/api/auth/acme/start\?([^"]*)"', page)
    assert [parse_qs(link.replace("&amp;", "&"))["return"] for link in links] == [[location]]


# --- a Backstage frontend ---------------------------------------------------

_POPUP = f"env=development&scope=openid%20profile%20email&flow=popup&origin={_APP}"
_AJAX = {"X-Requested-With": "XMLHttpRequest", "Origin": _APP}


def message(response: TestResponse) -> tuple[str, dict[str, Any]]:
    """Return the origin that a popup tells something, and what."""
    assert response.status_code == 200
    (origin,) = re.findall(r"const origin = decodeURIComponent\('([^']*)'\)", response.text)
    (text,) = re.findall(r"JSON.parse\(decodeURIComponent\('([^']*)'\)\)", response.text)
    found: dict[str, Any] = json.loads(unquote(text))
    return unquote(origin), found


def test_a_frontend_gets_a_session_by_a_popup_and_renews_it(client: FlaskClient) -> None:
    address = begin(client, _POPUP)
    response = come_back(client, Browser().sign_in(address, "ada"))
    origin, told = message(response)
    assert origin == _APP
    assert told["type"] == "authorization_response"
    session = told["response"]
    assert session["profile"] == {"email": "ada@example.org", "displayName": "Ada 러브레이스"}
    assert set(session["providerInfo"]["scope"].split()) >= {"openid", "profile", "email"}
    identity = session["backstageIdentity"]
    assert identity["identity"]["userEntityRef"] == "user:default/ada"
    assert identity["identity"]["ownershipEntityRefs"] == [
        "user:default/ada",
        "group:default/platform",
    ]
    headers = {"Authorization": f"Bearer {identity['token']}"}
    assert client.get("/api/catalog/entities", headers=headers).status_code == 200
    again = client.get("/api/auth/acme/refresh?optional&env=development", headers=_AJAX)
    assert again.status_code == 200
    assert again.headers["Cache-Control"] == "no-store"
    assert again.headers["Access-Control-Allow-Credentials"] == "true"
    renewed = again.get_json()
    assert renewed["profile"] == session["profile"]
    assert renewed["backstageIdentity"]["identity"] == identity["identity"]


def test_the_last_page_of_a_popup_runs_its_own_script_only_and_stays_a_popup(
    client: FlaskClient,
) -> None:
    start = client.get(f"/api/auth/acme/start?{_POPUP}")
    assert start.headers["Cross-Origin-Opener-Policy"] == "unsafe-none"
    response = come_back(client, Browser().sign_in(start.headers["Location"], "ada"))
    assert response.headers["Cross-Origin-Opener-Policy"] == "unsafe-none"
    policy = response.headers["Content-Security-Policy"]
    assert re.search(r"default-src 'none'; script-src 'sha256-[\w+/=]{44}'", policy)
    assert response.headers["Cache-Control"] == "no-store"


def test_the_cookie_of_a_frontend_is_sent_to_its_provider_only_and_opens_no_page(
    client: FlaskClient,
) -> None:
    cookie = cookies_of(come_back(client, Browser().sign_in(begin(client, _POPUP), "ada")))
    assert "Path=/api/auth/acme" in cookie["portal-acme"]
    assert "portal-session" not in cookie
    assert client.get("/account").status_code == 303
    assert client.get("/api/catalog/entities").status_code == 401


def test_a_popup_is_told_why_somebody_is_not_signed_in(client: FlaskClient) -> None:
    origin, told = message(come_back(client, Browser().sign_in(begin(client, _POPUP), "mallory")))
    assert origin == _APP
    assert told["error"]["name"] == "NotAllowedError"
    assert "verified" in told["error"]["message"]


def test_a_frontend_signs_out(client: FlaskClient, provider: Provider) -> None:
    come_back(client, Browser().sign_in(begin(client, _POPUP), "ada"))
    assert client.post("/api/auth/acme/logout").status_code == 401
    response = client.post("/api/auth/acme/logout?env=development", headers=_AJAX)
    assert response.status_code == 200
    assert response.get_json()["logoutUrl"].startswith(f"{provider.issuer}/session/end?")
    refused = client.get("/api/auth/acme/refresh", headers=_AJAX)
    assert refused.status_code == 401
    assert "Missing session cookie" in refused.get_json()["error"]["message"]


def test_a_frontend_that_redirects_gets_its_browser_back(client: FlaskClient) -> None:
    query = f"env=development&flow=redirect&origin={_APP}&redirectUrl={_APP}/catalog"
    response = come_back(client, Browser().sign_in(begin(client, query), "ada"))
    assert response.headers["Location"] == f"{_APP}/catalog"
    assert client.get("/api/auth/acme/refresh", headers=_AJAX).status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "env=development&flow=popup&origin=https://evil.example.org",
        "env=development&flow=popup&origin=http://localhost:3000.evil.example.org",
        "env=development&flow=redirect&redirectUrl=https://evil.example.org/",
        "env=development&flow=redirect&redirectUrl=http://localhost:3000@evil.example.org/",
        "env=development&flow=redirect&redirectUrl=javascript:alert(1)",
        "env=development&flow=redirect",
        "env=development&flow=popup&origin=null",
        "flow=popup&origin=http://localhost:3000",
    ],
)
def test_no_other_origin_gets_a_session(client: FlaskClient, query: str) -> None:
    assert client.get(f"/api/auth/acme/start?{query}").status_code in {400, 403}


def test_renewing_needs_a_header_that_only_scripts_set(client: FlaskClient) -> None:
    come_back(client, Browser().sign_in(begin(client, _POPUP), "ada"))
    for headers in ({}, {"X-Requested-With": "other"}):
        assert client.get("/api/auth/acme/refresh", headers=headers).status_code == 401


def test_the_sessions_of_pages_and_of_frontends_are_no_cookies_of_each_other(
    portal: Portal, client: FlaskClient
) -> None:
    sessions = Sessions(portal.services.database, 60, time.time)
    secret, _ = sessions.begin(SessionKind.FRONTEND, "user:default/ada", "acme")
    client.set_cookie("portal-session", secret)
    assert client.get("/account").status_code == 303
