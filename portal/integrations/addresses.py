"""Web addresses of files in forges: parsed into repository, ref and path.

One table has every supported form. The form determines the type of forge, not the host:
an address may be at a server that is not configured.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs
from urllib.parse import quote
from urllib.parse import unquote
from urllib.parse import urlsplit

from portal.kernel.errors import InputError
from portal.scm.urls import PATH
from portal.scm.urls import repository_key

_BASE = r"(?P<base>https?://[^/?#]+"
_WEB = re.compile(r"(?P<remote>https?://[^/?#]+)/(?P<path>[^?#]*[^?#/])(?P<query>(?:\?[^#]*)?)")
_DEFAULT_REFS = frozenset({"", "HEAD"})
#: Azure DevOps' prefixes of branches, tags and commits.
_AZURE_VERSION = re.compile(r"G[BTC](?P<ref>.+)")


@dataclass(frozen=True, slots=True)
class RepositoryFile:
    """One reading of an address.

    Attributes:
        remote: The url git fetches from.
        ref: Branch, tag or commit; empty for the default branch.
        path: The file, or glob, from the repository's root.
        template: The address of any file beside it, with ``{path}`` in its place.
        is_web: Whether ``remote`` is a plain web server instead, without git.
    """

    remote: str
    ref: str
    path: str
    template: str
    is_web: bool = False

    @property
    def remote_key(self) -> str:
        """What all addresses of the repository have in common."""
        return repository_key(self.remote) or self.remote


def parse_file_url(url: str) -> list[RepositoryFile]:
    """Return the readings of an address, the likeliest first.

    There are several if a branch name may contain slashes, as in
    ``…/blob/feature/login/catalog-info.yaml``: only the remote's refs decide.

    Raises:
        InputError: When it is no address of a file in a repository.
    """
    for expression, read in _FORMS:
        match = expression.fullmatch(url)
        if match:
            found = list(read(match))
            if found:
                return found
    msg = (
        f"Reading from '{url}' is not allowed. It is not the address of a file in a git "
        "repository: give the page that shows the file at its forge, or "
        "https://host/repository.git//path?ref=branch"
    )
    raise InputError(msg)


def is_same_file(one: str, other: str) -> bool:
    """Return whether two location refs are of one file at one branch, however written.

    An address of the default branch and one that names a branch are taken for the same.
    """
    return one == other or any(
        (mine.remote_key, mine.path) == (theirs.remote_key, theirs.path)
        and (mine.ref == theirs.ref or {mine.ref, theirs.ref} & _DEFAULT_REFS)
        for mine in _readings(one)
        for theirs in _readings(other)
    )


def _readings(location: str) -> list[RepositoryFile]:
    try:
        return parse_file_url(location.removeprefix("url:"))
    except InputError:
        return []


def not_allowed(address: str) -> str:
    """Return Backstage's message for a host that may not be read.

    It names Backstage's setting; here they are ``location_hosts`` and ``reading_allow``
    (docs/operators/troubleshooting.md).
    """
    return (
        f"Reading from '{address}' is not allowed. You may need to configure an "
        "integration for the target host, or add it to the configured list of "
        "allowed hosts at 'backend.reading.allow'"
    )


def web_file(url: str) -> RepositoryFile:
    """Return the reading of an address at a plain web server: a single file.

    Raises:
        InputError: When it is no http(s) address of a file.
    """
    match = _WEB.fullmatch(url)
    if match is None:
        raise InputError(f"'{url}' is not the address of a file of a web server")
    remote = match["remote"]
    return RepositoryFile(
        remote, "", match["path"], f"{remote}/{PATH}{match['query']}", is_web=True
    )


def _slashed(match: re.Match[str]) -> Iterator[RepositoryFile]:
    """Yield ``<base><middle><ref>/<path>``, for each slash that may separate the two."""
    base, middle = match["base"], match["middle"]
    parts = match["rest"].split("/")
    if "" in parts:
        return
    for length in range(1, len(parts)):
        ref, path = "/".join(parts[:length]), "/".join(parts[length:])
        yield RepositoryFile(
            f"{base.removesuffix('.git')}.git",
            unquote(ref),
            unquote(path),
            f"{base}{middle}{ref}/{PATH}",
        )


def _bitbucket_server(match: re.Match[str]) -> Iterator[RepositoryFile]:
    query = parse_qs(match["query"] or "")
    at = query.get("at", [""])[0]
    ref = at.removeprefix("refs/heads/").removeprefix("refs/tags/")
    host, project, repository = match["host"], match["project"], match["repository"]
    suffix = f"?{match['query']}" if match["query"] else ""
    yield RepositoryFile(
        f"{host}/scm/{project.lower()}/{repository}.git",
        ref,
        unquote(match["path"]),
        f"{host}/projects/{project}/repos/{repository}/browse/{PATH}{suffix}",
    )


def _azure(match: re.Match[str]) -> Iterator[RepositoryFile]:
    query = parse_qs(match["query"])
    path = query.get("path", [""])[0].lstrip("/")
    version = _AZURE_VERSION.fullmatch(query.get("version", [""])[0])
    if path:
        tail = f"&version={quote(query['version'][0])}" if version else ""
        yield RepositoryFile(
            match["base"],
            version["ref"] if version else "",
            path,
            f"{match['base']}?path=/{PATH}{tail}",
        )


def _gerrit(match: re.Match[str]) -> Iterator[RepositoryFile]:
    rest = match["rest"].removeprefix("refs/heads/").removeprefix("refs/tags/")
    ref, _, path = rest.partition("/")
    if path:
        prefix = match["rest"].removesuffix(path)
        yield RepositoryFile(
            f"{match['host']}/{match['repository']}",
            unquote(ref),
            unquote(path),
            f"{match['host']}{match['gitiles'] or '/'}{match['repository']}/+/{prefix}{PATH}",
        )


def _plain(match: re.Match[str]) -> Iterator[RepositoryFile]:
    ref = parse_qs(match["query"] or "").get("ref", [""])[0]
    suffix = f"?{match['query']}" if match["query"] else ""
    yield RepositoryFile(
        match["remote"], ref, unquote(match["path"]), f"{match['remote']}//{PATH}{suffix}"
    )


_Read = Callable[[re.Match[str]], Iterator[RepositoryFile]]

#: Every form of address, the most particular first.
_FORMS: tuple[tuple[re.Pattern[str], _Read], ...] = (
    (re.compile(_BASE + r"/.+/_git/[^/?#]+)\?(?P<query>[^#]+)"), _azure),
    (
        re.compile(
            r"(?P<host>https?://[^/?#]+(?:/[^?#]+)?)/projects/(?P<project>[^/?#]+)/repos/"
            r"(?P<repository>[^/?#]+)/(?:browse|raw)/(?P<path>[^?#]+)(?:\?(?P<query>[^#]+))?"
        ),
        _bitbucket_server,
    ),
    (re.compile(_BASE + r"/.+?)(?P<middle>/-/(?:blob|tree|edit|raw)/)(?P<rest>[^?#]+)"), _slashed),
    (
        re.compile(
            r"(?P<host>https?://[^/?#]+)(?P<gitiles>/plugins/gitiles/)?/?(?P<repository>[^?#]+?)"
            r"/\+/(?P<rest>[^?#]+)"
        ),
        _gerrit,
    ),
    (
        re.compile(
            _BASE + r"/[^/]+/[^/]+)(?P<middle>/(?:src|raw)/(?:branch|tag|commit)/)(?P<rest>[^?#]+)"
        ),
        _slashed,
    ),
    (re.compile(_BASE + r"/[^/]+/[^/]+)(?P<middle>/(?:src|raw)/)(?P<rest>[^?#]+)"), _slashed),
    (
        re.compile(_BASE + r"/[^/]+/[^/]+)(?P<middle>/(?:blob|tree|edit|raw)/)(?P<rest>[^?#]+)"),
        _slashed,
    ),
    (
        re.compile(
            r"(?P<remote>(?:https?://|ssh://|[\w.-]+@[\w.-]+:)[^?#]+?)//(?P<path>[^/?#][^?#]*)"
            r"(?:\?(?P<query>[^#]+))?"
        ),
        _plain,
    ),
)


def repository_of(url: str) -> str:
    """Return the git remote of a repository's web address, for pages of the root.

    Raises:
        InputError: When it is no http(s) address with a path.
    """
    msg = "The given location.target is not a URL"
    try:
        parts = urlsplit(url)
    except ValueError:
        raise InputError(msg) from None
    path = parts.path.strip("/")
    if parts.scheme not in {"http", "https"} or not parts.netloc or not path:
        raise InputError(msg)
    if "_git" in path.split("/"):
        return f"{parts.scheme}://{parts.netloc}/{path}"
    return f"{parts.scheme}://{parts.netloc}/{path.removesuffix('.git')}.git"
