"""``publish:azure``, ``:bitbucketCloud``, ``:bitbucketServer``, ``:gerrit`` and their requests.

Each runs against a server with the API of that forge, as its documentation and the modules of
Backstage describe it, and real git.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote
from urllib.parse import unquote

import pytest

from portal.kernel.errors import ConfigError
from portal.kernel.errors import ConflictError
from portal.kernel.errors import InputError
from portal.kernel.errors import NotFoundError
from portal.kernel.errors import SourceError
from tests.conftest import Forge
from tests.conftest import MakeSteps
from tests.scaffolder.forge_apis import FILES
from tests.scaffolder.forge_apis import TOKEN
from tests.scaffolder.forge_apis import Api
from tests.scaffolder.forge_apis import Publisher
from tests.scaffolder.forge_apis import Written
from tests.scaffolder.forge_apis import steps_at
from tests.scaffolder.remotes import Remote


def basic(user: str) -> str:
    return f"Basic {base64.b64encode(f'{user}:{TOKEN}'.encode()).decode()}"


class Azure(Api):
    kind = "azure"
    base = "/api"
    welcome = (basic(""),)

    def add(self, name: str) -> Any:
        organization, project, repo = name.split("/")
        place = f"{organization}/{project}/_git/{repo}"
        self.forge.make_empty(place)
        self.repositories[name] = {
            "id": f"id-of-{repo}",
            "name": repo,
            "remoteUrl": f"http://{organization}@{self.forge.host}/{quote(place)}.git",
            "webUrl": f"http://{self.forge.host}/{quote(place)}",
        }
        return self.repositories[name]

    def read(self, path: str, query: Mapping[str, list[str]]) -> Any:
        assert query["api-version"] == ["6.0"]
        parts = [unquote(part) for part in path.strip("/").split("/")]
        if parts[1:3] == ["_apis", "projects"]:
            return {"id": f"id-of-{parts[3]}"} if parts[3] in {"shop", "My Shop"} else None
        if parts[-1] == "pullrequests":
            source = query["searchCriteria.sourceRefName"]
            return {"value": [one for one in self.requests if one["sourceRefName"] in source]}
        return self.repositories.get("/".join((parts[0], parts[1], parts[-1])))

    def write(self, path: str, content: dict[str, Any]) -> Written:
        parts = [unquote(part) for part in path.partition("?")[0].strip("/").split("/")]
        if parts[-1] == "pullrequests":
            self.requests.append({"pullRequestId": len(self.requests) + 1, **content})
            return 201, self.requests[-1]
        return 201, self.add(f"{parts[0]}/{parts[1]}/{content['name']}")


class BitbucketCloud(Api):
    kind = "bitbucket"
    base = "/api/2.0"
    welcome = (f"Bearer {TOKEN}",)

    def add(self, name: str, **more: Any) -> Any:
        self.forge.make_empty(name)
        clone = f"http://kim@{self.forge.host}/{name}.git"
        self.repositories[name] = {
            "links": {
                "html": {"href": f"http://{self.forge.host}/{name}"},
                "clone": [{"name": "ssh", "href": "git@x:y"}, {"name": "https", "href": clone}],
            },
            "created_on": "2026-11-23T01:02:10.123456+00:00",
            "mainbranch": {"name": "main"},
            **more,
        }
        return self.repositories[name]

    def read(self, path: str, query: Mapping[str, list[str]]) -> Any:
        parts = path.strip("/").split("/")
        if parts[-1] == "pullrequests":
            return {"values": [one for one in self.requests if query["state"] == ["OPEN"]]}
        return self.repositories.get("/".join(parts[1:]))

    def write(self, path: str, content: dict[str, Any]) -> Written:
        parts = path.strip("/").split("/")
        if parts[-1] == "pullrequests":
            number = len(self.requests) + 1
            links = {"html": {"href": f"http://x/{number}"}}
            self.requests.append({"id": number, "links": links, **content})
            return 201, self.requests[-1]
        return 200, self.add("/".join(parts[1:]))


class BitbucketServer(Api):
    kind = "bitbucket-server"
    base = "/api/rest/api/1.0"
    welcome = (f"Bearer {TOKEN}",)
    lfs: Written = (204, None)

    def add(self, name: str) -> Any:
        self.forge.make_empty(f"scm/{name.lower()}")
        project, repo = name.split("/")
        home = f"http://{self.forge.host}/projects/{project}/repos/{repo}/browse"
        clone = f"http://{self.forge.host}/scm/{name.lower()}.git"
        links = {"self": [{"href": home}], "clone": [{"name": "http", "href": clone}]}
        self.repositories[name] = {"slug": repo, "links": links}
        return self.repositories[name]

    def read(self, path: str, query: Mapping[str, list[str]]) -> Any:
        parts = path.strip("/").split("/")
        if parts[-1] == "default-branch":
            return {"id": "refs/heads/main", "displayId": "main"}
        if parts[-1] == "pull-requests":
            return {"values": [one for one in self.requests if one["fromRef"]["id"] in query["at"]]}
        return self.repositories.get(f"{parts[1]}/{parts[3]}")

    def write(self, path: str, content: dict[str, Any]) -> Written:
        parts = path.strip("/").split("/")
        if parts[-1] == "enabled":
            return self.lfs
        if parts[-1] == "pull-requests":
            number = len(self.requests) + 1
            links = {"self": [{"href": f"http://x/{number}"}]}
            self.requests.append({"id": number, "links": links, **content})
            return 201, self.requests[-1]
        return 201, self.add(f"{parts[1]}/{content['name']}")


class Gerrit(Api):
    kind = "gerrit"
    base = "/a"
    welcome = (basic("kim"),)

    def add(self, name: str) -> Any:
        self.forge.make_empty(f"a/{name}")
        self.repositories[name] = {"id": name}
        return self.repositories[name]

    def get(self, path: str, headers: Mapping[str, str]) -> Any:
        status, answered, body = super().get(path, headers)
        return status, answered, b")]}'\n" + body

    def read(self, path: str, query: Mapping[str, list[str]]) -> Any:
        parts = [unquote(part) for part in path.strip("/").split("/")]
        if parts == ["changes"]:
            return [one for one in self.requests if one["id"] in query["q"][0]]
        return "refs/heads/main" if parts[-1] == "HEAD" else self.repositories.get(parts[1])

    def write(self, path: str, _content: dict[str, Any]) -> Written:
        return 201, self.add(unquote(path.strip("/").split("/")[1]))


#: Makes a publisher and its server, given the class of that.
Make = Callable[..., tuple[Publisher, Any, Remote]]
#: By the class: the action, ``repoUrl`` behind the host, git's user, and the remote's name.
ROWS: Mapping[type[Api], tuple[str, str, str, str]] = {
    Azure: (
        "publish:azure",
        "organization=acme&project=shop&repo=orders",
        "x-access-token",
        "acme/shop/_git/orders",
    ),
    BitbucketCloud: (
        "publish:bitbucketCloud",
        "workspace=acme&project=SHOP&repo=orders",
        "x-token-auth",
        "acme/orders",
    ),
    BitbucketServer: (
        "publish:bitbucketServer",
        "project=SHOP&repo=orders",
        "x-token-auth",
        "scm/shop/orders",
    ),
    Gerrit: (
        "publish:gerrit",
        "workspace=All-Projects&owner=backend&repo=shop/orders",
        "kim",
        "a/shop/orders",
    ),
}
ALL = pytest.mark.parametrize("kind", ROWS, ids=lambda kind: kind.kind)
WITH_PULLS = pytest.mark.parametrize(
    "kind", [kind for kind in ROWS if kind is not Gerrit], ids=lambda kind: kind.kind
)


@pytest.fixture
def make(make_steps: MakeSteps, forge: Forge) -> Make:
    def started(kind: type[Api]) -> tuple[Publisher, Any, Remote]:
        action, query, forge.user, name = ROWS[kind]
        forge.places = ("/api/", "/a/projects/", "/a/changes/")
        api = kind(forge)
        # Gerrit's actions have no token of their own: the operator's is the password of a user.
        more = {"token_env": "T", "user": "kim"} if kind is Gerrit else {}
        steps = steps_at(make_steps, forge, api, **more)
        steps.env["T"] = TOKEN
        given = {"repoUrl": f"{forge.host}?{query}", **({} if more else {"token": TOKEN})}
        return Publisher(steps, action, given), api, Remote(forge, name)

    return started


# --- new repositories ----------------------------------------------------------------


@ALL
def test_a_repository_is_made_and_has_the_files(make: Make, kind: type[Api]) -> None:
    publish, _, remote = make(kind)
    output = publish(defaultBranch="main")
    assert remote.files()["README.md"] == FILES["README.md"]
    assert output["commitHash"] == remote.commits()[0]
    assert output["remoteUrl"].removesuffix(".git") == remote.url.removesuffix(".git")


@ALL
def test_it_is_made_once_and_its_branch_is_master_like_there(make: Make, kind: type[Api]) -> None:
    publish, api, remote = make(kind)
    assert publish() == publish()
    assert len(api.sent) == 1
    assert len(remote.commits("master")) == 1


@ALL
def test_a_repository_that_was_there_is_left_alone(make: Make, kind: type[Api]) -> None:
    publish, api, _ = make(kind)
    publish()
    api.sent.clear()
    publish.steps.kept.clear()
    with pytest.raises(ConflictError, match="already; nothing was changed"):
        publish()
    assert not api.sent


@ALL
def test_the_contents_are_where_the_catalog_finds_them(make: Make, kind: type[Api]) -> None:
    publish, api, _ = make(kind)
    at = f"http://{api.forge.host}"
    assert (
        publish(defaultBranch="main")["repoContentsUrl"]
        == {
            Azure: f"{at}/acme/shop/_git/orders",
            BitbucketCloud: f"{at}/acme/orders/src/main",
            BitbucketServer: f"{at}/projects/SHOP/repos/orders/browse",
            Gerrit: f"{at}/plugins/gitiles/shop/orders/+/refs/heads/main",
        }[kind]
    )


@ALL
def test_what_has_no_effect_is_told(make: Make, kind: type[Api]) -> None:
    publish, _, _ = make(kind)
    publish(signCommit=True)
    assert any("signCommit has no effect" in line for line in publish.steps.said)


@ALL
def test_a_refusal_is_told_without_the_token(make: Make, kind: type[Api]) -> None:
    publish, _, _ = make(kind)
    secret = "s3cr3t-and-wrong"
    publish.steps.env["T"] = secret
    given = {} if kind is Gerrit else {"token": secret}
    with pytest.raises(SourceError, match="answered 401") as caught:
        publish(**given)
    for hidden in (secret, base64.b64encode(f":{secret}".encode()).decode()):
        assert hidden not in caught.value.message


@pytest.mark.parametrize(
    ("kind", "query", "missing"),
    [
        (Azure, "project=shop&repo=orders", "organization"),
        (BitbucketCloud, "workspace=acme&repo=orders", "project"),
        (BitbucketServer, "repo=orders", "project"),
        (Gerrit, "repo=orders", "workspace"),
    ],
    ids=lambda value: getattr(value, "kind", None),
)
def test_a_part_of_the_address_that_is_missing_is_named(
    make: Make, kind: type[Api], query: str, missing: str
) -> None:
    publish, api, _ = make(kind)
    with pytest.raises(InputError, match=f"missing {missing}"):
        publish(repoUrl=f"{api.forge.host}?{query}")
    assert not api.forge.asked


def test_a_project_of_azure_that_is_not_there_is_told(make: Make, forge: Forge) -> None:
    publish, _, _ = make(Azure)
    address = f"{forge.host}?organization=acme&project=other&repo=orders"
    with pytest.raises(NotFoundError, match="no project other in the organization acme"):
        publish(repoUrl=address)


def test_names_at_azure_may_have_blanks(make: Make, forge: Forge) -> None:
    publish, api, _ = make(Azure)
    address = f"{forge.host}?organization=acme&project=My%20Shop&repo=orders"
    output = publish(repoUrl=address)
    assert output["repoContentsUrl"] == f"http://{forge.host}/acme/My%20Shop/_git/orders"
    assert Remote(forge, "acme/My Shop/_git/orders").commits("master") == [output["commitHash"]]
    assert [path for _, path, _, _ in api.sent] == [
        "/acme/My%20Shop/_apis/git/repositories?api-version=6.0"
    ]
    assert api.sent[0][2] == {"name": "orders", "project": {"id": "id-of-My Shop"}}


@pytest.mark.parametrize(
    ("kind", "given", "body"),
    [
        (
            BitbucketCloud,
            {"description": "Takes orders", "repoVisibility": "public"},
            {
                "scm": "git",
                "description": "Takes orders",
                "is_private": False,
                "project": {"key": "SHOP"},
            },
        ),
        (
            BitbucketServer,
            {"description": "Takes orders", "defaultBranch": "main"},
            {
                "name": "orders",
                "description": "Takes orders",
                "defaultBranch": "main",
                "public": False,
            },
        ),
        (
            Gerrit,
            {"description": "Takes orders"},
            {
                "parent": "All-Projects",
                "description": "Takes orders",
                "branches": ["master"],
                "owners": ["backend"],
                "create_empty_commit": False,
            },
        ),
    ],
    ids=["bitbucket", "bitbucket-server", "gerrit"],
)
def test_what_is_asked_of_the_forge_is_what_backstage_asks(
    make: Make, kind: type[Api], given: dict[str, Any], body: dict[str, Any]
) -> None:
    publish, api, _ = make(kind)
    publish(**given)
    assert api.sent[0][2] == body


def test_lfs_is_switched_on_where_the_token_may(make: Make) -> None:
    publish, api, _ = make(BitbucketServer)
    forge = api.forge
    forge.change = lambda method, path, headers, body: api.change(
        method, path.replace("/api/rest/git-lfs", f"{api.base}/lfs"), headers, body
    )
    publish(enableLFS=True)
    assert [(method, path) for method, path, _, _ in api.sent][1:] == [
        ("PUT", "/lfs/admin/projects/SHOP/repos/orders/enabled")
    ]
    api.lfs = (403, {"errors": [{"message": "You are no administrator"}]})
    publish(enableLFS=True)
    assert any("You are no administrator" in line for line in publish.steps.said)


def test_a_token_of_a_named_user_is_sent_with_the_name(make: Make, forge: Forge) -> None:
    publish, api, remote = make(BitbucketCloud)
    steps = publish.steps
    known = replace(steps.config.integrations[0], token_env="T", user="kim@example.org")
    steps.config = replace(steps.config, integrations=(known,))
    api.welcome, forge.user = (basic("kim@example.org"),), "x-bitbucket-api-token-auth"
    publish(token=None)
    assert len(remote.commits("master")) == 1


def test_gerrit_wants_to_know_whose_the_token_is(make: Make) -> None:
    publish, _, _ = make(Gerrit)
    steps = publish.steps
    steps.config = replace(
        steps.config, integrations=(replace(steps.config.integrations[0], user=""),)
    )
    with pytest.raises(ConfigError, match="names no user"):
        publish()


def test_a_dry_run_of_gerrit_asks_nobody(make: Make) -> None:
    publish, api, remote = make(Gerrit)
    publish.steps.task = replace(publish.steps.task, is_dry_run=True)
    output = publish(defaultBranch="main")
    assert (output["remoteUrl"], output["commitHash"]) == (
        remote.url.removesuffix(".git"),
        "abcd-dry-run-1234",
    )
    assert not api.forge.asked


# --- pull requests and reviews -------------------------------------------------------------


def add_old(api: Any, remote: Remote) -> Remote:
    """Add a repository with a commit, whose name ends in ``old``."""
    name = {
        Azure: "acme/shop/old",
        BitbucketCloud: "acme/old",
        BitbucketServer: "SHOP/old",
        Gerrit: "shop/old",
    }[type(api)]
    api.add(name)
    old = replace(remote, name=remote.name.replace("orders", "old"))
    repository = api.forge.repository("clone-of-old", {"README.md": "old", "src/a": "a"})
    repository.git("push", "--quiet", str(old.path), "main")
    return old


def pull_inputs(kind: type[Api]) -> dict[str, Any]:
    if kind is Azure:
        return {"branchName": "outbox", "title": "Add an outbox", "draft": True}
    return {"sourceBranch": "outbox", "title": "Add an outbox"}


@WITH_PULLS
def test_a_change_is_a_branch_and_an_open_request(make: Make, kind: type[Api]) -> None:
    publish, api, remote = make(kind)
    old = add_old(api, remote)
    address = publish.given["repoUrl"].replace("orders", "old")
    given = {"repoUrl": address, "targetBranchName": "main", **pull_inputs(kind)}
    if kind is not Azure:
        given["targetBranch"] = given.pop("targetBranchName")
    output = publish(f"{publish.action}:pull-request", **given)
    again = publish(f"{publish.action}:pull-request", **given)
    assert output == again
    assert len(api.requests) == 1
    assert (old.read("README.md", "outbox"), old.read("src/a", "outbox")) == (
        FILES["README.md"],
        "a",
    )
    assert old.commits("outbox")[1:] == old.commits("main")
    azures = f"http://{api.forge.host}/acme/shop/_git/old/pullrequest/1"
    page = output["remoteUrl" if kind is Azure else "pullRequestUrl"]
    assert page == (azures if kind is Azure else "http://x/1")


def test_azure_is_told_that_it_is_a_draft(make: Make) -> None:
    publish, api, remote = make(Azure)
    add_old(api, remote)
    address = publish.given["repoUrl"].replace("orders", "old")
    given = {"repoUrl": address, "description": "Why", **pull_inputs(Azure)}
    output = publish("publish:azure:pull-request", **given)
    assert output["targetBranchName"] == "main"
    assert api.sent[-1][2] == {
        "sourceRefName": "refs/heads/outbox",
        "targetRefName": "refs/heads/main",
        "title": "Add an outbox",
        "description": "Why",
        "isDraft": True,
    }


@pytest.mark.parametrize("kind", [BitbucketCloud, BitbucketServer], ids=lambda kind: kind.kind)
def test_a_branch_that_is_there_is_proposed_as_it_is(make: Make, kind: type[Api]) -> None:
    publish, api, remote = make(kind)
    old = add_old(api, remote)
    old.git("branch", "outbox", "main")
    given = {"repoUrl": publish.given["repoUrl"].replace("orders", "old"), **pull_inputs(kind)}
    publish(f"{publish.action}:pull-request", **given)
    assert old.commits("outbox") == old.commits("main")
    assert len(api.requests) == 1


def test_the_request_at_bitbucket_cloud_is_what_backstage_asks(make: Make) -> None:
    publish, api, remote = make(BitbucketCloud)
    add_old(api, remote)
    given = {"repoUrl": publish.given["repoUrl"].replace("orders", "old"), "description": "Why"}
    publish("publish:bitbucketCloud:pull-request", **given, **pull_inputs(BitbucketCloud))
    assert api.sent[-1][2] == {
        "title": "Add an outbox",
        "summary": {"raw": "Why"},
        "source": {"branch": {"name": "outbox"}},
        "destination": {"branch": {"name": "main"}},
    }


def test_reviewers_are_asked_at_bitbucket_data_center(make: Make) -> None:
    publish, api, remote = make(BitbucketServer)
    add_old(api, remote)
    given = {"repoUrl": publish.given["repoUrl"].replace("orders", "old"), "reviewers": ["lee"]}
    publish("publish:bitbucketServer:pull-request", **given, **pull_inputs(BitbucketServer))
    repository = {"slug": "old", "project": {"key": "SHOP"}}
    assert api.sent[-1][2] == {
        "title": "Add an outbox",
        "fromRef": {"id": "refs/heads/outbox", "repository": repository},
        "toRef": {"id": "refs/heads/main", "repository": repository},
        "reviewers": [{"user": {"name": "lee"}}],
    }


def test_a_review_at_gerrit_is_a_push_with_the_id_of_the_change(make: Make) -> None:
    publish, api, remote = make(Gerrit)
    old = add_old(api, remote)
    given = {
        "repoUrl": publish.given["repoUrl"].replace("orders", "old"),
        "branch": "main",
        "gitCommitMessage": "Add an outbox",
    }
    output = publish("publish:gerrit:review", **given)
    pushed = old.git("rev-list", "refs/for/main").split()
    message = old.git("log", "-1", "--format=%B", pushed[0]).strip()
    change_id = message.rpartition("Change-Id: ")[2]
    assert message == f"Add an outbox\n\nChange-Id: {change_id}"
    assert pushed[1:] == old.commits("main")
    assert output["reviewUrl"] == f"http://{api.forge.host}/#/q/{change_id}"

    api.requests.append({"id": change_id})
    old.git("update-ref", "-d", "refs/for/main")
    assert publish("publish:gerrit:review", **given) == output
    assert old.git("for-each-ref", "refs/for") == ""


def test_a_review_needs_a_message(make: Make) -> None:
    publish, _, _ = make(Gerrit)
    with pytest.raises(InputError, match="Missing gitCommitMessage input"):
        publish("publish:gerrit:review")
