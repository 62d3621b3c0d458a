"""What became of a pull or merge request, in the words of every forge."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest

from portal.config.sources import Integration
from portal.integrations.clients.api import open_api
from portal.integrations.clients.repository import Hosted
from portal.integrations.clients.repository import RequestState
from portal.integrations.clients.repository import request_state
from portal.integrations.clients.table import CLIENTS
from portal.integrations.hosts import Integrations
from portal.kernel.errors import SourceError
from tests.conftest import Forge
from tests.conftest import ForgeAnswer
from tests.scaffolder.remotes import json_answer

OPEN, MERGED, CLOSED = RequestState
#: By the type of forge: where request 7 is, and its words as the API's documentation has them.
ANSWERS: Mapping[str, tuple[str, list[tuple[dict[str, Any], RequestState]]]] = {
    "github": (
        "/repos/acme/shop/pulls/7",
        [
            ({"state": "open", "merged": False}, OPEN),
            ({"state": "closed", "merged": True}, MERGED),
            ({"state": "closed", "merged": False}, CLOSED),
        ],
    ),
    "gitea": (
        "/repos/acme/shop/pulls/7",
        [({"state": "open"}, OPEN), ({"state": "closed", "merged": True}, MERGED)],
    ),
    "gitlab": (
        "/projects/3/merge_requests/7",
        [
            ({"state": "opened"}, OPEN),
            ({"state": "locked"}, OPEN),
            ({"state": "merged"}, MERGED),
            ({"state": "closed"}, CLOSED),
        ],
    ),
    "bitbucket": (
        "/repositories/acme/shop/pullrequests/7",
        [
            ({"state": "OPEN"}, OPEN),
            ({"state": "MERGED"}, MERGED),
            ({"state": "DECLINED"}, CLOSED),
            ({"state": "SUPERSEDED"}, CLOSED),
        ],
    ),
    "bitbucket-server": (
        "/projects/acme/repos/shop/pull-requests/7",
        [({"state": "OPEN"}, OPEN), ({"state": "DECLINED"}, CLOSED)],
    ),
    "azure": (
        "/acme/_apis/git/repositories/3/pullrequests/7",
        [
            ({"status": "active"}, OPEN),
            ({"status": "completed"}, MERGED),
            ({"status": "abandoned"}, CLOSED),
        ],
    ),
}
CASES = [
    pytest.param(kind, place, answer, state, id=f"{kind}-{number}")
    for kind, (place, answers) in ANSWERS.items()
    for number, (answer, state) in enumerate(answers)
]


def asked(forge: Forge, kind: str) -> RequestState:
    known = Integration(forge.host, kind, f"http://{forge.host}/api", "")
    api = open_api(Integrations((known,)), forge.host, kind, "t0ken", 5)
    requests_of = CLIENTS[kind].requests_of
    assert requests_of is not None
    return request_state(api, requests_of(Hosted(api, "acme", "shop"), {"id": 3}), 7)


@pytest.mark.parametrize(("kind", "place", "answer", "state"), CASES)
def test_every_forge_says_it(
    forge: Forge, kind: str, place: str, answer: dict[str, Any], state: RequestState
) -> None:
    def get(path: str, _headers: Mapping[str, str]) -> ForgeAnswer:
        is_it = urlsplit(path).path == f"/api{place}"
        return json_answer(200, answer) if is_it else json_answer(500, {})

    forge.api = get
    assert asked(forge, kind) is state


def test_a_request_that_is_not_there_is_closed(forge: Forge) -> None:
    forge.api = lambda _path, _headers: json_answer(404, {})
    assert asked(forge, "gitlab") is CLOSED


@pytest.mark.parametrize("answer", [{}, {"state": "new word"}])
def test_an_unknown_word_is_no_state(forge: Forge, answer: dict[str, Any]) -> None:
    forge.api = lambda _path, _headers: json_answer(200, answer)
    with pytest.raises(SourceError, match="no known state of request 7"):
        asked(forge, "gitlab")


def test_every_forge_at_which_requests_are_opened_is_asked() -> None:
    assert {kind for kind, one in CLIENTS.items() if one.propose} == set(ANSWERS)
