"""What a field of a form may be filled with: owners, repositories and branches of a forge.

A forge is asked with the token of who fills the form in, never with the operator's one.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from functools import partial

from portal.kernel.config import Config
from portal.kernel.errors import InputError
from portal.scaffolder.forges.api import ForgeApi
from portal.scaffolder.forges.api import Json
from portal.scaffolder.forges.api import open_api
from portal.scaffolder.forges.api import path

#: Asks for a resource of a forge, given a token and what the form knows.
Complete = Callable[[str, str, Mapping[str, str]], list[dict[str, str]]]
_Read = Callable[[ForgeApi, Mapping[str, str]], Iterator[dict[str, str]]]
_PER_PAGE = 100
#: A list that is longer is cut: nobody chooses among so many.
_MOST_PAGES = 10
_HOSTS = {"github": "github.com", "gitlab": "gitlab.com", "gitea": ""}


def completions(config: Config) -> dict[str, Complete]:
    """Return who can be asked, by the name of the provider."""
    return {kind: partial(_complete, config, kind) for kind in _RESOURCES}


def _complete(
    config: Config, kind: str, resource: str, token: str, context: Mapping[str, str]
) -> list[dict[str, str]]:
    """Return what a field may be filled with.

    Raises:
        InputError: When there is no such resource or forge, or the form knows too little.
        SourceError: When the forge does not answer, or refuses.
    """
    if resource not in _RESOURCES[kind]:
        raise InputError(f"Invalid resource: {resource}")
    host = context.get("host") or _HOSTS[kind]
    if not host:
        raise InputError("Missing host context parameter")
    api = open_api(config, host, kind, token)
    return list(_RESOURCES[kind][resource](api, context))


def _pages(api: ForgeApi, place: str, size: str = "per_page") -> Iterator[Mapping[str, Json]]:
    for page in range(1, _MOST_PAGES + 1):
        found = api.get(place, page=str(page), **{size: str(_PER_PAGE)}) or []
        yield from found
        if len(found) < _PER_PAGE:
            return


def _needed(context: Mapping[str, str], *names: str) -> list[str]:
    missing = [name for name in names if not context.get(name)]
    if missing:
        raise InputError(f"Missing {' and '.join(missing)} context parameter")
    return [context[name] for name in names]


def _named(member: str, place: str, size: str, api: ForgeApi, *names: str) -> Iterator[Json]:
    filled = place.format(*(path(name)[1:] for name in names))
    yield from ({"id": str(found[member])} for found in _pages(api, filled, size))


def _list(member: str, place: str, *needs: str, size: str = "per_page") -> _Read:
    """Return what reads a list whose entries are known by one member."""
    return lambda api, context: _named(member, place, size, api, *_needed(context, *needs))


def _gitlab_groups(api: ForgeApi, _context: Mapping[str, str]) -> Iterator[dict[str, str]]:
    for group in _pages(api, "/groups"):
        yield {"title": str(group["full_path"]), "id": str(group["id"])}
    user = api.get("/user") or {}
    if user:
        yield {"title": str(user["username"]), "id": str(user["id"])}


def _gitlab_projects(api: ForgeApi, context: Mapping[str, str]) -> Iterator[dict[str, str]]:
    (owner,) = _needed(context, "id")
    is_user = str((api.get("/user") or {}).get("id")) == owner
    place = path("users" if is_user else "groups", owner, "projects")
    for project in _pages(api, place):
        yield {"title": str(project["name"]).strip(), "id": str(project["id"])}


_RESOURCES: Mapping[str, Mapping[str, _Read]] = {
    "github": {
        "owners": _list("login", "/user/orgs"),
        "repositoriesWithOwner": _list("full_name", "/user/repos"),
        "repositories": _list("name", "/orgs/{}/repos", "owner"),
        "branches": _list("name", "/repos/{}/{}/branches", "owner", "repository"),
    },
    "gitlab": {
        "groups": _gitlab_groups,
        "repositories": _gitlab_projects,
        "branches": _list("name", "/projects/{}/repository/branches", "id"),
    },
    "gitea": {
        "owners": _list("username", "/user/orgs", size="limit"),
        "repositories": _list("name", "/orgs/{}/repos", "owner", size="limit"),
        "branches": _list("name", "/repos/{}/{}/branches", "owner", "repository", size="limit"),
    },
}
