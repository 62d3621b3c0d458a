"""The API of Azure DevOps: repositories of a project, and pull requests.

The owner of a repository is ``organization/project``; at a server of one's own, the
organization is a collection.
"""

from __future__ import annotations

from collections.abc import Mapping

from portal.integrations.clients.api import path
from portal.integrations.clients.repository import Hosted
from portal.integrations.clients.repository import Log
from portal.integrations.clients.repository import Proposal
from portal.integrations.clients.repository import Proposed
from portal.integrations.clients.repository import Requests
from portal.integrations.clients.repository import without_user
from portal.kernel.errors import NotFoundError
from portal.kernel.json_text import Json

_HEADS = "refs/heads/"
_PULL_REQUESTS = Requests(
    "pull request",
    "pullRequestId",
    lambda one: (_branch(one.get("sourceRefName")), _branch(one.get("targetRefName"))),
)


def _branch(name: Json) -> str:
    return str(name or "").removeprefix(_HEADS)


def _repositories(hosted: Hosted) -> str:
    return f"{path(*hosted.owner.split('/'))}/_apis/git/repositories"


def find_repository(hosted: Hosted) -> Json:
    """Return a repository as the API describes it; ``None`` when it does not exist."""
    return hosted.api.get(f"{_repositories(hosted)}{path(hosted.repo)}")


def create_repository(hosted: Hosted) -> Json:
    """Create a repository and return it as the API describes it.

    Raises:
        NotFoundError: When there is no such organization or project.
        ForgeError: When Azure DevOps refuses.
    """
    organization, _, project = hosted.owner.partition("/")
    found = hosted.api.get(f"{path(organization)}/_apis/projects{path(project)}")
    if found is None:
        raise NotFoundError(
            f"there is no project {project} in the organization {organization}, or the token "
            "may not see it"
        )
    body = {"name": hosted.repo, "project": {"id": found["id"]}}
    return hosted.api.call("POST", _repositories(hosted), body, "creating the repository")


def clone_url(_hosted: Hosted, found: Mapping[str, Json]) -> str:
    """Return the address for git."""
    return without_user(str(found.get("remoteUrl") or ""))


def default_branch(_hosted: Hosted, found: Mapping[str, Json]) -> str:
    """Return the default branch of a repository; empty when it has no commit."""
    return _branch(found.get("defaultBranch"))


def requests_of(hosted: Hosted, found: Mapping[str, Json]) -> str:
    """Return the path of a repository's pull requests."""
    return f"{_repositories(hosted)}{path(found['id'])}/pullrequests"


def propose(hosted: Hosted, found: Mapping[str, Json], proposal: Proposal, log: Log) -> Proposed:
    """Return the open pull request of a branch; created when there is none.

    Raises:
        ForgeError: When Azure DevOps refuses.
    """
    source, target = f"{_HEADS}{proposal.branch}", f"{_HEADS}{proposal.target}"
    place = requests_of(hosted, found)
    query = {
        "searchCriteria.status": "active",
        "searchCriteria.sourceRefName": source,
        "searchCriteria.targetRefName": target,
    }
    branches = (proposal.branch, proposal.target)
    there = _PULL_REQUESTS.find(hosted.api, place, query, branches, log)
    body = {
        "sourceRefName": source,
        "targetRefName": target,
        "title": proposal.title,
        "description": proposal.description or None,
        "isDraft": proposal.is_draft or None,
    }
    one = there or _PULL_REQUESTS.make(hosted.api, place, body, log)
    number = int(one["pullRequestId"])
    page = f"{str(found['webUrl']).rstrip('/')}/pullrequest/{number}"
    return Proposed(number, page)
