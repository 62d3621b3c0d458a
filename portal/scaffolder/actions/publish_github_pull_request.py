"""``publish:github:pull-request``: a pull request to an existing repository."""

from __future__ import annotations

from portal.integrations.clients.products.github import ask_reviewers
from portal.integrations.clients.products.github import open_pull_request
from portal.kernel.json_text import Json
from portal.scaffolder.publishing.authorship import AUTHOR_INPUTS
from portal.scaffolder.publishing.hosted import check_places
from portal.scaffolder.publishing.hosted import log_left_out
from portal.scaffolder.publishing.hosted import open_existing
from portal.scaffolder.publishing.inputs import REPO_URL
from portal.scaffolder.publishing.inputs import SOURCE_PATH
from portal.scaffolder.publishing.inputs import TARGET_PATH
from portal.scaffolder.publishing.inputs import TOKEN
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

_LEFT_OUT = {
    "forceFork": "the branch is pushed to the repository itself",
    "forceEmptyGitAuthor": "a commit of git has an author",
}
#: The pull request's number in a dry run, as in Backstage.
_DRY_NUMBER = 43


def _publish(context: ActionContext) -> ActionResult:
    check_places(context.input)
    if context.task.is_dry_run:
        return _dry_run(context)
    given, existing = context.input, open_existing(context, "github")
    hosted, target = existing.hosted, existing.target
    log_left_out(context, _LEFT_OUT)
    done = publish(context, existing.change(context))
    output: dict[str, Json] = {"targetBranchName": target}
    if done.is_change or given.get("createWhenEmpty") is not False:
        pull = open_pull_request(hosted, given, done.branch, target, context.log)
        ask_reviewers(hosted, given, int(pull["number"]), context.log)
        output |= {"remoteUrl": pull.get("html_url"), "pullRequestNumber": pull["number"]}
    return ActionResult(context.tree, output)


def _dry_run(context: ActionContext) -> ActionResult:
    context.log("Performing dry run of creating pull request")
    output = {
        "targetBranchName": context.input["branchName"],
        "remoteUrl": context.input["repoUrl"],
        "pullRequestNumber": _DRY_NUMBER,
    }
    context.log("Dry run complete")
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
