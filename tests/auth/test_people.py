"""People without a provider: headers of proxies, tokens of a Backstage, guests, trusted sources."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from portal.app import create_app
from portal.auth.people.cookies import Cookies
from portal.auth.people.remote_keys import ForeignTokenError
from portal.auth.people.remote_keys import RemoteKeys
from portal.config.signing_in import BackstageIssuer
from portal.config.signing_in import IdentityProxy
from portal.config.signing_in import OidcProvider
from portal.config.sources import Source
from portal.kernel.errors import AuthenticationError
from portal.kernel.errors import ConfigError
from portal.kernel.http import HttpClient
from portal.kernel.http import origin_of
from tests.conftest import MakePortal
from tests.conftest import Portal
from tests.http_server import folder_server

_LIST = "/api/catalog/entities"
_INFO = "/api/auth/v1/userinfo"


def user(name: str, groups: str = "", email: str = "") -> str:
    profile = f"profile: {{email: {email}}}, " if email else ""
    return (
        "---\napiVersion: backstage.io/v1alpha1\nkind: User\n"
        f"metadata: {{name: {name}}}\nspec: {{{profile}memberOf: [{groups}]}}\n"
    )


def group(name: str, members: str = "", parent: str = "") -> str:
    above = f", parent: {parent}" if parent else ""
    return (
        "---\napiVersion: backstage.io/v1alpha1\nkind: Group\n"
        f"metadata: {{name: {name}}}\n"
        f"spec: {{type: team, children: [], members: [{members}]{above}}}\n"
    )


_FILES = {
    "catalog-info.yaml": user("ada", "platform", "ada@example.org")
    + group("platform", parent="engineering")
    + group("engineering")
}


# --- a proxy ----------------------------------------------------------------

_PROXY = IdentityProxy("gateway", ("127.0.0.1/32",), user_header="X-User", email_header="X-Email")


@pytest.fixture(scope="module")
def behind_proxy(make_shared_portal: MakePortal) -> Portal:
    return make_shared_portal(_FILES, identity_proxies=(_PROXY,))


@pytest.mark.parametrize("headers", [{"X-User": "ada"}, {"X-Email": "ADA@example.org"}])
def test_a_proxy_says_who_somebody_is(behind_proxy: Portal, headers: dict[str, str]) -> None:
    client = create_app(behind_proxy.services).test_client()
    assert client.get(_LIST).status_code == 401
    assert client.get(_LIST, headers=headers).status_code == 200
    page = client.get("/account", headers=headers).text
    assert "user:default/ada" in page
    session = client.get("/api/auth/gateway/refresh", headers=headers).get_json()
    identity = session["backstageIdentity"]["identity"]
    assert identity["ownershipEntityRefs"] == ["user:default/ada", "group:default/platform"]


@pytest.mark.parametrize("address", ["127.0.0.2", "10.0.0.1", "::1", "", "unix:"])
def test_the_headers_of_other_addresses_are_ignored(behind_proxy: Portal, address: str) -> None:
    client = create_app(behind_proxy.services).test_client()
    environ = {"REMOTE_ADDR": address}
    for more in ({}, {"X-Forwarded-For": "127.0.0.1"}, {"Forwarded": "for=127.0.0.1"}):
        headers = {"X-User": "ada", **more}
        response = client.get(_LIST, headers=headers, environ_overrides=environ)
        assert response.status_code == 401


def test_whom_the_catalog_does_not_know_no_proxy_brings_in(behind_proxy: Portal) -> None:
    client = create_app(behind_proxy.services).test_client()
    response = client.get(_LIST, headers={"X-User": "eve"})
    assert response.status_code == 401
    assert "no user" in response.get_json()["error"]["message"]


# --- signed tokens of others ------------------------------------------------

_ISSUER = "https://backstage.example.org/api/auth"


class Signer:
    """Signs tokens with a key that a web server publishes."""

    def __init__(self, folder: Path) -> None:
        self._key = ECKey.generate_key("P-256", {"kid": "first", "use": "sig", "alg": "ES256"})
        keys = {"keys": [self._key.as_dict(private=False)]}
        (folder / "keys.json").write_text(json.dumps(keys))

    def token(self, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """Return a token of a user; claims that are ``None`` are left out."""
        now = int(time.time())
        given = {
            "iss": _ISSUER,
            "sub": "user:default/ada",
            "aud": "backstage",
            "iat": now,
            "exp": now + 600,
            **claims,
        }
        head = {"alg": "ES256", "kid": "first", "typ": "vnd.backstage.user", **(header or {})}
        kept = {name: value for name, value in given.items() if value is not None}
        return jwt.encode(head, kept, self._key)


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Signer, str]]:
    folder = tmp_path_factory.mktemp("keys")
    signer = Signer(folder)
    with folder_server(folder) as host:
        yield signer, f"http://{host}/keys.json"


@pytest.fixture(scope="module")
def beside(signer: tuple[Signer, str], make_shared_portal: MakePortal) -> Portal:
    keys = signer[1]
    signed = IdentityProxy(
        "iap", ("127.0.0.1",), jwt_header="X-Jwt", jwks=keys, issuer=_ISSUER, audience="portal"
    )
    return make_shared_portal(
        _FILES,
        backstage_issuers=(BackstageIssuer(_ISSUER, keys),),
        identity_proxies=(signed,),
    )


def test_a_key_that_is_withdrawn_verifies_no_token_that_it_verified_before(
    tmp_path: Path,
) -> None:
    first, now = Signer(tmp_path), [time.time()]
    token, other = first.token(), first.token(sub="user:default/bob")
    with folder_server(tmp_path) as host:
        origin = origin_of(f"http://{host}/")
        http = HttpClient(configured=[origin])
        keys = RemoteKeys(http, f"http://{host}/keys.json", lambda: now[0])
        for _ in range(2):
            assert keys.verify(token)[1]["sub"] == "user:default/ada"
        Signer(tmp_path)
        assert keys.verify(token)[1]["sub"] == "user:default/ada"  # keys are kept for an hour
        now[0] += 3601
        for each in (token, other):
            with pytest.raises(ForeignTokenError):
                keys.verify(each)


def test_who_left_a_group_has_left_it_with_the_commit(make_portal: MakePortal) -> None:
    portal = make_portal(_FILES)
    ownership = portal.services.auth.ownership
    assert ownership("user:default/ada")[1:] == ["group:default/platform"]
    with pytest.raises(AuthenticationError):
        ownership("user:default/eve")
    changed = user("ada", "", "ada@example.org") + user("eve", "platform")
    portal.repository.commit({"catalog-info.yaml": changed + group("platform")})
    portal.sync()
    assert ownership("user:default/ada")[1:] == []
    assert ownership("user:default/eve")[1:] == ["group:default/platform"]


def test_the_token_of_a_backstage_is_its_user(beside: Portal, signer: tuple[Signer, str]) -> None:
    headers = {"Authorization": f"Bearer {signer[0].token(ent=['group:default/admins'])}"}
    client = create_app(beside.services).test_client()
    claims = client.get(_INFO, headers=headers).get_json()["claims"]
    assert claims == {
        "sub": "user:default/ada",
        "ent": ["user:default/ada", "group:default/platform"],
    }


_BAD: list[dict[str, Any]] = [
    {"iss": "https://other.example.org/api/auth"},
    {"iss": None},
    {"aud": "somebody-else"},
    {"aud": None},
    {"exp": 1},
    {"exp": None},
    {"exp": "9999999999"},
    {"nbf": 9_999_999_999},
    {"sub": None},
    {"sub": "group:default/platform"},
    {"sub": "user:default/nobody"},
    {"header": {"typ": "JWT"}},
    {"header": {"typ": "vnd.backstage.limited-user"}},
    {"header": {"kid": "second"}},
]


@pytest.mark.parametrize("claims", _BAD, ids=str)
def test_any_other_token_is_refused(
    beside: Portal, signer: tuple[Signer, str], claims: dict[str, Any]
) -> None:
    token = signer[0].token(**claims)
    client = create_app(beside.services).test_client()
    response = client.get(_LIST, headers={"Authorization": f"Bearer {token}"})
    assert response.status_code == 401


def test_a_proxy_that_signs_is_believed_by_its_signature_only(
    beside: Portal, signer: tuple[Signer, str]
) -> None:
    client = create_app(beside.services).test_client()
    verified: dict[str, Any] = {"email": "ada@example.org", "email_verified": True, "aud": "portal"}
    good = signer[0].token(**verified)
    assert client.get(_LIST, headers={"X-Jwt": good}).status_code == 200
    for wrong in (
        signer[0].token(**{**verified, "aud": "backstage"}),
        signer[0].token(**{**verified, "email_verified": False}),
        signer[0].token(**{**verified, "exp": 1}),
        f"{good[:-4]}AAAA",
        "ada",
    ):
        assert client.get(_LIST, headers={"X-Jwt": wrong}).status_code == 401
    assert client.get(_LIST, headers={"X-User": "ada"}).status_code == 401


def test_keys_that_cannot_be_fetched_are_a_failure_and_no_sign_in(make_portal: MakePortal) -> None:
    gone = BackstageIssuer(_ISSUER, "http://127.0.0.1:9/keys.json")
    portal = make_portal(_FILES, backstage_issuers=(gone,))
    key = ECKey.generate_key("P-256")
    head = {"alg": "ES256", "kid": "x", "typ": "vnd.backstage.user"}
    token = jwt.encode(head, {"iss": _ISSUER, "sub": "user:default/ada"}, key)
    response = portal.client.get(_LIST, headers={"Authorization": f"Bearer {token}"})
    assert response.status_code == 503
    assert "refuses the connection" in response.get_json()["error"]["message"]


# --- a provider that is away ------------------------------------------------


def test_a_provider_that_is_away_is_said_on_the_page_and_in_health(
    make_portal: MakePortal,
) -> None:
    away = OidcProvider("acme", "http://127.0.0.1:9", "portal", client_auth="none", title="Acme")
    portal = make_portal(_FILES, oidc_providers=(away,), service_token="the-service-token")
    client = portal.client
    response = client.get("/api/auth/acme/start?flow=page&return=/catalog")
    assert response.status_code == 303
    assert "problem=unavailable" in response.headers["Location"]
    page = client.get(f"{response.headers['Location']}&lang=en").text
    assert "does not answer now" in page
    assert "Acme did not answer at the last attempt" in page
    popup = client.get("/api/auth/acme/start?env=development&flow=popup")
    assert "ServiceUnavailableError" in popup.text
    path = "/.backstage/health/v1/readiness"
    assert "stale" not in client.get(path).get_json()
    known = client.get(path, headers={"Authorization": "Bearer the-service-token"}).get_json()
    assert [one["sign-in"] for one in known["stale"]] == ["acme"]
    assert "refuses the connection" in known["stale"][0]["reason"]


def test_a_provider_without_its_secret_stops_the_start(
    make_portal: MakePortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PORTAL_TEST_NO_SECRET", raising=False)
    acme = OidcProvider("acme", "https://x.example.org", "portal", "PORTAL_TEST_NO_SECRET")
    portal = make_portal(_FILES, oidc_providers=(acme,))
    with pytest.raises(ConfigError, match="PORTAL_TEST_NO_SECRET"):
        assert portal.services.authentication


# --- guests -----------------------------------------------------------------


def test_guests_sign_in_on_the_page_with_a_form_of_this_browser(make_portal: MakePortal) -> None:
    away = OidcProvider("acme", "http://127.0.0.1:9", "portal", client_auth="none")
    portal = make_portal(_FILES, oidc_providers=(away,), guest_access="always")
    client = portal.client
    page = client.get("/sign-in?return=/catalog").text
    (token,) = re.findall(r'name="form_token" value="(\w+)"', page)
    other = create_app(portal.services).test_client()
    assert other.post("/sign-in/guest", data={"form_token": token}).status_code == 403
    assert client.post("/sign-in/guest").status_code == 403
    response = client.post("/sign-in/guest", data={"form_token": token, "return": "//evil.org"})
    assert response.headers["Location"] == "/"
    assert "user:development/guest" in client.get("/account").text


def test_guests_do_not_come_in_where_people_sign_in(make_portal: MakePortal) -> None:
    away = OidcProvider("acme", "http://127.0.0.1:9", "portal", client_auth="none")
    client = make_portal(_FILES, oidc_providers=(away,)).client
    assert client.get("/api/auth/guest/refresh").status_code == 403
    assert "/sign-in/guest" not in client.get("/sign-in").text
    assert client.get(_LIST).status_code == 401


# --- users and groups that count --------------------------------------------


def test_every_configured_source_counts_unless_some_are_named(make_portal: MakePortal) -> None:
    sources = [
        (Source("org", ""), {"catalog-info.yaml": user("ada", "platform") + group("platform")}),
        (
            Source("other", ""),
            {"catalog-info.yaml": group("admins", members="ada") + user("eve", "platform")},
        ),
    ]
    settings: dict[str, Any] = {"identity_proxies": (_PROXY,)}
    all_count = make_portal(sources=sources, **settings)
    assert all_count.services.auth.ownership("user:default/ada") == [
        "user:default/ada",
        "group:default/admins",
        "group:default/platform",
    ]


def test_sources_that_are_not_named_make_nobody_a_user_or_a_member(
    make_portal: MakePortal,
) -> None:
    sources = [
        (Source("org", ""), {"catalog-info.yaml": user("ada", "platform") + group("platform")}),
        (
            Source("other", ""),
            {"catalog-info.yaml": group("admins", members="ada") + user("eve", "platform")},
        ),
    ]
    portal = make_portal(sources=sources, identity_proxies=(_PROXY,), identity_sources=("org",))
    assert portal.services.auth.ownership("user:default/ada") == [
        "user:default/ada",
        "group:default/platform",
    ]
    client = portal.client
    assert client.get(_LIST, headers={"X-User": "ada"}).status_code == 200
    assert client.get(_LIST, headers={"X-User": "eve"}).status_code == 401


def test_a_source_that_is_not_there_stops_the_start(make_portal: MakePortal) -> None:
    portal = make_portal(_FILES, identity_sources=("nowhere",))
    with pytest.raises(ConfigError, match="nowhere"):
        assert portal.services.authentication


@pytest.mark.parametrize("inherits", [False, True])
def test_groups_are_direct_ones_unless_the_operator_wants_their_parents(
    make_portal: MakePortal, inherits: bool
) -> None:
    portal = make_portal(_FILES, inherited_groups=inherits)
    parents = ["group:default/engineering"] if inherits else []
    assert portal.services.auth.ownership("user:default/ada") == [
        "user:default/ada",
        *parents,
        "group:default/platform",
    ]


def test_addresses_are_compared_by_letters_of_ascii(make_portal: MakePortal) -> None:
    files = {"catalog-info.yaml": user("kim", email="Kim@example.org")}
    client = make_portal(files, identity_proxies=(_PROXY,)).client
    assert client.get(_LIST, headers={"X-Email": "KIM@EXAMPLE.ORG"}).status_code == 200
    kelvin = "\u212aim@example.org".encode().decode("latin-1")
    assert client.get(_LIST, headers={"X-Email": kelvin}).status_code == 401


# --- cookies ----------------------------------------------------------------


def test_cookies_are_bound_to_the_host_where_there_is_https() -> None:
    plain, secure = Cookies(is_https=False), Cookies(is_https=True, has_foreign_frontends=True)
    assert plain.session == "portal-session"
    assert "Secure" not in plain.header(plain.session, "x", 60)
    assert secure.session == "__Host-portal-session"
    assert secure.header(secure.session, "x", 60) == (
        "__Host-portal-session=x; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure"
    )
    frontend = secure.header(secure.frontend("acme"), "x", 60, "/api/auth/acme")
    assert frontend.startswith("__Secure-portal-acme=x; Path=/api/auth/acme;")
    assert "SameSite=None; Secure" in frontend
