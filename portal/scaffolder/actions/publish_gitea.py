"""``publish:gitea`` and ``publish:gitea:pull-request``: Gitea and Forgejo."""

from __future__ import annotations

from portal.integrations.clients.products.gitea import create_repository
from portal.integrations.clients.products.gitea import open_pull_request
from portal.integrations.pages import contents_url
from portal.scaffolder.publishing.authorship import AUTHOR_INPUTS
from portal.scaffolder.publishing.authorship import MESSAGE_INPUT
from portal.scaffolder.publishing.hosted import log_left_out
from portal.scaffolder.publishing.hosted import open_existing
from portal.scaffolder.publishing.hosted import open_hosted
from portal.scaffolder.publishing.hosted import publish_new
from portal.scaffolder.publishing.inputs import COMMIT
from portal.scaffolder.publishing.inputs import CONTENTS_URL
from portal.scaffolder.publishing.inputs import REMOTE_URL
from portal.scaffolder.publishing.inputs import REPO_URL
from portal.scaffolder.publishing.inputs import SIGN_COMMIT
from portal.scaffolder.publishing.inputs import SOURCE_PATH
from portal.scaffolder.publishing.inputs import TARGET_PATH
from portal.scaffolder.publishing.inputs import TOKEN
from portal.scaffolder.publishing.inputs import UNSIGNED
from portal.scaffolder.publishing.inputs import choice
from portal.scaffolder.publishing.inputs import number
from portal.scaffolder.publishing.inputs import texts
from portal.scaffolder.publishing.publish import publish
from portal.scaffolder.running.action import Action
from portal.scaffolder.running.action import ActionContext
from portal.scaffolder.running.action import ActionResult
from portal.scaffolder.running.action import Example
from portal.scaffolder.running.action import an_object
from portal.scaffolder.running.action import flag
from portal.scaffolder.running.action import text

_DEFAULT_BRANCH = "main"


def _publish(context: ActionContext) -> ActionResult:
    hosted = open_hosted(context, "gitea")
    branch = context.input.get("defaultBranch") or _DEFAULT_BRANCH
    log_left_out(context, UNSIGNED)
    made = publish_new(
        context, hosted, branch, lambda: create_repository(hosted, context.input, branch)
    )
    integrations = context.environment.integrations
    output = {
        "remoteUrl": made.remote_url,
        "repoContentsUrl": contents_url(made.remote_url, branch, integrations),
        "commitHash": made.commit,
    }
    return ActionResult(context.tree, output)


def _propose(context: ActionContext) -> ActionResult:
    existing = open_existing(context, "gitea")
    hosted, target = existing.hosted, existing.target
    done = publish(context, existing.change(context))
    pull = open_pull_request(hosted, context.input, done.branch, target, context.log)
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
