"""``publish:git``: pushes to an existing repository at a host in ``publish_hosts``."""

from __future__ import annotations

from portal.integrations.pages import contents_url
from portal.scaffolder.publishing.authorship import AUTHOR_INPUTS
from portal.scaffolder.publishing.authorship import DEFAULT_MESSAGE
from portal.scaffolder.publishing.authorship import MESSAGE_INPUT
from portal.scaffolder.publishing.authorship import author_of
from portal.scaffolder.publishing.authorship import sign_off
from portal.scaffolder.publishing.provenance import path_of_change
from portal.scaffolder.publishing.provenance import with_provenance
from portal.scaffolder.publishing.publish import Publication
from portal.scaffolder.publishing.publish import part_of
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
    publication = _publication(context)
    done = publish(context, publication)
    url, integrations = publication.remote_url, context.environment.integrations
    output = {
        "remoteUrl": url,
        "repoContentsUrl": contents_url(url, done.branch, integrations),
        "commitHash": done.commit,
        "branch": done.branch,
    }
    return ActionResult(context.tree, output)


def _publication(context: ActionContext) -> Publication:
    given = context.input
    files = part_of(context.tree, given.get("sourcePath") or "")
    default = given.get("defaultBranch") or _DEFAULT_BRANCH
    common = {
        "remote_url": given["remoteUrl"],
        "message": _message(context),
        "author": author_of(given),
        "token": given.get("token") or "",
    }
    if not given.get("targetBranch"):
        files = with_provenance(files, context.task)
        return Publication(branch=default, files=files, **common)
    note = with_provenance({}, context.task, path_of_change(context.task))
    branch = given["targetBranch"]
    return Publication(branch=branch, files=files, extra=note, base=default, **common)


def _message(context: ActionContext) -> str:
    message: str = context.input.get("gitCommitMessage") or DEFAULT_MESSAGE
    if context.input.get("signOff"):
        return f"{message.rstrip()}\n\n{sign_off(context)}"
    return message


_EXAMPLE = """\
steps:
  - id: publish
    name: Publish
    action: publish:git
    input:
      remoteUrl: https://git.example.org/shop/orders.git
      token: ${{ secrets.token }}
"""

PUBLISH_GIT = (
    Action(
        "publish:git",
        "Pushes the workspace, as one commit, to a git repository that is there already.",
        _publish,
        an_object(
            ("remoteUrl",),
            remoteUrl=text("The repository: https, ssh or user@host:path"),
            defaultBranch=text(
                "The branch of an empty repository to publish to; main if not given"
            ),
            targetBranch=text(
                "A new branch for the files, on top of those of defaultBranch; "
                "for repositories that have commits"
            ),
            sourcePath=text("The folder of the workspace to publish; all of it if not given"),
            gitCommitMessage=MESSAGE_INPUT,
            **AUTHOR_INPUTS,
            signOff=flag("Whether the task's user signs the commit off (DCO)"),
            token=text("The token to push with; the operator's one for the host if not given"),
        ),
        an_object(
            ("remoteUrl", "repoContentsUrl", "commitHash", "branch"),
            remoteUrl=text("The repository's address"),
            repoContentsUrl=text("The address of its files, for catalog:register"),
            commitHash=text("The commit's id"),
            branch=text("The branch it is on"),
        ),
        supports_dry_run=False,
        examples=(Example("Publish to a repository that is there, and empty", _EXAMPLE),),
    ),
)
