"""``publish:gitlab``: a new project at GitLab."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from portal.integrations.clients.products.gitlab import add_owner
from portal.integrations.clients.products.gitlab import create_project
from portal.integrations.clients.products.gitlab import current_user
from portal.integrations.clients.products.gitlab import find_project
from portal.integrations.clients.products.gitlab import settle
from portal.integrations.clients.products.gitlab import users
from portal.integrations.clients.repository import Hosted
from portal.integrations.pages import contents_url
from portal.integrations.repo_urls import target_of
from portal.kernel.errors import InputError
from portal.kernel.json_text import Json
from portal.scaffolder.publishing.authorship import AUTHOR_INPUTS
from portal.scaffolder.publishing.authorship import MESSAGE_INPUT
from portal.scaffolder.publishing.hosted import clone_address
from portal.scaffolder.publishing.hosted import created_once
from portal.scaffolder.publishing.hosted import first_commit
from portal.scaffolder.publishing.hosted import log_left_out
from portal.scaffolder.publishing.hosted import open_hosted
from portal.scaffolder.publishing.inputs import COMMIT
from portal.scaffolder.publishing.inputs import CONTENTS_URL
from portal.scaffolder.publishing.inputs import REMOTE_URL
from portal.scaffolder.publishing.inputs import REPO_URL
from portal.scaffolder.publishing.inputs import SIGN_COMMIT
from portal.scaffolder.publishing.inputs import TOKEN
from portal.scaffolder.publishing.inputs import UNSIGNED
from portal.scaffolder.publishing.inputs import choice
from portal.scaffolder.publishing.inputs import number
from portal.scaffolder.publishing.inputs import texts
from portal.scaffolder.publishing.publish import check_publication
from portal.scaffolder.publishing.publish import publish
from portal.scaffolder.publishing.tokens import operator_token
from portal.scaffolder.running.action import Action
from portal.scaffolder.running.action import ActionContext
from portal.scaffolder.running.action import ActionResult
from portal.scaffolder.running.action import Example
from portal.scaffolder.running.action import an_object
from portal.scaffolder.running.action import flag
from portal.scaffolder.running.action import members
from portal.scaffolder.running.action import text

_DEFAULT_BRANCH = "master"


def _publish(context: ActionContext) -> ActionResult:
    given = context.input
    hosted = open_hosted(context, "gitlab")
    branch = given.get("defaultBranch") or _DEFAULT_BRANCH
    if given.get("sourcePath") is not False:
        # Invalid files are refused before anything is created at the forge.
        check_publication(first_commit(context, hosted, "", branch))
    if given.get("skipExisting") and (found := find_project(hosted)):
        context.log(f"Project {hosted.full_name} is there already, and is left as it is")
        output = {**_addresses(context, hosted, found, branch), "commitHash": "", "created": False}
        return ActionResult(context.tree, output)
    log_left_out(context, UNSIGNED | _left_out(given))
    operator = _operator(context, hosted)
    project = created_once(context, hosted, lambda: create_project(hosted, given))
    _add_owners(context, hosted, operator, project)
    addresses = _addresses(context, hosted, project, branch)
    commit = _push(context, hosted, addresses["remoteUrl"], branch)
    settle(hosted, given, project)
    return ActionResult(context.tree, {**addresses, "commitHash": commit, "created": True})


def _left_out(given: Mapping[str, Json]) -> dict[str, str]:
    is_other = "path" in (given.get("settings") or {})
    return {"settings": "its path is what repoUrl says"} if is_other else {}


def _operator(context: ActionContext, hosted: Hosted) -> Hosted:
    """Return the project with the operator's token, if owners are to be added.

    Raises:
        InputError: When the operator configured no token for the host.
        NotAllowedError: When it is not lent.
    """
    if not (context.input.get("setUserAsOwner") or context.input.get("ownerUsername")):
        return hosted
    token, _user = operator_token(context, hosted.api.host, target_of(context.input["repoUrl"]))
    if not token:
        raise InputError(
            f"setUserAsOwner and ownerUsername need a token of the operator for {hosted.api.host}"
        )
    return replace(hosted, api=replace(hosted.api, token=token))


def _add_owners(
    context: ActionContext, hosted: Hosted, operator: Hosted, project: Mapping[str, Json]
) -> None:
    given = context.input
    if given.get("setUserAsOwner") and given.get("token"):
        add_owner(operator, project, current_user(hosted))
    if given.get("ownerUsername"):
        add_owner(operator, project, next(users(operator, [given["ownerUsername"]])))


def _push(context: ActionContext, hosted: Hosted, remote_url: str, branch: str) -> str:
    if context.input.get("sourcePath") is False:
        context.log("Publishing no files, as sourcePath is false")
        return ""
    return publish(context, first_commit(context, hosted, remote_url, branch)).commit


def _addresses(
    context: ActionContext, hosted: Hosted, project: Mapping[str, Json], branch: str
) -> dict[str, Json]:
    remote_url = clone_address(hosted, project)
    return {
        "remoteUrl": remote_url,
        "repoContentsUrl": contents_url(remote_url, branch, context.environment.integrations),
        "projectId": project["id"],
    }


_FLAG = {"type": "boolean"}
_TEXT = {"type": "string"}
_VISIBILITY = ("private", "public", "internal")
_SETTINGS = members(
    {
        "name": text("The project's title; the name of the repository if not given"),
        "path": text("Taken for compatibility; repoUrl says it, and the log tells"),
        "auto_devops_enabled": flag("Whether Auto DevOps is on"),
        "ci_config_path": text("Where its CI configuration is"),
        "description": text("What the project is for"),
        "merge_method": choice("How requests are merged", "merge", "rebase_merge", "ff"),
        "squash_option": choice(
            "When commits are squashed", "default_off", "default_on", "never", "always"
        ),
        "topics": texts("Its topics"),
        "visibility": choice("Who sees it; private if not given", *_VISIBILITY),
        "only_allow_merge_if_all_discussions_are_resolved": flag(
            "Whether discussions have to be resolved"
        ),
        "only_allow_merge_if_pipeline_succeeds": flag("Whether its pipeline has to pass"),
        "allow_merge_on_skipped_pipeline": flag("Whether a pipeline may be skipped"),
    },
    description="The project's settings, as GitLab calls them",
)
_BRANCHES = members({"name": _TEXT, "protect": _FLAG, "create": _FLAG, "ref": _TEXT}, ("name",))
_VARIABLES = members(
    {
        "key": _TEXT,
        "value": _TEXT,
        "description": _TEXT,
        "variable_type": {"type": "string", "enum": ["env_var", "file"]},
        "protected": _FLAG,
        "masked": _FLAG,
        "masked_and_hidden": _FLAG,
        "raw": _FLAG,
        "environment_scope": _TEXT,
    },
    ("key", "value"),
)
_EXAMPLE = """\
steps:
  - id: publish
    name: Publish
    action: publish:gitlab
    input:
      repoUrl: gitlab.com?owner=shop&repo=orders
      defaultBranch: main
"""

PUBLISH_GITLAB = (
    Action(
        "publish:gitlab",
        "Creates a project at GitLab and publishes the workspace to it.",
        _publish,
        an_object(
            ("repoUrl",),
            repoUrl=REPO_URL,
            repoVisibility=choice("Who sees it; see settings.visibility", *_VISIBILITY),
            defaultBranch=text("The branch; master if not given"),
            gitCommitMessage=MESSAGE_INPUT,
            **AUTHOR_INPUTS,
            signCommit=SIGN_COMMIT,
            sourcePath={
                "type": ["string", "boolean"],
                "description": "The folder of the workspace to publish; false publishes none",
            },
            skipExisting=flag("Whether a project that is there is left alone, without an error"),
            token=TOKEN,
            setUserAsOwner=flag("Whether the token's user becomes an owner"),
            ownerUsername=text("A user who becomes an owner"),
            topics=texts("Its topics; see settings.topics"),
            settings=_SETTINGS,
            branches={"type": "array", "items": _BRANCHES},
            projectVariables={"type": "array", "items": _VARIABLES},
        ),
        an_object(
            ("remoteUrl", "repoContentsUrl", "projectId", "commitHash", "created"),
            remoteUrl=REMOTE_URL,
            repoContentsUrl=CONTENTS_URL,
            projectId=number("The project's id"),
            commitHash=COMMIT,
            created=flag("Whether it was created now"),
        ),
        supports_dry_run=False,
        examples=(Example("Publish to a new private project", _EXAMPLE),),
    ),
)
