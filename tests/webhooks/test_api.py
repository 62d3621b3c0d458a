"""Webhooks prove themselves, are taken once, and refresh what the schedule would read."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from portal.app import create_app
from portal.catalog.sources.location_store import add
from portal.config.loading import load_config
from portal.config.settings import Config
from portal.config.sources import Source
from portal.kernel.errors import ConfigError
from portal.model.refs import LocationRef
from portal.roles.services import Services
from portal.web.requests import MAX_BODY
from portal.webhooks import tables as t
from portal.webhooks.api import MAX_EVENT

SECRET = "a long secret of the two"
COMMIT = "1f0e2d3c4b5a69788796a5b4c3d2e1f001234567"
NOWHERE = "0" * 40


@dataclass
class Hooked:
    """A portal that forges tell of pushes."""

    services: Services
    woken: list[int] = field(default_factory=list)
    number: int = 0

    def __post_init__(self) -> None:
        self.services.on_refresh = lambda: self.woken.append(1)
        self.client = create_app(self.services).test_client()

    def post(self, forge: str, body: bytes, headers: dict[str, str]) -> TestResponse:
        return self.client.post(f"/api/events/http/{forge}", data=body, headers=headers)

    def send(
        self, forge: str, content: Any, event: str = "", /, **changed: str | None
    ) -> TestResponse:
        """Send an event as its forge does, under a number of its own."""
        self.number += 1
        body = json.dumps(content).encode()
        headers = {
            "Content-Type": "application/json",
            **HEADERS[forge](body, event or PUSH[forge], f"delivery-{self.number}"),
        }
        for name, value in changed.items():
            headers.pop(name.replace("_", "-"), None)
            if value is not None:
                headers[name.replace("_", "-")] = value
        return self.post(forge, body, headers)

    def asked(self) -> list[str]:
        return sorted(self.services.refresh_queue.take())


def signature(body: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


PUSH = {
    "github": "push",
    "gitlab": "Push Hook",
    "gitea": "push",
    "bitbucket": "repo:push",
}
PROOF = {
    "github": "X-Hub-Signature-256",
    "gitlab": "X-Gitlab-Token",
    "gitea": "X-Gitea-Signature",
    "bitbucket": "X-Hub-Signature",
}
HEADERS: dict[str, Callable[[bytes, str, str], dict[str, str]]] = {
    "github": lambda body, event, number: {
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": number,
        "X-Hub-Signature-256": f"sha256={signature(body)}",
    },
    "gitlab": lambda _body, event, number: {
        "X-Gitlab-Event": event,
        "X-Gitlab-Event-UUID": number,
        "X-Gitlab-Token": SECRET,
    },
    "gitea": lambda body, event, number: {
        "X-Gitea-Event": event,
        "X-Gitea-Delivery": number,
        "X-Gitea-Signature": signature(body),
    },
    "bitbucket": lambda body, event, number: {
        "X-Event-Key": event,
        "X-Request-UUID": number,
        "X-Hub-Signature": f"sha256={signature(body)}",
    },
}
FORGES = list(HEADERS)
HOSTS = {name: f"{name}.example" for name in FORGES} | {"bitbucket": "bitbucket.org"}


def github(ref: str = "refs/heads/main", host: str = HOSTS["github"], **members: Any) -> Any:
    repository = {
        "full_name": "acme/shop",
        "clone_url": f"https://{host}/acme/shop.git",
        "ssh_url": f"git@{host}:acme/shop.git",
        "html_url": f"https://{host}/acme/shop",
        "git_url": f"git://{host}/acme/shop.git",
        "default_branch": "main",
        "fork": False,
    }
    return {
        "ref": ref,
        "before": NOWHERE,
        "after": COMMIT,
        "deleted": False,
        "repository": repository,
        **members,
    }


def gitlab(ref: str = "refs/heads/main", **members: Any) -> Any:
    project = {
        "path_with_namespace": "acme/shop",
        "git_http_url": f"https://{HOSTS['gitlab']}/acme/shop.git",
        "git_ssh_url": f"git@{HOSTS['gitlab']}:acme/shop.git",
        "web_url": f"https://{HOSTS['gitlab']}/acme/shop",
        "default_branch": "main",
    }
    return {"object_kind": "push", "ref": ref, "after": COMMIT, "project": project, **members}


def bitbucket(ref: str = "refs/heads/main", **members: Any) -> Any:
    kind = "tag" if ref.startswith("refs/tags/") else "branch"
    new = {"type": kind, "name": ref.split("/", 2)[2], "target": {"hash": COMMIT}}
    repository = {
        "full_name": "acme/shop",
        "links": {"html": {"href": f"https://{HOSTS['bitbucket']}/acme/shop"}},
        "mainbranch": {"type": "branch", "name": "main"},
    }
    change = {"new": new, "old": None, "closed": False, **members}
    return {"push": {"changes": [change]}, "repository": repository}


EVENTS: dict[str, Callable[..., Any]] = {
    "github": github,
    "gitlab": gitlab,
    "gitea": lambda ref="refs/heads/main", **members: github(ref, HOSTS["gitea"], **members),
    "bitbucket": bitbucket,
}


def sources_of(forge: str) -> tuple[Source, ...]:
    host = HOSTS[forge]
    return (
        Source("head", f"https://{host}/acme/shop.git"),
        Source("main", f"git@{host}:acme/shop.git", ref="main"),
        Source("next", f"https://{host}/acme/shop", ref="feature/next"),
        Source("tag", f"https://{host}/Acme/Shop.git", ref="v1"),
        Source("other", f"https://{host}/acme/other.git"),
        Source("elsewhere", "https://elsewhere.example/acme/shop.git"),
        Source("local", "/srv/acme/shop.git"),
    )


Make = Callable[..., Hooked]


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Make]:
    """Return a function that gives the portal of a forge: one for all tests."""
    made: dict[str, Hooked] = {}

    def make(forge: str) -> Hooked:
        if forge not in made:
            made[forge] = new_portal(tmp_path_factory.mktemp(forge), sources=sources_of(forge))
        return made[forge]

    yield make
    for each in made.values():
        each.services.database.dispose()


def new_portal(folder: Path, **settings: Any) -> Hooked:
    secrets = dict.fromkeys(FORGES, "HOOK_SECRET")
    return Hooked(Services(Config(**{"data_dir": folder, "webhook_secrets": secrets, **settings})))


@pytest.fixture
def hooked(tmp_path: Path, usual: Make, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Return a function that gives a portal, of its own when it has other settings."""
    made: list[Hooked] = []
    monkeypatch.setenv("HOOK_SECRET", SECRET)

    def make(forge: str = "github", **settings: Any) -> Hooked:
        if not settings:
            return blank(usual(forge))
        made.append(new_portal(tmp_path, **{"sources": sources_of(forge), **settings}))
        return made[-1]

    yield make
    for each in made:
        each.services.database.dispose()


def blank(portal: Hooked) -> Hooked:
    portal.asked()
    portal.woken.clear()
    with portal.services.database.begin() as connection:
        connection.execute(sa.delete(t.deliveries))
    return portal


@pytest.mark.parametrize("forge", FORGES)
@pytest.mark.parametrize(
    ("ref", "expected"),
    [
        ("refs/heads/main", ["head", "main"]),
        ("refs/heads/feature/next", ["next"]),
        ("refs/heads/next", []),
        ("refs/heads/v2", []),
        ("refs/tags/v1", ["tag"]),
        ("refs/tags/v2", []),
        ("refs/notes/commits", []),
    ],
)
def test_only_the_sources_that_follow_what_was_pushed_are_refreshed(
    forge: str, ref: str, expected: list[str], hooked: Make
) -> None:
    portal = hooked(forge)
    answer = portal.send(forge, EVENTS[forge](ref))
    assert answer.status_code == (202 if expected else 200)
    assert answer.get_json()["status"] == ("accepted" if expected else "ignored")
    assert portal.asked() == expected == sorted(answer.get_json()["sources"])
    assert len(portal.woken) == bool(expected)


@pytest.mark.parametrize("forge", FORGES)
def test_a_deleted_branch_refreshes_nothing(forge: str, hooked: Make) -> None:
    portal = hooked(forge)
    gone: dict[str, Any] = {"after": NOWHERE}
    if forge == "bitbucket":
        gone = {"new": None, "closed": True}
    if forge == "github":
        gone = {"deleted": True}
    assert portal.send(forge, EVENTS[forge](**gone)).status_code == 200
    assert portal.asked() == []


def test_a_push_to_a_fork_is_one_to_another_repository(hooked: Make) -> None:
    portal = hooked()
    event = github()
    for key in ("clone_url", "ssh_url", "html_url", "git_url"):
        event["repository"][key] = event["repository"][key].replace("acme", "stranger")
    event["repository"] |= {"fork": True, "full_name": "stranger/shop"}
    assert portal.send("github", event).get_json()["status"] == "ignored"


def test_without_a_default_branch_told_any_branch_may_be_it(hooked: Make) -> None:
    portal = hooked("bitbucket")
    event = bitbucket("refs/heads/trunk")
    del event["repository"]["mainbranch"]
    assert portal.send("bitbucket", event).get_json()["sources"] == ["head"]


def test_a_registered_location_is_refreshed_like_any_source(hooked: Make) -> None:
    portal = hooked(sources=(), location_hosts=(HOSTS["github"],))
    target = f"https://{HOSTS['github']}/acme/shop/blob/feature/next/catalog-info.yaml"
    with portal.services.database.begin() as connection:
        location = add(connection, LocationRef("url", target))
    assert portal.send("github", github()).get_json()["sources"] == []
    answer = portal.send("github", github("refs/heads/feature/next"))
    assert answer.get_json()["sources"] == [location.source_name]


def test_a_push_of_another_repository_never_reads_the_one_it_names_in_its_text(
    hooked: Make,
) -> None:
    portal = hooked()
    event = github()
    for key in ("clone_url", "ssh_url", "html_url", "git_url"):
        event["repository"][key] = "https://github.example/acme/other2.git"
    event["head_commit"] = {"url": "https://github.example/acme/shop.git"}
    assert portal.send("github", event).get_json()["status"] == "ignored"


# --- proof --------------------------------------------------------------------


@pytest.mark.parametrize("forge", FORGES)
@pytest.mark.parametrize(
    "proof",
    [
        None,
        "",
        "sha256=",
        "sha256=" + "0" * 64,
        signature(b"another body"),
        f"sha1={'0' * 40}",
        "secrét",
        "a long secret of the tw",
        f"{SECRET} ",
    ],
)
def test_an_event_without_its_proof_is_refused(forge: str, proof: str | None, hooked: Make) -> None:
    portal = hooked(forge)
    answer = portal.send(forge, EVENTS[forge](), **{PROOF[forge].replace("-", "_"): proof})
    assert answer.status_code == 401
    assert answer.json == {
        "error": {
            "name": "AuthenticationError",
            "message": "The webhook's signature is missing or wrong",
        },
        "request": {"method": "POST", "url": f"/http/{forge}"},
        "response": {"statusCode": 401},
    }
    assert portal.asked() == []


@pytest.mark.parametrize("forge", FORGES)
def test_the_proof_of_another_secret_is_none(forge: str, hooked: Make) -> None:
    portal = hooked(forge)
    body = json.dumps(EVENTS[forge]()).encode()
    wrong = signature(body, "another secret")
    values = {"gitlab": "another secret", "gitea": wrong}
    proof = values.get(forge, f"sha256={wrong}")
    changed = {PROOF[forge].replace("-", "_"): proof}
    assert portal.send(forge, EVENTS[forge](), **changed).status_code == 401


def test_a_body_that_was_changed_under_way_is_refused(hooked: Make) -> None:
    portal = hooked()
    body = json.dumps(github()).encode()
    headers = {"Content-Type": "application/json", **HEADERS["github"](body, "push", "1")}
    assert portal.post("github", body + b" ", headers).status_code == 401
    assert portal.post("github", body, headers).status_code == 202


@pytest.mark.parametrize("forge", FORGES)
def test_without_a_secret_nothing_is_taken(
    forge: str, hooked: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal = hooked(forge, webhook_secrets={})
    assert portal.send(forge, EVENTS[forge]()).status_code == 401
    monkeypatch.setenv("HOOK_SECRET", "")
    empty = hooked(forge)
    changed = {PROOF[forge].replace("-", "_"): ""}
    assert empty.send(forge, EVENTS[forge](), **changed).status_code == 401
    body = json.dumps(EVENTS[forge]()).encode()
    proof = {"gitlab": "", "gitea": signature(body, "")}.get(forge)
    proof = f"sha256={signature(body, '')}" if proof is None else proof
    changed = {PROOF[forge].replace("-", "_"): proof}
    assert empty.send(forge, EVENTS[forge](), **changed).status_code == 401


def test_an_unknown_forge_is_not_found(hooked: Make) -> None:
    assert hooked().post("sourceforge", b"{}", {}).status_code == 404


def test_the_service_token_is_not_asked_for(hooked: Make) -> None:
    portal = hooked(service_token="a service token")
    assert portal.send("github", github()).status_code == 202
    assert portal.post("github", b"{}", {}).status_code == 401
    assert portal.client.get("/api/catalog/entities").status_code == 401


def test_the_secret_is_in_no_answer_and_no_log(
    hooked: Make, caplog: pytest.LogCaptureFixture
) -> None:
    portal = hooked("gitlab")
    caplog.set_level("DEBUG")
    wrong = portal.send("gitlab", gitlab(), X_Gitlab_Token="a wrong secret")
    assert "a wrong secret" not in wrong.text + caplog.text
    assert SECRET not in wrong.text + caplog.text
    assert "signature is wrong" in caplog.text


# --- again ----------------------------------------------------------------------


@pytest.mark.parametrize("forge", FORGES)
def test_a_delivery_is_taken_once_by_all_processes_together(forge: str, hooked: Make) -> None:
    first, second = hooked(forge, threads=1), hooked(forge, threads=2)
    assert first.send(forge, EVENTS[forge]()).status_code == 202
    assert first.asked()
    for portal in (second, first):
        portal.number = 0
        answer = portal.send(forge, EVENTS[forge]())
        assert answer.status_code == 401
        assert answer.get_json()["error"]["message"] == "The webhook was delivered before"
        assert portal.asked() == []


@pytest.mark.parametrize("forge", ["github", "gitea", "bitbucket"])
def test_a_signed_event_under_a_new_number_is_the_same_event(forge: str, hooked: Make) -> None:
    """The number is not covered by the signature, so a thief could choose it."""
    portal = hooked(forge)
    assert portal.send(forge, EVENTS[forge]()).status_code == 202
    assert portal.send(forge, EVENTS[forge]()).status_code == 401


def test_an_event_that_was_refused_may_come_again(hooked: Make) -> None:
    portal = hooked()
    assert portal.send("github", github(), X_Hub_Signature_256="sha256=0").status_code == 401
    portal.number -= 1
    assert portal.send("github", github()).status_code == 202


def test_many_pushes_before_a_run_make_one_request(hooked: Make) -> None:
    portal = hooked()
    for number in range(20):
        assert portal.send("github", github(after=f"{number:040x}1")).status_code == 202
    assert portal.asked() == ["head", "main"]


# --- other events -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("forge", "event"),
    [("github", "ping"), ("gitea", "ping"), ("bitbucket", "diagnostics:ping")],
)
def test_a_ping_is_answered(forge: str, event: str, hooked: Make) -> None:
    portal = hooked(forge)
    answer = portal.send(forge, {"zen": "Keep it logically awesome."}, event)
    assert (answer.status_code, answer.get_json()["status"]) == (200, "pong")
    assert portal.asked() == []
    unsigned = portal.send(forge, {"zen": "?"}, event, **{PROOF[forge].replace("-", "_"): None})
    assert unsigned.status_code == 401


@pytest.mark.parametrize(
    ("forge", "event"),
    [
        ("github", "pull_request"),
        ("gitlab", "Merge Request Hook"),
        ("gitea", "issues"),
        ("bitbucket", "repo:fork"),
    ],
)
def test_an_event_that_is_no_push_is_ignored(forge: str, event: str, hooked: Make) -> None:
    portal = hooked(forge)
    assert portal.send(forge, EVENTS[forge](), event).get_json()["status"] == "ignored"
    assert portal.asked() == []


def test_a_system_hook_of_gitlab_is_a_push_when_it_says_so(hooked: Make) -> None:
    portal = hooked("gitlab")
    assert portal.send("gitlab", gitlab(), "System Hook").status_code == 202
    event = {"event_name": "user_create"}
    assert portal.send("gitlab", event, "System Hook").status_code == 200


def test_github_may_send_a_form(hooked: Make) -> None:
    portal = hooked()
    body = urlencode({"payload": json.dumps(github())}).encode()
    headers = HEADERS["github"](body, "push", "1")
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    assert portal.post("github", body, headers).status_code == 202


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"7", b"{", b"\xff", b"[" * 50_000, b'{"a": ' * 20_000],
)
def test_a_proven_event_that_is_no_json_object_is_a_bad_request(body: bytes, hooked: Make) -> None:
    portal = hooked()
    headers = {"Content-Type": "application/json", **HEADERS["github"](body, "push", "1")}
    answer = portal.post("github", body, headers)
    assert answer.status_code == 400
    assert answer.get_json()["error"]["name"] == "InputError"


@pytest.mark.parametrize("forge", FORGES)
@pytest.mark.parametrize("value", [None, 7, [], {}, "x", [[]], {"links": 1}, "refs/heads/main"])
def test_an_event_of_another_form_is_no_push(forge: str, value: Any, hooked: Make) -> None:
    portal = hooked(forge)
    for key in EVENTS[forge]():
        event = {**EVENTS[forge](), key: value}
        answer = portal.send(forge, event)
        assert answer.status_code in {200, 202, 401}, (key, answer.text)
    for key in github()["repository"]:
        event = EVENTS[forge]()
        next(v for k, v in event.items() if k in {"repository", "project"})[key] = value
        assert portal.send(forge, event).status_code in {200, 202, 401}
    for key in ("new", "type", "name"):
        event = bitbucket()
        change = event["push"]["changes"][0]
        (change if key == "new" else change["new"])[key] = value
        assert portal.send("bitbucket", event).status_code in {200, 202, 401}


def test_an_event_may_be_larger_than_other_bodies_and_yet_has_an_end(hooked: Make) -> None:
    portal = hooked()
    large = github(commits=["x" * 2 * MAX_BODY])
    assert portal.send("github", large).status_code == 202
    answer = portal.send("github", github(commits=["x" * MAX_EVENT]))
    assert answer.status_code == 413
    assert answer.get_json()["error"]["name"] == "PayloadTooLargeError"


def test_a_secret_is_named_not_given() -> None:
    assert load_config(None, {}, webhook_secrets={"github": "A_SECRET"}).webhook_secrets == {
        "github": "A_SECRET"
    }
    for wrong in ({"github": "s3cr3t-value!"}, {"svn": "A_SECRET"}, ["github"], {"github": 1}):
        with pytest.raises(ConfigError, match="names of variables, not to secrets") as caught:
            load_config(None, {}, webhook_secrets=wrong)
        assert "s3cr3t" not in caught.value.message
