"""Parses ``host?owner=…&repo=…``, the form in which Backstage's RepoUrlPicker names repositories."""

from __future__ import annotations

import re
from urllib.parse import SplitResult
from urllib.parse import parse_qs
from urllib.parse import unquote
from urllib.parse import urlsplit

from portal.forges import FORGES
from portal.integrations.hosts import Integrations
from portal.kernel.errors import InputError
from portal.scm.urls import split_remote

_PARTS = ("owner", "repo", "organization", "workspace", "project")
#: The parts in the order of a path.
_PATH = ("organization", "workspace", "owner", "project", "repo")


def parse_repo_url(text: str, integrations: Integrations) -> dict[str, str]:
    """Return the ``host`` and those parts (``owner``, ``repo``, …) that ``text`` has.

    Raises:
        InputError: When the host is not known or a part that its forge requires is missing.
    """
    parsed = _split(f"https://{text}")
    host = parsed.netloc.rpartition("@")[2].lower()
    known = integrations.find(host)
    if known is None:
        raise InputError(
            f"No matching integration configuration for host {host}, "
            "please check your integrations config"
        )
    query = parse_qs(parsed.query)
    given = {name: query[name][0].strip("/") for name in _PARTS if query.get(name)}
    ways = FORGES[known.type].repo_url_parts
    if not any(all(given.get(name) for name in way) for way in ways):
        missing = next(name for name in ways[0] if not given.get(name))
        msg = f"Invalid repo URL passed to publisher: {parsed.geturl()}, missing {missing}"
        raise InputError(msg)
    return {"host": host, **given}


def _split(text: str) -> SplitResult:
    try:
        return urlsplit(text)
    except ValueError:
        raise InputError("Invalid repo URL passed to publisher: it is no address") from None


def parts_of_remote(url: str, kind: str) -> tuple[str, str] | None:
    """Return the owner and the name of a repository by its git remote; ``None`` for another form.

    Args:
        url: The remote, as ``parse_remote`` accepts it.
        kind: The type of its forge.
    """
    parts = split_remote(url)
    found = parts and re.fullmatch(FORGES[kind].remote_path, unquote(parts.path))
    return (found["owner"], found["repo"]) if found else None


def project_slug(text: str, integrations: Integrations) -> str:
    """Return ``owner/repo`` of a ``repoUrl``.

    Raises:
        InputError: As ``parse_repo_url`` does.
    """
    parts = parse_repo_url(text, integrations)
    return f"{parts.get('owner', 'undefined')}/{parts.get('repo', 'undefined')}"


def target_of_remote(url: str) -> str:
    """Return ``host/owner/repository`` of a git remote; empty for one with an odd path.

    Args:
        url: The remote, as ``parse_remote`` accepts it.
    """
    parts = split_remote(url)
    return target_of(f"https://{parts.host}{parts.port}/{parts.path.strip('/')}") if parts else ""


def target_of(text: str) -> str:
    """Return ``host/owner/repository`` of a ``repoUrl`` or an address; empty for neither."""
    try:
        parsed = urlsplit(text if "://" in text else f"https://{text}")
        query = parse_qs(parsed.query)
    except ValueError:
        return ""
    path = parsed.path.strip("/").removesuffix(".git")
    if "://" not in text:
        path = "/".join(query[name][0].strip("/") for name in _PATH if query.get(name))
    host = parsed.netloc.rpartition("@")[2]
    is_plain = ".." not in path and "%" not in path and "\\" not in path
    return f"{host}/{path}".lower() if host and path and is_plain else ""
