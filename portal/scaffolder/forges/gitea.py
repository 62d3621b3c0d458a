"""Gitea and Forgejo: repositories, and pull requests."""

from __future__ import annotations

from collections.abc import Mapping

from portal.kernel.errors import InputError
from portal.scaffolder.action import ActionContext
from portal.scaffolder.forges.api import Json
from portal.scaffolder.forges.api import path
from portal.scaffolder.forges.repository import Hosted
from portal.scaffolder.forges.repository import created_once


def find_repository(hosted: Hosted) -> Json:
    """Return what the forge says of a repository, ``None`` when there is none."""
    return hosted.api.get(path("repos", hosted.owner, hosted.repo))


def create_repository(context: ActionContext, hosted: Hosted, branch: str) -> Json:
    """Create a repository and return what the forge says of it.

    Raises:
        ConflictError: When it was there before the task.
        InputError: When its owner is neither an organisation nor the token's user.
        ForgeError: When the forge refuses.
    """
    given = context.input
    body = {
        "name": hosted.repo,
        "description": given.get("description"),
        "private": given.get("repoVisibility") == "private",
        "default_branch": branch,
        "auto_init": False,
    }
    return created_once(
        context,
        hosted,
        lambda: hosted.api.call("POST", _place(hosted), body, "creating the repository"),
        lambda: find_repository(hosted),
    )


def _place(hosted: Hosted) -> str:
    if hosted.api.get(path("orgs", hosted.owner)) is not None:
        return path("orgs", hosted.owner, "repos")
    user = (hosted.api.get("/user") or {}).get("login", "")
    if str(user).lower() != hosted.owner.lower():
        raise InputError(
            f"{hosted.owner} is no organisation, and not the user the token belongs to; a "
            "repository can be created for those only"
        )
    return "/user/repos"


def open_pull_request(
    context: ActionContext, hosted: Hosted, branch: str, target: str
) -> Mapping[str, Json]:
    """Return the open pull request of a branch, made when there is none.

    Raises:
        ForgeError: When the forge refuses.
    """
    given, home = context.input, path("repos", hosted.owner, hosted.repo)
    for found in hosted.api.get(f"{home}/pulls", state="open") or []:
        refs = [(found.get(side) or {}).get("ref") for side in ("head", "base")]
        if refs == [branch, target]:
            context.say(f"Pull request {found['number']} is open already")
            return dict(found)
    body = {
        "title": given["title"],
        "body": given.get("description"),
        "head": branch,
        "base": target,
        "assignees": given.get("assignees"),
    }
    made = hosted.api.call("POST", f"{home}/pulls", body, "opening a pull request")
    context.say(f"Opened pull request {made['number']}")
    return dict(made)
