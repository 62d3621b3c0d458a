"""The API of Bitbucket Cloud: repositories of a workspace, and pull requests."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping

from portal.integrations.clients.api import ForgeApi
from portal.integrations.clients.api import path
from portal.integrations.clients.repository import Hosted
from portal.integrations.clients.repository import Log
from portal.integrations.clients.repository import Proposal
from portal.integrations.clients.repository import Proposed
from portal.integrations.clients.repository import PublishingInput
from portal.integrations.clients.repository import Requests
from portal.integrations.clients.repository import link_of
from portal.integrations.clients.repository import without_user
from portal.integrations.clients.resources import MOST_PAGES
from portal.integrations.clients.resources import Resource
from portal.integrations.clients.resources import listed
from portal.integrations.clients.resources import needed
from portal.kernel.json_text import Json


def _repositories(api: ForgeApi, context: Mapping[str, str]) -> Iterator[dict[str, str]]:
    workspace, project = needed(context, "workspace", "project")
    query = {"q": f'project.key="{_quoted(project)}"'}
    for found in api.pages(path("repositories", workspace), MOST_PAGES, **query):
        yield {"id": str(found["slug"])}


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


RESOURCES: Mapping[str, Resource] = {
    "workspaces": listed("slug", "/workspaces"),
    "projects": listed("key", "/workspaces/{}/projects", "workspace"),
    "repositories": _repositories,
    "branches": listed("name", "/repositories/{}/{}/refs/branches", "workspace", "repository"),
}
_PULL_REQUESTS = Requests(
    "pull request",
    "id",
    lambda one: (_branch_of(one, "source"), _branch_of(one, "destination")),
)


def _branch_of(pull: Mapping[str, Json], side: str) -> Json:
    return ((pull.get(side) or {}).get("branch") or {}).get("name")


def _home(hosted: Hosted) -> str:
    return path("repositories", hosted.owner, hosted.repo)


def find_repository(hosted: Hosted) -> Json:
    """Return a repository as the API describes it; ``None`` when it does not exist."""
    return hosted.api.get(_home(hosted))


def create_repository(hosted: Hosted, inputs: PublishingInput) -> Json:
    """Create a repository in the project of ``repoUrl`` and return it as the API describes it.

    Raises:
        ForgeError: When Bitbucket refuses.
    """
    body = {
        "scm": "git",
        "description": inputs.get("description"),
        "is_private": (inputs.get("repoVisibility") or "private") == "private",
        "project": {"key": hosted.parts["project"]},
    }
    return hosted.api.call("POST", _home(hosted), body, "creating the repository")


def clone_url(_hosted: Hosted, found: Mapping[str, Json]) -> str:
    """Return the address for git.

    Raises:
        SourceError: When the forge names none.
    """
    return without_user(link_of(found, "clone", "https"))


def default_branch(_hosted: Hosted, found: Mapping[str, Json]) -> str:
    """Return the default branch of a repository; empty when it has no commit."""
    return str((found.get("mainbranch") or {}).get("name") or "")


def requests_of(hosted: Hosted, _found: Mapping[str, Json]) -> str:
    """Return the path of a repository's pull requests."""
    return f"{_home(hosted)}/pullrequests"


def propose(hosted: Hosted, found: Mapping[str, Json], proposal: Proposal, log: Log) -> Proposed:
    """Return the open pull request of a branch; created when there is none.

    Raises:
        ForgeError: When Bitbucket refuses.
        SourceError: When its answer has no page.
    """
    place = requests_of(hosted, found)
    query = {
        "state": "OPEN",
        "q": f'source.branch.name="{proposal.branch}" AND '
        f'destination.branch.name="{proposal.target}"',
    }
    branches = (proposal.branch, proposal.target)
    there = _PULL_REQUESTS.find(hosted.api, place, query, branches, log)
    body = {
        "title": proposal.title,
        "summary": {"raw": proposal.description} if proposal.description else None,
        "draft": proposal.is_draft or None,
        "source": {"branch": {"name": proposal.branch}},
        "destination": {"branch": {"name": proposal.target}},
    }
    one = there or _PULL_REQUESTS.make(hosted.api, place, body, log)
    return Proposed(int(one["id"]), link_of(one, "html"))
