"""``publish:gitea`` and ``publish:gitea:pull-request``: Gitea and Forgejo."""

from __future__ import annotations

from portal.kernel.errors import NotFoundError
from portal.scaffolder.action import Action
from portal.scaffolder.action import ActionContext
from portal.scaffolder.action import ActionResult
from portal.scaffolder.action import Example
from portal.scaffolder.action import an_object
from portal.scaffolder.action import flag
from portal.scaffolder.action import text
from portal.scaffolder.authorship import AUTHOR_INPUTS
from portal.scaffolder.authorship import MESSAGE_INPUT
from portal.scaffolder.forges.gitea import create_repository
from portal.scaffolder.forges.gitea import find_repository
from portal.scaffolder.forges.gitea import open_pull_request
from portal.scaffolder.forges.inputs import COMMIT
from portal.scaffolder.forges.inputs import CONTENTS_URL
from portal.scaffolder.forges.inputs import REMOTE_URL
from portal.scaffolder.forges.inputs import REPO_URL
from portal.scaffolder.forges.inputs import SIGN_COMMIT
from portal.scaffolder.forges.inputs import SOURCE_PATH
from portal.scaffolder.forges.inputs import TARGET_PATH
from portal.scaffolder.forges.inputs import TOKEN
from portal.scaffolder.forges.inputs import UNSIGNED
from portal.scaffolder.forges.inputs import choice
from portal.scaffolder.forges.inputs import number
from portal.scaffolder.forges.inputs import texts
from portal.scaffolder.forges.repository import change
from portal.scaffolder.forges.repository import clone_address
from portal.scaffolder.forges.repository import first_commit
from portal.scaffolder.forges.repository import open_hosted
from portal.scaffolder.forges.repository import tell_left_out
from portal.scaffolder.publishing import check_publication
from portal.scaffolder.publishing import publish

_DEFAULT_BRANCH = "main"


def _publish(context: ActionContext) -> ActionResult:
    hosted = open_hosted(context, "gitea")
    branch = context.input.get("defaultBranch") or _DEFAULT_BRANCH
    # What is wrong with the files is told before anything is made at the forge.
    check_publication(first_commit(context, hosted, "", branch))
    tell_left_out(context, UNSIGNED)
    made = create_repository(context, hosted, branch)
    remote_url = clone_address(hosted, made.get("clone_url"))
    done = publish(context, first_commit(context, hosted, remote_url, branch))
    output = {
        "remoteUrl": remote_url,
        "repoContentsUrl": f"{remote_url.removesuffix('.git')}/src/branch/{branch}",
        "commitHash": done.commit,
    }
    return ActionResult(context.tree, output)


def _propose(context: ActionContext) -> ActionResult:
    hosted = open_hosted(context, "gitea")
    repository = find_repository(hosted)
    if repository is None:
        raise NotFoundError(f"there is no repository {hosted.full_name}, or no right to see it")
    target = context.input.get("targetBranchName") or repository.get("default_branch") or "main"
    remote_url = clone_address(hosted, repository.get("clone_url"))
    done = publish(context, change(context, hosted, remote_url, target))
    pull = open_pull_request(context, hosted, done.branch, target)
    output = {
        "targetBranchName": target,
        "remoteUrl": pull.get("html_url"),
        "pullRequestNumber": pull["number"],
    }
    return ActionResult(context.tree, output)


_EXAMPLE = """\
steps:
  - id: publish
    name: Publish
    action: publish:gitea
    input:
      repoUrl: git.example.org?owner=shop&repo=orders
      description: Takes orders
"""

PUBLISH_GITEA = (
    Action(
        "publish:gitea",
        "Creates a repository at Gitea or Forgejo and publishes the workspace to it.",
        _publish,
        an_object(
            ("repoUrl", "description"),
            repoUrl=REPO_URL,
            description=text("What the repository is for"),
            defaultBranch=text("The branch; main if not given"),
            repoVisibility=choice("Who sees it; public if not given", "private", "public"),
            gitCommitMessage=MESSAGE_INPUT,
            **AUTHOR_INPUTS,
            sourcePath=SOURCE_PATH,
            signCommit=SIGN_COMMIT,
        ),
        an_object(remoteUrl=REMOTE_URL, repoContentsUrl=CONTENTS_URL, commitHash=COMMIT),
        supports_dry_run=False,
        examples=(Example("Publish to a new repository", _EXAMPLE),),
    ),
    Action(
        "publish:gitea:pull-request",
        "Proposes the workspace as a change to a repository at Gitea or Forgejo.",
        _propose,
        an_object(
            ("repoUrl", "branchName", "title"),
            repoUrl=REPO_URL,
            branchName=text("The new branch that holds the change"),
            targetBranchName=text("The branch to change; the default branch if not given"),
            title=text("The title of the pull request, and the commit's message"),
            description=text("What it is about"),
            sourcePath=SOURCE_PATH,
            targetPath=TARGET_PATH,
            filesToDelete=texts("Paths of the repository that go"),
            assignees=texts("Users it is assigned to"),
            update=flag("Whether a branch that is there gets one more commit"),
            token=TOKEN,
            **AUTHOR_INPUTS,
        ),
        an_object(
            ("targetBranchName", "remoteUrl", "pullRequestNumber"),
            targetBranchName=text("The branch that is to be changed"),
            remoteUrl=text("The page of the pull request"),
            pullRequestNumber=number("Its number"),
        ),
        supports_dry_run=False,
    ),
)
