"""``publish:bitbucketServer`` and ``publish:bitbucketServer:pull-request``: Data Center."""

from __future__ import annotations

from portal.integrations.clients.products.bitbucket_server import create_repository
from portal.integrations.clients.products.bitbucket_server import enable_lfs
from portal.integrations.clients.products.bitbucket_server import propose
from portal.integrations.clients.repository import link_of
from portal.scaffolder.actions.bitbucket_proposals import PAGE
from portal.scaffolder.actions.bitbucket_proposals import PROPOSAL_INPUTS
from portal.scaffolder.actions.bitbucket_proposals import proposal_of
from portal.scaffolder.actions.bitbucket_proposals import with_branches
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
from portal.scaffolder.publishing.inputs import TOKEN
from portal.scaffolder.publishing.inputs import UNSIGNED
from portal.scaffolder.publishing.inputs import choice
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
    hosted = open_hosted(context, "bitbucket-server")
    branch = context.input.get("defaultBranch") or _DEFAULT_BRANCH
    log_left_out(context, UNSIGNED)
    made = publish_new(
        context, hosted, branch, lambda: create_repository(hosted, context.input, branch)
    )
    if context.input.get("enableLFS"):
        enable_lfs(hosted, context.log)
    output = {
        "remoteUrl": made.remote_url,
        "repoContentsUrl": link_of(made.found, "self"),
        "commitHash": made.commit,
    }
    return ActionResult(context.tree, output)


def _propose(context: ActionContext) -> ActionResult:
    existing = open_existing(with_branches(context), "bitbucket-server")
    publish(context, existing.change_unless_there(with_branches(context)))
    proposal = proposal_of(context, existing.target)
    reviewers = context.input.get("reviewers") or ()
    made = propose(existing.hosted, existing.found, proposal, context.log, reviewers)
    return ActionResult(context.tree, {"pullRequestUrl": made.url})


_EXAMPLE = """\
steps:
  - id: publish
    name: Publish
    action: publish:bitbucketServer
    input:
      repoUrl: bitbucket.example.org?project=SHOP&repo=orders
"""

PUBLISH_BITBUCKET_SERVER = (
    Action(
        "publish:bitbucketServer",
        "Creates a repository at Bitbucket Data Center and publishes the workspace to it.",
        _publish,
        an_object(
            ("repoUrl",),
            repoUrl=REPO_URL,
            description=text("What the repository is for"),
            repoVisibility=choice("Who sees it; private if not given", "private", "public"),
            defaultBranch=text("The branch; master if not given"),
            sourcePath=SOURCE_PATH,
            enableLFS=flag("Whether LFS is switched on, which administrators may"),
            token=TOKEN,
            gitCommitMessage=MESSAGE_INPUT,
            **AUTHOR_INPUTS,
            signCommit=SIGN_COMMIT,
        ),
        an_object(remoteUrl=REMOTE_URL, repoContentsUrl=CONTENTS_URL, commitHash=COMMIT),
        supports_dry_run=False,
        examples=(Example("Publish to a new private repository", _EXAMPLE),),
    ),
    Action(
        "publish:bitbucketServer:pull-request",
        "Proposes the workspace as a change to a repository at Bitbucket Data Center.",
        _propose,
        an_object(
            ("repoUrl", "title", "sourceBranch"),
            **PROPOSAL_INPUTS,
            reviewers=texts("Users who are asked for a review"),
            token=TOKEN,
            **AUTHOR_INPUTS,
        ),
        an_object(pullRequestUrl=PAGE),
        supports_dry_run=False,
    ),
)
