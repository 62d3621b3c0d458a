"""GitLab: projects with their settings, and merge requests."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from functools import partial

from portal.kernel.errors import InputError
from portal.scaffolder.action import ActionContext
from portal.scaffolder.forges.api import ForgeError
from portal.scaffolder.forges.api import Json
from portal.scaffolder.forges.api import path
from portal.scaffolder.forges.repository import Hosted
from portal.scaffolder.forges.repository import attempt
from portal.scaffolder.forges.repository import created_once

_OWNER_LEVEL = 50
#: What GitLab answers when something is there already.
_IS_THERE = frozenset({400, 409})


def find_project(hosted: Hosted) -> Json:
    """Return what GitLab says of a project, ``None`` when there is none."""
    return hosted.api.get(path("projects", hosted.full_name))


def create_project(context: ActionContext, hosted: Hosted) -> Json:
    """Create a project and return what GitLab says of it.

    Raises:
        ConflictError: When it was there before the task.
        InputError: When there is no such group or user.
        ForgeError: When GitLab refuses.
    """
    given = context.input

    def create() -> Json:
        namespace = hosted.api.get(path("namespaces", hosted.owner))
        if namespace is None:
            raise InputError(
                f"there is no group or user {hosted.owner}, or the token may not see it"
            )
        body = {**_settings(given, hosted), "namespace_id": namespace["id"]}
        return hosted.api.call("POST", "/projects", body, "creating the project")

    return created_once(context, hosted, create, lambda: find_project(hosted))


def _settings(given: Mapping[str, Json], hosted: Hosted) -> dict[str, Json]:
    visibility = given.get("repoVisibility") or "private"
    body = {"name": hosted.repo, "path": hosted.repo, "visibility": visibility}
    if given.get("topics"):
        body["topics"] = given["topics"]
    # Another path would make another project than the one repoUrl names.
    wanted = dict(given.get("settings") or {})
    wanted.pop("path", None)
    return body | wanted


def settle(context: ActionContext, hosted: Hosted, project: Mapping[str, Json]) -> None:
    """Make branches and variables of a project that has its files; again is harmless.

    Raises:
        ForgeError: When GitLab refuses.
    """
    given, home = context.input, path("projects", project["id"])
    for branch in given.get("branches") or ():
        _settle_branch(hosted, home, branch, given.get("defaultBranch") or "master")
    for variable in given.get("projectVariables") or ():
        _create(hosted, f"{home}/variables", _variable(variable), "setting a variable")


def _settle_branch(hosted: Hosted, home: str, branch: Mapping[str, Json], default: str) -> None:
    if branch.get("create"):
        body = {"branch": branch["name"], "ref": branch.get("ref") or default}
        _create(hosted, f"{home}/repository/branches", body, "creating a branch")
    if branch.get("protect"):
        body = {"name": branch["name"]}
        _create(hosted, f"{home}/protected_branches", body, "protecting a branch")


def _variable(given: Mapping[str, Json]) -> dict[str, Json]:
    return {"variable_type": "env_var", "environment_scope": "*", **given}


def _create(hosted: Hosted, place: str, body: Mapping[str, Json], what: str) -> None:
    """Create a part of a project; that it is there already is what was wanted."""
    try:
        hosted.api.call("POST", place, body, what)
    except ForgeError as error:
        is_there = "already" in error.reason
        if error.status not in _IS_THERE or not is_there:
            raise


def add_owner(hosted: Hosted, project: Mapping[str, Json], user: Mapping[str, Json]) -> None:
    """Make a user an owner of a project, in the name of who may do that.

    Raises:
        ForgeError: When GitLab refuses.
    """
    body = {"user_id": user["id"], "access_level": _OWNER_LEVEL}
    place = f"{path('projects', project['id'])}/members"
    _create(hosted, place, body, "adding an owner")


def current_user(hosted: Hosted) -> Json:
    """Return the user a token belongs to."""
    return hosted.api.get("/user")


def users(hosted: Hosted, names: list[str]) -> Iterator[Mapping[str, Json]]:
    """Yield the users of some names.

    Raises:
        InputError: When there is none of a name.
    """
    for name in names:
        found = hosted.api.get("/users", username=name) or []
        if not found:
            raise InputError(f"there is no user '{name}' at {hosted.api.integration.host}")
        yield found[0]


def open_merge_request(
    context: ActionContext, hosted: Hosted, project: Mapping[str, Json], branch: str, target: str
) -> Mapping[str, Json]:
    """Return the open merge request of a branch, made when there is none.

    Raises:
        InputError: When there is no user of a name that was given.
        ForgeError: When GitLab refuses.
    """
    place = f"{path('projects', project['id'])}/merge_requests"
    query = {"source_branch": branch, "target_branch": target, "state": "opened"}
    for found in hosted.api.get(place, **query) or []:
        if found.get("source_branch") == branch:
            context.say(f"Merge request {found['iid']} is open already")
            return dict(found)
    body = _merge_request(context.input, hosted, branch, target)
    made = hosted.api.call("POST", place, body, "opening a merge request")
    context.say(f"Opened merge request {made['iid']}")
    if context.input.get("autoMerge"):
        body = {"merge_when_pipeline_succeeds": True, "auto_merge": True}
        do = partial(hosted.api.call, "PUT", f"{place}{path(made['iid'])}/merge", body, "merging")
        attempt(context, "merging by itself", do)
    return dict(made)


def _merge_request(
    given: Mapping[str, Json], hosted: Hosted, branch: str, target: str
) -> dict[str, Json]:
    labels = given.get("labels")
    assignee = given.get("assignee")
    reviewers = given.get("reviewers")
    return {
        "source_branch": branch,
        "target_branch": target,
        "title": given["title"],
        "description": given.get("description"),
        "remove_source_branch": given.get("removeSourceBranch"),
        "labels": ",".join(labels) if isinstance(labels, list) else labels,
        "assignee_id": next(users(hosted, [assignee]))["id"] if assignee else None,
        "reviewer_ids": [user["id"] for user in users(hosted, reviewers)] if reviewers else None,
    }
