"""Repositories a forge lists become sources; a list that is not whole changes nothing."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs
from urllib.parse import urlsplit

import pytest

from portal.app import create_app
from portal.catalog.outcomes import RunOutcome
from portal.config.loading import load_config
from portal.config.settings import Config
from portal.config.sources import Provider
from portal.config.sources import Source
from portal.jobs.thread_dispatcher import ThreadDispatcher
from portal.kernel.errors import ConfigError
from portal.roles.doctor import checks_of
from portal.roles.doctor import examine
from portal.roles.services import Services
from portal.scm.urls import repository_key
from tests.conftest import Forge
from tests.conftest import MakeRepository
from tests.databases import Databases

TOKEN = "a-token-of-the-forge"
ENTITY = """apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {{name: {name}}}
spec: {{type: service, lifecycle: production, owner: team}}
"""
Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Api:
    """The listing of one owner, as each forge speaks it.

    Attributes:
        type: The forge.
        host: Where the repositories are said to be.
        names: The repositories, in the order they were made.
        special: What is different of some of them.
        page_size: Entries of a page.
        owner_is_user: Whether the owner is a user.
        broken: Answers instead, when it returns something.
        answered: The status of each answer.
    """

    type: str
    host: str
    names: list[str] = field(default_factory=list)
    special: dict[str, dict[str, Any]] = field(default_factory=dict)
    page_size: int = 2
    owner_is_user: bool = False
    broken: Callable[[int], Answer | None] = lambda _page: None
    answered: list[int] = field(default_factory=list)

    def __call__(self, path: str, headers: Mapping[str, str]) -> Answer:
        answer = self._answer(path, headers)
        self.answered.append(answer[0])
        return answer

    def _answer(self, path: str, headers: Mapping[str, str]) -> Answer:
        parts = urlsplit(path)
        page = int(parse_qs(parts.query).get("page", ["1"])[0])
        collection = {"gitlab": ("groups", "projects")}.get(self.type, ("orgs", "repos"))
        if self.owner_is_user:
            collection = ("users", collection[1])
        if parts.path != f"/api/{collection[0]}/acme/{collection[1]}":
            return 404, {}, b'{"message": "Not Found"}'
        broken = self.broken(page)
        if broken is not None:
            return broken
        names = self.names[(page - 1) * self.page_size : page * self.page_size]
        body = json.dumps([self._entry(name) for name in names]).encode()
        etag = f'W/"{hashlib.sha256(body).hexdigest()[:16]}"'
        if headers.get("if-none-match") == etag:
            return 304, {"ETag": etag}, b""
        return 200, {"ETag": etag, **self._paging(page, parts.path)}, body

    def _paging(self, page: int, path: str) -> dict[str, str]:
        has_more = page * self.page_size < len(self.names)
        if self.type == "gitlab":
            following = str(page + 1) if has_more else ""
            return {"X-Next-Page": following, "X-Total": str(len(self.names))}
        headers = {"X-Total-Count": str(len(self.names))} if self.type == "gitea" else {}
        first = f'<http://{self.host}{path}?page=1>; rel="first"'
        if has_more:
            following = f"<http://{self.host}{path}?per_page=100&page={page + 1}>"
            headers["Link"] = f'{following}; rel="next", {first}'
        return headers

    def _entry(self, name: str) -> dict[str, Any]:
        url = f"http://{self.host}/acme/{name}.git"
        if self.type == "gitlab":
            entry = {"path": name, "path_with_namespace": f"acme/{name}", "archived": False}
            entry["http_url_to_repo"] = url
        else:
            entry = {"name": name, "full_name": f"acme/{name}", "clone_url": url}
            entry |= {"archived": False, "fork": False, "private": False}
        return {"id": 1, "default_branch": "main", **entry, **self.special.get(name, {})}


@dataclass
class Discovering:
    """A portal that discovers what one forge has."""

    forge: Any
    api: Api
    services: Services

    def make(self, *names: str) -> None:
        for name in names:
            self.forge.make(f"acme/{name}", {"catalog-info.yaml": ENTITY.format(name=name)})
            self.api.names.append(name)

    def sync(self, confirm: str = "") -> list[Any]:
        return list(self.services.source_sync.sync((), confirm))

    def problems(self, confirm: str = "") -> list[Any]:
        return [run for run in self.sync(confirm) if run.outcome.needs_attention]

    def components(self) -> list[str]:
        found = self.services.entity_reader.all_documents(["Component"])
        return [entity["metadata"]["name"] for entity in found]

    @property
    def state(self) -> Any:
        return self.services.discovery.states()[0]


Make = Callable[..., Discovering]


@pytest.fixture
def discover(
    forge: Forge, tmp_path: Path, databases: Databases, make_repository: MakeRepository
) -> Iterator[Make]:
    made: list[Services] = []
    databases.sqlite(tmp_path / "data")

    def make(kind: str = "github", **members: Any) -> Discovering:
        api = Api(kind, forge.host)
        forge.api = api
        own = make_repository({"readme.md": "Nothing in here"}, f"own{len(made)}")
        provider = Provider("forge", kind, f"http://{forge.host}/api", "acme")
        config = Config(
            data_dir=tmp_path / "data",
            sources=(Source("own", str(own.path), targets=()),),
            providers=(replace(provider, **members),),
        )
        services = Services(config)
        made.append(services)
        return Discovering(forge, api, services)

    yield make
    for services in made:
        services.database.dispose()


@pytest.mark.parametrize("kind", ["github", "gitlab", "gitea"])
@pytest.mark.parametrize("owner_is_user", [False, True])
def test_every_page_of_every_forge_is_read(kind: str, owner_is_user: bool, discover: Make) -> None:
    portal = discover(kind)
    portal.api.owner_is_user = owner_is_user
    portal.api.page_size = 1
    portal.make("cart", "shop", "till")
    assert portal.problems() == []
    assert portal.components() == ["cart", "shop", "till"]
    names = [source.name for source in portal.services.discovery.sources()]
    assert names == [f"forge-{name}" for name in portal.components()]


@pytest.mark.parametrize(
    ("kind", "header", "expected"),
    [
        ("github", "authorization", f"Bearer {TOKEN}"),
        ("gitlab", "authorization", f"Bearer {TOKEN}"),
        ("gitea", "authorization", f"token {TOKEN}"),
    ],
)
def test_the_token_is_shown_as_each_forge_wants_it(
    kind: str, header: str, expected: str, discover: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORGE_TOKEN", TOKEN)
    portal = discover(kind, token_env="FORGE_TOKEN")
    portal.make("shop")
    assert portal.problems() == []
    assert {headers[header] for _, headers in portal.forge.asked} == {expected}
    assert all(authorization for _, authorization in portal.forge.seen)
    assert TOKEN not in repr(portal.state)


def test_without_its_token_a_provider_says_which_variable_is_missing(discover: Make) -> None:
    portal = discover(token_env="NO_SUCH_TOKEN")
    (problem,) = portal.problems()
    assert "NO_SUCH_TOKEN" in problem.error
    assert portal.forge.asked == []


def test_asking_again_is_conditional(discover: Make) -> None:
    portal = discover()
    portal.make("cart", "shop", "till")
    portal.sync()
    portal.api.answered.clear()
    portal.sync()
    assert portal.api.answered == [304, 304]
    assert len(portal.components()) == 3
    portal.make("wall")
    portal.sync()
    assert portal.components() == ["cart", "shop", "till", "wall"]


def test_a_last_page_that_is_full_is_asked_for_without_condition(discover: Make) -> None:
    """The page after it would come without a change of its own content."""
    portal = discover()
    portal.api.page_size = 10
    names = [f"shop{number}" for number in range(10)]
    portal.api.names += names
    portal.services.discovery.look(portal.services.config.providers[0])
    portal.api.names.append("eleventh")
    report = portal.services.discovery.look(portal.services.config.providers[0])
    assert report.added == ("forge-eleventh",)


def test_archived_repositories_and_forks_are_left_out_unless_wanted(discover: Make) -> None:
    portal = discover()
    portal.api.special = {"old": {"archived": True}, "copy": {"fork": True}}
    portal.make("shop", "old", "copy")
    portal.sync()
    assert portal.components() == ["shop"]
    both = discover(archived=True, forks=True)
    both.api.special, both.api.names = portal.api.special, portal.api.names
    both.sync()
    assert both.components() == ["copy", "old", "shop"]


def test_gitlab_tells_a_fork_by_where_it_comes_from(discover: Make) -> None:
    portal = discover("gitlab")
    portal.api.special = {"copy": {"forked_from_project": {"id": 7}}}
    portal.make("shop", "copy")
    portal.sync()
    assert portal.components() == ["shop"]


def test_names_are_included_and_excluded_by_globs(discover: Make) -> None:
    portal = discover(include=("shop-*", "till"), exclude=("*-test",))
    portal.make("shop-a", "shop-test", "till", "wall")
    portal.sync()
    assert portal.components() == ["shop-a", "till"]


def test_a_repository_without_a_descriptor_is_no_problem(discover: Make) -> None:
    portal = discover()
    portal.make("shop")
    portal.forge.make("acme/plain", {"readme.md": "Nothing"})
    portal.api.names.append("plain")
    assert portal.problems() == []
    assert portal.services.source_status.problems() == []
    locations = portal.services.entity_reader.all_documents(["Location"])
    assert len(locations) == 1


def test_a_repository_that_is_gone_takes_its_entities_along(discover: Make) -> None:
    portal = discover()
    portal.make("cart", "shop", "till")
    portal.sync()
    portal.api.names.remove("shop")
    assert portal.problems() == []
    assert portal.components() == ["cart", "till"]


def test_a_list_that_lost_too_much_is_held_until_it_is_confirmed(discover: Make) -> None:
    portal = discover()
    portal.make("cart", "shop", "till", "wall")
    portal.sync()
    portal.api.names[:] = ["cart", "till"]
    (held,) = portal.problems()
    assert held.outcome is RunOutcome.HELD
    assert held.removed == ("forge-shop", "forge-wall")
    assert portal.state.held_id == held.held_id
    assert len(portal.components()) == 4
    assert portal.problems("0123456789ab")
    assert len(portal.components()) == 4
    assert portal.problems(held.held_id) == []
    assert portal.components() == ["cart", "till"]
    assert portal.state.held_id == ""


def test_a_hold_is_over_when_the_repositories_are_back(discover: Make) -> None:
    portal = discover()
    portal.make("cart", "shop", "till", "wall")
    portal.sync()
    names = list(portal.api.names)
    portal.api.names.clear()
    assert portal.problems()[0].outcome is RunOutcome.HELD
    portal.api.names += names
    assert portal.problems() == []
    assert portal.state.held_id == ""
    assert len(portal.components()) == 4


def test_a_list_that_is_empty_all_at_once_is_held_even_for_one(discover: Make) -> None:
    portal = discover()
    portal.make("shop")
    portal.sync()
    portal.api.names.clear()
    assert portal.problems()[0].outcome is RunOutcome.HELD
    assert portal.components() == ["shop"]


GARBAGE = [
    b"",
    b"<html>Sign in</html>",
    b"{}",
    b"null",
    b'["shop"]',
    b'[{"name": "shop"}]',
    b'[{"name": 7, "clone_url": "http://x/y", "archived": false, "fork": false}]',
    b"[" * 200_000,
    b"\xff\xfe",
]


@pytest.mark.parametrize("page", [1, 2])
@pytest.mark.parametrize(
    "answer",
    [
        (500, {}, b"oops"),
        (502, {}, b""),
        (401, {}, b'{"message": "Bad credentials"}'),
        (403, {}, b"no"),
        (404, {}, b'{"message": "Not Found"}'),
        (302, {"Location": "http://127.0.0.2:1/api"}, b""),
        *[(200, {}, body) for body in GARBAGE],
    ],
)
def test_a_list_that_is_not_whole_changes_nothing(
    answer: Answer, page: int, discover: Make
) -> None:
    portal = discover()
    portal.api.names += ["cart", "shop", "till"]
    provider = portal.services.config.providers[0]
    assert portal.services.discovery.look(provider).outcome == "changed"
    portal.api.special = {name: {"description": "new"} for name in portal.api.names}
    portal.api.broken = lambda asked: answer if asked == page else None
    report = portal.services.discovery.look(provider)
    assert report.outcome == "failed"
    assert report.error
    assert len(portal.services.discovery.sources()) == 3
    assert portal.state.failing_since
    assert portal.state.error == report.error
    portal.api.broken = lambda _page: None
    assert portal.services.discovery.look(provider).outcome == "unchanged"
    assert portal.state.failing_since == ""


def test_a_list_that_ends_before_its_own_total_is_not_whole(discover: Make) -> None:
    portal = discover("gitlab")
    portal.api.names += ["cart", "shop", "till"]
    provider = portal.services.config.providers[0]
    portal.api.broken = lambda page: (
        (200, {"X-Total": "3"}, json.dumps([portal.api._entry("cart")]).encode())
        if page == 1
        else None
    )
    report = portal.services.discovery.look(provider)
    assert report.error == "its list ends after 1 of 3"


def test_a_list_without_an_end_is_none(discover: Make) -> None:
    portal = discover()
    here = f"<http://{portal.forge.host}/api/orgs/acme/repos?page=1>; rel=next"
    again = f"<http://{portal.forge.host}/api/orgs/acme/repos?page=2>; rel=next"
    portal.api.broken = lambda page: (200, {"Link": again if page == 1 else here}, b"[]")
    report = portal.services.discovery.look(portal.services.config.providers[0])
    assert report.error == "its list has no end"


@pytest.mark.parametrize("link", ["http://127.0.0.1:1/api", "https://elsewhere.example/", "//["])
def test_a_next_page_at_another_server_is_not_asked_for(link: str, discover: Make) -> None:
    portal = discover()
    portal.api.broken = lambda _page: (200, {"Link": f'<{link}>; rel="next"'}, b"[]")
    report = portal.services.discovery.look(portal.services.config.providers[0])
    assert report.error == "the next page of its list is at another server"


def test_a_repository_at_another_server_gets_neither_a_visit_nor_the_token(
    discover: Make,
) -> None:
    portal = discover()
    portal.api.special = {"shop": {"clone_url": "https://elsewhere.example/acme/shop.git"}}
    portal.api.names.append("shop")
    report = portal.services.discovery.look(portal.services.config.providers[0])
    assert "set 'git' of the provider" in report.error
    assert portal.services.discovery.sources() == []


@pytest.mark.parametrize(
    "url", ["file:///etc", "ssh://host/a", "https://user:secret@host/a", "/etc", "ext::sh -c id"]
)
def test_an_address_git_may_not_use_makes_the_list_none(url: str, discover: Make) -> None:
    portal = discover()
    portal.api.special = {"shop": {"clone_url": url}}
    portal.api.names.append("shop")
    report = portal.services.discovery.look(portal.services.config.providers[0])
    assert report.outcome == "failed"
    assert "secret" not in report.error


#: Stands for a quarter of an hour from now, as the time it is then.
LATER = "later"


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": LATER}),
        (429, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": LATER}),
        (429, {"RateLimit-Remaining": "0", "RateLimit-Reset": LATER}),
        (403, {"Retry-After": "900"}),
        (429, {"Retry-After": "900"}),
        (503, {"Retry-After": "900"}),
        (429, {}),
    ],
)
def test_a_forge_that_wants_rest_gets_it(
    status: int, headers: dict[str, str], discover: Make
) -> None:
    portal = discover()
    portal.api.names += ["cart", "shop", "till"]
    provider = portal.services.config.providers[0]
    portal.services.discovery.look(provider)
    told = dict(headers)
    for name in [name for name, value in headers.items() if value == LATER]:
        told[name] = str(int(time.time()) + 900)
    portal.api.broken = lambda page: (status, told, b"{}") if page == 2 else None
    portal.api.special = {name: {"description": "new"} for name in portal.api.names}
    began = time.time()
    report = portal.services.discovery.look(provider)
    ended = time.time()
    assert report.error.startswith("its rate limit is used up; it is asked again after 2")
    wanted = 900 if headers else 60
    assert began + wanted - 2 < portal.state.not_before < ended + wanted + 2
    asked = len(portal.forge.asked)
    assert portal.services.discovery.look(provider).outcome == "failed"
    assert len(portal.forge.asked) == asked
    assert len(portal.services.discovery.sources()) == 3


def test_a_limit_that_is_used_up_half_way_is_not_tried(discover: Make) -> None:
    portal = discover()
    portal.api.names += ["cart", "shop", "till"]
    link = f"<http://{portal.forge.host}/api/orgs/acme/repos?page=2>; rel=next"
    used_up = {"Link": link, "X-RateLimit-Remaining": "0"}
    portal.api.broken = lambda page: (200, used_up, b"[]") if page == 1 else None
    report = portal.services.discovery.look(portal.services.config.providers[0])
    assert "rate limit" in report.error
    assert portal.api.answered[-1] == 200


def test_an_owner_that_moved_out_of_sight_is_not_looked_for_elsewhere(discover: Make) -> None:
    """What an organisation's own list says no more, the list of a user must not say."""
    portal = discover()
    portal.api.names += ["cart", "shop"]
    provider = portal.services.config.providers[0]
    portal.services.discovery.look(provider)
    portal.api.owner_is_user = True
    report = portal.services.discovery.look(provider)
    assert report.error == "there is no such owner, or no right to see it"
    assert len(portal.services.discovery.sources()) == 2


def test_names_of_sources_stay_apart(discover: Make) -> None:
    portal = discover("gitlab")
    portal.api.names += ["sub/shop", "sub-shop", "Sub.Shop", "a" * 90, ".github"]
    portal.services.discovery.look(portal.services.config.providers[0])
    names = [source.name for source in portal.services.discovery.sources()]
    assert len(set(names)) == 5
    assert "forge-sub-shop" in names
    assert all(len(name) <= 63 for name in names)


def test_readiness_tells_what_is_stale_and_what_is_held(discover: Make) -> None:
    portal = discover()
    portal.make("cart", "shop", "till")
    portal.sync()
    client = create_app(portal.services).test_client()
    portal.api.names[:] = ["cart"]
    portal.sync()
    answer = client.get("/.backstage/health/v1/readiness").get_json()
    assert answer["held"] == [{"provider": "forge", "list": portal.state.held_id}]
    (finding,) = [
        each for each in examine(checks_of(portal.services)) if each.what == "provider forge"
    ]
    assert finding.remedy == f"portal sync --confirm {portal.state.held_id}"
    portal.api.broken = lambda _page: (500, {}, b"")
    portal.sync()
    answer = client.get("/.backstage/health/v1/readiness").get_json()
    assert answer["stale"][0]["provider"] == "forge"
    assert answer["stale"][0]["reason"] == "it answers 500"


def test_a_provider_that_fails_from_the_beginning_stops_nobody_else(discover: Make) -> None:
    portal = discover()
    portal.api.broken = lambda _page: (500, {}, b"")
    listing, run = portal.sync()
    assert (listing.provider, listing.outcome) == ("forge", RunOutcome.FAILED)
    assert (run.source, run.outcome) == ("own", RunOutcome.UNCHANGED)


GOOD = {"name": "acme", "type": "github", "api": "https://api.example.org", "owner": "acme"}


def test_a_provider_is_configured_in_a_few_lines() -> None:
    (provider,) = load_config(None, {}, providers=[{**GOOD, "forks": True}]).providers
    assert provider == Provider("acme", "github", "https://api.example.org", "acme", forks=True)


@pytest.mark.parametrize(
    ("member", "value", "reason"),
    [
        ("name", "Acme", "lower-case"),
        ("type", "svn", "one of github, gitlab, gitea"),
        ("api", "http://api.example.org", "this machine only"),
        ("api", "https://token@api.example.org", "without credentials"),
        ("api", "ftp://api.example.org", "must be https"),
        ("owner", "../admin", "path of an organisation"),
        ("owner", "a?b", "path of an organisation"),
        ("token_env", "ghp_secret-token!", "not a token"),
        ("forks", "maybe", "true or false"),
        ("colour", "red", "unknown key"),
        ("name", "location", "location"),
    ],
)
def test_a_provider_that_is_wrong_is_refused(member: str, value: Any, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason) as caught:
        load_config(None, {}, providers=[{**GOOD, member: value}])
    assert "ghp_secret" not in caught.value.message


def test_two_providers_cannot_make_sources_of_one_name() -> None:
    providers = [GOOD, {**GOOD, "name": "acme-old"}]
    with pytest.raises(ConfigError, match="begins another provider's name"):
        load_config(None, {}, providers=providers)


def test_the_running_worker_reads_what_it_discovers(discover: Make) -> None:
    portal = discover()
    portal.make("cart", "shop")
    dispatcher = ThreadDispatcher(portal.services.worker.handlers, 2)
    portal.services.worker.schedule(dispatcher)
    end = time.monotonic() + 30
    while len(portal.components()) < 2 or not dispatcher.is_idle():
        assert time.monotonic() < end
        time.sleep(0.01)
    assert portal.services.discovery.due() == []
    assert Services(portal.services.config).discovery.unlisted() == []
    dispatcher.stop()


def test_a_push_concerns_what_a_provider_reads_and_nothing_it_leaves_out(
    discover: Make,
) -> None:
    portal = discover(exclude=("*-test",))
    portal.api.special = {"old": {"archived": True}, "copy": {"fork": True}}
    portal.api.names += ["shop", "old", "copy", "shop-test"]
    portal.services.discovery.look(portal.services.config.providers[0])
    followed = [repository_key(source.url) for source in portal.services.source_registry.followed()]
    assert f"{portal.forge.host}/acme/shop" in followed
    assert not any(key.endswith(("old", "copy", "test")) for key in followed)
