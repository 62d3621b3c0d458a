"""The API of GitLab: projects with their settings, and merge requests."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from functools import partial

from portal.integrations.clients.api import ForgeApi
from portal.integrations.clients.api import ForgeError
from portal.integrations.clients.api import path
from portal.integrations.clients.listed import ListedRepository
from portal.integrations.clients.listed import flag_in
from portal.integrations.clients.listed import text_in
from portal.integrations.clients.repository import Hosted
from portal.integrations.clients.repository import Log
from portal.integrations.clients.repository import Proposal
from portal.integrations.clients.repository import Proposed
from portal.integrations.clients.repository import PublishingInput
from portal.integrations.clients.repository import Requests
from portal.integrations.clients.repository import attempt
from portal.integrations.clients.resources import MOST_PAGES
from portal.integrations.clients.resources import Resource
from portal.integrations.clients.resources import listed
from portal.integrations.clients.resources import needed
from portal.kernel.errors import InputError
from portal.kernel.json_text import Json

_OWNER_LEVEL = 50
#: The statuses with which GitLab refuses to create what exists already.
_IS_THERE = frozenset({400, 409})


_MERGE_REQUESTS = Requests(
    "merge request", "iid", lambda one: (one.get("source_branch"), one.get("target_branch"))
)


def read_entry(entry: Mapping[str, Json], owner: str) -> ListedRepository:
    """Parse an entry of a list of projects; its path keeps the owner's subgroups.

    Raises:
        SourceError: When a member is missing or of another type.
    """
    name = text_in(entry, "path_with_namespace")
    if name.lower().startswith(f"{owner.lower()}/"):
        name = name[len(owner) + 1 :]
    return ListedRepository(
        name,
        text_in(entry, "http_url_to_repo"),
        flag_in(entry, "archived"),
        entry.get("forked_from_project") is not None,
    )


def _groups(api: ForgeApi, _context: Mapping[str, str]) -> Iterator[dict[str, str]]:
    for group in api.pages("/groups", MOST_PAGES):
        yield {"title": str(group["full_path"]), "id": str(group["id"])}
    user = api.get("/user") or {}
    if user:
        yield {"title": str(user["username"]), "id": str(user["id"])}


def _projects(api: ForgeApi, context: Mapping[str, str]) -> Iterator[dict[str, str]]:
    (owner,) = needed(context, "id")
    is_user = str((api.get("/user") or {}).get("id")) == owner
    place = path("users" if is_user else "groups", owner, "projects")
    for project in api.pages(place, MOST_PAGES):
        yield {"title": str(project["name"]).strip(), "id": str(project["id"])}


RESOURCES: Mapping[str, Resource] = {
    "groups": _groups,
    "repositories": _projects,
    "branches": listed("name", "/projects/{}/repository/branches", "id"),
}


def find_project(hosted: Hosted) -> Json:
    """Return a project as the API describes it; ``None`` when it does not exist."""
    return hosted.api.get(path("projects", hosted.full_name))


def create_project(hosted: Hosted, inputs: PublishingInput) -> Json:
    """Create a project and return it as the API describes it.

    Raises:
        InputError: When there is no such group or user.
        ForgeError: When GitLab refuses.
    """
    namespace = hosted.api.get(path("namespaces", hosted.owner))
    if namespace is None:
        raise InputError(f"there is no group or user {hosted.owner}, or the token may not see it")
    body = {**_settings(inputs, hosted), "namespace_id": namespace["id"]}
    return hosted.api.call("POST", "/projects", body, "creating the project")


def _settings(inputs: PublishingInput, hosted: Hosted) -> dict[str, Json]:
    visibility = inputs.get("repoVisibility") or "private"
    body = {"name": hosted.repo, "path": hosted.repo, "visibility": visibility}
    if inputs.get("topics"):
        body["topics"] = inputs["topics"]
    # With another path the project would not be the one that repoUrl names.
    others = dict(inputs.get("settings") or {})
    others.pop("path", None)
    return body | others


def settle(hosted: Hosted, inputs: PublishingInput, project: Mapping[str, Json]) -> None:
    """Create branches and variables of a project that has its first commit; idempotent.

    Raises:
        ForgeError: When GitLab refuses.
    """
    home = path("projects", project["id"])
    for branch in inputs.get("branches") or ():
        _settle_branch(hosted, home, branch, inputs.get("defaultBranch") or "master")
    for variable in inputs.get("projectVariables") or ():
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
    """Create a part of a project, unless it exists.

    Raises:
        ForgeError: When GitLab refuses.
    """
    try:
        hosted.api.call("POST", place, body, what)
    except ForgeError as error:
        is_there = "already" in error.reason
        if error.status not in _IS_THERE or not is_there:
            raise


def add_owner(hosted: Hosted, project: Mapping[str, Json], user: Mapping[str, Json]) -> None:
    """Make a user an owner of a project, with a token that has the right to.

    Raises:
        ForgeError: When GitLab refuses.
    """
    body = {"user_id": user["id"], "access_level": _OWNER_LEVEL}
    place = f"{path('projects', project['id'])}/members"
    _create(hosted, place, body, "adding an owner")


def current_user(hosted: Hosted) -> Json:
    """Return the user of the token."""
    return hosted.api.get("/user")


def users(hosted: Hosted, names: list[str]) -> Iterator[Mapping[str, Json]]:
    """Yield the users with these names.

    Raises:
        InputError: When a user does not exist.
    """
    for name in names:
        found = hosted.api.get("/users", username=name) or []
        if not found:
            raise InputError(f"there is no user '{name}' at {hosted.api.host}")
        yield found[0]


def requests_of(_hosted: Hosted, project: Mapping[str, Json]) -> str:
    """Return the path of a project's merge requests."""
    return f"{path('projects', project['id'])}/merge_requests"


def open_merge_request(
    hosted: Hosted,
    inputs: PublishingInput,
    project: Mapping[str, Json],
    branch: str,
    target: str,
    log: Log,
) -> Mapping[str, Json]:
    """Return the open merge request of a branch; created when there is none.

    Raises:
        InputError: When an assignee or reviewer does not exist.
        ForgeError: When GitLab refuses.
    """
    place = requests_of(hosted, project)
    query = {"source_branch": branch, "target_branch": target, "state": "opened"}
    found = _MERGE_REQUESTS.find(hosted.api, place, query, (branch, target), log)
    if found:
        return found
    made = _MERGE_REQUESTS.make(
        hosted.api, place, _merge_request(inputs, hosted, branch, target), log
    )
    if inputs.get("autoMerge"):
        body = {"merge_when_pipeline_succeeds": True, "auto_merge": True}
        do = partial(hosted.api.call, "PUT", f"{place}{path(made['iid'])}/merge", body, "merging")
        attempt(log, "merging by itself", do)
    return made


def _merge_request(
    inputs: PublishingInput, hosted: Hosted, branch: str, target: str
) -> dict[str, Json]:
    labels = inputs.get("labels")
    assignee = inputs.get("assignee")
    reviewers = inputs.get("reviewers")
    return {
        "source_branch": branch,
        "target_branch": target,
        "title": inputs["title"],
        "description": inputs.get("description"),
        "remove_source_branch": inputs.get("removeSourceBranch"),
        "labels": ",".join(labels) if isinstance(labels, list) else labels,
        "assignee_id": next(users(hosted, [assignee]))["id"] if assignee else None,
        "reviewer_ids": [user["id"] for user in users(hosted, reviewers)] if reviewers else None,
    }


def propose(hosted: Hosted, found: Mapping[str, Json], proposal: Proposal, log: Log) -> Proposed:
    """Return the open merge request of a branch; created when there is none.

    Raises:
        ForgeError: When GitLab refuses.
    """
    title = f"Draft: {proposal.title}" if proposal.is_draft else proposal.title
    inputs = {"title": title, "description": proposal.description}
    made = open_merge_request(hosted, inputs, found, proposal.branch, proposal.target, log)
    return Proposed(int(made["iid"]), str(made.get("web_url") or ""))
