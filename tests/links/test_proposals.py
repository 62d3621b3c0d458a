"""A suggestion becomes a claim: the patch of the descriptor, and a pull request at a forge."""

from __future__ import annotations

import re
import subprocess
from typing import Any

import pytest

from portal.config.sources import Integration
from portal.config.sources import Source
from portal.permission.policy import DENY
from tests.conftest import Files
from tests.conftest import Forge
from tests.conftest import MakePortal
from tests.conftest import Portal
from tests.links.glossary import GLOSSARY
from tests.links.glossary import RETRY
from tests.links.glossary import service
from tests.links.glossary import sources
from tests.policies import TablePolicy
from tests.scaffolder.remotes import Remote
from tests.scaffolder.updating.conftest import SKELETON
from tests.scaffolder.updating.conftest import TOKEN
from tests.scaffolder.updating.conftest import GiteaApi
from tests.scaffolder.updating.conftest import MakeWorld
from tests.scaffolder.updating.conftest import make_world

__all__ = ["make_world"]
_FILES: Files = {"catalog-info.yaml": service("payments"), "requirements.txt": "tenacity\n"}
_SHOP = "/api/catalog/entities/by-name/component/default/shop/concepts"


def test_a_suggestion_is_a_patch_that_git_applies(make_portal: MakePortal) -> None:
    files = {"catalog-info.yaml": service("payments"), "requirements.txt": "tenacity\n"}
    portal = make_portal(sources=sources(files))
    portal.services.link_job.scan_all()
    (item,) = portal.get("/api/glossary/concepts/retry/services")["items"]
    assert item["status"] == "suggested"
    answer = portal.client.get(f"/api/glossary/links/{item['id']}/patch")
    assert answer.content_type == "text/x-diff; charset=utf-8"

    payments = portal.repositories["payments"]
    subprocess.run(("git", "apply"), cwd=payments.path, input=answer.data, check=True)
    payments.commit({}, "Claim it")
    portal.sync()
    portal.services.link_job.scan_all()
    (item,) = portal.get("/api/glossary/concepts/retry/services")["items"]
    assert item["status"] == "verified"
    refused = portal.client.get(f"/api/glossary/links/{item['id']}/patch")
    assert refused.status_code == 400
    assert "claims concept:default/retry already" in refused.text
    # It is in no repository at a forge that could be changed.
    unknown = portal.client.post("/api/glossary/links/nothing/pull-request", json={})
    assert unknown.status_code == 404


@pytest.mark.slow
def test_a_suggestion_is_proposed_once_at_the_forge(make_world: MakeWorld) -> None:
    world = make_world({**SKELETON, "requirements.txt": "tenacity==9\n"})
    concepts = {
        "glossary/template.yaml": GLOSSARY["catalog-info.yaml"],
        "retry/template.yaml": GLOSSARY["retry/catalog-info.yaml"],
    }
    world.template.commit(concepts)
    world.portal.sync()
    world.portal.services.link_job.scan_all()
    (item,) = world.portal.get(_SHOP)["items"]
    assert (item["concept"], item["status"]) == (RETRY, "suggested")

    path = f"/api/glossary/links/{item['id']}/pull-request"
    done = world.portal.client.post(path, json={}).get_json()
    assert done["url"] == "http://x/1"
    assert done["branch"] == "portal/claim-retry-shop"
    assert ", implementsConcepts: [retry]}" in done["patch"]
    assert "implementsConcepts" in world.content("catalog-info.yaml", done["branch"])
    assert "It depends on tenacity." in world.api.pulls[0]["body"]
    again = world.portal.client.post(path, json={}).get_json()
    assert again["url"] == done["url"]
    assert len(world.api.pulls) == 1

    world.merge(done["branch"])
    world.portal.sync()
    world.portal.services.link_job.scan_all()
    assert [one["status"] for one in world.portal.get(_SHOP)["items"]] == ["verified"]


def at_forge(
    make_portal: MakePortal, forge: Forge, monkeypatch: pytest.MonkeyPatch, **settings: Any
) -> tuple[Portal, GiteaApi, str]:
    """Return a portal with a suggestion for a repository at a forge, its API, and the link's id."""
    monkeypatch.setenv("FORGE_TOKEN", TOKEN)
    api = GiteaApi(forge)
    forge.api, forge.change, forge.password = api.get, api.change, TOKEN
    forge.make("acme/payments", _FILES)
    clone_url = f"http://{forge.host}/acme/payments.git"
    api.repositories["acme/payments"] = {"clone_url": clone_url, "default_branch": "main"}
    location = f"url:http://{forge.host}/acme/payments/src/branch/main"
    address = f"http://{forge.host}/api/v1"
    bound = settings.pop("bound", {})
    portal = make_portal(
        sources=[
            *sources({})[:1],
            (Source("payments", "", location=location), _FILES),
        ],
        integrations=(Integration(forge.host, "gitea", address, "FORGE_TOKEN", **bound),),
        **{"publish_hosts": (forge.host,), **settings},
    )
    portal.services.link_job.scan_all()
    (item,) = portal.get("/api/glossary/concepts/retry/services")["items"]
    return portal, api, item["id"]


@pytest.mark.parametrize(
    ("bound", "reason"),
    [
        pytest.param({"user_token": True}, "a token of their own", id="user-tokens"),
        pytest.param({"targets": ("*/other/*",)}, "bound to other targets", id="targets"),
        pytest.param({"templates": ("template:*",)}, "bound to other templates", id="templates"),
    ],
)
def test_the_token_of_the_operator_is_not_lent_beyond_what_it_is_bound_to(
    make_portal: MakePortal,
    forge: Forge,
    monkeypatch: pytest.MonkeyPatch,
    bound: dict[str, Any],
    reason: str,
) -> None:
    portal, api, link = at_forge(make_portal, forge, monkeypatch, bound=bound)
    remote = Remote(forge, "acme/payments")
    seen = len(forge.seen)
    path = f"/api/glossary/links/{link}/pull-request"

    refused = portal.client.post(path, json={})

    assert refused.status_code == 403
    assert reason in refused.text
    assert len(forge.seen) == seen, "the forge is not asked"
    assert (remote.git("branch", "--list").split(), api.pulls) == (["*", "main"], [])
    html = portal.client.get(f"/coverage/links/{link}").text
    assert 'name="token" type="password"' in html

    done = portal.client.post(f"/coverage/links/{link}/pull-request", data={"token": TOKEN})
    assert done.status_code == 200, done.text
    assert "portal/claim-retry-payments" in remote.git("branch", "--list")
    assert len(api.pulls) == 1
    assert TOKEN not in done.text


def test_a_page_opens_the_pull_request(
    make_portal: MakePortal, forge: Forge, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal, api, link = at_forge(make_portal, forge, monkeypatch)
    page = f"/coverage/links/{link}"
    html = portal.client.get(page, headers={"Accept-Language": "en"}).text
    assert "Open a pull request" in html
    assert 'name="token" type="password"' not in html
    assert 'data-copy="diff"' in html
    (shown,) = re.findall(r'<code id="diff"[^>]*>(.*?)</code>', html, re.DOTALL)
    patch = portal.client.get(f"/api/glossary/links/{link}/patch").text
    assert shown == patch
    (action,) = re.findall(r'<form method="post" action="([^"]*pull-request[^"]*)"', html)

    for language, words in (("en", "See the pull request"), ("ko", "풀 리퀘스트 보기")):
        done = portal.client.post(action, headers={"Accept-Language": language})
        assert done.status_code == 200
        assert f'<a href="http://x/1" rel="noopener noreferrer">{words}</a>' in done.text
    assert len(api.pulls) == 1, "it is proposed once"

    api.repositories.clear()
    gone = portal.client.post(action, headers={"Accept-Language": "en"})
    assert gone.status_code == 404
    assert "No pull request was opened." in gone.text
    assert "there is no repository acme/payments" in gone.text
    assert portal.client.post("/coverage/links/nothing/pull-request").status_code == 404


def test_a_page_offers_no_pull_request_that_cannot_be(
    make_portal: MakePortal, forge: Forge, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal, _, link = at_forge(make_portal, forge, monkeypatch, publish_hosts=())
    html = portal.client.get(f"/coverage/links/{link}").text
    assert 'data-copy="diff"' in html
    assert "/pull-request" not in html


def test_a_page_offers_no_pull_request_to_who_may_not(
    make_portal: MakePortal, forge: Forge, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = TablePolicy(everybody={"scaffolder.task.create": DENY})
    portal, _, link = at_forge(make_portal, forge, monkeypatch, permission_policy=policy)
    html = portal.client.get(f"/coverage/links/{link}").text
    assert 'data-copy="diff"' in html
    assert "/pull-request" not in html
    assert portal.client.post(f"/coverage/links/{link}/pull-request").status_code == 403
