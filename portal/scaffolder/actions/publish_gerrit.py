"""``publish:gerrit`` and ``publish:gerrit:review``.

Gerrit's changes have ids of their own, a line of the commit's message: the same task makes
the same id, so a task that is run again opens no second change.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace

from portal.integrations.clients.products.gerrit import create_project
from portal.integrations.clients.products.gerrit import has_change
from portal.integrations.clients.repository import Hosted
from portal.integrations.hosts import api_of
from portal.integrations.repo_urls import parse_repo_url
from portal.kernel.errors import ConfigError
from portal.kernel.errors import InputError
from portal.scaffolder.publishing.authorship import AUTHOR_INPUTS
from portal.scaffolder.publishing.authorship import DEFAULT_MESSAGE
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
from portal.scaffolder.publishing.inputs import UNSIGNED
from portal.scaffolder.publishing.publish import publish
from portal.scaffolder.running.action import Action
from portal.scaffolder.running.action import ActionContext
from portal.scaffolder.running.action import ActionResult
from portal.scaffolder.running.action import Example
from portal.scaffolder.running.action import an_object
from portal.scaffolder.running.action import text

_DEFAULT_BRANCH = "master"
_REVIEWS = "refs/for/"


def _opened(context: ActionContext) -> Hosted:
    """Return the project that ``repoUrl`` names.

    Raises:
        ConfigError: When the operator named no user for the token.
    """
    hosted = open_hosted(context, "gerrit")
    if not hosted.api.user:
        raise ConfigError(
            f"the integration of {hosted.api.host} names no user; Gerrit's tokens are the HTTP "
            "password of one"
        )
    return hosted


def _change_id(context: ActionContext, hosted: Hosted) -> str:
    given = json.dumps([context.task.id, hosted.full_name, context.input], sort_keys=True)
    return f"I{hashlib.sha1(given.encode(), usedforsecurity=False).hexdigest()}"


def _signed(context: ActionContext, change_id: str) -> ActionContext:
    """Return a context whose commit message names the change."""
    message = context.input.get("gitCommitMessage") or DEFAULT_MESSAGE
    message = f"{message.rstrip()}\n\nChange-Id: {change_id}"
    given = {**context.input, "gitCommitMessage": message, "commitMessage": message}
    return replace(context, input=given)


def _contents_url(base: str, repo: str, branch: str) -> str:
    """Return the address of a branch's files in Gitiles, which comes with Gerrit."""
    return f"{base.removesuffix('/a')}/plugins/gitiles/{repo}/+/refs/heads/{branch}"


def _tried_out(context: ActionContext, parts: Mapping[str, str], branch: str) -> ActionResult:
    """Return what a dry run gives; the commit is the one that Backstage makes up."""
    known = context.environment.integrations.find(parts["host"])
    base = api_of(known) if known else ""
    context.log("Dry run: no project is created, and nothing is pushed")
    output = {
        "remoteUrl": f"{base}/{parts['repo']}",
        "commitHash": "abcd-dry-run-1234",
        "repoContentsUrl": _contents_url(base, parts["repo"], branch),
    }
    return ActionResult(context.tree, output)


def _publish(context: ActionContext) -> ActionResult:
    branch = context.input.get("defaultBranch") or _DEFAULT_BRANCH
    parts = parse_repo_url(context.input["repoUrl"], context.environment.integrations)
    if not parts.get("workspace"):
        raise InputError(
            "Invalid URL provider was included in the repo URL to create "
            f"{context.input['repoUrl']}, missing workspace"
        )
    if context.task.is_dry_run:
        return _tried_out(context, parts, branch)
    hosted = _opened(context)
    log_left_out(context, UNSIGNED)
    signed = _signed(context, _change_id(context, hosted))
    made = publish_new(
        signed, hosted, branch, lambda: create_project(hosted, context.input, branch)
    )
    output = {
        "remoteUrl": made.remote_url,
        "repoContentsUrl": _contents_url(hosted.api.base, hosted.repo, branch),
        "commitHash": made.commit,
    }
    return ActionResult(context.tree, output)


def _review(context: ActionContext) -> ActionResult:
    if not context.input.get("gitCommitMessage"):
        raise InputError("Missing gitCommitMessage input")
    hosted = _opened(context)
    log_left_out(context, UNSIGNED)
    branch, change_id = context.input.get("branch") or _DEFAULT_BRANCH, _change_id(context, hosted)
    page = f"{hosted.api.base.removesuffix('/a')}/#/q/{change_id}"
    if has_change(hosted, change_id):
        context.log("The change is open already")
    else:
        _push(_signed(context, change_id), branch)
    context.log(f"Review available on {page}")
    return ActionResult(
        context.tree,
        {"repoContentsUrl": _contents_url(hosted.api.base, hosted.repo, branch), "reviewUrl": page},
    )


def _push(context: ActionContext, branch: str) -> None:
    given = {**context.input, "branchName": branch, "targetBranchName": branch}
    named = replace(context, input=given)
    change = open_existing(named, "gerrit").change(named)
    publish(context, replace(change, updates=True, namespace=_REVIEWS))


_EXAMPLE = """\
steps:
  - id: publish
    name: Publish
    action: publish:gerrit
    input:
      repoUrl: gerrit.example.org?workspace=All-Projects&repo=shop/orders&owner=backend
"""

PUBLISH_GERRIT = (
    Action(
        "publish:gerrit",
        "Creates a project at Gerrit and publishes the workspace to it.",
        _publish,
        an_object(
            ("repoUrl",),
            repoUrl=REPO_URL,
            description=text("What the project is for"),
            defaultBranch=text("The branch; master if not given"),
            gitCommitMessage=MESSAGE_INPUT,
            **AUTHOR_INPUTS,
            sourcePath=SOURCE_PATH,
            signCommit=SIGN_COMMIT,
        ),
        an_object(remoteUrl=REMOTE_URL, repoContentsUrl=CONTENTS_URL, commitHash=COMMIT),
        examples=(Example("Publish to a new project", _EXAMPLE),),
    ),
    Action(
        "publish:gerrit:review",
        "Proposes the workspace as a change to a project at Gerrit.",
        _review,
        an_object(
            ("repoUrl",),
            repoUrl=REPO_URL,
            branch=text("The branch to change; master if not given"),
            sourcePath=SOURCE_PATH,
            gitCommitMessage=text("The commit's message, the title of the change"),
            **AUTHOR_INPUTS,
            signCommit=SIGN_COMMIT,
        ),
        an_object(
            reviewUrl=text("The page of the change"),
            repoContentsUrl=CONTENTS_URL,
        ),
        supports_dry_run=False,
    ),
)
