"""A repository at a forge, and the operations that all forges have in the same form."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from enum import StrEnum
from urllib.parse import urlsplit

from portal.integrations.clients.api import ForgeApi
from portal.integrations.clients.api import ForgeError
from portal.integrations.clients.api import path
from portal.kernel.errors import InputError
from portal.kernel.errors import SourceError
from portal.kernel.json_text import Json

#: Logs a line.
Log = Callable[[str], None]
#: The input of a publishing action, with Backstage's names of its members.
PublishingInput = Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Hosted:
    """The name of a repository, which may not exist yet, and the API of its forge.

    Args:
        api: The API.
        owner: A user, an organisation, or a group with slashes; empty at a forge whose
            repositories have no owner.
        repo: The name below the owner.
        parts: Everything that ``repoUrl`` names, such as ``project``.
    """

    api: ForgeApi
    owner: str
    repo: str
    parts: Mapping[str, str] = field(default_factory=dict)

    @property
    def full_name(self) -> str:
        """Return ``owner/repo``."""
        return f"{self.owner}/{self.repo}" if self.owner else self.repo

    @property
    def home(self) -> str:
        """Return its path in the API of GitHub and Gitea: ``/repos/{owner}/{repo}``."""
        return path("repos", self.owner, self.repo)


def attempt(log: Log, what: str, do: Callable[[], Json]) -> Json:
    """Run an optional operation; log when the forge refuses it."""
    try:
        return do()
    except ForgeError as error:
        log(f"Skipping {what}: {error.message}")
        return None


def place_to_create(hosted: Hosted, is_organization: bool) -> str:
    """Return the API path for creating a repository of the organisation or of the user.

    Raises:
        InputError: When its owner is neither an organisation nor the token's user.
    """
    if is_organization:
        return path("orgs", hosted.owner, "repos")
    user = (hosted.api.get("/user") or {}).get("login", "")
    if str(user).lower() != hosted.owner.lower():
        raise InputError(
            f"{hosted.owner} is no organisation, and not the user the token belongs to; a "
            "repository can be created for those only"
        )
    return "/user/repos"


def without_user(url: str) -> str:
    """Return an address without the user before its host, as some forges write it."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def link_of(found: Mapping[str, Json], name: str, which: str = "") -> str:
    """Return an address among the ``links`` of a repository or a pull request of Bitbucket.

    Args:
        found: The forge's JSON.
        name: The member of ``links``: an address, or a list of them.
        which: The name of the one in the list; empty for the first.

    Raises:
        SourceError: When there is none.
    """
    links = (found.get("links") or {}).get(name) or ()
    for link in [links] if isinstance(links, dict) else links:
        if not which or link.get("name") == which:
            return str(link["href"])
    raise SourceError(f"the forge's answer has no address '{name}'")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change that is to be proposed: a branch, what it is to change, and what people read."""

    branch: str
    target: str
    title: str
    description: str = ""
    is_draft: bool = False


@dataclass(frozen=True, slots=True)
class Proposed:
    """An open pull or merge request: its number and its page."""

    number: int
    url: str


class RequestState(StrEnum):
    """What became of a pull or merge request."""

    OPEN = "open"
    MERGED = "merged"
    #: Closed without being merged, or removed.
    CLOSED = "closed"


#: The words of all forges, in small letters.
_STATES: Mapping[str, RequestState] = {
    **dict.fromkeys(("open", "opened", "locked", "active"), RequestState.OPEN),
    **dict.fromkeys(("merged", "completed"), RequestState.MERGED),
    **dict.fromkeys(("closed", "declined", "superseded", "abandoned"), RequestState.CLOSED),
}


def request_state(api: ForgeApi, place: str, number: int) -> RequestState:
    """Return what became of a request.

    Args:
        api: The API.
        place: The path of the repository's requests.
        number: The number of the request.

    Raises:
        SourceError: When the forge does not say it.
    """
    found = api.get(f"{place}{path(number)}")
    if found is None:
        return RequestState.CLOSED
    if found.get("merged") is True:  # GitHub and Gitea call it closed, too
        return RequestState.MERGED
    word = str(found.get("state") or found.get("status") or "").lower()
    if word not in _STATES:
        raise SourceError(f"{api.host} says no known state of request {number}")
    return _STATES[word]


@dataclass(frozen=True, slots=True)
class Requests:
    """Pull or merge requests in the API of a type of forge.

    Attributes:
        noun: The forge's word for one.
        number: The member with its number.
        branches: Returns the source and the target branch of one.
    """

    noun: str
    number: str
    branches: Callable[[Mapping[str, Json]], tuple[Json, Json]]

    def find(
        self,
        api: ForgeApi,
        place: str,
        query: Mapping[str, str],
        branches: tuple[str, str],
        log: Log,
    ) -> Mapping[str, Json] | None:
        """Return the open request of a branch and a target; ``None`` when there is none.

        Args:
            api: The API.
            place: The path of the repository's requests.
            query: The filter for open ones. A server that ignores a filter returns more,
                so the branches of each are compared.
            branches: The source and the target branch.
            log: Called with a line when there is one.

        Raises:
            ForgeError: When the forge refuses.
        """
        for found in api.entries(place, **query):
            if self.branches(found) == branches:
                log(f"{self.noun.capitalize()} {found[self.number]} is open already")
                return dict(found)
        return None

    def make(
        self, api: ForgeApi, place: str, body: PublishingInput, log: Log
    ) -> Mapping[str, Json]:
        """Open a request and return it as the API describes it.

        Raises:
            ForgeError: When the forge refuses.
        """
        made = api.call("POST", place, body, f"opening a {self.noun}")
        log(f"Opened {self.noun} {made[self.number]}")
        return dict(made)


def _branches_of(pull: Mapping[str, Json]) -> tuple[Json, Json]:
    return (pull.get("head") or {}).get("ref"), (pull.get("base") or {}).get("ref")


#: Pull requests in the APIs of GitHub and Gitea.
PULL_REQUESTS = Requests("pull request", "number", _branches_of)
