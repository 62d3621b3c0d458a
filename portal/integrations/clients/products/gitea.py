"""The API of Gitea and Forgejo: repositories and pull requests."""

from __future__ import annotations

from collections.abc import Mapping

from portal.integrations.clients.api import path
from portal.integrations.clients.repository import PULL_REQUESTS
from portal.integrations.clients.repository import Hosted
from portal.integrations.clients.repository import Log
from portal.integrations.clients.repository import Proposal
from portal.integrations.clients.repository import Proposed
from portal.integrations.clients.repository import PublishingInput
from portal.integrations.clients.repository import place_to_create
from portal.integrations.clients.resources import Resource
from portal.integrations.clients.resources import listed
from portal.kernel.json_text import Json

RESOURCES: Mapping[str, Resource] = {
    "owners": listed("username", "/user/orgs"),
    "repositories": listed("name", "/orgs/{}/repos", "owner"),
    "branches": listed("name", "/repos/{}/{}/branches", "owner", "repository"),
}


def find_repository(hosted: Hosted) -> Json:
    """Return a repository as the API describes it; ``None`` when it does not exist."""
    return hosted.api.get(hosted.home)


def create_repository(hosted: Hosted, inputs: PublishingInput, branch: str) -> Json:
    """Create a repository and return it as the API describes it.

    Args:
        hosted: The repository's name.
        inputs: ``description`` and ``repoVisibility``.
        branch: The default branch.

    Raises:
        InputError: When its owner is neither an organisation nor the token's user.
        ForgeError: When the forge refuses.
    """
    body = {
        "name": hosted.repo,
        "description": inputs.get("description"),
        "private": inputs.get("repoVisibility") == "private",
        "default_branch": branch,
        "auto_init": False,
    }
    is_organization = hosted.api.get(path("orgs", hosted.owner)) is not None
    place = place_to_create(hosted, is_organization)
    return hosted.api.call("POST", place, body, "creating the repository")


def requests_of(hosted: Hosted, _found: Mapping[str, Json] | None = None) -> str:
    """Return the path of a repository's pull requests."""
    return f"{hosted.home}/pulls"


def open_pull_request(
    hosted: Hosted, inputs: PublishingInput, branch: str, target: str, log: Log
) -> Mapping[str, Json]:
    """Return the open pull request of a branch; created when there is none.

    Raises:
        ForgeError: When the forge refuses.
    """
    place = requests_of(hosted)
    query = {"state": "open"}
    found = PULL_REQUESTS.find(hosted.api, place, query, (branch, target), log)
    if found:
        return found
    body = {
        "title": inputs["title"],
        "body": inputs.get("description"),
        "head": branch,
        "base": target,
        "assignees": inputs.get("assignees"),
    }
    return PULL_REQUESTS.make(hosted.api, place, body, log)


def propose(hosted: Hosted, _found: Mapping[str, Json], proposal: Proposal, log: Log) -> Proposed:
    """Return the open pull request of a branch; created when there is none.

    Raises:
        ForgeError: When the forge refuses.
    """
    inputs = {
        "title": f"WIP: {proposal.title}" if proposal.is_draft else proposal.title,
        "description": proposal.description,
    }
    pull = open_pull_request(hosted, inputs, proposal.branch, proposal.target, log)
    return Proposed(int(pull["number"]), str(pull.get("html_url") or ""))
