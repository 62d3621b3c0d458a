"""The grammar of remotes and refs: everything else is refused.

GitPython's own guards are no substitute: it still clones ``file://`` and bare
paths, and hands a ref that looks like an option to git.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote
from urllib.parse import urlsplit

from portal.kernel.errors import InputError

_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?"
_PATH = r"(?:[\w.~+-]|%[0-9A-Fa-f]{2})+(?:/(?:[\w.~+-]|%[0-9A-Fa-f]{2})+)*/?"
_HTTP = re.compile(rf"(https?)://({_HOST})(:\d{{1,5}})?/({_PATH})")
_SSH = re.compile(rf"ssh://(?:([\w.-]+)@)?({_HOST})(:\d{{1,5}})?/({_PATH})")
_SCP = re.compile(rf"([\w.-]+)@({_HOST}):({_PATH})")
_LOOPBACK = frozenset({"127.0.0.1", "localhost"})
_REF = re.compile(r"\w[\w.+-]*(?:/\w[\w.+-]*)*")
_USUAL_PORTS = {"https": ":443", "http": ":80", "ssh": ":22"}
#: By SHA-1, or by SHA-256 in repositories of that object format.
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
#: Where a path goes in the template of an address.
PATH = "{path}"
_ALLOWED = "allowed are https://host/path, ssh://user@host/path and user@host:path"


@dataclass(frozen=True, slots=True)
class Remote:
    """A repository that git may connect to.

    Attributes:
        url: What git is given.
        protocol: The one protocol it may use: ``https``, ``http``, ``ssh`` or
            ``file``.
        origin: ``https://host[:port]/``: where a token may be sent; empty for
            others.
    """

    url: str
    protocol: str
    origin: str = ""


def parse_remote(url: str) -> Remote:
    """Parse the address of a remote repository.

    Plain ``http`` is accepted for this machine only.

    Raises:
        InputError: For every other form; credentials in the address are named
            as the reason without being repeated.
    """
    if match := _HTTP.fullmatch(url):
        scheme, host, port, path = match.groups()
        if ".." in unquote(path).split("/"):
            raise InputError(f"a git url must not hold '..'; {_ALLOWED}")
        if scheme == "http" and host not in _LOOPBACK:
            raise InputError("plain http is accepted for this machine only; use https")
        return Remote(url, scheme, f"{scheme}://{host}{port or ''}/")
    if match := _SSH.fullmatch(url) or _SCP.fullmatch(url):
        if any(part.startswith("-") for part in match.groups() if part):
            raise InputError(f"a part of a git url must not begin with '-'; {_ALLOWED}")
        return Remote(url, "ssh")
    if re.match(r"https?://[^/]*@", url):
        raise InputError(
            "a git url must not hold credentials; put the token in an environment "
            "variable and name that in token_env"
        )
    raise InputError(f"this git url is not accepted; {_ALLOWED}")


def local_remote(path: str) -> Remote:
    """Return the remote of a repository on this machine, chosen by the operator."""
    return Remote(path, "file")


def check_ref(ref: str) -> str:
    """Return ``ref`` if it is a valid name of a branch or tag.

    Raises:
        InputError: When it could be read as an option, a range or a path.
    """
    if (
        not _REF.fullmatch(ref)
        or ".." in ref
        or any(part.endswith((".lock", ".")) for part in ref.split("/"))
    ):
        raise InputError(
            f"'{ref[:80]}' cannot be the name of a branch or tag: letters, digits, "
            "'.', '_', '+', '-' and '/' between them"
        )
    return ref


def is_commit(text: str) -> bool:
    """Return whether ``text`` is a full commit id."""
    return _COMMIT.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class RemoteParts:
    """The address of a remote, taken apart.

    Attributes:
        scheme: ``https``, ``http`` or ``ssh``, which ``user@host:path`` is, too.
        host: Its name.
        port: With the colon before it; empty where none is written.
        path: Behind the host's slash, as it is written.
    """

    scheme: str
    host: str
    port: str
    path: str


def split_remote(url: str) -> RemoteParts | None:
    """Return the parts of a remote's address; ``None`` for what is none."""
    if match := _HTTP.fullmatch(url):
        scheme, host, port, path = match.groups()
        return RemoteParts(scheme, host, port or "", path)
    if match := _SSH.fullmatch(url):
        _, host, port, path = match.groups()
        return RemoteParts("ssh", host, port or "", path)
    if match := _SCP.fullmatch(url):
        _, host, path = match.groups()
        return RemoteParts("ssh", host, "", path)
    return None


def host_of(remote: str) -> str:
    """Return host and port of an address, lower case; ``""`` when it is none.

    The usual port of the scheme is left out: rules compare canonical forms. The short form
    of ssh, ``git@host:path``, is an address, too.
    """
    if "://" not in remote:
        remote = f"ssh://{remote.replace(':', '/', 1)}"
    try:
        parts = urlsplit(remote)
    except ValueError:
        return ""
    host = parts.netloc.rpartition("@")[2].lower()
    return host.removesuffix(_USUAL_PORTS.get(parts.scheme, ":"))


def repository_key(url: str) -> str:
    """Return what all addresses of one repository have in common: host and path.

    How it is reached, the user, ``.git`` and letter case do not count; a port does
    where it is not the usual one. Empty for what is no address of a remote.
    """
    parts = split_remote(url)
    if parts is None:
        return ""
    port = parts.port if parts.port != _USUAL_PORTS[parts.scheme] else ""
    return f"{parts.host}{port}/{unquote(parts.path).strip('/').removesuffix('.git')}".casefold()
