"""Web addresses of a repository's files: the pages that its forge shows."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl
from urllib.parse import quote
from urllib.parse import urlencode

from portal.integrations.addresses import parse_file_url
from portal.integrations.hosts import Integrations
from portal.kernel.errors import InputError
from portal.scm.urls import repository_key
from portal.scm.urls import split_remote

#: A placeholder for the path of a file below the address of a folder.
_ANY = "x"


def browse_address(url: str, ref: str, integrations: Integrations) -> str:
    """Return the web address of the files of a remote at ``ref``, without a last slash.

    Args:
        url: The remote, as ``parse_remote`` accepts it.
        ref: The branch or tag; empty for the default branch.
        integrations: The known forges: the form of the address depends on the type.
    """
    parts = split_remote(url)
    assert parts is not None, "the url was parsed before"
    # The port of an ssh remote is not that of the web server.
    scheme, port = ("https", "") if parts.scheme == "ssh" else (parts.scheme, parts.port)
    place = f"{parts.host}{port}"
    files = integrations.forge_of(place).browse.format(ref=ref or "HEAD")
    return f"{scheme}://{place}/{parts.path.strip('/').removesuffix('.git')}{files}"


def contents_url(remote_url: str, branch: str, integrations: Integrations) -> str:
    """Return the address of a repository's files on a branch: the page of its forge.

    When that page cannot be parsed back to the repository and branch, it is the address of
    the remote itself followed by ``//``, which the catalog reads as well.
    """
    address = browse_address(remote_url, branch, integrations)
    if _identifies(address, remote_url, branch):
        return address
    return f"{remote_url.rstrip('/')}//?ref={quote(branch, safe='')}"


def _identifies(address: str, remote_url: str, branch: str) -> bool:
    """Return whether an address is parsed to this remote and branch."""
    try:
        readings = parse_file_url(f"{address}/{_ANY}")
    except InputError:
        return False
    key = repository_key(remote_url)
    return any(
        (repository_key(reading.remote), reading.ref, reading.path) == (key, branch, _ANY)
        for reading in readings
    )


def address_in(contents: str, path: str) -> str:
    """Return the address of a file below the address of its repository's files.

    Args:
        contents: The address of the files, as ``contents_url`` returns it.
        path: The path of the file, from the repository's root.
    """
    head, mark, query = contents.partition("?")
    path = path.lstrip("/")
    if "/_git/" in head:
        return f"{head}?{urlencode({**dict(parse_qsl(query)), 'path': f'/{path}'}, safe='/')}"
    folder = head if head.endswith("//") else f"{head.rstrip('/')}/"
    address = f"{folder}{path}{mark}{query}"
    try:
        parse_file_url(address)
    except InputError:
        return f"{folder}blob/HEAD/{path}"
    return address


_AZURE_LINE = "&line={line}&lineEnd={line}&lineStartColumn=1&lineEndColumn=1"
#: The addresses of the files of a repository, and that of a line at a commit, by forge.
_LINES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(expression), page)
    for expression, page in (
        (
            r"(?P<base>https?://.+?)/-/(?:blob|tree|edit|raw)/.*",
            "{base}/-/blob/{commit}/{path}#L{line}",
        ),
        (
            r"(?P<base>https?://.+/_git/[^/?#]+)(?:[/?].*)?",
            f"{{base}}?path=/{{path}}&version=GC{{commit}}{_AZURE_LINE}",
        ),
        (
            r"(?P<base>https?://.+/projects/[^/]+/repos/[^/]+)/(?:browse|raw)(?:/.*)?",
            "{base}/browse/{path}?at={commit}#{line}",
        ),
        (
            r"(?P<base>https?://.+)/scm/(?P<project>[^/]+)/(?P<repository>[^/]+)/blob/.*",
            "{base}/projects/{project}/repos/{repository}/browse/{path}?at={commit}#{line}",
        ),
        (r"(?P<base>https?://.+?)/\+/.*", "{base}/+/{commit}/{path}#{line}"),
        (
            r"(?P<base>https?://[^/]+/[^/]+/[^/]+)/(?:src|raw)/(?:branch|tag|commit)/.*",
            "{base}/src/commit/{commit}/{path}#L{line}",
        ),
        (
            r"(?P<base>https?://[^/]+/[^/]+/[^/]+)/(?:src|raw)/.*",
            "{base}/src/{commit}/{path}#lines-{line}",
        ),
        (
            r"(?P<base>https?://[^/]+/.+?)/(?:blob|tree|edit|raw)/.*",
            "{base}/blob/{commit}/{path}#L{line}",
        ),
    )
)


def line_page(contents: str, commit: str, path: str, line: int) -> str:
    """Return the address of the page that shows a line of a file at a commit.

    Args:
        contents: The address of the repository's files at any ref, as ``browse_address`` and
            ``contents_url`` return it.
        commit: The full id of the commit.
        path: The path of the file, from the repository's root.
        line: The line, from 1.

    Returns:
        The address; empty when the forge that ``contents`` is of has no such page that is known.
    """
    for expression, page in _LINES:
        match = expression.fullmatch(f"{contents.rstrip('/')}/")
        if match:
            return page.format(**match.groupdict(), commit=commit, path=quote(path), line=line)
    return ""
