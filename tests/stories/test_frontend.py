"""A Backstage frontend on a closed portal: its guest signs in and sees every page.

The portal is a real process; the requests are those a browser sent for the pages of an
unmodified frontend (``tests/contract``), from another origin, as browsers send them.
"""

from __future__ import annotations

import base64
import http.client
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.conftest import MakeRepository

_DATA = Path(__file__).parent.parent / "contract" / "data"
_ORIGIN = "http://localhost:3000"
_TOKEN = "a-token-of-the-tests"


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (_DATA / name).read_text().splitlines()]


#: All but the searches in documentation, of which there is no index yet.
PAGES = [
    row
    for row in [*rows("frontend.jsonl"), *rows("auth.jsonl")]
    if row["method"] in {"GET", "POST"}
    and (row["name"].startswith("frontend") or "cors" in row)
    and "=techdocs" not in row["url"]
]


class Browser:
    """Sends what pages send."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        self.token = ""

    def send(self, method: str, url: str, body: Any = None) -> tuple[int, dict[str, str], bytes]:
        """Send a request and return status, headers and body."""
        headers = {"Origin": _ORIGIN, "X-Requested-With": "XMLHttpRequest"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        data = None
        if body is not None:
            data = json.dumps(body)
            headers["Content-Type"] = "application/json"
        self._connection.request(method, url, data, headers)
        answer = self._connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, found, answer.read()

    def sign_in(self) -> dict[str, Any]:
        """Sign in as guest, as the button does."""
        status, _, body = self.send("GET", "/api/auth/guest/refresh")
        assert status == 200, body
        session: dict[str, Any] = json.loads(body)
        self.token = session["backstageIdentity"]["token"]
        return session


@pytest.fixture
def port(make_repository: MakeRepository, tmp_path: Path) -> Iterator[int]:
    """Start a portal that asks for credentials; return its port."""
    folder = _DATA / "demo"
    paths = [path for path in folder.rglob("*") if path.is_file()]
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    settings = {
        "port": 0,
        "data_dir": str(tmp_path / "data"),
        "service_token": _TOKEN,
        "guest_access": "always",
        "guest_user": "user:default/guest",
        "cors_origins": [_ORIGIN],
        "sources": [{"name": "demo", "url": str(make_repository(files).path)}],
    }
    config = tmp_path / "portal.yaml"
    config.write_text(json.dumps(settings))
    log = tmp_path / "log"
    command = [sys.executable, "-m", "portal", "serve", "--config", str(config)]
    with log.open("w") as file, subprocess.Popen(command, stderr=file, cwd=tmp_path) as process:
        try:
            yield _ready_port(process, log)
        finally:
            process.terminate()
            process.wait(15)


def _ready_port(process: subprocess.Popen[bytes], log: Path) -> int:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        found = re.search(r"listening on http://127\.0\.0\.1:(\d+)", log.read_text())
        if found:
            port = int(found[1])
            if Browser(port).send("GET", "/.backstage/health/v1/readiness")[0] == 200:
                return port
        time.sleep(0.1)
    pytest.fail(f"the portal did not become ready:\n{log.read_text()}")


def with_cursor(row: dict[str, Any]) -> tuple[str, Any]:
    """Return a request's url and body, its cursor put back together."""
    url, body = row["url"], row.get("body")
    if "cursor" in row:
        cursor = base64.b64encode(json.dumps(row["cursor"]).encode()).decode()
        url = url.replace("$CURSOR", quote(cursor, safe=""))
        body = body and body | {"cursor": cursor}
    return url, body


@pytest.mark.slow
def test_a_guest_sees_every_page_and_nobody_else_does(port: int) -> None:
    stranger, guest = Browser(port), Browser(port)
    session = guest.sign_in()
    identity = session["backstageIdentity"]["identity"]
    assert identity["ownershipEntityRefs"] == ["user:default/guest", "group:default/platform"]
    payload = guest.token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert claims["exp"] - time.time() > 3500
    assert len(PAGES) > 100
    for row in PAGES:
        url, body = with_cursor(row)
        status, headers, answer = guest.send(row["method"], url, body)
        assert status == row["status"], (url, answer[:500])
        assert headers["access-control-allow-origin"] == _ORIGIN
        assert headers["access-control-allow-credentials"] == "true"
        if not url.startswith("/api/auth/"):
            assert stranger.send(row["method"], url, body)[0] == 401, url


@pytest.mark.slow
def test_a_star_is_still_there_after_signing_in_again(port: int) -> None:
    star = "/api/user-settings/buckets/default.starredEntities/keys/entityRefs"
    first, second = Browser(port), Browser(port)
    first.sign_in()
    assert first.send("PUT", star, {"value": ["component:default/payment-service"]})[0] == 200
    second.sign_in()
    wanted = {"items": [{"bucket": "default.starredEntities", "key": "entityRefs"}]}
    status, _, body = second.send("POST", "/api/user-settings/multiget", wanted)
    assert status == 200
    assert json.loads(body) == {"items": [{"value": ["component:default/payment-service"]}]}
