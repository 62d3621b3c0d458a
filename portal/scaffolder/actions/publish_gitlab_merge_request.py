"""``publish:gitlab:merge-request``: a merge request to an existing project."""

from __future__ import annotations

from dataclasses import replace

from portal.integrations.clients.products.gitlab import open_merge_request
from portal.scaffolder.publishing.hosted import log_left_out
from portal.scaffolder.publishing.hosted import open_existing
from portal.scaffolder.publishing.inputs import REPO_URL
from portal.scaffolder.publishing.inputs import TARGET_PATH
from portal.scaffolder.publishing.inputs import TOKEN
from portal.scaffolder.publishing.inputs import choice
from portal.scaffolder.publishing.inputs import texts
from portal.scaffolder.publishing.publish import Publication
from portal.scaffolder.publishing.publish import publish
from portal.scaffolder.running.action import Action
from portal.scaffolder.running.action import ActionContext
from portal.scaffolder.running.action import ActionResult
from portal.scaffolder.running.action import Example
from portal.scaffolder.running.action import an_object
from portal.scaffolder.running.action import flag
from portal.scaffolder.running.action import text

_LEFT_OUT = {
    "assignReviewersFromApprovalRules": "name the reviewers",
    "projectid": "repoUrl names the project",
}


def _publish(context: ActionContext) -> ActionResult:
    given = _with_source(context)
    existing = open_existing(given, "gitlab")
    hosted, project, target = existing.hosted, existing.found, existing.target
    log_left_out(context, _LEFT_OUT)
    branch = given.input["branchName"]
    if given.input.get("commitAction") == "skip":
        context.log("Making no commit, as commitAction is skip")
    else:
        publish(context, _by_commit_action(given, existing.change(given)))
    request = open_merge_request(hosted, given.input, project, branch, target, context.log)
    output = {
        "targetBranchName": target,
        "projectid": str(project["id"]),
        "projectPath": project.get("path_with_namespace") or hosted.full_name,
        "mergeRequestUrl": request.get("web_url"),
    }
    return ActionResult(context.tree, output)


def _with_source(context: ActionContext) -> ActionContext:
    """Use ``targetPath`` as ``sourcePath`` where only that is given, as Backstage's module does."""
    given = dict(context.input)
    if not given.get("sourcePath") and given.get("targetPath"):
        given["sourcePath"] = given["targetPath"]
    return replace(context, input=given)


def _by_commit_action(context: ActionContext, publication: Publication) -> Publication:
    """Return the publication for ``commitAction``: ``delete`` removes the files."""
    if context.input.get("commitAction") != "delete":
        return publication
    return replace(publication, files={}, removed=tuple(publication.files))


_EXAMPLE = """\
steps:
  - id: change
    name: Propose the change
    action: publish:gitlab:merge-request
    input:
      repoUrl: gitlab.com?owner=shop&repo=orders
      branchName: add-outbox
      title: Add an outbox
"""

PUBLISH_GITLAB_MERGE_REQUEST = (
    Action(
        "publish:gitlab:merge-request",
        "Proposes the workspace as a change to a project at GitLab.",
        _publish,
        an_object(
            ("repoUrl", "title", "branchName"),
            repoUrl=REPO_URL,
            title=text("The title of the merge request, and the commit's message"),
            description=text("What it is about"),
            branchName=text("The new branch that holds the change"),
            targetBranchName=text("The branch to change; the default branch if not given"),
            sourcePath=text("The folder of the workspace; targetPath if not given"),
            targetPath=TARGET_PATH,
            token=TOKEN,
            commitAction=choice(
                "What happens to the files: delete and skip say it, the others write them",
                "create",
                "delete",
                "update",
                "skip",
                "auto",
            ),
            projectid=text("Taken for compatibility; repoUrl says it, and the log tells"),
            removeSourceBranch=flag("Whether the branch goes once it is merged"),
            assignee=text("The user it is assigned to"),
            reviewers=texts("Users who are asked for a review"),
            assignReviewersFromApprovalRules=flag("Taken for compatibility; the log tells"),
            labels={
                "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
                "description": "Its labels; in one text, with commas between",
            },
            autoMerge=flag("Whether it merges by itself once its checks pass"),
        ),
        an_object(
            ("targetBranchName", "projectid", "projectPath", "mergeRequestUrl"),
            targetBranchName=text("The branch that is to be changed"),
            projectid=text("The project's id"),
            projectPath=text("Its path"),
            mergeRequestUrl=text("The page of the merge request"),
        ),
        supports_dry_run=False,
        examples=(Example("Propose files as a change", _EXAMPLE),),
    ),
)
