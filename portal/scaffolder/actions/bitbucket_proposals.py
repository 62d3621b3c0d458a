"""The input that the pull requests of both kinds of Bitbucket have in common."""

from __future__ import annotations

from dataclasses import replace

from portal.integrations.clients.repository import Proposal
from portal.scaffolder.publishing.inputs import REPO_URL
from portal.scaffolder.running.action import ActionContext
from portal.scaffolder.running.action import text

PROPOSAL_INPUTS = {
    "repoUrl": REPO_URL,
    "title": text("The title of the pull request"),
    "description": text("What it is about, and the commit's message"),
    "targetBranch": text("The branch to change; the default branch if not given"),
    "sourceBranch": text(
        "The branch that holds the change; if it is there, it is proposed as it is"
    ),
}
PAGE = text("The page of the pull request")


def with_branches(context: ActionContext) -> ActionContext:
    """Return a context whose input has the names of the other forges' actions."""
    given = context.input
    renamed = {
        **given,
        "branchName": given["sourceBranch"],
        "targetBranchName": given.get("targetBranch"),
        "commitMessage": given.get("description"),
    }
    return replace(context, input=renamed)


def proposal_of(context: ActionContext, target: str) -> Proposal:
    """Return what the input proposes.

    Args:
        context: The step.
        target: The branch that is to be changed.
    """
    given = context.input
    return Proposal(given["sourceBranch"], target, given["title"], given.get("description") or "")
