"""What fields of forms may be filled with, asked of a server with a forge's API."""

from __future__ import annotations

import json
from collections.abc import Callable
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs
from urllib.parse import urlsplit

import pytest

from portal.config.sources import Integration
from portal.integrations.clients.completions import completions
from portal.integrations.hosts import Integrations
from portal.kernel.errors import InputError
from portal.kernel.errors import SourceError
from tests.conftest import Forge
from tests.conftest import ForgeAnswer

#: Asks a forge for what a form may be filled with, given its kind, what is asked for and its answers.
Complete = Callable[..., Any]


@pytest.fixture
def complete(forge: Forge) -> Complete:
    """Return a function that asks a forge whose answers are given, and what it was asked."""
    answers: dict[str, Any] = {}

    def api(path: str, headers: Mapping[str, str]) -> ForgeAnswer:
        parts = urlsplit(path)
        if "t0ken" not in headers.get("authorization", ""):
            return 401, {}, b"{}"
        found = answers.get(parts.path)
        if isinstance(found, list):
            page = int(parse_qs(parts.query)["page"][0])
            found = found[(page - 1) * 100 : page * 100]
        return (404, {}, b"{}") if found is None else (200, {}, json.dumps(found).encode())

    forge.api = api

    def run(
        kind: str, resource: str, found: Mapping[str, Any], token: str = "t0ken", **context: str
    ) -> Any:
        answers.update(found)
        integration = Integration(forge.host, kind, f"http://{forge.host}/api")
        known = completions(Integrations((integration,)), timeout=20)
        name = {"bitbucket": "bitbucket-cloud"}.get(kind, kind)
        return known[name](resource, token, {"host": forge.host, **context})

    return run


def test_owners_at_github_are_organisations(complete: Complete) -> None:
    found = complete("github", "owners", {"/api/user/orgs": [{"login": "acme"}]})
    assert found == [{"id": "acme"}]


def test_a_list_of_several_pages_is_read_to_its_end(complete: Complete) -> None:
    repositories = [{"full_name": f"acme/r{n}"} for n in range(230)]
    found = complete("github", "repositoriesWithOwner", {"/api/user/repos": repositories})
    assert len(found) == 230
    assert found[-1] == {"id": "acme/r229"}


@pytest.mark.parametrize("kind", ["github", "gitea"])
def test_branches_are_those_of_a_repository(complete: Complete, kind: str) -> None:
    found = {"/api/repos/acme/shop/branches": [{"name": "main"}]}
    context = {"owner": "acme", "repository": "shop"}
    assert complete(kind, "branches", found, **context) == [{"id": "main"}]


def test_a_name_cannot_lead_elsewhere_in_the_api(complete: Complete, forge: Forge) -> None:
    with pytest.raises(InputError, match="must not be empty or dots"):
        complete("github", "branches", {}, owner="..", repository="shop")
    assert not forge.asked
    assert complete("github", "branches", {}, owner="acme", repository="a/../../user") == []
    assert [path.partition("?")[0] for path, _ in forge.asked] == [
        "/api/repos/acme/a%2F..%2F..%2Fuser/branches"
    ]


def test_groups_at_gitlab_and_the_user_itself_are_owners(complete: Complete) -> None:
    found = {
        "/api/groups": [{"id": 1, "full_path": "shop/backend"}],
        "/api/user": {"id": 2, "username": "kim"},
        "/api/users/2/projects": [{"id": 8, "name": " mine "}],
        "/api/groups/1/projects": [{"id": 9, "name": "ours"}],
    }
    assert complete("gitlab", "groups", found) == [
        {"title": "shop/backend", "id": "1"},
        {"title": "kim", "id": "2"},
    ]
    assert complete("gitlab", "repositories", found, id="2") == [{"title": "mine", "id": "8"}]
    assert complete("gitlab", "repositories", found, id="1") == [{"title": "ours", "id": "9"}]


def test_bitbucket_cloud_is_asked_as_by_backstage(complete: Complete, forge: Forge) -> None:
    found = {
        "/api/workspaces": {"values": [{"slug": "acme"}]},
        "/api/workspaces/acme/projects": {"values": [{"key": "SHOP"}]},
        "/api/repositories/acme": {"values": [{"slug": "orders"}]},
        "/api/repositories/acme/orders/refs/branches": {"values": [{"name": "main"}]},
    }
    acme = {"workspace": "acme"}
    for resource, context, choice in (
        ("workspaces", {}, "acme"),
        ("projects", acme, "SHOP"),
        ("repositories", {**acme, "project": "SHOP"}, "orders"),
        ("branches", {**acme, "repository": "orders"}, "main"),
    ):
        assert complete("bitbucket", resource, found, **context) == [{"id": choice}]
    asked = [parse_qs(urlsplit(path).query) for path, _ in forge.asked]
    assert asked[2] == {"q": ['project.key="SHOP"'], "page": ["1"], "pagelen": ["100"]}


def test_what_cannot_be_asked_for_is_told(complete: Complete) -> None:
    for kind, resource, reason in (
        ("github", "secrets", "Invalid resource: secrets"),
        ("github", "branches", "Missing owner and repository context parameter"),
        ("gitlab", "repositories", "Missing id context parameter"),
    ):
        with pytest.raises(InputError, match=reason):
            complete(kind, resource, {})
    with pytest.raises(InputError, match="not known as a github forge"):
        complete("github", "owners", {}, host="evil.test")
    with pytest.raises(SourceError, match="401"):
        complete("github", "owners", {}, token="wr0ng")


def test_the_token_of_the_operator_is_not_lent_to_forms(complete: Complete, forge: Forge) -> None:
    with pytest.raises(InputError, match="no token"):
        complete("github", "owners", {}, token="")
    assert not forge.asked


def test_a_form_that_names_no_host_means_the_public_one_of_the_kind() -> None:
    known = completions(Integrations(), timeout=20)
    for kind, host in (("github", "github.com"), ("gitlab", "gitlab.com")):
        with pytest.raises(InputError, match=f"there is no token for {host}"):
            known[kind]("branches", "", {})
    with pytest.raises(InputError, match="Missing host context parameter"):
        known["gitea"]("owners", "t0ken", {})
