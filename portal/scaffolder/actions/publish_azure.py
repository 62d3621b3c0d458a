"""``publish:azure`` and ``publish:azure:pull-request``: Azure DevOps.

The second is the portal's own; Backstage has no such action.
"""

from __future__ import annotations

from portal.integrations.clients.products.azure import create_repository
from portal.integrations.clients.products.azure import propose
from portal.integrations.clients.repository import Proposal
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

_DEFAULT_BRANCH = "master"


def _publish(context: ActionContext) -> ActionResult:
    hosted = open_hosted(context, "azure")
    branch = context.input.get("defaultBranch") or _DEFAULT_BRANCH
    log_left_out(context, UNSIGNED | {"description": "Azure DevOps has none for repositories"})
    made = publish_new(context, hosted, branch, lambda: create_repository(hosted))
    output = {
        "remoteUrl": made.remote_url,
        "repoContentsUrl": made.found.get("webUrl"),
        "repositoryId": made.found.get("id"),
        "commitHash": made.commit,
    }
    return ActionResult(context.tree, output)


def _propose(context: ActionContext) -> ActionResult:
    given, existing = context.input, open_existing(context, "azure")
    done = publish(context, existing.change(context))
    proposal = Proposal(
        done.branch,
        existing.target,
        given["title"],
        given.get("description") or "",
        bool(given.get("draft")),
    )
    made = propose(existing.hosted, existing.found, proposal, context.log)
    output = {
        "targetBranchName": existing.target,
        "remoteUrl": made.url,
        "pullRequestNumber": made.number,
    }
    return ActionResult(context.tree, output)


_EXAMPLE = """\
steps:
  - id: publish
    name: Publish
    action: publish:azure
    input:
      repoUrl: dev.azure.com?organization=acme&project=shop&repo=orders
"""

PUBLISH_AZURE = (
    Action(
        "publish:azure",
        "Creates a repository at Azure DevOps and publishes the workspace to it.",
        _publish,
        an_object(
            ("repoUrl",),
            repoUrl=REPO_URL,
            description=text("Taken for compatibility; the log tells that it has no effect"),
            defaultBranch=text("The branch; master if not given"),
            sourcePath=SOURCE_PATH,
            token=TOKEN,
            gitCommitMessage=MESSAGE_INPUT,
            **AUTHOR_INPUTS,
            signCommit=SIGN_COMMIT,
        ),
        an_object(
            remoteUrl=REMOTE_URL,
            repoContentsUrl=CONTENTS_URL,
            repositoryId=text("The repository's id"),
            commitHash=COMMIT,
        ),
        supports_dry_run=False,
        examples=(Example("Publish to a new repository", _EXAMPLE),),
    ),
    Action(
        "publish:azure:pull-request",
        "Proposes the workspace as a change to a repository at Azure DevOps.",
        _propose,
        an_object(
            ("repoUrl", "branchName", "title"),
            repoUrl=REPO_URL,
            branchName=text("The new branch that holds the change"),
            targetBranchName=text("The branch to change; the default branch if not given"),
            title=text("The title of the pull request, and the commit's message"),
            description=text("What it is about"),
            draft=flag("Whether it is a draft"),
            sourcePath=SOURCE_PATH,
            targetPath=TARGET_PATH,
            filesToDelete=texts("Paths of the repository that go"),
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
