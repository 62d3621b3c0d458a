"""GitHub: repositories with their settings, and pull requests."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from functools import partial

from portal.kernel.errors import InputError
from portal.scaffolder.action import ActionContext
from portal.scaffolder.forges.api import NULL
from portal.scaffolder.forges.api import ForgeError
from portal.scaffolder.forges.api import Json
from portal.scaffolder.forges.api import path
from portal.scaffolder.forges.repository import Hosted
from portal.scaffolder.forges.repository import attempt
from portal.scaffolder.forges.repository import created_once

_ORGANIZATION = "Organization"
#: Members of the request that creates a repository, by those of the input.
_SETTINGS = {
    "description": "description",
    "homepage": "homepage",
    "deleteBranchOnMerge": "delete_branch_on_merge",
    "allowMergeCommit": "allow_merge_commit",
    "allowSquashMerge": "allow_squash_merge",
    "squashMergeCommitTitle": "squash_merge_commit_title",
    "squashMergeCommitMessage": "squash_merge_commit_message",
    "allowRebaseMerge": "allow_rebase_merge",
    "allowAutoMerge": "allow_auto_merge",
    "allowUpdateBranch": "allow_update_branch",
    "hasProjects": "has_projects",
    "hasWiki": "has_wiki",
    "hasIssues": "has_issues",
}
_IS_THERE = 409


def create_repository(context: ActionContext, hosted: Hosted) -> Json:
    """Create a repository and return what GitHub says of it.

    Raises:
        ConflictError: When it was there before the task.
        InputError: When its owner is neither an organisation nor the token's user.
        ForgeError: When GitHub refuses.
    """
    api = hosted.api
    return created_once(
        context,
        hosted,
        lambda: api.call(
            "POST", _place(hosted), _request(context.input, hosted), "creating the repository"
        ),
        lambda: api.get(path("repos", hosted.owner, hosted.repo)),
    )


def _is_organization(hosted: Hosted) -> bool:
    owner = hosted.api.get(path("users", hosted.owner)) or {}
    return bool(owner.get("type") == _ORGANIZATION)


def _place(hosted: Hosted) -> str:
    if _is_organization(hosted):
        return path("orgs", hosted.owner, "repos")
    user = (hosted.api.get("/user") or {}).get("login", "")
    if str(user).lower() != hosted.owner.lower():
        raise InputError(
            f"{hosted.owner} is no organisation, and not the user the token belongs to; a "
            "repository can be created for those only"
        )
    return "/user/repos"


def _request(given: Mapping[str, Json], hosted: Hosted) -> dict[str, Json]:
    visibility = given.get("repoVisibility") or "private"
    body = {theirs: given[ours] for ours, theirs in _SETTINGS.items() if ours in given}
    body |= {"name": hosted.repo, "private": visibility != "public"}
    if _is_organization(hosted):
        body["visibility"] = visibility
        if given.get("customProperties"):
            body["custom_properties"] = given["customProperties"]
    return body


def settle(context: ActionContext, hosted: Hosted) -> None:
    """Give people, teams, topics and variables to a repository; doing it again is harmless.

    Raises:
        ForgeError: When GitHub refuses.
    """
    given, api, home = context.input, hosted.api, path("repos", hosted.owner, hosted.repo)
    for place, permission in _access(given, hosted):
        api.call("PUT", place, {"permission": permission}, "adding a collaborator")
    if given.get("topics"):
        names = [topic.lower() for topic in given["topics"]]
        api.call("PUT", f"{home}/topics", {"names": names}, "setting topics")
    for name, value in (given.get("repoVariables") or {}).items():
        _set_variable(hosted, name, value)
    if "oidcCustomization" in given:
        wanted = given["oidcCustomization"]
        body = {
            "use_default": wanted.get("useDefault", True),
            "include_claim_keys": wanted.get("includeClaimKeys"),
        }
        what = "customizing OIDC"
        api.call("PUT", f"{home}/actions/oidc/customization/sub", body, what)
    if given.get("subscribe"):
        body = {"subscribed": True, "ignored": False}
        api.call("PUT", f"{home}/subscription", body, "subscribing")


def _access(given: Mapping[str, Json], hosted: Hosted) -> Iterator[tuple[str, str]]:
    """Yield where each collaborator is set, and the permission."""
    home = path("repos", hosted.owner, hosted.repo)
    if access := given.get("access"):
        team = access.removeprefix(f"{hosted.owner}/") if "/" in access else ""
        place = _team(hosted, team) if team else f"{home}{path('collaborators', access)}"
        if access != hosted.owner:
            yield place, "admin"
    for one in given.get("collaborators") or ():
        if "user" in one:
            yield f"{home}{path('collaborators', one['user'])}", one["access"]
        else:
            yield _team(hosted, one["team"]), one["access"]


def _team(hosted: Hosted, name: str) -> str:
    slug = name.rpartition("/")[2]
    return path("orgs", hosted.owner, "teams", slug, "repos", hosted.owner, hosted.repo)


def _set_variable(hosted: Hosted, name: str, value: str) -> None:
    variables = f"{path('repos', hosted.owner, hosted.repo)}/actions/variables"
    body = {"name": name, "value": value}
    try:
        hosted.api.call("POST", variables, body, "setting a variable")
    except ForgeError as error:
        if error.status != _IS_THERE:
            raise
        hosted.api.call("PATCH", f"{variables}{path(name)}", body, "setting a variable")


def protect(context: ActionContext, hosted: Hosted, branch: str) -> None:
    """Protect a branch as the input says; a plan without protection is told in the log."""
    given = context.input
    if given.get("protectDefaultBranch", True) is False:
        return
    place = f"{path('repos', hosted.owner, hosted.repo, 'branches', branch)}/protection"
    what = f"the protection of branch {branch}"
    body = protection(given)
    call = partial(hosted.api.call, "PUT", place, body, what)
    done = attempt(context, what, lambda: (call(), True))
    if done and given.get("requiredCommitSigning"):
        sign = partial(hosted.api.call, "POST", f"{place}/required_signatures", {}, what)
        attempt(context, "the requirement of signatures", sign)


def protection(given: Mapping[str, Json]) -> dict[str, Json]:
    """Return the protection of a branch that an input asks for, as GitHub reads it."""
    reviews = {
        "required_approving_review_count": given.get("requiredApprovingReviewCount", 1),
        "require_code_owner_reviews": given.get("requireCodeOwnerReviews", False),
        "dismiss_stale_reviews": given.get("dismissStaleReviews", False),
        "require_last_push_approval": given.get("requireLastPushApproval", False),
    }
    if "bypassPullRequestAllowances" in given:
        reviews["bypass_pull_request_allowances"] = given["bypassPullRequestAllowances"]
    return {
        "required_status_checks": {
            "strict": given.get("requireBranchesToBeUpToDate", True),
            "contexts": given.get("requiredStatusCheckContexts", []),
        },
        "restrictions": given.get("restrictions", NULL),
        "enforce_admins": given.get("protectEnforceAdmins", True),
        "required_pull_request_reviews": reviews,
        "required_conversation_resolution": given.get("requiredConversationResolution", False),
        "required_linear_history": given.get("requiredLinearHistory", False),
    }


def open_pull_request(
    context: ActionContext, hosted: Hosted, branch: str, target: str
) -> Mapping[str, Json]:
    """Return the open pull request of a branch, made when there is none.

    Raises:
        ForgeError: When GitHub refuses.
    """
    given = context.input
    pulls = f"{path('repos', hosted.owner, hosted.repo)}/pulls"
    query = {"head": f"{hosted.owner}:{branch}", "base": target, "state": "open"}
    for found in hosted.api.get(pulls, **query) or []:
        # A server that does not know the filter answers with every request.
        if (found.get("head") or {}).get("ref") == branch:
            context.say(f"Pull request {found['number']} is open already")
            return dict(found)
    body = {
        "title": given["title"],
        "head": branch,
        "base": target,
        "body": given.get("description"),
        "draft": given.get("draft"),
    }
    made = hosted.api.call("POST", pulls, body, "opening a pull request")
    context.say(f"Opened pull request {made['number']}")
    return dict(made)


def ask_reviewers(context: ActionContext, hosted: Hosted, number: int) -> None:
    """Ask people and teams to look at a pull request; who cannot be asked is told in the log."""
    given, home = context.input, path("repos", hosted.owner, hosted.repo)
    reviewers = {
        "reviewers": given.get("reviewers") or None,
        "team_reviewers": given.get("teamReviewers") or None,
    }
    if any(reviewers.values()):
        place = f"{home}{path('pulls', number)}/requested_reviewers"
        ask = partial(hosted.api.call, "POST", place, reviewers, "asking for reviews")
        attempt(context, "reviewers", ask)
    if given.get("assignees"):
        place = f"{home}{path('issues', number)}/assignees"
        body = {"assignees": given["assignees"]}
        ask = partial(hosted.api.call, "POST", place, body, "assigning people")
        attempt(context, "assignees", ask)
