"""``publish:github`` and its pull requests, against a server that speaks GitHub's API."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs
from urllib.parse import unquote
from urllib.parse import urlsplit

import pytest

from portal.config.sources import Integration
from portal.kernel.errors import ConflictError
from portal.kernel.errors import InputError
from portal.kernel.errors import NotAllowedError
from portal.kernel.errors import NotFoundError
from portal.kernel.errors import PortalError
from portal.kernel.errors import SourceError
from tests.conftest import Forge
from tests.conftest import ForgeAnswer
from tests.conftest import MakeSteps
from tests.conftest import Steps
from tests.conftest import Workspace
from tests.scaffolder.remotes import Remote
from tests.scaffolder.remotes import json_answer

TOKEN = "ghp_of_the_user"
FILES = {"README.md": "# Shop\n", "catalog-info.yaml": "kind: Component\n"}
#: What a step leaves in ``output``, and what runs one, given files and input.
Output = Mapping[str, Any]
Publish = Callable[..., Output]
REPO = re.compile(r"/repos/([^/]+)/([^/]+)(/.*)?")


@dataclass
class GitHub:
    """As much of GitHub as publishing asks for; it remembers what it is told.

    Attributes:
        forge: Where repositories are, over HTTP.
        created_at: When a new repository says it was made.
        plan: The status of a protection.
        sent: Method, path and body of every change.
        fail_after: How many creations are answered with an error although they were done.
    """

    forge: Forge
    created_at: str = "2026-11-23T01:02:10Z"
    plan: int = 200
    fail_after: int = 0
    clone_host: str = ""
    owners: dict[str, str] = field(default_factory=lambda: {"acme": "Organization", "kim": "User"})
    repositories: dict[str, dict[str, Any]] = field(default_factory=dict)
    pulls: list[dict[str, Any]] = field(default_factory=list)
    sent: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    def get(self, path: str, headers: Mapping[str, str]) -> ForgeAnswer:
        if refusal := self._refusal(headers):
            return refusal
        parts = urlsplit(path.removeprefix("/api/v3"))
        where, query = unquote(parts.path), parse_qs(parts.query)
        if where == "/user":
            return json_answer(200, {"login": "Kim"})
        if where.startswith("/users/"):
            owner = where.rpartition("/")[2]
            kind = self.owners.get(owner)
            return json_answer(200, {"login": owner, "type": kind}) if kind else _missing()
        match = REPO.fullmatch(where)
        name = f"{match[1]}/{match[2]}" if match else ""
        if not match or name not in self.repositories:
            return _missing()
        if match[3] == "/pulls":
            head = query["head"][0].partition(":")[2]
            return json_answer(200, [pull for pull in self.pulls if pull["head"]["ref"] == head])
        return json_answer(200, self.repositories[name])

    def change(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> ForgeAnswer:
        if refusal := self._refusal(headers):
            return refusal
        where, content = unquote(path.removeprefix("/api/v3")), json.loads(body)
        self.sent.append((method, where, content))
        if where in ("/user/repos", "/orgs/acme/repos"):
            return self._create("kim" if where.startswith("/user") else "acme", content)
        if where.endswith("/protection"):
            return json_answer(self.plan, {"message": "Upgrade to GitHub Pro"})
        if where.endswith("/pulls"):
            return self._open_pull(content)
        if where.endswith("/rulesets"):
            return json_answer(201, {"id": 42, **content})
        return json_answer(201, {})

    def _refusal(self, headers: Mapping[str, str]) -> ForgeAnswer | None:
        if headers.get("authorization") != f"Bearer {TOKEN}":
            return json_answer(401, {"message": "Bad credentials"})
        return None

    def _create(self, owner: str, content: dict[str, Any]) -> ForgeAnswer:
        name = f"{owner}/{content['name']}"
        if name in self.repositories:
            errors = [{"message": "name already exists on this account"}]
            return json_answer(422, {"message": "Repository creation failed.", "errors": errors})
        self.add(name)
        if self.fail_after:
            self.fail_after -= 1
            return json_answer(502, {"message": "Server Error"})
        return json_answer(201, self.repositories[name])

    def add(self, name: str, **more: Any) -> None:
        self.forge.make_empty(name)
        host = self.clone_host or self.forge.host
        self.repositories[name] = {
            "clone_url": f"http://{host}/{name}.git",
            "html_url": f"http://{self.forge.host}/{name}",
            "default_branch": "main",
            "created_at": self.created_at,
            **more,
        }

    def _open_pull(self, content: dict[str, Any]) -> ForgeAnswer:
        number = 7 + len(self.pulls)
        pull = {
            "number": number,
            "html_url": f"http://{self.forge.host}/pull/{number}",
            "head": {"ref": content["head"]},
            "base": {"ref": content["base"]},
        }
        self.pulls.append(pull)
        return json_answer(201, pull)

    def bodies(self, ending: str) -> list[dict[str, Any]]:
        return [body for _, path, body in self.sent if path.endswith(ending)]


def _missing() -> ForgeAnswer:
    return json_answer(404, {"message": "Not Found"})


@pytest.fixture
def github(forge: Forge) -> GitHub:
    found = GitHub(forge)
    forge.api, forge.change, forge.password = found.get, found.change, TOKEN
    return found


@pytest.fixture
def steps(make_steps: MakeSteps, forge: Forge) -> Steps:
    integration = Integration(forge.host, "github", f"http://{forge.host}/api/v3")
    return make_steps(publish_hosts=(forge.host,), integrations=(integration,))


@pytest.fixture
def publish(steps: Steps, forge: Forge, github: GitHub) -> Publish:  # noqa: ARG001 - it answers
    def run(tree: Workspace = FILES, owner: str = "acme", **given: Any) -> Output:
        given = {"repoUrl": f"{forge.host}?owner={owner}&repo=shop", "token": TOKEN, **given}
        named = {name: value for name, value in given.items() if value is not None}
        return steps.run("publish:github", tree, **named).output

    return run


def test_a_repository_of_an_organisation_is_made_and_has_the_files(
    publish: Publish, github: GitHub, forge: Forge
) -> None:
    output = publish(description="Takes orders")
    commit = Remote(forge, "acme/shop").commits()[0]
    assert output == {
        "remoteUrl": f"http://{forge.host}/acme/shop.git",
        "repoContentsUrl": f"http://{forge.host}/acme/shop/blob/main",
        "commitHash": commit,
    }
    assert Remote(forge, "acme/shop").read("README.md") == "# Shop\n"
    assert Remote(forge, "acme/shop").read(".portal/provenance.yaml")
    (body,) = github.bodies("/orgs/acme/repos")
    assert body == {
        "name": "shop",
        "description": "Takes orders",
        "private": True,
        "visibility": "private",
    }


def test_a_repository_of_the_user_is_made_by_the_user(publish: Publish, github: GitHub) -> None:
    publish(owner="kim", repoVisibility="public")
    (body,) = github.bodies("/user/repos")
    assert body == {"name": "shop", "private": False}


def test_nobody_else_gets_a_repository(publish: Publish, github: GitHub) -> None:
    github.owners["lee"] = "User"
    with pytest.raises(InputError, match="lee is no organisation"):
        publish(owner="lee")
    assert not github.sent


def test_settings_are_sent_as_github_calls_them(publish: Publish, github: GitHub) -> None:
    publish(
        homepage="https://shop.example.org",
        deleteBranchOnMerge=True,
        allowMergeCommit=False,
        squashMergeCommitTitle="PR_TITLE",
        hasWiki=False,
        hasIssues=False,
        customProperties={"tier": "1"},
    )
    (body,) = github.bodies("/orgs/acme/repos")
    assert {
        "homepage": "https://shop.example.org",
        "delete_branch_on_merge": True,
        "allow_merge_commit": False,
        "squash_merge_commit_title": "PR_TITLE",
        "has_wiki": False,
        "has_issues": False,
        "custom_properties": {"tier": "1"},
    }.items() <= body.items()


def test_people_topics_and_variables_are_set(publish: Publish, github: GitHub) -> None:
    publish(
        access="acme/owners",
        collaborators=[{"user": "lee", "access": "push"}, {"team": "acme/qa", "access": "pull"}],
        topics=["Shop"],
        repoVariables={"REGION": "eu"},
        oidcCustomization={"useDefault": False, "includeClaimKeys": ["repo"]},
        subscribe=True,
    )
    found = {(method, path): body for method, path, body in github.sent}
    home = "/repos/acme/shop"
    assert found["PUT", f"/orgs/acme/teams/owners{home}"] == {"permission": "admin"}
    assert found["PUT", f"{home}/collaborators/lee"] == {"permission": "push"}
    assert found["PUT", f"/orgs/acme/teams/qa{home}"] == {"permission": "pull"}
    assert found["PUT", f"{home}/topics"] == {"names": ["shop"]}
    assert found["POST", f"{home}/actions/variables"] == {"name": "REGION", "value": "eu"}
    assert found["PUT", f"{home}/actions/oidc/customization/sub"] == {
        "use_default": False,
        "include_claim_keys": ["repo"],
    }
    assert found["PUT", f"{home}/subscription"] == {"subscribed": True, "ignored": False}


def test_the_default_branch_is_protected_after_the_push(publish: Publish, github: GitHub) -> None:
    publish(requiredApprovingReviewCount=2, requiredStatusCheckContexts=["test"])
    assert github.sent[-1][:2] == ("PUT", "/repos/acme/shop/branches/main/protection")
    (body,) = github.bodies("/protection")
    assert body["restrictions"] is None
    assert body["enforce_admins"] is True
    assert body["required_status_checks"] == {"strict": True, "contexts": ["test"]}
    assert body["required_pull_request_reviews"]["required_approving_review_count"] == 2


def test_signatures_are_required_where_that_is_asked_for(publish: Publish, github: GitHub) -> None:
    publish(requiredCommitSigning=True)
    assert github.sent[-1][1].endswith("/protection/required_signatures")


def test_protection_can_be_left_out(publish: Publish, github: GitHub) -> None:
    publish(protectDefaultBranch=False)
    assert not github.bodies("/protection")


def test_a_plan_without_protection_is_told_and_no_error(
    publish: Publish, github: GitHub, steps: Steps
) -> None:
    github.plan = 403
    assert publish()["commitHash"]
    assert any("Upgrade to GitHub Pro" in line for line in steps.said)


def test_secrets_are_left_out_and_that_is_told(
    publish: Publish, github: GitHub, steps: Steps
) -> None:
    publish(secrets={"NPM_TOKEN": "s3cr3t"})
    assert any("secrets has no effect" in line for line in steps.said)
    assert "s3cr3t" not in json.dumps(github.sent) + "".join(steps.said)


# --- once, whatever happens -------------------------------------------------------


def test_running_again_after_a_crash_ends_the_same(publish: Publish, github: GitHub) -> None:
    first = publish()
    assert publish() == first
    assert len(github.bodies("/orgs/acme/repos")) == 1


def test_a_creation_whose_answer_was_lost_is_no_error(publish: Publish, github: GitHub) -> None:
    github.fail_after = 1
    assert publish()["commitHash"]


def test_a_repository_that_was_there_before_is_left_alone(
    publish: Publish, github: GitHub, forge: Forge
) -> None:
    github.add("acme/shop", created_at="2026-11-22T00:00:00Z")
    with pytest.raises(ConflictError, match=r"acme/shop is at .* already"):
        publish(topics=["x"])
    assert not github.sent
    assert Remote(forge, "acme/shop").git("for-each-ref") == ""


def test_a_repository_of_another_task_is_left_alone_however_new_it_is(
    publish: Publish, github: GitHub, steps: Steps
) -> None:
    publish()
    github.sent.clear()
    steps.kept.clear()
    steps.task = replace(steps.task, id="task-2")
    with pytest.raises(ConflictError):
        publish({"other": "files"}, collaborators=[{"user": "eve", "access": "admin"}])
    assert not github.sent


def test_a_conflict_can_be_mended_and_the_step_tried_again(
    publish: Publish, github: GitHub, forge: Forge
) -> None:
    github.add("acme/shop")
    with pytest.raises(ConflictError):
        publish()
    del github.repositories["acme/shop"]
    shutil.rmtree(forge.root / "acme/shop.git")
    assert publish()["commitHash"]


def test_what_is_wrong_with_the_files_is_told_before_anything_is_made(
    publish: Publish, github: GitHub
) -> None:
    for given in ({"sourcePath": "none"}, {"gitAuthorName": "a\nb"}, {"defaultBranch": "-x"}):
        with pytest.raises(InputError):
            publish(**given)
    with pytest.raises(NotAllowedError):
        publish(sourcePath="../..")
    assert not github.sent


# --- who, and where ------------------------------------------------------------------


@pytest.mark.usefixtures("github", "steps")
def test_a_token_that_is_refused_is_told_without_it(publish: Publish) -> None:
    with pytest.raises(SourceError, match="401 to reading /repos/acme/shop") as caught:
        publish(token="ghp_s3cr3t")
    assert "ghp_s3cr3t" not in caught.value.message
    assert "the token is not accepted" in caught.value.message


@pytest.mark.usefixtures("github")
def test_there_is_no_publishing_without_a_token(publish: Publish) -> None:
    with pytest.raises(InputError, match="no token"):
        publish(token=None)


@pytest.mark.usefixtures("forge", "github")
def test_the_operator_may_have_given_a_token(publish: Publish, steps: Steps) -> None:
    integration = replace(steps.config.integrations[0], token_env="GH")
    steps.config = replace(steps.config, integrations=(integration,))
    steps.env["GH"] = TOKEN
    assert publish(token=None)["commitHash"]


@pytest.mark.usefixtures("forge", "github")
def test_a_token_of_the_user_that_is_missing_is_not_replaced_by_the_operators(
    publish: Publish, steps: Steps, github: GitHub
) -> None:
    integration = replace(steps.config.integrations[0], token_env="GH")
    steps.config = replace(steps.config, integrations=(integration,))
    steps.env["GH"] = TOKEN
    with pytest.raises(NotAllowedError, match="requestUserCredentials"):
        publish(token="")
    assert not github.sent


@pytest.mark.parametrize(
    "url",
    [
        "{host}?owner=../x&repo=y",
        "{host}?owner=a&repo=..",
        "{host}?owner=-a&repo=b",
        "{host}?owner=a/..&repo=b",
        "{host}?owner=a&repo=b/c",
        "{host}?owner=a%0a&repo=b",
        "{host}?repo=b",
        "evil.test?owner=a&repo=b",
    ],
)
@pytest.mark.usefixtures("github")
def test_what_is_no_repository_is_refused(publish: Publish, forge: Forge, url: str) -> None:
    with pytest.raises(PortalError):
        publish(repoUrl=url.format(host=forge.host))
    assert not forge.asked


@pytest.mark.usefixtures("github")
def test_a_host_has_to_be_one_that_may_be_published_to(
    publish: Publish, steps: Steps, forge: Forge
) -> None:
    steps.config = replace(steps.config, publish_hosts=())
    with pytest.raises(NotAllowedError, match="publish_hosts"):
        publish()
    assert not forge.asked


@pytest.mark.usefixtures("forge", "github")
def test_a_host_of_another_kind_is_refused(publish: Publish, steps: Steps) -> None:
    integration = replace(steps.config.integrations[0], type="gitea")
    steps.config = replace(steps.config, integrations=(integration,))
    with pytest.raises(InputError, match="not known as a github forge"):
        publish()


@pytest.mark.usefixtures("forge")
def test_a_forge_cannot_send_the_token_elsewhere(publish: Publish, github: GitHub) -> None:
    github.clone_host = "127.0.0.1:1"
    with pytest.raises(SourceError, match="names another server"):
        publish()


# --- pull requests --------------------------------------------------------------------


@pytest.fixture
def propose(steps: Steps, forge: Forge, github: GitHub) -> Publish:
    """Return a function that proposes a change to a repository with one commit."""
    clone = forge.make("acme/old", {"README.md": "old", "gone.txt": "x", "kept.txt": "kept"})
    github.repositories["acme/old"] = {
        "clone_url": f"http://{forge.host}/acme/old.git",
        "default_branch": "main",
        "created_at": "2020-01-01T00:00:00Z",
    }
    assert clone

    def run(tree: Workspace = FILES, **given: Any) -> Output:
        given = {
            "repoUrl": f"{forge.host}?owner=acme&repo=old",
            "token": TOKEN,
            "branchName": "change",
            "title": "Change it",
            "description": "Because",
            **given,
        }
        return steps.run("publish:github:pull-request", tree, **given).output

    return run


def test_a_pull_request_changes_what_is_there(
    propose: Publish, github: GitHub, forge: Forge
) -> None:
    output = propose(filesToDelete=["gone.txt"], draft=True)
    assert output == {
        "targetBranchName": "main",
        "remoteUrl": f"http://{forge.host}/pull/7",
        "pullRequestNumber": 7,
    }
    assert Remote(forge, "acme/old").read("README.md", "change") == "# Shop\n"
    names = Remote(forge, "acme/old").git("ls-tree", "-r", "--name-only", "change").split()
    assert "kept.txt" in names
    assert "gone.txt" not in names
    assert ".portal/provenance/task-1.yaml" in names
    parents = Remote(forge, "acme/old").git("rev-list", "--parents", "-1", "change").split()
    assert parents[1] == Remote(forge, "acme/old").commits()[0]
    assert github.bodies("/pulls") == [
        {"title": "Change it", "head": "change", "base": "main", "body": "Because", "draft": True}
    ]


def test_a_pull_request_is_opened_once(propose: Publish, github: GitHub) -> None:
    assert propose() == propose()
    assert len(github.bodies("/pulls")) == 1


def test_a_pull_request_into_another_branch_is_another_one(
    propose: Publish, github: GitHub
) -> None:
    github.pulls.append({"number": 3, "head": {"ref": "change"}, "base": {"ref": "release"}})
    assert propose()["pullRequestNumber"] == 8


def test_files_go_where_the_target_path_says(propose: Publish, forge: Forge) -> None:
    propose({"src/a.txt": "a"}, sourcePath="src", targetPath="lib/b")
    assert Remote(forge, "acme/old").read("lib/b/a.txt", "change") == "a"


@pytest.mark.parametrize("given", [{"targetPath": "../x"}, {"filesToDelete": ["../x"]}])
@pytest.mark.usefixtures("github")
def test_a_change_stays_in_the_repository(propose: Publish, given: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="must be a relative path within the target repository"):
        propose(**given)


def test_files_to_delete_are_below_the_target_path(propose: Publish, forge: Forge) -> None:
    propose({"a.txt": "a"}, targetPath="lib", filesToDelete=["gone.txt"])
    names = Remote(forge, "acme/old").git("ls-tree", "-r", "--name-only", "change").split()
    assert {"lib/a.txt", "gone.txt"} <= set(names)


def test_a_ruleset_is_created_once(steps: Steps, github: GitHub, forge: Forge) -> None:
    rules = [{"type": "deletion"}, {"type": "pull_request", "parameters": {"n": 1}}]
    given = {
        "repoUrl": f"{forge.host}?owner=acme&repo=old",
        "name": "default",
        "rules": rules,
        "bypassActors": [{"actor_id": None, "actor_type": "OrganizationAdmin"}],
        "token": TOKEN,
    }
    for _ in range(2):
        assert steps.run("github:repo:rulesets:create", {}, **given).output == {"id": 42}
    assert github.bodies("/repos/acme/old/rulesets") == [
        {
            "name": "default",
            "target": "branch",
            "enforcement": "active",
            "rules": rules,
            "bypass_actors": [{"actor_id": None, "actor_type": "OrganizationAdmin"}],
        }
    ]


def test_reviewers_and_assignees_are_asked(propose: Publish, github: GitHub) -> None:
    propose(reviewers=["lee"], teamReviewers=["qa"], assignees=["kim"])
    assert github.bodies("/requested_reviewers") == [
        {"reviewers": ["lee"], "team_reviewers": ["qa"]}
    ]
    assert github.bodies("/assignees") == [{"assignees": ["kim"]}]


def test_without_a_change_there_is_no_pull_request_when_that_is_wanted(
    propose: Publish, github: GitHub
) -> None:
    output = propose({"README.md": "old"}, createWhenEmpty=False)
    assert output == {"targetBranchName": "main"}
    assert not github.sent


def test_a_branch_of_others_is_not_overwritten(
    propose: Publish, forge: Forge, github: GitHub
) -> None:
    Remote(forge, "acme/old").git("branch", "change", "main")
    with pytest.raises(ConflictError, match="'change'"):
        propose()
    assert not github.sent


def test_a_branch_may_get_one_more_commit(propose: Publish, forge: Forge, steps: Steps) -> None:
    propose({"a": "1"})
    steps.kept.clear()
    steps.task = replace(steps.task, id="task-2")
    propose({"b": "2"}, update=True)
    assert Remote(forge, "acme/old").git("rev-list", "--count", "change").strip() == "3"


def test_what_has_no_effect_is_told(propose: Publish, steps: Steps) -> None:
    propose(forceFork=True, forceEmptyGitAuthor=True)
    assert any("forceFork has no effect" in line for line in steps.said)
    assert any("forceEmptyGitAuthor has no effect" in line for line in steps.said)


def test_there_is_no_pull_request_without_a_repository(propose: Publish, forge: Forge) -> None:
    with pytest.raises(NotFoundError, match="acme/none"):
        propose(repoUrl=f"{forge.host}?owner=acme&repo=none")


@pytest.mark.usefixtures("github")
def test_a_pull_request_that_is_tried_out_asks_nobody(
    propose: Publish, steps: Steps, forge: Forge
) -> None:
    steps.task = replace(steps.task, is_dry_run=True)
    output = propose()
    assert output["targetBranchName"] == "change"
    assert not forge.asked
