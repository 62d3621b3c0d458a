"""``publish:github:pull-request``: a change to a repository that is there."""

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
from portal.scaffolder.forges.api import path
from portal.scaffolder.forges.github import ask_reviewers
from portal.scaffolder.forges.github import open_pull_request
from portal.scaffolder.forges.inputs import REPO_URL
from portal.scaffolder.forges.inputs import SOURCE_PATH
from portal.scaffolder.forges.inputs import TARGET_PATH
from portal.scaffolder.forges.inputs import TOKEN
from portal.scaffolder.forges.inputs import number
from portal.scaffolder.forges.inputs import texts
from portal.scaffolder.forges.repository import change
from portal.scaffolder.forges.repository import clone_address
from portal.scaffolder.forges.repository import open_hosted
from portal.scaffolder.forges.repository import tell_left_out
from portal.scaffolder.publishing import publish

_LEFT_OUT = {
    "forceFork": "the branch is pushed to the repository itself",
    "forceEmptyGitAuthor": "a commit of git has an author",
}
#: What stands for the number of a pull request that was only tried out.
_DRY_NUMBER = 43


def _publish(context: ActionContext) -> ActionResult:
    if context.task.is_dry_run:
        return _dry_run(context)
    hosted = open_hosted(context, "github")
    repository = hosted.api.get(path("repos", hosted.owner, hosted.repo))
    if repository is None:
        raise NotFoundError(f"there is no repository {hosted.full_name}, or no right to see it")
    target = context.input.get("targetBranchName") or repository.get("default_branch") or "main"
    tell_left_out(context, _LEFT_OUT)
    remote_url = clone_address(hosted, repository.get("clone_url"))
    done = publish(context, change(context, hosted, remote_url, target))
    output = {"targetBranchName": target}
    if done.is_change or context.input.get("createWhenEmpty") is not False:
        pull = open_pull_request(context, hosted, done.branch, target)
        ask_reviewers(context, hosted, int(pull["number"]))
        output |= {"remoteUrl": pull.get("html_url"), "pullRequestNumber": pull["number"]}
    return ActionResult(context.tree, output)


def _dry_run(context: ActionContext) -> ActionResult:
    context.say("Performing dry run of creating pull request")
    output = {
        "targetBranchName": context.input["branchName"],
        "remoteUrl": context.input["repoUrl"],
        "pullRequestNumber": _DRY_NUMBER,
    }
    context.say("Dry run complete")
    return ActionResult(context.tree, output)


_EXAMPLE = """\
steps:
  - id: change
    name: Propose the change
    action: publish:github:pull-request
    input:
      repoUrl: github.com?owner=shop&repo=orders
      branchName: add-outbox
      title: Add an outbox
      description: Made from a template
"""

PUBLISH_GITHUB_PULL_REQUEST = (
    Action(
        "publish:github:pull-request",
        "Proposes the workspace as a change to a repository at GitHub.",
        _publish,
        an_object(
            ("repoUrl", "branchName", "title", "description"),
            repoUrl=REPO_URL,
            branchName=text("The new branch that holds the change"),
            filesToDelete=texts("Paths of the repository that go"),
            targetBranchName=text("The branch to change; the default branch if not given"),
            title=text("The title of the pull request"),
            description=text("What it is about"),
            draft=flag("Whether it is a draft"),
            sourcePath=SOURCE_PATH,
            targetPath=TARGET_PATH,
            token=TOKEN,
            reviewers=texts("Users who are asked for a review"),
            assignees=texts("Users it is assigned to"),
            teamReviewers=texts("Teams that are asked for a review"),
            commitMessage=text("The commit's message; the title if not given"),
            update=flag("Whether a branch that is there gets one more commit"),
            forceFork=flag("Taken for compatibility; no fork is made, and the log says so"),
            **AUTHOR_INPUTS,
            forceEmptyGitAuthor=flag("Taken for compatibility; the log says it has no effect"),
            createWhenEmpty=flag("Whether there is one without a change; true if not given"),
        ),
        an_object(
            ("targetBranchName", "remoteUrl", "pullRequestNumber"),
            targetBranchName=text("The branch that is to be changed"),
            remoteUrl=text("The page of the pull request"),
            pullRequestNumber=number("Its number"),
        ),
        examples=(Example("Propose files as a change", _EXAMPLE),),
    ),
)
