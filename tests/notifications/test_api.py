"""Notifications where there are none: every question about them has its answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from portal.auth.programs.tokens import access_of
from tests.conftest import MakePortal

_FILES = {"catalog-info.yaml": "apiVersion: x/v1\nkind: Location\nmetadata: {name: a}\nspec: {}\n"}
_TOKEN = "a-token-of-the-tests"
_SEND = {"recipients": {"type": "broadcast"}, "payload": {"title": "hi"}}
_CHANNELS = {"channels": [{"id": "Web", "origins": []}]}
_PAGE = {"totalCount": 0, "notifications": []}


@pytest.fixture(scope="module")
def ask(make_shared_portal: MakePortal) -> Callable[..., Any]:
    """Return a function that sends a request as ``user``, ``service`` or nobody."""
    client = make_shared_portal(_FILES, service_token=_TOKEN, guest_access="always").client
    session = client.get("/api/auth/guest/refresh").get_json()["backstageIdentity"]
    tokens = {"user": session["token"], "service": _TOKEN}

    def send(who: str, method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {tokens[who]}"} if who else {}
        url = f"/api/notifications{path}"
        return client.open(url, method=method, json=body, headers=headers)

    return send


_ANSWERS: list[tuple[str, str, str, Any, Any]] = [
    ("user", "GET", "/notifications", None, _PAGE),
    ("user", "GET", "", None, _PAGE),
    ("user", "GET", "/", None, _PAGE),
    ("user", "GET", "/notifications?limit=5&orderField=created,desc&orderField=title", None, _PAGE),
    ("user", "GET", "/notifications?createdAfter=2026-11-22T22:06:52.688Z", None, _PAGE),
    ("user", "GET", "/status", None, {"unread": 0, "read": 0}),
    ("user", "GET", "/topics?read=false&minimumSeverity=low", None, {"topics": []}),
    ("user", "GET", "/settings", None, _CHANNELS),
    ("user", "POST", "/settings", _CHANNELS, _CHANNELS),
    ("user", "POST", "/notifications/update", {"ids": ["a"], "read": True}, []),
    ("user", "POST", "/update", {"ids": [], "saved": False}, []),
    ("", "GET", "/health", None, {"status": "ok"}),
]


@pytest.mark.parametrize(("who", "method", "path", "body", "answer"), _ANSWERS)
def test_every_question_is_answered(
    ask: Callable[..., Any], who: str, method: str, path: str, body: Any, answer: Any
) -> None:
    response = ask(who, method, path, body)
    assert (response.status_code, response.json) == (200, answer)


_REFUSED: list[tuple[str, str, str, Any, int, str]] = [
    ("", "GET", "/status", None, 401, "Missing credentials"),
    ("service", "GET", "/status", None, 403, "This endpoint does not allow 'service' credentials"),
    ("user", "POST", "", _SEND, 403, "This endpoint does not allow 'user' credentials"),
    ("user", "GET", "/notifications/x", None, 404, "Not found"),
    ("user", "GET", "/x", None, 404, "Not found"),
    (
        "user",
        "GET",
        "/notifications?orderField=created,up",
        None,
        400,
        "Invalid order field order, must be asc or desc",
    ),
    (
        "user",
        "POST",
        "/settings",
        {"channels": [{"id": "Mail", "origins": []}]},
        400,
        "Invalid channel",
    ),
    ("user", "GET", "/status?a=1", None, 400, "Unknown query parameter 'a'"),
    ("user", "GET", "/notifications?limit=x", None, 400, "request/query/limit must be integer"),
    (
        "user",
        "GET",
        "/notifications?read=maybe",
        None,
        400,
        "request/query/read must be equal to one of the allowed values: true, false",
    ),
    (
        "user",
        "GET",
        "/notifications?createdAfter=soon",
        None,
        400,
        "request/query/createdAfter must be a date and time as in ISO 8601",
    ),
    ("user", "POST", "/update", {}, 400, "request/body must have required property 'ids'"),
    (
        "service",
        "POST",
        "",
        {"payload": {"title": "a"}},
        400,
        "request/body must have required property 'recipients'",
    ),
    (
        "service",
        "POST",
        "",
        {"recipients": {"type": "entity"}, "payload": {"title": "a"}},
        400,
        "request/body/recipients must have required property 'entityRef'",
    ),
    (
        "service",
        "POST",
        "",
        _SEND | {"payload": {"title": "a", "metadata": []}},
        400,
        "request/body/payload/metadata must be object",
    ),
    (
        "service",
        "POST",
        "",
        _SEND | {"payload": {"title": "t" * 256}},
        400,
        "request/body/payload/title must NOT have more than 255 characters",
    ),
]


@pytest.mark.parametrize("field", ["password", "metadata", "created_at"])
def test_a_list_is_ordered_by_the_fields_of_notifications_only(
    ask: Callable[..., Any], field: str
) -> None:
    answer = ask("user", "GET", f"/notifications?orderField={field}")
    assert answer.status_code == 400
    assert "must be one of id, title" in answer.json["error"]["message"]


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,x", " JavaScript:a", "//[x"]
)
def test_a_link_leads_to_a_web_address(ask: Callable[..., Any], link: str) -> None:
    answer = ask("service", "POST", "", _SEND | {"payload": {"title": "a", "link": link}})
    assert answer.status_code == 400
    assert answer.json["error"]["message"].startswith("Invalid link provided")


@pytest.mark.parametrize("refs", ["lib", ["user:default/guest", ":x"], ["component:"]])
def test_a_recipient_is_an_entity_ref(ask: Callable[..., Any], refs: Any) -> None:
    body = {"recipients": {"type": "entity", "entityRef": refs}, "payload": {"title": "a"}}
    answer = ask("service", "POST", "", body)
    assert answer.status_code == 400
    message = answer.json["error"]["message"]
    assert message.startswith("Failed to send user notifications; caused by TypeError: Entity ref")


@pytest.mark.parametrize(("who", "method", "path", "body", "status", "message"), _REFUSED)
def test_what_makes_no_sense_is_refused(
    ask: Callable[..., Any],
    who: str,
    method: str,
    path: str,
    body: Any,
    status: int,
    message: str,
) -> None:
    response = ask(who, method, path, body)
    assert (response.status_code, response.json["error"]["message"]) == (status, message)


def test_a_frontend_that_asks_for_signals_goes_on_without(
    make_shared_portal: MakePortal,
) -> None:
    portal = make_shared_portal(_FILES, service_token="static-token-1234", guest_access="always")
    client = portal.client
    session = client.get("/api/auth/guest/refresh").get_json()
    token = session["backstageIdentity"]["token"]
    handshake = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    protocol = "Sec-WebSocket-Protocol"
    shown = [
        ({}, 401),
        ({"Authorization": "Bearer nonsense"}, 401),
        ({protocol: "a, b"}, 401),
        ({protocol: f"a,b,c,d,e,{token}"}, 401),
        ({"Authorization": "Bearer static-token-1234"}, 403),
        ({protocol: "static-token-1234"}, 403),
        ({"Authorization": f"Bearer {token}"}, 404),
        ({protocol: f"a, {token}"}, 404),
    ]
    for headers, status in shown:
        response = client.get("/api/signals", headers=handshake | headers)
        assert (response.status_code, response.data) == (status, b"")
    for path in ("/api/signals/", "/api/signals/x"):
        assert client.get(path, headers=handshake).status_code == 404
    assert client.get("/api/signals/health").json == {"status": "ok"}


def test_a_program_sends_with_a_token_that_is_good_for_it(make_portal: MakePortal) -> None:
    portal = make_portal(_FILES, service_token=_TOKEN)
    programs = portal.services.authentication.programs

    def answer(name: str, scope: str, *limits: str, path: str = "/api/notifications") -> int:
        token = programs.create(name, access_of([scope], limits))
        headers = {"Authorization": f"Bearer {token}"}
        body = _SEND if path.startswith("/api/notifications") else {}
        return portal.client.post(path, json=body, headers=headers).status_code

    assert answer("reads", "read") == 403
    assert answer("builds", "scaffold") == 403
    assert answer("catalogues", "admin", "catalog") == 403
    assert answer("tells", "admin", "notifications") == 200
    assert answer("more", "admin", "notifications", path="/api/catalog/refresh") == 403
