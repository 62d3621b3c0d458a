"""``publish:gitlab``, ``publish:gitea`` and their requests, against servers with those APIs."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import pytest

from portal.kernel.errors import ConflictError
from portal.kernel.errors import InputError
from portal.kernel.errors import NotFoundError
from portal.kernel.errors import SourceError
from tests.conftest import Forge
from tests.conftest import MakeSteps
from tests.conftest import Workspace
from tests.scaffolder.forge_apis import FILES
from tests.scaffolder.forge_apis import OPERATOR
from tests.scaffolder.forge_apis import TOKEN
from tests.scaffolder.forge_apis import Api
from tests.scaffolder.forge_apis import Output
from tests.scaffolder.forge_apis import Publisher
from tests.scaffolder.forge_apis import Written
from tests.scaffolder.forge_apis import steps_at
from tests.scaffolder.remotes import Remote

NAMESPACES = {"shop/backend": 5}
USERS = {"kim": 11, "lee": 12}
CREATED = "2026-11-23T01:02:10.123Z"


class GitLab(Api):
    kind = "gitlab"
    base = "/api/v4"
    welcome = (f"Bearer {TOKEN}", f"Bearer {OPERATOR}")

    def add(self, name: str, **more: Any) -> Any:
        self.forge.make_empty(name)
        self.repositories[name] = {
            "id": 30 + len(self.repositories),
            "path_with_namespace": name,
            "http_url_to_repo": self.address(name),
            "default_branch": "main",
            "created_at": CREATED,
            **more,
        }
        return self.repositories[name]

    def read(self, path: str, query: Mapping[str, list[str]]) -> Any:
        parts = [unquote(part) for part in path.strip("/").split("/")]
        if parts == ["user"]:
            return {"id": 11}
        if parts == ["users"]:
            name = query["username"][0]
            return [{"id": USERS[name]}] if name in USERS else []
        if parts[0] == "namespaces":
            found = NAMESPACES.get(parts[1])
            return found and {"id": found}
        if parts[-1] == "merge_requests":
            return [one for one in self.requests if one["source_branch"] in query["source_branch"]]
        return self.repositories.get(parts[1])

    def write(self, path: str, content: dict[str, Any]) -> Written:
        if path == "/projects":
            (namespace,) = [n for n, i in NAMESPACES.items() if i == content["namespace_id"]]
            name = f"{namespace}/{content['path']}"
            if name in self.repositories:
                return 400, {"message": {"name": ["has already been taken"]}}
            return 201, self.add(name)
        if path.endswith("/merge_requests"):
            number = len(self.requests) + 1
            self.requests.append({"iid": number, "web_url": f"http://x/{number}", **content})
            return 201, self.requests[-1]
        if path.endswith("/variables") and content["key"] == "THERE":
            return 400, {"message": {"key": ["(THERE) has already been taken"]}}
        return 201, {}


class Gitea(Api):
    kind = "gitea"
    base = "/api/v1"
    welcome = (f"token {TOKEN}",)
    organizations = ("acme",)

    def add(self, name: str, **more: Any) -> Any:
        self.forge.make_empty(name)
        self.repositories[name] = {
            "clone_url": self.address(name),
            "default_branch": "main",
            "created_at": CREATED,
            **more,
        }
        return self.repositories[name]

    def read(self, path: str, _query: Mapping[str, list[str]]) -> Any:
        parts = [unquote(part) for part in path.strip("/").split("/")]
        if parts == ["user"]:
            return {"login": "kim"}
        if parts[0] == "orgs":
            return {"id": 1} if parts[1] in self.organizations else None
        if parts[-1] == "pulls":
            return self.requests
        return self.repositories.get("/".join(parts[1:3]))

    def write(self, path: str, content: dict[str, Any]) -> Written:
        if path.endswith("/pulls"):
            number = len(self.requests) + 1
            pull = {"number": number, "html_url": f"http://x/{number}"}
            pull |= {side: {"ref": content[side]} for side in ("head", "base")}
            self.requests.append(pull)
            return 201, pull
        owner = "kim" if path == "/user/repos" else path.split("/")[2]
        return 201, self.add(f"{owner}/{content['name']}")


# --- GitLab ---------------------------------------------------------------------------


@pytest.fixture
def gitlab(forge: Forge) -> GitLab:
    forge.user = "oauth2"
    return GitLab(forge)


@pytest.fixture
def lab(make_steps: MakeSteps, forge: Forge, gitlab: GitLab) -> Publisher:
    address = f"{forge.host}?owner=shop%2Fbackend&repo=orders"
    given = {"repoUrl": address, "token": TOKEN}
    return Publisher(steps_at(make_steps, forge, gitlab), "publish:gitlab", given)


def test_a_project_of_a_group_is_made_and_has_the_files(
    lab: Publisher, gitlab: GitLab, forge: Forge
) -> None:
    output = lab(
        defaultBranch="main", settings={"description": "Takes orders", "visibility": "internal"}
    )
    commit = Remote(forge, "shop/backend/orders").commits()[0]
    assert output == {
        "remoteUrl": f"http://{forge.host}/shop/backend/orders.git",
        "repoContentsUrl": f"http://{forge.host}/shop/backend/orders/-/blob/main",
        "projectId": 30,
        "commitHash": commit,
        "created": True,
    }
    assert gitlab.bodies("/projects") == [
        {
            "name": "orders",
            "path": "orders",
            "visibility": "internal",
            "description": "Takes orders",
            "namespace_id": 5,
        }
    ]


def test_a_project_is_made_once_and_its_branch_is_master_like_there(
    lab: Publisher, gitlab: GitLab, forge: Forge
) -> None:
    assert lab() == lab()
    assert len(gitlab.bodies("/projects")) == 1
    assert Remote(forge, "shop/backend/orders").git("rev-parse", "master")


def test_a_group_that_is_not_there_is_told(lab: Publisher, forge: Forge) -> None:
    with pytest.raises(InputError, match="no group or user nobody"):
        lab(repoUrl=f"{forge.host}?owner=nobody&repo=orders")


def test_a_project_that_was_there_is_left_alone(lab: Publisher, gitlab: GitLab) -> None:
    gitlab.add("shop/backend/orders", created_at="2020-01-01T00:00:00Z")
    with pytest.raises(ConflictError):
        lab()
    output = lab(skipExisting=True)
    assert (output["created"], output["projectId"]) == (False, 30)
    assert not gitlab.sent


def test_branches_and_variables_are_made_and_may_be_there(lab: Publisher, gitlab: GitLab) -> None:
    lab(
        branches=[{"name": "next", "create": True, "protect": True, "ref": "master"}],
        projectVariables=[
            {"key": "A", "value": "1", "masked": True},
            {"key": "THERE", "value": "2"},
        ],
    )
    assert gitlab.bodies("/repository/branches") == [{"branch": "next", "ref": "master"}]
    assert gitlab.bodies("/protected_branches") == [{"name": "next"}]
    assert gitlab.bodies("/variables")[0] == {
        "key": "A",
        "value": "1",
        "masked": True,
        "variable_type": "env_var",
        "environment_scope": "*",
    }


def test_a_project_may_stay_empty(lab: Publisher, forge: Forge) -> None:
    assert lab(sourcePath=False)["commitHash"] == ""
    assert Remote(forge, "shop/backend/orders").git("for-each-ref") == ""


def test_the_operator_makes_owners_and_the_user_all_else(
    lab: Publisher, gitlab: GitLab, forge: Forge
) -> None:
    steps = lab.steps
    steps.config = replace(steps.config, host_tokens={forge.host: "LAB"})
    steps.env["LAB"] = OPERATOR
    lab(setUserAsOwner=True, ownerUsername="lee")
    owners = [(body, who) for _, path, body, who in gitlab.sent if path.endswith("/members")]
    assert owners == [
        ({"user_id": 11, "access_level": 50}, f"Bearer {OPERATOR}"),
        ({"user_id": 12, "access_level": 50}, f"Bearer {OPERATOR}"),
    ]
    others = {who for _, path, _, who in gitlab.sent if not path.endswith("/members")}
    assert others == {f"Bearer {TOKEN}"}


def test_what_gitlab_leaves_out_is_told(lab: Publisher) -> None:
    lab(signCommit=True, settings={"path": "other"})
    assert any("signCommit has no effect" in line for line in lab.steps.said)
    assert any("settings has no effect" in line for line in lab.steps.said)


def test_a_refusal_of_gitlab_is_told_without_the_token(lab: Publisher) -> None:
    with pytest.raises(SourceError, match="401") as caught:
        lab(token="glpat-s3cr3t")
    assert "s3cr3t" not in caught.value.message


@pytest.fixture
def merge(lab: Publisher, gitlab: GitLab, forge: Forge) -> Callable[..., Output]:
    forge.make("shop/backend/old", {"README.md": "old", "src/a": "a"})
    gitlab.repositories["shop/backend/old"] = {
        "id": 4,
        "path_with_namespace": "shop/backend/old",
        "http_url_to_repo": gitlab.address("shop/backend/old"),
        "default_branch": "main",
    }

    def run(tree: Workspace = FILES, /, **given: Any) -> Output:
        address = f"{forge.host}?owner=shop%2Fbackend&repo=old"
        given = {"repoUrl": address, "title": "Change", "branchName": "change", **given}
        return lab("publish:gitlab:merge-request", tree, **given)

    return run


def test_a_merge_request_changes_what_is_there(
    merge: Callable[..., Output], gitlab: GitLab, forge: Forge
) -> None:
    output = merge(labels=["a", "b"], assignee="kim", reviewers=["lee"], removeSourceBranch=True)
    assert output == {
        "targetBranchName": "main",
        "projectid": "4",
        "projectPath": "shop/backend/old",
        "mergeRequestUrl": "http://x/1",
    }
    assert Remote(forge, "shop/backend/old").read("README.md", "change") == "# Shop\n"
    assert gitlab.bodies("/merge_requests") == [
        {
            "source_branch": "change",
            "target_branch": "main",
            "title": "Change",
            "remove_source_branch": True,
            "labels": "a,b",
            "assignee_id": 11,
            "reviewer_ids": [12],
        }
    ]


def test_a_merge_request_is_opened_once(merge: Callable[..., Output], gitlab: GitLab) -> None:
    assert merge() == merge()
    assert len(gitlab.bodies("/merge_requests")) == 1


def test_a_merge_request_may_delete_files(merge: Callable[..., Output], forge: Forge) -> None:
    merge({"src/a": ""}, commitAction="delete")
    names = Remote(forge, "shop/backend/old").git("ls-tree", "-r", "--name-only", "change").split()
    assert names == [".portal/provenance/task-1.yaml", "README.md"]


def test_a_merge_request_may_be_of_a_branch_that_is_there(
    merge: Callable[..., Output], forge: Forge, gitlab: GitLab
) -> None:
    Remote(forge, "shop/backend/old").git("branch", "change", "main")
    merge(commitAction="skip")
    assert len(gitlab.bodies("/merge_requests")) == 1


def test_a_user_nobody_knows_is_told(merge: Callable[..., Output]) -> None:
    with pytest.raises(InputError, match="no user 'nobody'"):
        merge(assignee="nobody")


def test_a_merge_request_may_merge_by_itself(merge: Callable[..., Output], gitlab: GitLab) -> None:
    merge(autoMerge=True)
    assert gitlab.sent[-1][:2] == ("PUT", "/projects/4/merge_requests/1/merge")


def test_a_project_nobody_sees_gets_no_merge_request(
    merge: Callable[..., Output], forge: Forge
) -> None:
    with pytest.raises(NotFoundError, match="no project shop/none"):
        merge(repoUrl=f"{forge.host}?owner=shop&repo=none")


# --- Gitea --------------------------------------------------------------------------


@pytest.fixture
def gitea(forge: Forge) -> Gitea:
    return Gitea(forge)


@pytest.fixture
def tea(make_steps: MakeSteps, forge: Forge, gitea: Gitea) -> Publisher:
    steps = steps_at(make_steps, forge, gitea)
    # The action has no input for it: the token is the operator's.
    steps.config = replace(steps.config, host_tokens={forge.host: "TEA"})
    steps.env["TEA"] = TOKEN

    return Publisher(steps, "publish:gitea", {"repoUrl": f"{forge.host}?owner=acme&repo=orders"})


def test_a_repository_at_gitea_is_made_and_has_the_files(
    tea: Publisher, gitea: Gitea, forge: Forge
) -> None:
    output = tea(description="Takes orders", repoVisibility="private")
    assert output == {
        "remoteUrl": f"http://{forge.host}/acme/orders.git",
        "repoContentsUrl": f"http://{forge.host}/acme/orders/src/branch/main",
        "commitHash": Remote(forge, "acme/orders").commits()[0],
    }
    assert gitea.bodies("/orgs/acme/repos") == [
        {
            "name": "orders",
            "description": "Takes orders",
            "private": True,
            "default_branch": "main",
            "auto_init": False,
        }
    ]


def test_a_repository_at_gitea_is_public_and_made_once(tea: Publisher, gitea: Gitea) -> None:
    assert tea(description="x") == tea(description="x")
    (body,) = gitea.bodies("/repos")
    assert body["private"] is False


def test_a_user_of_gitea_gets_a_repository(tea: Publisher, gitea: Gitea, forge: Forge) -> None:
    tea(description="x", repoUrl=f"{forge.host}?owner=kim&repo=orders")
    assert gitea.bodies("/user/repos")
    with pytest.raises(InputError, match="lee is no organisation"):
        tea(description="x", repoUrl=f"{forge.host}?owner=lee&repo=orders")


def test_a_repository_at_gitea_that_was_there_is_left_alone(tea: Publisher, gitea: Gitea) -> None:
    gitea.add("acme/orders", created_at="2020-01-01T00:00:00Z")
    with pytest.raises(ConflictError):
        tea(description="x")
    assert not gitea.sent


def test_a_pull_request_at_gitea_is_opened_once(tea: Publisher, gitea: Gitea, forge: Forge) -> None:
    forge.make("acme/old", {"README.md": "old"})
    gitea.repositories["acme/old"] = {"clone_url": gitea.address("acme/old")}
    given = {"repoUrl": f"{forge.host}?owner=acme&repo=old", "branchName": "b", "title": "T"}
    first = tea("publish:gitea:pull-request", **given)
    assert first == {
        "targetBranchName": "main",
        "remoteUrl": "http://x/1",
        "pullRequestNumber": 1,
    }
    assert tea("publish:gitea:pull-request", **given) == first
    assert len(gitea.bodies("/pulls")) == 1
    assert Remote(forge, "acme/old").read("README.md", "b") == "# Shop\n"
