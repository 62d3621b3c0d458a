"""Open pages hear of notifications through the WebSocket of a real portal of two processes."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterable
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosedError
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from tests.conftest import repository_at
from tests.stories.test_tasks import Serving

pytestmark = pytest.mark.slow

_TOKEN = "a-token-of-the-tests"
_USER = """
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: ann}
spec: {memberOf: []}
"""


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    folder = tmp_path_factory.mktemp("portal")
    source = repository_at(folder / "content", {"catalog-info.yaml": _USER})
    settings = {
        "service_token": _TOKEN,
        "guest_access": "always",
        "guest_user": "user:default/ann",
        "web_processes": 2,
        "sources": [{"name": "content", "url": str(source.path)}],
    }
    lines = "".join(f"{name}: {json.dumps(value)}\n" for name, value in settings.items())
    found = Serving(folder, lines)
    yield found
    found.stop()


def ask(portal: Serving, method: str, path: str, token: str = "", body: Any = None) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", portal.port, timeout=30)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if body is not None:
        headers["Content-Type"] = "application/json"
    connection.request(method, path, json.dumps(body) if body else None, headers)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    assert answer.status < 300, text
    return json.loads(text)


def guest_token(portal: Serving) -> str:
    session = ask(portal, "GET", "/api/auth/guest/refresh")
    return str(session["backstageIdentity"]["token"])


def socket(portal: Serving, *protocols: str, path: str = "/api/signals") -> ClientConnection:
    address = f"ws://127.0.0.1:{portal.port}{path}"
    return connect(address, subprotocols=[Subprotocol(one) for one in protocols] or None)


def send(portal: Serving, **recipients: Any) -> str:
    body = {"recipients": recipients, "payload": {"title": "Hello"}}
    sent = ask(portal, "POST", "/api/notifications/notifications", _TOKEN, body)
    return str(sent[0]["id"])


@pytest.mark.parametrize(
    ("protocols", "path", "status"),
    [
        ((), "/api/signals", 401),
        (("wrong",), "/api/signals", 401),
        ((_TOKEN,), "/api/signals", 403),
        (("$GUEST",), "/api/signals/", 404),
        (("$GUEST",), "/api/catalog/entities", 401),
        (("$GUEST",), "/nothing", 401),
    ],
    ids=["nobody", "wrong", "program", "slash", "other", "unknown"],
)
def test_a_socket_that_is_not_for_a_user_is_refused(
    portal: Serving, protocols: tuple[str, ...], path: str, status: int
) -> None:
    offered = [one.replace("$GUEST", guest_token(portal)) for one in protocols]

    with pytest.raises(InvalidStatus) as refused:
        socket(portal, *offered, path=path)

    assert refused.value.response.status_code == status


def in_order(messages: Iterable[Any]) -> list[str]:
    return sorted(json.dumps(one, sort_keys=True) for one in messages)


def test_pages_of_every_process_hear_what_is_for_their_user(portal: Serving) -> None:
    token = guest_token(portal)
    with ExitStack() as stack:
        pages = [stack.enter_context(socket(portal, token)) for _ in range(8)]
        for page in pages:
            assert page.subprotocol == token
            page.send('{"action": "subscribe", "channel": "notifications"}')

        mine = send(portal, type="entity", entityRef="user:default/ann")
        ask(portal, "POST", "/api/notifications/update", token, {"ids": [mine], "read": True})
        all_of_us = send(portal, type="broadcast")

        expected = [
            {"action": "new_notification", "notification_id": mine},
            {"action": "new_notification", "notification_id": all_of_us},
            {"action": "notification_read", "notification_ids": [mine]},
        ]
        for page in pages:
            told = [json.loads(page.recv(20)) for _ in expected]
            assert {one["channel"] for one in told} == {"notifications"}
            assert in_order(one["message"] for one in told) == in_order(expected)

        portal.process.terminate()
        with pytest.raises(ConnectionClosedError) as closed:
            pages[0].recv(30)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1012  # Backstage's client connects again
