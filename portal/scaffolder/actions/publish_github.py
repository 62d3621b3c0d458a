"""``publish:github``: a new repository at GitHub."""

from __future__ import annotations

from portal.integrations.clients.products.github import create_repository
from portal.integrations.clients.products.github import protect
from portal.integrations.clients.products.github import settle
from portal.integrations.pages import contents_url
from portal.scaffolder.publishing.authorship import DEFAULT_AUTHOR
from portal.scaffolder.publishing.authorship import DEFAULT_MESSAGE
from portal.scaffolder.publishing.hosted import clone_address
from portal.scaffolder.publishing.hosted import created_once
from portal.scaffolder.publishing.hosted import first_commit
from portal.scaffolder.publishing.hosted import log_left_out
from portal.scaffolder.publishing.hosted import open_hosted
from portal.scaffolder.publishing.inputs import COMMIT
from portal.scaffolder.publishing.inputs import CONTENTS_URL
from portal.scaffolder.publishing.inputs import REMOTE_URL
from portal.scaffolder.publishing.inputs import REPO_URL
from portal.scaffolder.publishing.inputs import SOURCE_PATH
from portal.scaffolder.publishing.inputs import TOKEN
from portal.scaffolder.publishing.inputs import choice
from portal.scaffolder.publishing.inputs import number
from portal.scaffolder.publishing.inputs import switch
from portal.scaffolder.publishing.inputs import texts
from portal.scaffolder.publishing.publish import check_publication
from portal.scaffolder.publishing.publish import publish
from portal.scaffolder.running.action import Action
from portal.scaffolder.running.action import ActionContext
from portal.scaffolder.running.action import ActionResult
from portal.scaffolder.running.action import Example
from portal.scaffolder.running.action import an_object
from portal.scaffolder.running.action import flag
from portal.scaffolder.running.action import members
from portal.scaffolder.running.action import text

#: Backstage's effective default; its input schema names another one.
_DEFAULT_BRANCH = "main"
_LEFT_OUT = {
    "secrets": "the portal does not encrypt secrets for GitHub; set them there",
}


def _publish(context: ActionContext) -> ActionResult:
    hosted = open_hosted(context, "github")
    branch = context.input.get("defaultBranch") or _DEFAULT_BRANCH
    # Invalid files are refused before anything is created at the forge.
    check_publication(first_commit(context, hosted, "", branch))
    log_left_out(context, _LEFT_OUT)
    made = created_once(context, hosted, lambda: create_repository(hosted, context.input))
    settle(hosted, context.input)
    remote_url = clone_address(hosted, made)
    done = publish(context, first_commit(context, hosted, remote_url, branch))
    protect(hosted, context.input, branch, context.log)
    output = {
        "remoteUrl": remote_url,
        "repoContentsUrl": contents_url(remote_url, branch, context.environment.integrations),
        "commitHash": done.commit,
    }
    return ActionResult(context.tree, output)


_PEOPLE = {"apps": {"type": "array", "items": {"type": "string"}}} | {
    name: {"type": "array", "items": {"type": "string"}} for name in ("users", "teams")
}
_REPOSITORY = {
    "description": text("What the repository is for"),
    "homepage": text("Its home page"),
    "access": text("Who becomes its admin: a user, or a team as organisation/team"),
    "repoVisibility": choice("Who sees it; private if not given", "private", "public", "internal"),
    "collaborators": {
        "type": "array",
        "items": {
            "anyOf": [
                members(
                    {"access": text("The permission"), who: text(f"The name of the {who}")},
                    ("access", who),
                )
                for who in ("user", "team")
            ]
        },
        "description": "Who else may do what",
    },
    "hasProjects": flag("Whether it has projects"),
    "hasWiki": switch("Whether it has a wiki", True),
    "hasIssues": switch("Whether it has issues", True),
    "topics": texts("Its topics"),
    "repoVariables": {
        "type": "object",
        "additionalProperties": {"type": "string"},
        "description": "Its variables for Actions",
    },
    "secrets": {
        "type": "object",
        "additionalProperties": {"type": "string"},
        "description": "Taken for compatibility; no secrets are set, and the log says so",
    },
    "oidcCustomization": members(
        {
            "useDefault": switch("Whether claims are those of GitHub", True),
            "includeClaimKeys": texts("The claims otherwise"),
        },
        description="How its subjects are called in OIDC",
    ),
    "customProperties": {
        "type": "object",
        "additionalProperties": {
            "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]
        },
        "description": "Its custom properties; for organisations only",
    },
    "subscribe": flag("Whether the token's user is told of what happens there"),
}
_MERGING = {
    "deleteBranchOnMerge": switch("Whether a merged branch goes", False),
    "allowMergeCommit": switch("Whether merge commits are allowed", True),
    "allowSquashMerge": switch("Whether squashing is allowed", True),
    "squashMergeCommitTitle": choice(
        "The title of a squashed commit",
        "PR_TITLE",
        "COMMIT_OR_PR_TITLE",
        default="COMMIT_OR_PR_TITLE",
    ),
    "squashMergeCommitMessage": choice(
        "The message of a squashed commit",
        "PR_BODY",
        "COMMIT_MESSAGES",
        "BLANK",
        default="COMMIT_MESSAGES",
    ),
    "allowRebaseMerge": switch("Whether rebasing is allowed", True),
    "allowAutoMerge": switch("Whether requests may merge by themselves", False),
    "allowUpdateBranch": switch("Whether branches may be brought up to date", False),
}
_PROTECTION = {
    "protectDefaultBranch": switch("Whether the default branch is protected", True),
    "protectEnforceAdmins": switch("Whether that holds for admins", True),
    "bypassPullRequestAllowances": members(_PEOPLE, description="Who needs no pull request"),
    "requiredApprovingReviewCount": number("How many approvals are needed; 1 if not given"),
    "restrictions": members(_PEOPLE, ("users", "teams"), description="Who may push"),
    "requireCodeOwnerReviews": flag("Whether owners of the code have to approve"),
    "dismissStaleReviews": flag("Whether approvals end with new commits"),
    "requiredStatusCheckContexts": texts("The checks that have to pass"),
    "requireBranchesToBeUpToDate": switch("Whether branches have to be up to date", True),
    "requiredConversationResolution": flag("Whether conversations have to be resolved"),
    "requireLastPushApproval": switch("Whether somebody else approves the last push", False),
    "requiredCommitSigning": flag("Whether commits have to be signed"),
    "requiredLinearHistory": flag("Whether merge commits are kept out"),
}
_COMMIT = {
    "defaultBranch": text("The branch; main if not given", default="master"),
    "sourcePath": SOURCE_PATH,
    "gitCommitMessage": text("The commit's message", default=DEFAULT_MESSAGE),
    "gitAuthorName": text("Who the commit is by", default=DEFAULT_AUTHOR.name),
    "gitAuthorEmail": text(f"The author's address; {DEFAULT_AUTHOR.email} if not given"),
    "token": TOKEN,
}
_EXAMPLE = """\
steps:
  - id: publish
    name: Publish
    action: publish:github
    input:
      repoUrl: github.com?owner=shop&repo=orders
      defaultBranch: main
"""

PUBLISH_GITHUB = (
    Action(
        "publish:github",
        "Creates a repository at GitHub and publishes the workspace to it.",
        _publish,
        an_object(
            ("repoUrl",), repoUrl=REPO_URL, **_REPOSITORY, **_MERGING, **_PROTECTION, **_COMMIT
        ),
        an_object(
            ("remoteUrl", "repoContentsUrl", "commitHash"),
            remoteUrl=REMOTE_URL,
            repoContentsUrl=CONTENTS_URL,
            commitHash=COMMIT,
        ),
        supports_dry_run=False,
        examples=(Example("Publish to a new private repository", _EXAMPLE),),
    ),
)
