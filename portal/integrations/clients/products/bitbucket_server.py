"""The API of Bitbucket Data Center: repositories of a project, and pull requests."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from portal.integrations.clients.api import path
from portal.integrations.clients.repository import Hosted
from portal.integrations.clients.repository import Log
from portal.integrations.clients.repository import Proposal
from portal.integrations.clients.repository import Proposed
from portal.integrations.clients.repository import PublishingInput
from portal.integrations.clients.repository import Requests
from portal.integrations.clients.repository import attempt
from portal.integrations.clients.repository import link_of
from portal.integrations.clients.repository import without_user
from portal.kernel.json_text import Json

_HEADS = "refs/heads/"
_API = "/rest/api/1.0"
_PULL_REQUESTS = Requests(
    "pull request", "id", lambda one: (_branch_of(one, "fromRef"), _branch_of(one, "toRef"))
)


def _branch_of(pull: Mapping[str, Json], side: str) -> str:
    return str((pull.get(side) or {}).get("id") or "").removeprefix(_HEADS)


def _home(hosted: Hosted) -> str:
    return path("projects", hosted.owner, "repos", hosted.repo)


def find_repository(hosted: Hosted) -> Json:
    """Return a repository as the API describes it; ``None`` when it does not exist."""
    return hosted.api.get(_home(hosted))


def create_repository(hosted: Hosted, inputs: PublishingInput, branch: str) -> Json:
    """Create a repository and return it as the API describes it.

    Args:
        hosted: The repository's name.
        inputs: ``description`` and ``repoVisibility``.
        branch: The default branch.

    Raises:
        ForgeError: When Bitbucket refuses.
    """
    body = {
        "name": hosted.repo,
        "description": inputs.get("description"),
        "defaultBranch": branch,
        "public": inputs.get("repoVisibility") == "public",
    }
    place = f"{path('projects', hosted.owner)}/repos"
    return hosted.api.call("POST", place, body, "creating the repository")


def enable_lfs(hosted: Hosted, log: Log) -> None:
    """Switch LFS on for a repository, which administrators may; a refusal is only logged."""
    api = replace(hosted.api, base=hosted.api.base.removesuffix(_API))
    place = f"/rest/git-lfs/admin{_home(hosted)}/enabled"
    attempt(log, "enableLFS", partial(api.call, "PUT", place, {}, "enabling LFS"))


def clone_url(_hosted: Hosted, found: Mapping[str, Json]) -> str:
    """Return the address for git.

    Raises:
        SourceError: When the forge names none.
    """
    return without_user(link_of(found, "clone", "http"))


def default_branch(hosted: Hosted, _found: Mapping[str, Json]) -> str:
    """Return the default branch of a repository; empty when it has no commit."""
    found = hosted.api.get(f"{_home(hosted)}/default-branch") or {}
    return str(found.get("displayId") or "")


def requests_of(hosted: Hosted, _found: Mapping[str, Json]) -> str:
    """Return the path of a repository's pull requests."""
    return f"{_home(hosted)}/pull-requests"


def propose(
    hosted: Hosted,
    found: Mapping[str, Json],
    proposal: Proposal,
    log: Log,
    reviewers: Sequence[str] = (),
) -> Proposed:
    """Return the open pull request of a branch; created when there is none.

    Args:
        hosted: The repository.
        found: The repository, as the API describes it.
        proposal: What is proposed.
        log: Called with a line about it.
        reviewers: The names of users who are asked for a review.

    Raises:
        ForgeError: When Bitbucket refuses.
        SourceError: When its answer has no page.
    """
    place = requests_of(hosted, found)
    query = {"state": "OPEN", "direction": "OUTGOING", "at": f"{_HEADS}{proposal.branch}"}
    branches = (proposal.branch, proposal.target)
    there = _PULL_REQUESTS.find(hosted.api, place, query, branches, log)
    body = {
        "title": proposal.title,
        "description": proposal.description or None,
        "draft": proposal.is_draft or None,
        "fromRef": _ref(hosted, proposal.branch),
        "toRef": _ref(hosted, proposal.target),
        "reviewers": [{"user": {"name": name}} for name in reviewers] or None,
    }
    one = there or _PULL_REQUESTS.make(hosted.api, place, body, log)
    return Proposed(int(one["id"]), link_of(one, "self"))


def _ref(hosted: Hosted, branch: str) -> dict[str, Json]:
    repository = {"slug": hosted.repo, "project": {"key": hosted.owner}}
    return {"id": f"{_HEADS}{branch}", "repository": repository}
