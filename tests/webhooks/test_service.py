"""Taking events on every database, by several processes at once."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from portal.catalog import refresh_requests
from portal.config.sources import Source
from portal.kernel.errors import AuthenticationError
from portal.scm.urls import repository_key
from portal.webhooks import tables as t
from portal.webhooks.service import Webhooks

SECRET = "a long secret of the two"
SHOP = Source("shop", "https://git.example/acme/shop.git")


@pytest.fixture
def webhooks(database: sa.Engine) -> Iterator[Webhooks]:
    secrets, env = {"github": "HOOK_SECRET"}, {"HOOK_SECRET": SECRET}
    yield Webhooks(database, secrets, lambda: [SHOP], lambda: None, env)
    with database.begin() as connection:
        connection.execute(sa.delete(t.deliveries))
        refresh_requests.take(connection)


def event(number: int = 0) -> tuple[dict[str, str], bytes]:
    repository = {"clone_url": SHOP.url, "default_branch": "main"}
    content = {"ref": "refs/heads/main", "after": f"{number:040x}", "repository": repository}
    body = json.dumps(content).encode()
    proof = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    headers = {
        "x-github-event": "push",
        "x-github-delivery": str(number),
        "x-hub-signature-256": f"sha256={proof}",
    }
    return headers, body


def test_an_event_is_taken_once(webhooks: Webhooks, database: sa.Engine) -> None:
    assert webhooks.take("github", *event(7)).sources == ("shop",)
    with pytest.raises(AuthenticationError, match="before"):
        webhooks.take("github", *event(7))
    with database.begin() as connection:
        assert [*refresh_requests.take(connection)] == ["shop"]


def test_of_many_who_bring_the_same_event_one_is_heard(webhooks: Webhooks) -> None:
    outcomes: list[str] = []
    together = threading.Barrier(8)

    def bring() -> None:
        together.wait(5)
        try:
            outcomes.append(webhooks.take("github", *event(1)).status)
        except AuthenticationError:
            outcomes.append("refused")

    threads = [threading.Thread(target=bring) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(outcomes) == ["accepted", *["refused"] * 7]


def test_different_events_at_once_are_all_taken_and_ask_once(
    webhooks: Webhooks, database: sa.Engine
) -> None:
    statuses: list[str] = []

    def bring(number: int) -> None:
        statuses.append(webhooks.take("github", *event(number)).status)

    threads = [threading.Thread(target=bring, args=(number,)) for number in range(2, 10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert statuses == ["accepted"] * 8
    with database.begin() as connection:
        assert [*refresh_requests.take(connection)] == ["shop"]


def test_an_event_that_cannot_be_kept_may_come_again(
    webhooks: Webhooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: Any) -> None:
        raise sa.exc.OperationalError("", {}, Exception())

    with monkeypatch.context() as patched:
        patched.setattr(refresh_requests, "ask", fail)
        with pytest.raises(sa.exc.OperationalError):
            webhooks.take("github", *event(20))
    assert webhooks.take("github", *event(20)).status == "accepted"


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://git.example/acme/shop.git", "git.example/acme/shop"),
        ("https://GIT.example:443/Acme/Shop/", "git.example/acme/shop"),
        ("ssh://git@git.example/acme/shop.git", "git.example/acme/shop"),
        ("ssh://git@git.example:22/acme/shop", "git.example/acme/shop"),
        ("git@git.example:acme/shop.git", "git.example/acme/shop"),
        ("https://git.example:8443/acme/shop", "git.example:8443/acme/shop"),
        ("ssh://git@git.example:7999/acme/shop", "git.example:7999/acme/shop"),
        ("https://git.example/acme/shop%2Egit", "git.example/acme/shop"),
        ("http://127.0.0.1:3000/acme/shop.git", "127.0.0.1:3000/acme/shop"),
        ("git://git.example/acme/shop", ""),
        ("/srv/acme/shop.git", ""),
        ("", ""),
    ],
)
def test_every_address_of_a_repository_has_the_same_key(url: str, key: str) -> None:
    assert repository_key(url) == key
