"""The gate: who comes in, by what, and that no spelling of a path goes around it."""

from __future__ import annotations

import base64

import pytest
from werkzeug.test import TestResponse

from portal.app import create_app
from tests.conftest import MakePortal
from tests.conftest import Portal

_TOKEN = "a-token-of-the-tests"
_FILES = {
    "catalog-info.yaml": "apiVersion: backstage.io/v1alpha1\nkind: Domain\n"
    "metadata: {name: d}\nspec: {owner: o}\n"
}
_LIST = "/api/catalog/entities"


@pytest.fixture(scope="module")
def closed(make_shared_portal: MakePortal) -> Portal:
    """Return a portal that asks for credentials, and lets guests sign in."""
    return make_shared_portal(_FILES, service_token=_TOKEN, guest_access="always")


@pytest.fixture(scope="module")
def opened(make_shared_portal: MakePortal) -> Portal:
    """Return a portal on loopback that asks for nothing."""
    return make_shared_portal(_FILES)


def refused(response: TestResponse) -> str:
    """Return why a request was refused."""
    assert response.status_code == 401, response.text
    error = response.get_json()["error"]
    assert error["name"] == "AuthenticationError"
    return str(error["message"])


# --- J3: what is shown ------------------------------------------------------


def test_users_and_programs_come_in(closed: Portal) -> None:
    for token in (closed.guest_token(), _TOKEN):
        for scheme in ("Bearer", "bearer", "BEARER"):
            headers = {"Authorization": f"{scheme} {token}"}
            assert closed.client.get(_LIST, headers=headers).status_code == 200


_BASIC = base64.b64encode(f"x:{_TOKEN}".encode()).decode()
_SHOWN = {
    "": "Missing credentials",
    "Bearer": "Missing credentials",
    "Bearer ": "Missing credentials",
    f"Basic {_BASIC}": "Missing credentials",
    f"Token {_TOKEN}": "Missing credentials",
    _TOKEN: "Missing credentials",
    "Bearer abcd": "Illegal token",
    f"Bearer {_TOKEN} {_TOKEN}": "Illegal token",
    f"Bearer {_TOKEN},Bearer {_TOKEN}": "Illegal token",
    f"Bearer {_TOKEN[:-1]}": "Illegal token",
    "Bearer e30.e30.": "Illegal token",
    "Bearer " + "a" * 1_000_000: "Illegal token",
}


@pytest.mark.parametrize(("header", "message"), _SHOWN.items(), ids=lambda text: text[:30])
def test_anything_else_stays_outside(closed: Portal, header: str, message: str) -> None:
    assert refused(closed.client.get(_LIST, headers={"Authorization": header})) == message


def test_two_headers_are_none_of_both(closed: Portal) -> None:
    headers = [("Authorization", f"Bearer {_TOKEN}"), ("Authorization", f"Bearer {_TOKEN}")]
    # What a WSGI server makes of two headers.
    joined = {"Authorization": ",".join(value for _, value in headers)}
    assert refused(closed.client.get(_LIST, headers=joined)) == "Illegal token"


def test_a_token_in_the_query_is_not_looked_at(closed: Portal) -> None:
    for name in ("token", "access_token", "authorization", "Authorization"):
        assert refused(closed.client.get(f"{_LIST}?{name}={_TOKEN}")) == "Missing credentials"


def test_a_cookie_is_no_credential_for_the_api(closed: Portal) -> None:
    token = closed.guest_token()
    client = create_app(closed.services).test_client()
    cookie = client.get(
        "/api/techdocs/.backstage/auth/v1/cookie", headers={"Authorization": f"Bearer {token}"}
    )
    assert cookie.status_code == 200
    assert client.get_cookie("backstage-auth") is not None
    assert refused(client.get(_LIST)) == "Missing credentials"


_KINDS = {
    "vnd.backstage.user": "Failed user token verification",
    "vnd.backstage.plugin": "Failed plugin token verification",
    "vnd.backstage.limited-user": "Illegal limited user token",
    "JWT": "Illegal token",
}


@pytest.mark.parametrize(("kind", "message"), _KINDS.items())
@pytest.mark.parametrize("which", ["closed", "opened"])
def test_a_forged_token_is_refused_by_its_type(
    request: pytest.FixtureRequest, which: str, kind: str, message: str
) -> None:
    client = request.getfixturevalue(which).client
    head = base64.urlsafe_b64encode(b'{"typ":"%s","alg":"none"}' % kind.encode())
    token = head.rstrip(b"=").decode() + ".e30."
    assert refused(client.get(_LIST, headers={"Authorization": f"Bearer {token}"})) == message


def test_without_a_service_token_nobody_has_to_show_anything(opened: Portal) -> None:
    assert opened.client.get(_LIST).status_code == 200
    assert opened.client.get("/").status_code == 200


def test_what_is_shown_is_judged_even_where_nothing_is_needed(opened: Portal) -> None:
    wrong = {"Authorization": "Bearer wrong"}
    assert refused(opened.client.get(_LIST, headers=wrong)) == "Illegal token"
    token = opened.guest_token()
    good = {"Authorization": f"Bearer {token}"}
    assert opened.client.get(_LIST, headers=good).status_code == 200
    changed = {"Authorization": f"Bearer {token[:-6]}AAAAAA"}
    message = refused(opened.client.get(_LIST, headers=changed))
    assert message == "Failed user token verification"


# --- J4: paths --------------------------------------------------------------

_OPEN = [
    "/.backstage/health/v1/liveness",
    "/.backstage/health/v1/readiness",
    "/api/auth/guest/refresh",
    "/api/auth/.well-known/jwks.json",
    "/api/auth/.well-known/openid-configuration",
    "/api/catalog/.backstage/auth/v1/jwks.json",
    "/api/search/.backstage/auth/v1/jwks.json",
    "/api/permission/health",
    "/api/notifications/health",
    "/api/signals/health",
    "/api/glossary/annotate.js",
]


@pytest.mark.parametrize("path", _OPEN)
def test_some_routes_are_for_anybody(closed: Portal, path: str) -> None:
    assert closed.client.get(path).status_code == 200


_AROUND = [
    "/.backstage/health/v1/liveness;x/../../../api/catalog/entities",
    "/.backstage/health/v1/../../../api/catalog/entities",
    "/api/auth/../catalog/entities",
    "/api/auth/..;/catalog/entities",
    "/api/auth/%2e%2e/catalog/entities",
    "/api/auth/..%2fcatalog/entities",
    "/api/signals/../catalog/entities",
    "/static/../api/catalog/entities",
    "//api/catalog/entities",
    "/api//catalog/entities",
    "/api/catalog//entities",
    "/api/./catalog/entities",
    "/API/catalog/entities",
    "/api/catalog/entities/",
    "/api/catalog/entities;.backstage/auth/v1/jwks.json",
    "/api/catalog/entities/.backstage/auth/v1/jwks.json",
    "/api/catalog/entities?/.backstage/auth/v1/jwks.json",
    "/api/catalog/entities#/api/auth/",
    "/api/catalog/entities/by-name/component/default/jwks.json",
    "/api/catalog/entities/by-uid/%2e%2e%2f.backstage%2fauth%2fv1%2fjwks.json",
    "/api/catalog%2fentities",
    "/api/catalog/entities%00/api/auth/",
    "/api/permission/health/../authorize",
    "/api/openapi.json",
    "/api/catalog/nope",
]


@pytest.mark.parametrize("path", _AROUND)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_no_spelling_of_a_path_goes_around_the_gate(closed: Portal, path: str, method: str) -> None:
    override = {"X-HTTP-Method-Override": "OPTIONS", "X-Original-URL": "/api/auth/guest/refresh"}
    # Named, because the client would take the first part of //api for the host.
    override["Host"] = "localhost"
    response = closed.client.open(path, method=method, headers=override)
    assert response.status_code in {401, 404}
    assert b'"kind"' not in response.data
    assert response.status_code == 401 or response.data == b""


def test_asking_for_the_options_tells_nothing_of_the_content(closed: Portal) -> None:
    response = closed.client.options(_LIST)
    assert response.data == b""


def test_every_route_but_the_open_ones_asks_for_credentials(closed: Portal) -> None:
    app = create_app(closed.services)
    client = app.test_client()
    for rule in app.url_map.iter_rules():
        path = rule.rule
        for argument in rule.arguments:
            path = path.replace(f"<path:{argument}>", "x").replace(f"<{argument}>", "x")
        method = next(iter((rule.methods or set()) - {"HEAD", "OPTIONS"}))
        status = client.open(path, method=method).status_code
        is_open = path.startswith(
            ("/.backstage/health/", "/api/auth/", "/api/signals/", "/api/events/http/", "/static/")
        ) or path.endswith(("/jwks.json", "/permission/health", "/notifications/health"))
        is_open |= path in (
            "/sign-in",
            "/sign-in/guest",
            "/signed-out",
            "/api/glossary/annotate.js",
        )
        assert is_open or status == 401, path


def test_credentials_are_judged_before_the_body(closed: Portal) -> None:
    for body in ("{", '{"items":[{}]}', "[" * 50_000):
        response = closed.client.post(
            "/api/permission/authorize", data=body, content_type="application/json"
        )
        assert refused(response) == "Missing credentials"


# --- pages ---------------------------------------------------------------


def test_pages_ask_browsers_for_the_service_token_as_a_password(closed: Portal) -> None:
    asked = closed.client.get("/")
    assert asked.status_code == 401
    assert asked.headers["WWW-Authenticate"].startswith("Basic ")
    assert closed.client.get("/", auth=("anybody", _TOKEN)).status_code == 200
    assert closed.client.get("/", auth=("anybody", "wrong")).status_code == 401
    bearer = {"Authorization": f"Bearer {closed.guest_token()}"}
    assert closed.client.get("/", headers=bearer).status_code == 200
