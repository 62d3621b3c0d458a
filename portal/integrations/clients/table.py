"""The table of clients: the operations of each type of forge whose API the portal uses."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from typing import Any

from portal.integrations.clients.listed import ListedRepository
from portal.integrations.clients.listed import read_entry
from portal.integrations.clients.products import azure
from portal.integrations.clients.products import bitbucket_cloud
from portal.integrations.clients.products import bitbucket_server
from portal.integrations.clients.products import gerrit
from portal.integrations.clients.products import gitea
from portal.integrations.clients.products import github
from portal.integrations.clients.products import gitlab
from portal.integrations.clients.repository import Hosted
from portal.integrations.clients.repository import Log
from portal.integrations.clients.repository import Proposal
from portal.integrations.clients.repository import Proposed
from portal.integrations.clients.resources import Resource
from portal.kernel.json_text import Json

#: Returns a text about a repository, given the forge's JSON of it.
_About = Callable[[Hosted, Mapping[str, Json]], str]
#: Opens a pull or merge request, unless it is open.
Propose = Callable[[Hosted, Mapping[str, Json], Proposal, Log], Proposed]
#: Returns the path of a repository's requests.
RequestsOf = Callable[[Hosted, Mapping[str, Json]], str]


def _member(name: str) -> _About:
    def read(_hosted: Hosted, found: Mapping[str, Json]) -> str:
        return str(found.get(name) or "")

    return read


_CLONE_URL, _DEFAULT_BRANCH = _member("clone_url"), _member("default_branch")


@dataclass(frozen=True, slots=True)
class Client:
    """The operations that all clients have in common; creating repositories differs too much.

    Attributes:
        find: Returns a repository as the API describes it; ``None`` when it does not exist.
        propose: Opens a pull or merge request; ``None`` where changes are proposed otherwise.
        requests_of: Returns the path of its pull or merge requests; ``None`` without ``propose``.
        resources: The lists that offer choices of form fields, by name.
        completion: The name under which forms ask for them; that of the type if empty.
        read_entry: Parses an entry of an owner's list of repositories.
        clone_url: Returns the address for git.
        default_branch: Returns the default branch; empty when there is no commit.
        created: The member with the time of its creation; empty when the API has none.
        noun: The forge's word for a repository.
    """

    find: Callable[[Hosted], Json]
    propose: Propose | None = None
    requests_of: RequestsOf | None = None
    resources: Mapping[str, Resource] = field(default_factory=dict)
    completion: str = ""
    read_entry: Callable[[Mapping[str, Any], str], ListedRepository] = read_entry
    clone_url: _About = _CLONE_URL
    default_branch: _About = _DEFAULT_BRANCH
    created: str = "created_at"
    noun: str = "repository"


#: The clients by type of forge.
CLIENTS: Mapping[str, Client] = {
    "github": Client(github.find_repository, github.propose, github.requests_of, github.RESOURCES),
    "gitlab": Client(
        gitlab.find_project,
        gitlab.propose,
        gitlab.requests_of,
        gitlab.RESOURCES,
        read_entry=gitlab.read_entry,
        clone_url=_member("http_url_to_repo"),
        noun="project",
    ),
    "gitea": Client(gitea.find_repository, gitea.propose, gitea.requests_of, gitea.RESOURCES),
    "bitbucket": Client(
        bitbucket_cloud.find_repository,
        bitbucket_cloud.propose,
        bitbucket_cloud.requests_of,
        bitbucket_cloud.RESOURCES,
        "bitbucket-cloud",
        clone_url=bitbucket_cloud.clone_url,
        default_branch=bitbucket_cloud.default_branch,
        created="created_on",
    ),
    "bitbucket-server": Client(
        bitbucket_server.find_repository,
        bitbucket_server.propose,
        bitbucket_server.requests_of,
        clone_url=bitbucket_server.clone_url,
        default_branch=bitbucket_server.default_branch,
        created="",
    ),
    "azure": Client(
        azure.find_repository,
        azure.propose,
        azure.requests_of,
        clone_url=azure.clone_url,
        default_branch=azure.default_branch,
        created="",
    ),
    "gerrit": Client(
        gerrit.find_project,
        clone_url=gerrit.clone_url,
        default_branch=gerrit.default_branch,
        created="",
        noun="project",
    ),
}
