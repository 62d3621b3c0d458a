"""Signing in and its neighbours answer as a recorded Backstage backend did.

``make_auth_recordings.py`` tells how ``data/auth.jsonl`` was made. The walk of a real
frontend through a browser needs its build, which is not kept here; what it sent is.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.conftest import MakePortal
from tests.conftest import Portal
from tests.contract.make_auth_recordings import normalised

_DATA = Path(__file__).parent / "data"
ROWS = [json.loads(line) for line in (_DATA / "auth.jsonl").read_text().splitlines()]
GOLDEN = [row for row in ROWS if not row["name"].startswith("frontend ")]
FRONTEND = [row for row in ROWS if row not in GOLDEN]
_SERVICE_TOKEN = "static-token-1234"

#: What the recorded requests ask for by name.
_CONTENT = """
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: lib}
spec: {type: library, lifecycle: experimental, owner: user:guest}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: guest}
spec: {memberOf: []}
"""

#: What is answered otherwise on purpose: name of the row to status, answer and reason.
DIFFERENT: dict[str, tuple[int, Any, str]] = {
    "plugin jwks": (200, {"keys": []}, "no plugin here signs tokens for other backends"),
    "settings multiget bad": (
        400,
        "request/body/items/0 must have required property 'key'",
        "a wrong request is no error of the server",
    ),
}
_OPENID_PLACES = (
    "issuer",
    "token_endpoint",
    "userinfo_endpoint",
    "jwks_uri",
    "token_endpoint_auth_methods_supported",
    "code_challenge_methods_supported",
)


@pytest.fixture(scope="module")
def recorded(make_shared_portal: MakePortal) -> Portal:
    """Return a portal with the settings of the recorded backend."""
    return make_shared_portal(
        {"catalog-info.yaml": _CONTENT},
        service_token=_SERVICE_TOKEN,
        guest_access="always",
        base_url="http://127.0.0.1:17007",
    )


@pytest.fixture(scope="module")
def demo(make_shared_portal: MakePortal) -> Portal:
    """Return a portal with the catalog the recorded frontend showed."""
    folder = _DATA / "demo"
    paths = [path for path in folder.rglob("*") if path.is_file()]
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    return make_shared_portal(
        files, guest_user="user:default/guest", base_url="http://localhost:7007"
    )


def send(client: FlaskClient, row: dict[str, Any]) -> TestResponse:
    """Send a recorded request with fresh credentials."""
    session = client.get("/api/auth/guest/refresh").get_json()
    tokens = {"user": session["backstageIdentity"]["token"], "service": _SERVICE_TOKEN}
    shown = row["credentials"]
    headers = dict(row["headers"])
    if shown:
        headers["Authorization"] = f"Bearer {tokens.get(shown) or shown.removeprefix('token:')}"
    return client.open(row["url"], method=row["method"], json=row["body"], headers=headers)


@pytest.mark.parametrize("row", GOLDEN, ids=lambda row: row["name"])
def test_the_recorded_answer_is_given(recorded: Portal, row: dict[str, Any]) -> None:
    response = send(recorded.client, row)
    if row["name"] in DIFFERENT:
        status, expected, _reason = DIFFERENT[row["name"]]
        answer = response.get_json()["error"]["message"] if status == 400 else response.get_json()
        assert (response.status_code, answer) == (status, expected)
        return
    answer = normalised(response.json if response.data else None)
    if row["name"] == "notif create svc":
        # The program is called by the name of its token: that of the settings has this one.
        assert answer[0].pop("origin") == "external:service-token"
        row["answer"][0].pop("origin", None)
    assert response.status_code == row["status"]
    assert response.headers.get("Content-Type") == row["type"]
    if row["name"] == "openid config":
        assert {name: answer[name] for name in _OPENID_PLACES} == {
            name: row["answer"][name] for name in _OPENID_PLACES
        }
        return
    assert answer == row["answer"]
    assert normalised(response.headers.get("Set-Cookie")) == row["cookie"]


@pytest.mark.parametrize("row", FRONTEND, ids=lambda row: f"{row['name']} {row['url']}")
def test_a_frontend_gets_what_it_asks_for(demo: Portal, row: dict[str, Any]) -> None:
    response = send(demo.client, row)
    assert response.status_code == row["status"]
    # The browser that was recorded had some answers in its cache, without headers.
    assert row["type"] in {None, response.headers["Content-Type"]}
    assert normalised(response.json) == row["answer"]
