"""The edge: errors, refusals, headers, tokens and origins, seen by a client."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Callable
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import flask
import flask_smorest
import pytest
from flask.testing import FlaskClient

from portal.app import create_app
from portal.config.settings import Config
from portal.kernel import errors as e
from portal.roles.services import Services
from portal.web.errors import STATUS
from portal.web.errors import handle_errors
from portal.web.requests import MAX_BODY
from portal.web.responses import JSON
from portal.web.responses import finish_responses
from portal.web.responses import json_response

_TOKEN = "a-token-of-the-tests"
_REFERENCE = Path(__file__).parents[1] / "docs/reference/openapi.json"


@pytest.fixture(scope="module")
def make_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., FlaskClient]]:
    """Return a function that makes a client of a portal without content."""
    folder = tmp_path_factory.mktemp("portal")
    made: dict[str, Services] = {}
    apps: dict[str, flask.Flask] = {}

    def make(**settings: Any) -> FlaskClient:
        name = repr(settings)
        if name not in made:
            made[name] = Services(Config(data_dir=folder, **settings))
            apps[name] = create_app(made[name])
        return apps[name].test_client()

    yield make
    for services in made.values():
        services.database.dispose()


@pytest.fixture(scope="module")
def client(make_client: Callable[..., FlaskClient]) -> FlaskClient:
    """Return a client of a portal without content."""
    return make_client()


# --- errors -----------------------------------------------------------------


def subclasses(kind: type[e.PortalError]) -> Iterator[type[e.PortalError]]:
    """Yield a class of errors and all below it."""
    yield kind
    for below in kind.__subclasses__():
        yield from subclasses(below)


@pytest.mark.parametrize("kind", list(subclasses(e.PortalError)), ids=lambda kind: kind.__name__)
def test_every_error_has_a_status_a_log_level_and_the_same_body(
    kind: type[e.PortalError], caplog: pytest.LogCaptureFixture
) -> None:
    app = flask.Flask("test")
    handle_errors(app)

    @app.get("/api/catalog/things")
    def fail() -> str:
        # Some make their message of what they are given; they are errors all the same.
        error = kind.__new__(kind)
        e.PortalError.__init__(error, "what happened")
        raise error

    response = app.test_client().get("/api/catalog/things?a=%20b")
    status = next(STATUS[k] for k in kind.__mro__ if k in STATUS)
    assert response.status_code == status
    assert response.headers["Content-Type"] == JSON
    assert response.json == {
        "error": {"name": kind.name, "message": "what happened"},
        "request": {"method": "GET", "url": "/things?a=%20b"},
        "response": {"statusCode": status},
    }
    levels = [record.levelname for record in caplog.records]
    assert levels == ([] if status < 500 else ["WARNING" if status == 503 else "ERROR"])


def test_no_class_of_errors_is_forgotten_in_the_table() -> None:
    """Only the root of all errors may stand for itself alone."""
    for kind in set(subclasses(e.PortalError)) - {e.PortalError}:
        assert any(parent in STATUS for parent in kind.__mro__ if parent != e.PortalError)


def test_an_unexpected_error_tells_a_number_and_nothing_else(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = flask.Flask("test")
    handle_errors(app)

    @app.get("/x")
    def fail() -> str:
        msg = "a secret"
        raise ValueError(msg)

    with caplog.at_level(logging.ERROR):
        response = app.test_client().get("/x")
    assert response.status_code == 500
    message = response.get_json()["error"]["message"]
    number = message.removeprefix("An internal error occurred logId=")
    assert len(number) == 20
    assert "secret" not in response.text
    assert number in caplog.text


_URLS = {
    "/api/catalog/entities?foo=1&b=%2C,": "/entities?foo=1&b=%2C,",
    "/api/catalog/entities/?foo": "/entities/?foo",
    "/api/catalog/entities/by-name/a/b/c%20d?x=1": "/entities/by-name/a/b/c%20d?x=1",
    "/api/catalog/entities/by-uid/api": "/entities/by-uid/api",
    "/api/search/query?pageLimit=x": "/query?pageLimit=x",
    "/api/catalog/entities?filter==%ED%A0%80": "/entities?filter==%ED%A0%80",
}


@pytest.mark.parametrize(("sent", "seen"), _URLS.items())
def test_the_url_in_an_error_is_the_plugins_with_the_query_as_sent(
    client: FlaskClient, sent: str, seen: str
) -> None:
    response = client.get(sent)
    assert response.status_code in {400, 404}
    assert response.get_json()["request"]["url"] == seen


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("GET", "/api"), ("GET", "/api/nope"), ("GET", "/api/catalog"), ("GET", "/api/catalog/nope"),
        ("PATCH", "/api/catalog/entities"), ("POST", "/api/catalog/entities"),
        ("DELETE", "/api/catalog/entity-facets"), ("GET", "/api/catalog/entities/by-refs"),
        ("GET", "//api/catalog/entities"), ("GET", "/api/catalog//entities"),
        ("GET", "/api/catalog/entities/by-uid/"), ("GET", "/api/catalog/entities/by-name/a/b"),
        ("PUT", "/.backstage/health/v1/liveness"), ("GET", "/api/search"),
    ],
)  # fmt: skip
def test_what_no_route_matches_is_an_empty_404(client: FlaskClient, method: str, url: str) -> None:
    # The host is named, because the client would take the first part of //api for it.
    response = client.open(url, method=method, headers={"Host": "localhost"})
    assert (response.status_code, response.data) == (404, b"")
    assert "Content-Type" not in response.headers


@pytest.mark.parametrize("url", ["/api/catalog/entities/", "/api/catalog/entity-facets/?facet=a"])
def test_a_slash_at_the_end_changes_nothing(client: FlaskClient, url: str) -> None:
    assert client.get(url).status_code == 200


# --- refusals ---------------------------------------------------------------

_QUERIES = {
    "/api/catalog/entities?foo=1": "Unknown query parameter 'foo'",
    "/api/catalog/entities?filter[a]=1": "Unknown query parameter 'filter[a]'",
    "/api/catalog/entities?filter=": "Empty value found for query parameter 'filter'",
    "/api/catalog/entities?fields=": "Empty value found for query parameter 'fields'",
    "/api/catalog/entities?fields[]=": "Empty value found for query parameter 'fields'",
    "/api/catalog/entities?limit=x": "request/query/limit must be integer",
    "/api/catalog/entities?limit=-1": "request/query/limit must be >= 0",
    "/api/catalog/entities?limit=1.5": "request/query/limit must be integer",
    "/api/catalog/entities?limit=%D9%A3": "request/query/limit must be integer",
    "/api/catalog/entities?limit=99999999999999999999": "request/query/limit must be integer",
    "/api/catalog/entities?limit=x&offset=-1": (
        "request/query/limit must be integer, request/query/offset must be >= 0"
    ),
    "/api/catalog/entities?filter=a%00": (
        "request/query/filter must not hold NUL or half of a surrogate pair"
    ),
    "/api/catalog/entities/by-query?totalItems=x": (
        "request/query/totalItems must be equal to one of the allowed values: include, exclude"
    ),
    "/api/catalog/entity-facets": "request/query must have required property 'facet'",
    "/api/search/query?pageLimit=x": "request/query/pageLimit must be integer",
}


@pytest.mark.parametrize(("url", "message"), _QUERIES.items())
def test_a_query_string_is_refused(client: FlaskClient, url: str, message: str) -> None:
    response = client.get(url)
    assert (response.status_code, response.get_json()["error"]) == (
        400,
        {"name": "InputError", "message": message},
    )


@pytest.mark.parametrize("query", ["filter=a&filter=b", "filter[]=a", "filter[0]=a&filter[1]=b"])
def test_a_list_is_written_in_any_of_the_usual_ways(client: FlaskClient, query: str) -> None:
    assert client.get(f"/api/catalog/entities?{query}").json == []


_BODIES = {
    "[1]": "request/body must be object",
    '"x"': "request/body must be object",
    '{"limit": "x"}': "request/body/limit must be number",
    '{"limit": true}': "request/body/limit must be number",
    '{"limit": 1e400}': "request/body/limit must be number",
    '{"limit": 99999999999999999999}': "request/body/limit must be number",
    '{"limit": -1}': "request/body/limit must be >= 0",
    '{"offset": -1}': "request/body/offset must be >= 0",
    '{"orderBy": {}}': "request/body/orderBy must be array",
    '{"orderBy": [{"field": "a"}]}': ("request/body/orderBy/0 must have required property 'order'"),
    '{"orderBy": [{"field": "a", "order": "up"}]}': (
        "request/body/orderBy/0/order must be equal to one of the allowed values: asc, desc"
    ),
    '{"query": 1}': "request/body/query must be object",
    '{"cursor": ""}': "Cursor cannot be empty",
    '{"query": {"a": "\\ud800"}}': ("request/body must not hold NUL or half of a surrogate pair"),
    '{"query": {"a\\u0000": 1}}': "request/body must not hold NUL or half of a surrogate pair",
    "{": "Expected property name or '}' in JSON at position 1 (line 1 column 2)",
    '{"limit": NaN}': "Unexpected token 'N', \"NaN\" is not valid JSON",
    "[" * 40_000: "request body is nested too deep",
    '{"query": ' * 101: "request body is nested too deep",
    '{"limit": ' + "9" * 5_000: "Malformed JSON: a number has too many digits",
}


@pytest.mark.parametrize(("body", "message"), _BODIES.items(), ids=[b[:25] for b in _BODIES])
def test_a_body_is_refused(client: FlaskClient, body: str, message: str) -> None:
    response = client.post(
        "/api/catalog/entities/by-query", data=body, content_type="application/json"
    )
    assert (response.status_code, response.get_json()["error"]) == (
        400,
        {"name": "InputError", "message": message},
    )


_HUGE = json.dumps({"limit": 10**30, "offset": 10**30, "afterId": ""})
_CURSORS = [_HUGE, "[" * 60_000, '{"limit":' * 6_000, "9" * 9_000, "[[", "\ud800", "null", ""]


@pytest.mark.parametrize("text", _CURSORS, ids=[text[:9] for text in _CURSORS])
def test_a_cursor_of_whatever_is_refused(client: FlaskClient, text: str) -> None:
    cursor = base64.b64encode(text.encode(errors="surrogatepass")).decode()
    catalog = "/api/catalog"
    answers = [
        client.get(f"{catalog}/entities/by-query", query_string={"cursor": cursor}),
        client.get(f"{catalog}/entities", query_string={"after": cursor}),
        client.post(f"{catalog}/entities/by-query", json={"cursor": cursor}),
        client.post(f"{catalog}/locations/by-query", json={"cursor": cursor}),
    ]
    assert [answer.status_code for answer in answers] == [400] * 4


def test_a_backslash_before_a_u_is_not_taken_for_an_escape(client: FlaskClient) -> None:
    body = {"entityRefs": ["\\u0000", "가😀"]}
    response = client.post("/api/catalog/entities/by-refs", json=body)
    assert response.json == {"items": [None, None]}


@pytest.mark.parametrize("data", [b"\xff\xfe", b"\xff", '{"a": "é"}'.encode("latin-1")])
def test_a_body_is_utf_8(client: FlaskClient, data: bytes) -> None:
    response = client.post(
        "/api/catalog/entities/by-query", data=data, content_type="application/json"
    )
    assert response.status_code == 400
    assert response.get_json()["error"]["message"] == "request body is not UTF-8"


def test_a_body_of_another_type_is_refused(client: FlaskClient) -> None:
    response = client.post("/api/catalog/entities/by-query", data="{}", content_type="text/plain")
    assert response.get_json()["error"]["message"] == "unsupported media type text/plain"


def test_a_body_that_is_too_large_is_refused(client: FlaskClient) -> None:
    body = json.dumps({"entityRefs": ["x" * MAX_BODY]})
    response = client.post(
        "/api/catalog/entities/by-refs", data=body, content_type="application/json"
    )
    assert response.status_code == 413
    assert response.get_json()["error"]["name"] == "PayloadTooLargeError"


# --- tokens -----------------------------------------------------------------

_HEADERS = {
    None: "Missing credentials",
    "": "Missing credentials",
    "Bearer": "Missing credentials",
    f"Token {_TOKEN}": "Missing credentials",
    "Basic " + base64.b64encode(f"x:{_TOKEN}".encode()).decode(): "Missing credentials",
    "Bearer wrong": "Illegal token",
    f"Bearer {_TOKEN}x": "Illegal token",
    "Bearer \u00e9": "Illegal token",
}


@pytest.mark.parametrize(("header", "message"), _HEADERS.items())
@pytest.mark.parametrize("path", ["entities", "nope", "entities?foo=1"])
def test_without_the_token_the_api_is_closed(
    make_client: Callable[..., FlaskClient], header: str | None, message: str, path: str
) -> None:
    client = make_client(service_token=_TOKEN)
    headers = {} if header is None else {"Authorization": header}
    response = client.get(f"/api/catalog/{path}", headers=headers)
    assert response.status_code == 401
    assert response.get_json()["error"] == {"name": "AuthenticationError", "message": message}


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_with_the_token_the_api_is_open(
    make_client: Callable[..., FlaskClient], scheme: str
) -> None:
    client = make_client(service_token=_TOKEN)
    headers = {"Authorization": f"{scheme} {_TOKEN}"}
    assert client.get("/api/catalog/entities", headers=headers).status_code == 200
    assert client.get("/api/catalog/nope", headers=headers).data == b""


def test_health_is_for_anybody(make_client: Callable[..., FlaskClient]) -> None:
    client = make_client(service_token=_TOKEN)
    assert client.get("/.backstage/health/v1/liveness").json == {"status": "ok"}


def test_a_browser_is_asked_for_the_token_as_a_password(
    make_client: Callable[..., FlaskClient],
) -> None:
    client = make_client(service_token=_TOKEN)
    asked = client.get("/")
    assert asked.status_code == 401
    assert asked.headers["WWW-Authenticate"].startswith("Basic ")
    assert client.get("/", auth=("anybody", _TOKEN)).status_code != 401
    assert client.get("/", auth=("anybody", "wrong")).status_code == 401


# --- origins ----------------------------------------------------------------

_ORIGINS = {
    "https://app.example.org": True,
    "HTTPS://APP.EXAMPLE.ORG": True,
    "https://a.dev.example.org": True,
    "http://localhost:3000": True,
    "https://example.org": False,
    "https://app.example.org.evil.test": False,
    "http://app.example.org": False,
    "null": False,
    "": False,
}


@pytest.mark.parametrize(("origin", "is_allowed"), _ORIGINS.items())
@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_origins_are_globs_without_letter_case(
    make_client: Callable[..., FlaskClient], origin: str, is_allowed: bool, method: str
) -> None:
    client = make_client(
        cors_origins=("https://app.example.org", "https://*.DEV.example.org", "http://localhost:*"),
        service_token=_TOKEN,
    )
    headers = {"Origin": origin, "Access-Control-Request-Method": "GET"}
    response = client.open("/api/catalog/entities", method=method, headers=headers)
    assert response.headers.get("Access-Control-Allow-Origin") == (origin if is_allowed else None)
    assert ("Access-Control-Allow-Credentials" in response.headers) is is_allowed
    assert "Origin" in response.headers["Vary"]
    assert response.status_code == (204 if method == "OPTIONS" else 401)


def test_without_configured_origins_nothing_is_said_of_them(client: FlaskClient) -> None:
    headers = {"Origin": "https://x.test", "Access-Control-Request-Method": "GET"}
    for method in ("GET", "OPTIONS"):
        response = client.open("/api/catalog/entities", method=method, headers=headers)
        assert not [name for name, _value in response.headers if name.startswith("Access-")]


# --- the description of the API -----------------------------------------------


def test_the_document_is_the_references_whoever_asks_first(tmp_path: Path) -> None:
    services = Services(Config(data_dir=tmp_path))
    app = create_app(services)
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(app.test_client().get, "/api/openapi.json") for _ in range(4)]
        found = {each.result().text for each in asked}
    services.database.dispose()
    assert [json.loads(text) for text in found] == [json.loads(_REFERENCE.read_text())]


def test_an_application_starts_and_answers_without_the_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(flask_smorest.Api, "init_app")
    services = Services(Config(data_dir=tmp_path))
    assert create_app(services).test_client().get("/api/catalog/entities").json == []
    services.database.dispose()


# --- headers ----------------------------------------------------------------


def test_every_answer_has_the_security_headers(client: FlaskClient) -> None:
    for url in ("/api/catalog/entities", "/api/catalog/nope", "/nope", "/api/catalog/entities?x=1"):
        headers = client.get(url).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "SAMEORIGIN"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "default-src 'self'" in headers["Content-Security-Policy"]


def test_an_answer_that_is_known_is_not_sent_again(client: FlaskClient) -> None:
    first = client.get("/api/catalog/entity-facets?facet=kind")
    tag = first.headers["ETag"]
    assert tag.startswith('W/"')
    for known in (tag, tag.removeprefix("W/"), f'"x", {tag}', "*"):
        again = client.get(
            "/api/catalog/entity-facets?facet=kind", headers={"If-None-Match": known}
        )
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["ETag"] == tag
    other = client.get(
        "/api/catalog/entity-facets?facet=kind", headers={"If-None-Match": '"other"'}
    )
    assert other.status_code == 200


def test_errors_and_posts_are_never_304(client: FlaskClient) -> None:
    star = {"If-None-Match": "*"}
    assert client.get("/api/catalog/entities?x=1", headers=star).status_code == 400
    body: dict[str, Any] = {"entityRefs": []}
    assert client.post("/api/catalog/entities/by-refs", json=body, headers=star).status_code == 200


def test_a_large_answer_goes_out_whole() -> None:
    app = flask.Flask("test")
    finish_responses(app, ())
    body = b"[" + b"1," * 700_000 + b"1]"
    app.add_url_rule("/x", view_func=lambda: json_response(body))
    response = app.test_client().get("/x")
    assert response.data == body
    assert response.headers["Content-Length"] == str(len(body))
