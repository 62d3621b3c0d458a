"""Where people, and the catalog, find the files of a repository that was published."""

from __future__ import annotations

from urllib.parse import parse_qsl
from urllib.parse import quote
from urllib.parse import urlencode

from portal.catalog.registered import host_of
from portal.kernel.config import Config
from portal.kernel.errors import InputError
from portal.scm.forges import parse_file_url
from portal.scm.urls import browse_address
from portal.scm.urls import repository_key

#: Stands for any file in the address of a folder.
_ANY = "x"


def contents_url(remote_url: str, branch: str, config: Config) -> str:
    """Return the address of a repository's files on a branch, as the forge shows it.

    Where no page of a forge can stand for the repository, it is the address of the
    remote itself with ``//`` behind it, which the catalog reads as well.
    """
    integration = config.integration(host_of(remote_url))
    address = browse_address(remote_url, branch, integration.type if integration else "")
    if _stands_for(address, remote_url, branch):
        return address
    return f"{remote_url.rstrip('/')}//?ref={quote(branch, safe='')}"


def _stands_for(address: str, remote_url: str, branch: str) -> bool:
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
    """Return the address of a file, given that of its repository's files."""
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
