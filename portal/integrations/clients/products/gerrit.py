"""The API of Gerrit: projects, and the changes that are under review.

A change is opened by a push to ``refs/for/<branch>``; its ``Change-Id`` is a line of the
commit's message.
"""

from __future__ import annotations

from collections.abc import Mapping

from portal.integrations.clients.api import path
from portal.integrations.clients.repository import Hosted
from portal.integrations.clients.repository import PublishingInput
from portal.kernel.json_text import Json

_HEADS = "refs/heads/"


def _home(hosted: Hosted) -> str:
    return path("projects", hosted.repo)


def find_project(hosted: Hosted) -> Json:
    """Return a project as the API describes it; ``None`` when it does not exist."""
    return hosted.api.get(_home(hosted))


def create_project(hosted: Hosted, inputs: PublishingInput, branch: str) -> Json:
    """Create a project without commits and return it as the API describes it.

    Args:
        hosted: The project; ``owner`` and ``workspace`` of ``repoUrl`` are the group that owns
            it and the project that it inherits rights from.
        inputs: ``description``.
        branch: The default branch.

    Raises:
        ForgeError: When Gerrit refuses.
    """
    owner = hosted.parts.get("owner")
    body = {
        "parent": hosted.parts.get("workspace"),
        "description": inputs.get("description"),
        "branches": [branch],
        "owners": [owner] if owner else [],
        "create_empty_commit": False,
    }
    return hosted.api.call("PUT", _home(hosted), body, "creating the project")


def clone_url(hosted: Hosted, _found: Mapping[str, Json]) -> str:
    """Return the address for git; the API of projects names none."""
    return f"{hosted.api.base}/{hosted.repo}"


def default_branch(hosted: Hosted, _found: Mapping[str, Json]) -> str:
    """Return the branch that the project's ``HEAD`` names."""
    return str(hosted.api.get(f"{_home(hosted)}/HEAD") or "").removeprefix(_HEADS)


def has_change(hosted: Hosted, change_id: str) -> bool:
    """Return whether a change exists, whatever its state."""
    query = {"q": f"project:{hosted.repo} change:{change_id}", "n": "1"}
    return bool(hosted.api.get("/changes/", **query))
