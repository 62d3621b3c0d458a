"""Quotas: who sends too much is told how long to wait, and nobody else is held up."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

import pytest

from tests.attacks.conftest import StartPortal
from tests.attacks.running import LIVENESS
from tests.attacks.running import READINESS
from tests.attacks.running import Answer
from tests.attacks.running import RunningPortal

#: Each starts a portal of its own, as a process.
pytestmark = [pytest.mark.slow, pytest.mark.alone]

_TEMPLATE = {
    "apiVersion": "scaffolder.backstage.io/v1beta3",
    "kind": "Template",
    "metadata": {"name": "greet"},
    "spec": {
        "type": "service",
        "owner": "guests",
        "parameters": {},
        "steps": [{"id": "l", "name": "l", "action": "debug:log", "input": {"message": "hi"}}],
    },
}
_DRY_RUN = {
    "template": _TEMPLATE,
    "values": {},
    "secrets": {},
    "directoryContents": [],
}
_TASK = {"templateRef": "template:default/greet", "values": {}}
_LOCATION = {"type": "url", "target": "https://nowhere.example/o/r/blob/main/catalog-info.yaml"}
_LIMITS = {"requests": 60, "searches": 4, "dry_runs": 3, "tasks": 3, "registrations": 3}
_MINUTE = 60
#: The requests of each kind, and what they are answered with until there were too many.
_KINDS: Mapping[str, tuple[str, str, Any, int]] = {
    "searches": ("GET", "/api/search/query?term=greet", None, 200),
    "dry_runs": ("POST", "/api/scaffolder/v2/dry-run", _DRY_RUN, 200),
    "tasks": ("POST", "/api/scaffolder/v2/tasks", _TASK, 201),
    "registrations": ("POST", "/api/catalog/locations", _LOCATION, 400),
}


@pytest.fixture(scope="module")
def portal(start_portal: StartPortal) -> RunningPortal:
    """Return a portal of three processes, behind a proxy that tells guests' addresses."""
    files = {"catalog-info.yaml": json.dumps(_TEMPLATE)}
    return start_portal(
        files, quotas=_LIMITS, trusted_proxies=["127.0.0.0/8"], web_processes=3, policy="open"
    )


def ask(portal: RunningPortal, who: str, method: str, path: str, body: Any = None) -> Answer:
    """Send a request as a guest at an address; every one on a connection of its own."""
    return portal.ask(method, path, body, {"X-Forwarded-For": f"spoofed, 192.0.2.{who}"})


@pytest.mark.parametrize(("number", "kind"), list(enumerate(_KINDS)))
def test_a_kind_is_limited_over_all_processes_and_no_other_is(
    portal: RunningPortal, number: int, kind: str
) -> None:
    method, path, body, usual = _KINDS[kind]
    who, somebody_else = f"{10 + number}", f"{20 + number}"
    limit = _LIMITS[kind]
    statuses = [ask(portal, who, method, path, body).status for _ in range(limit + 4)]
    assert statuses == [usual] * limit + [429] * 4
    assert ask(portal, somebody_else, method, path, body).status == usual
    others = {name: request for name, request in _KINDS.items() if name != kind}
    for other_method, other_path, other_body, expected in others.values():
        assert ask(portal, who, other_method, other_path, other_body).status == expected


def test_all_requests_are_limited_but_health_checks(portal: RunningPortal) -> None:
    answers = [ask(portal, "30", "GET", "/api/catalog/entity-facets?facet=kind") for _ in range(64)]
    assert [answer.status for answer in answers] == [200] * 60 + [429] * 4
    told = answers[-1]
    assert 1 <= int(told.headers["retry-after"]) <= _MINUTE
    assert told.json["error"]["name"] == "TooManyRequestsError"
    assert "quotas" in told.json["error"]["message"]
    assert told.json["response"] == {"statusCode": 429}
    for path in (LIVENESS, READINESS):
        assert {ask(portal, "30", "GET", path).status for _ in range(80)} == {200}
    assert ask(portal, "31", "GET", "/api/catalog/entity-facets?facet=kind").status == 200


def test_a_browser_gets_a_page(portal: RunningPortal) -> None:
    headers = {"X-Forwarded-For": "192.0.2.40", "Accept": "text/html"}
    pages = [portal.ask("GET", "/search?q=greet", headers=headers) for _ in range(5)]
    assert [page.status for page in pages] == [200] * 4 + [429]
    assert pages[-1].headers["content-type"].startswith("text/html")
    assert int(pages[-1].headers["retry-after"]) >= 1
    for language, words in (("ko", "잠시 쉬었다가"), ("en", "short break")):
        answer = portal.ask("GET", "/search", headers={**headers, "Accept-Language": language})
        assert words in answer.body.decode()


def test_after_the_seconds_that_are_told_the_request_passes(portal: RunningPortal) -> None:
    method, path, body, usual = _KINDS["searches"]
    answers = [ask(portal, "50", method, path, body) for _ in range(5)]
    seconds = int(answers[-1].headers["retry-after"])
    assert 1 <= seconds <= _MINUTE
    time.sleep(seconds)
    assert ask(portal, "50", method, path, body).status == usual


def test_who_guesses_tokens_is_limited_by_address_and_its_owner_is_not(
    start_portal: StartPortal,
) -> None:
    portal = start_portal(
        {"catalog-info.yaml": json.dumps(_TEMPLATE)},
        quotas={"requests": 10},
        trusted_proxies=["127.0.0.1"],
        service_token="correct-horse-battery",
        web_processes=2,
    )

    def facets(token: str, address: str) -> int:
        headers = {"Authorization": f"Bearer {token}", "X-Forwarded-For": address}
        return portal.ask("GET", "/api/catalog/entity-facets?facet=kind", headers=headers).status

    guesses = [facets(f"guess-{number}", "192.0.2.1") for number in range(13)]
    assert guesses == [401] * 10 + [429] * 3
    assert facets("correct-horse-battery", "192.0.2.1") == 200
    assert facets("guess", "192.0.2.2") == 401


def test_addresses_that_nobody_vouches_for_change_nothing(start_portal: StartPortal) -> None:
    portal = start_portal({"catalog-info.yaml": json.dumps(_TEMPLATE)}, quotas={"searches": 2})
    path = "/api/search/query?term=greet"
    statuses = [
        portal.ask("GET", path, headers={"X-Forwarded-For": f"192.0.2.{number}"}).status
        for number in range(4)
    ]
    assert statuses == [200, 200, 429, 429]


def test_all_together_are_limited_where_the_operator_says_so(start_portal: StartPortal) -> None:
    portal = start_portal(
        {"catalog-info.yaml": json.dumps(_TEMPLATE)},
        quotas_in_all={"searches": 3},
        trusted_proxies=["127.0.0.1"],
    )
    path = "/api/search/query?term=greet"
    statuses = [ask(portal, f"{number}", "GET", path).status for number in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
