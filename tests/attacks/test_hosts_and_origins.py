"""Pages of other websites: DNS rebinding, and requests across sites (cases K1, K2, K4)."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.attacks.conftest import StartPortal
from tests.attacks.running import LIVENESS
from tests.attacks.running import READINESS
from tests.attacks.running import RunningPortal

#: Each starts a portal of its own, as a process.
pytestmark = pytest.mark.slow

_COMPONENT = "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: shop}\n"
_SPEC = "spec: {type: service, lifecycle: production, owner: guests}\n"
_READ = "/api/catalog/entities"
_FRONTEND = "http://localhost:3000"
_REFRESH = "/api/catalog/refresh"
_BODY = {"entityRef": "component:default/shop"}


@pytest.fixture(scope="module")
def portal(start_portal: StartPortal) -> RunningPortal:
    """Return a portal of a developer, with a frontend on another port."""
    return start_portal(
        {"catalog-info.yaml": _COMPONENT + _SPEC},
        cors_origins=[_FRONTEND],
        base_url="https://portal.example.org",
        allowed_hosts=["*.corp.example"],
    )


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:7007",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "portal.example.org.evil.example",
        "evil.portal.example.org",
        "corp.example",
        "127.0.0.1@evil.example",
        "127.0.0.1, evil.example",
        "evil.example#127.0.0.1",
        "[::1]evil.example",
        "192.0.2.7",
        "",
    ],
)
def test_a_name_that_was_rebound_is_refused(portal: RunningPortal, host: str) -> None:
    answer = portal.ask("GET", _READ, headers={"Host": host})
    assert answer.status == 400
    assert b"shop" not in answer.body


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST:3000",
        "127.0.0.1:1",
        "[::1]:7007",
        "portal.example.org",
        "Portal.Example.org:443",
        "a.corp.example",
    ],
)
def test_names_of_the_portal_are_answered(portal: RunningPortal, host: str) -> None:
    assert portal.ask("GET", _READ, headers={"Host": host}).status == 200


@pytest.mark.parametrize(
    "hosts", ["", "Host: 127.0.0.1\r\nHost: evil.example\r\n", "Host: a\r\nHost: 127.0.0.1\r\n"]
)
@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_no_host_and_several_are_refused(portal: RunningPortal, hosts: str, version: str) -> None:
    request = f"GET {_READ} HTTP/{version}\r\n{hosts}Connection: close\r\n\r\n"
    answer = portal.send(request.encode())
    assert answer.split(b" ")[1] == b"400"
    assert b"shop" not in answer


def test_the_door_is_before_credentials_and_routes(portal: RunningPortal) -> None:
    headers = {"Host": "evil.example", "Authorization": "Bearer x"}
    for path in ("/", "/api/none", "/api/auth/guest/refresh", "/api/openapi.json", LIVENESS):
        assert portal.ask("GET", path, headers=headers).status == 400, path
    assert portal.ask("OPTIONS", _READ, headers=headers).status == 400


def test_what_watches_processes_may_use_their_address(portal: RunningPortal) -> None:
    for host in ("10.1.2.3:7007", "[fd00::7]:7007"):
        for path in (LIVENESS, READINESS):
            assert portal.ask("GET", path, headers={"Host": host}).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://localhost:3001"},
        {"Origin": "https://localhost:3000"},
        {"Origin": "http://localhost:3000.evil.example"},
        {"Origin": "http://evil.example", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", _REFRESH),
        ("POST", "/api/scaffolder/v2/tasks/x/cancel"),
        ("POST", "/api/scaffolder/v2/tasks/x/retry"),
        ("POST", "/api/webhooks/github"),
        ("DELETE", "/api/catalog/locations/x"),
        ("PUT", "/api/none"),
        ("POST", "/api/auth/guest/logout"),
    ],
)
def test_pages_of_others_change_nothing(
    portal: RunningPortal, headers: Mapping[str, str], method: str, path: str
) -> None:
    assert portal.ask(method, path, headers=headers).status == 403


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": _FRONTEND},
        {"Origin": _FRONTEND, "Sec-Fetch-Site": "same-site"},
        {"Origin": "https://portal.example.org", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_the_frontend_and_programs_may(portal: RunningPortal, headers: Mapping[str, str]) -> None:
    assert portal.ask("POST", _REFRESH, _BODY, headers).status == 200


def test_the_portals_own_pages_may_by_whatever_name(portal: RunningPortal) -> None:
    headers = {"Host": "localhost:9", "Origin": "http://localhost:9"}
    assert portal.ask("POST", _REFRESH, _BODY, headers).status == 200


def test_the_frontend_is_answered_its_preflight(portal: RunningPortal) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Sec-Fetch-Site": "same-site"}
    answer = portal.ask("OPTIONS", _REFRESH, headers={"Origin": _FRONTEND, **asked})
    assert answer.headers["access-control-allow-origin"] == _FRONTEND
    answer = portal.ask("OPTIONS", _REFRESH, headers={"Origin": "https://evil.example", **asked})
    assert "access-control-allow-origin" not in answer.headers
