"""The API of GitHub: repositories with their settings, and pull requests."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from functools import partial

from portal.integrations.clients.api import NULL
from portal.integrations.clients.api import ForgeError
from portal.integrations.clients.api import path
from portal.integrations.clients.repository import PULL_REQUESTS
from portal.integrations.clients.repository import Hosted
from portal.integrations.clients.repository import Log
from portal.integrations.clients.repository import Proposal
from portal.integrations.clients.repository import Proposed
from portal.integrations.clients.repository import PublishingInput
from portal.integrations.clients.repository import attempt
from portal.integrations.clients.repository import place_to_create
from portal.integrations.clients.resources import Resource
from portal.integrations.clients.resources import listed
from portal.kernel.json_text import Json

RESOURCES: Mapping[str, Resource] = {
    "owners": listed("login", "/user/orgs"),
    "repositoriesWithOwner": listed("full_name", "/user/repos"),
    "repositories": listed("name", "/orgs/{}/repos", "owner"),
    "branches": listed("name", "/repos/{}/{}/branches", "owner", "repository"),
}
_ORGANIZATION = "Organization"
#: The members of an action's input, and those of the request that creates a repository.
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


def find_repository(hosted: Hosted) -> Json:
    """Return a repository as the API describes it; ``None`` when it does not exist."""
    return hosted.api.get(hosted.home)


def create_repository(hosted: Hosted, inputs: PublishingInput) -> Json:
    """Create a repository and return it as the API describes it.

    Raises:
        InputError: When its owner is neither an organisation nor the token's user.
        ForgeError: When GitHub refuses.
    """
    is_organization = _is_organization(hosted)
    body = _request(inputs, hosted, is_organization)
    place = place_to_create(hosted, is_organization)
    return hosted.api.call("POST", place, body, "creating the repository")


def _is_organization(hosted: Hosted) -> bool:
    owner = hosted.api.get(path("users", hosted.owner)) or {}
    return bool(owner.get("type") == _ORGANIZATION)


def _request(inputs: PublishingInput, hosted: Hosted, is_organization: bool) -> dict[str, Json]:
    visibility = inputs.get("repoVisibility") or "private"
    body = {theirs: inputs[ours] for ours, theirs in _SETTINGS.items() if ours in inputs}
    body |= {"name": hosted.repo, "private": visibility != "public"}
    if is_organization:
        body["visibility"] = visibility
        if inputs.get("customProperties"):
            body["custom_properties"] = inputs["customProperties"]
    return body


def settle(hosted: Hosted, inputs: PublishingInput) -> None:
    """Set collaborators, topics, variables, OIDC claims and the subscription; idempotent.

    Raises:
        ForgeError: When GitHub refuses.
    """
    api, home = hosted.api, hosted.home
    for place, permission in _access(inputs, hosted):
        api.call("PUT", place, {"permission": permission}, "adding a collaborator")
    if inputs.get("topics"):
        names = [topic.lower() for topic in inputs["topics"]]
        api.call("PUT", f"{home}/topics", {"names": names}, "setting topics")
    for name, value in (inputs.get("repoVariables") or {}).items():
        _set_variable(hosted, name, value)
    if "oidcCustomization" in inputs:
        claims = inputs["oidcCustomization"]
        body = {
            "use_default": claims.get("useDefault", True),
            "include_claim_keys": claims.get("includeClaimKeys"),
        }
        what = "customizing OIDC"
        api.call("PUT", f"{home}/actions/oidc/customization/sub", body, what)
    if inputs.get("subscribe"):
        body = {"subscribed": True, "ignored": False}
        api.call("PUT", f"{home}/subscription", body, "subscribing")


def _access(inputs: PublishingInput, hosted: Hosted) -> Iterator[tuple[str, str]]:
    """Yield the API path of each collaborator, and the permission."""
    home = hosted.home
    if access := inputs.get("access"):
        team = access.removeprefix(f"{hosted.owner}/") if "/" in access else ""
        place = _team(hosted, team) if team else f"{home}{path('collaborators', access)}"
        if access != hosted.owner:
            yield place, "admin"
    for one in inputs.get("collaborators") or ():
        if "user" in one:
            yield f"{home}{path('collaborators', one['user'])}", one["access"]
        else:
            yield _team(hosted, one["team"]), one["access"]


def _team(hosted: Hosted, name: str) -> str:
    slug = name.rpartition("/")[2]
    return path("orgs", hosted.owner, "teams", slug, "repos", hosted.owner, hosted.repo)


def _set_variable(hosted: Hosted, name: str, value: str) -> None:
    variables = f"{hosted.home}/actions/variables"
    body = {"name": name, "value": value}
    try:
        hosted.api.call("POST", variables, body, "setting a variable")
    except ForgeError as error:
        if error.status != _IS_THERE:
            raise
        hosted.api.call("PATCH", f"{variables}{path(name)}", body, "setting a variable")


def protect(hosted: Hosted, inputs: PublishingInput, branch: str, log: Log) -> None:
    """Protect a branch as the input says; a refusal, as of a free plan, is only logged."""
    if inputs.get("protectDefaultBranch", True) is False:
        return
    place = f"{hosted.home}{path('branches', branch)}/protection"
    what = f"the protection of branch {branch}"
    body = protection(inputs)
    call = partial(hosted.api.call, "PUT", place, body, what)
    done = attempt(log, what, lambda: (call(), True))
    if done and inputs.get("requiredCommitSigning"):
        sign = partial(hosted.api.call, "POST", f"{place}/required_signatures", {}, what)
        attempt(log, "the requirement of signatures", sign)


def protection(inputs: PublishingInput) -> dict[str, Json]:
    """Return the body of the request that protects a branch."""
    reviews = {
        "required_approving_review_count": inputs.get("requiredApprovingReviewCount", 1),
        "require_code_owner_reviews": inputs.get("requireCodeOwnerReviews", False),
        "dismiss_stale_reviews": inputs.get("dismissStaleReviews", False),
        "require_last_push_approval": inputs.get("requireLastPushApproval", False),
    }
    if "bypassPullRequestAllowances" in inputs:
        reviews["bypass_pull_request_allowances"] = inputs["bypassPullRequestAllowances"]
    return {
        "required_status_checks": {
            "strict": inputs.get("requireBranchesToBeUpToDate", True),
            "contexts": inputs.get("requiredStatusCheckContexts", []),
        },
        "restrictions": inputs.get("restrictions", NULL),
        "enforce_admins": inputs.get("protectEnforceAdmins", True),
        "required_pull_request_reviews": reviews,
        "required_conversation_resolution": inputs.get("requiredConversationResolution", False),
        "required_linear_history": inputs.get("requiredLinearHistory", False),
    }


def create_ruleset(hosted: Hosted, inputs: PublishingInput) -> int:
    """Create a ruleset of a repository; return its number.

    Raises:
        ForgeError: When GitHub refuses.
    """
    body = {
        "name": inputs["name"],
        "target": inputs.get("target", "branch"),
        "enforcement": inputs.get("enforcement", "active"),
        "conditions": inputs.get("conditions"),
        "rules": inputs.get("rules"),
        "bypass_actors": inputs.get("bypassActors"),
    }
    made = hosted.api.call("POST", f"{hosted.home}/rulesets", body, "creating the ruleset")
    return int(made["id"])


def requests_of(hosted: Hosted, _found: Mapping[str, Json] | None = None) -> str:
    """Return the path of a repository's pull requests."""
    return f"{hosted.home}/pulls"


def open_pull_request(
    hosted: Hosted, inputs: PublishingInput, branch: str, target: str, log: Log
) -> Mapping[str, Json]:
    """Return the open pull request of a branch; created when there is none.

    Raises:
        ForgeError: When GitHub refuses.
    """
    place = requests_of(hosted)
    query = {"head": f"{hosted.owner}:{branch}", "base": target, "state": "open"}
    found = PULL_REQUESTS.find(hosted.api, place, query, (branch, target), log)
    if found:
        return found
    body = {
        "title": inputs["title"],
        "head": branch,
        "base": target,
        "body": inputs.get("description"),
        "draft": inputs.get("draft"),
    }
    return PULL_REQUESTS.make(hosted.api, place, body, log)


def ask_reviewers(hosted: Hosted, inputs: PublishingInput, number: int, log: Log) -> None:
    """Request reviews from users and teams, and assign users; refusals are only logged."""
    reviewers = {
        "reviewers": inputs.get("reviewers") or None,
        "team_reviewers": inputs.get("teamReviewers") or None,
    }
    if any(reviewers.values()):
        place = f"{hosted.home}{path('pulls', number)}/requested_reviewers"
        ask = partial(hosted.api.call, "POST", place, reviewers, "asking for reviews")
        attempt(log, "reviewers", ask)
    if inputs.get("assignees"):
        place = f"{hosted.home}{path('issues', number)}/assignees"
        body = {"assignees": inputs["assignees"]}
        ask = partial(hosted.api.call, "POST", place, body, "assigning people")
        attempt(log, "assignees", ask)


def propose(hosted: Hosted, _found: Mapping[str, Json], proposal: Proposal, log: Log) -> Proposed:
    """Return the open pull request of a branch; created when there is none.

    Raises:
        ForgeError: When GitHub refuses.
    """
    inputs = {
        "title": proposal.title,
        "description": proposal.description,
        "draft": proposal.is_draft,
    }
    pull = open_pull_request(hosted, inputs, proposal.branch, proposal.target, log)
    return Proposed(int(pull["number"]), str(pull.get("html_url") or ""))
