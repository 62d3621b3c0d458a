"""Notifications: there are none, and every question about them has its answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

_FILES = {"catalog-info.yaml": "apiVersion: x/v1\nkind: Location\nmetadata: {name: a}\nspec: {}\n"}
_TOKEN = "a-token-of-the-tests"
_SEND = {"recipients": {"type": "broadcast"}, "payload": {"title": "hi"}}
_CHANNELS = {"channels": [{"id": "Web", "origins": []}]}
_PAGE = {"totalCount": 0, "notifications": []}


@pytest.fixture(scope="module")
def ask(make_shared_portal: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that sends a request as ``user``, ``service`` or nobody."""
    client = make_shared_portal(_FILES, service_token=_TOKEN, guest_access="always").client
    session = client.get("/api/auth/guest/refresh").json["backstageIdentity"]
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
    ("user", "GET", "/notifications?limit=5&orderField=created,desc&orderField=a", None, _PAGE),
    ("user", "GET", "/notifications?createdAfter=2026-11-22T22:06:52.688Z", None, _PAGE),
    ("user", "GET", "/status", None, {"unread": 0, "read": 0}),
    ("user", "GET", "/topics?read=false&minimumSeverity=low", None, {"topics": []}),
    ("user", "GET", "/settings", None, _CHANNELS),
    ("user", "POST", "/settings", _CHANNELS, _CHANNELS),
    ("user", "POST", "/notifications/update", {"ids": ["a"], "read": True}, []),
    ("user", "POST", "/update", {"ids": [], "saved": False}, []),
    ("service", "POST", "/notifications", _SEND, []),
    ("service", "POST", "", _SEND, []),
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
]


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
    make_shared_portal: Callable[..., Any],
) -> None:
    client = make_shared_portal(_FILES).client
    handshake = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    response = client.get("/api/signals", headers=handshake)
    assert (response.status_code, response.data) == (404, b"")
    assert client.get("/api/signals/health").json == {"status": "ok"}
