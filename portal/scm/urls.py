"""One grammar for remotes and refs: what is not listed here is refused.

GitPython's own guards are no substitute: it still clones ``file://`` and bare
paths, and hands a ref that looks like an option to git.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from portal.kernel.errors import InputError

_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?"
_PATH = r"(?:[\w.~+-]|%[0-9A-Fa-f]{2})+(?:/(?:[\w.~+-]|%[0-9A-Fa-f]{2})+)*/?"
_HTTP = re.compile(rf"(https?)://({_HOST})(:\d{{1,5}})?/({_PATH})")
_SSH = re.compile(rf"ssh://(?:([\w.-]+)@)?({_HOST})(:\d{{1,5}})?/({_PATH})")
_SCP = re.compile(rf"([\w.-]+)@({_HOST}):({_PATH})")
_LOOPBACK = frozenset({"127.0.0.1", "localhost"})
_REF = re.compile(r"\w[\w.+-]*(?:/\w[\w.+-]*)*")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_ALLOWED = "allowed are https://host/path, ssh://user@host/path and user@host:path"


@dataclass(frozen=True, slots=True)
class Remote:
    """A repository git may talk to.

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
    """Read the address of a remote repository.

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
    """Return ``ref`` when it can name a branch or a tag.

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
    """Whether ``text`` is a full commit id."""
    return _COMMIT.fullmatch(text) is not None


def repository_key(url: str) -> str:
    """Return what all addresses of one repository have in common: host and path.

    How it is reached, the user, ``.git`` and letter case do not count; a port does
    where it is not the usual one. Empty for what is no address of a remote.
    """
    if match := _HTTP.fullmatch(url):
        scheme, host, port, path = match.groups()
        usual = ":443" if scheme == "https" else ":80"
    elif match := _SSH.fullmatch(url):
        _, host, port, path = match.groups()
        usual = ":22"
    elif match := _SCP.fullmatch(url):
        _, host, path = match.groups()
        port = usual = None
    else:
        return ""
    place = host if port == usual else f"{host}{port or ''}"
    return f"{place}/{unquote(path).strip('/').removesuffix('.git')}".casefold()


#: How forges address a file on a branch, by a word in their host name.
_FORGES = (
    ("gitlab", "/-/blob/{ref}"),
    ("bitbucket", "/src/{ref}"),
    ("gitea", "/src/branch/{ref}"),
    ("forgejo", "/src/branch/{ref}"),
    ("codeberg", "/src/branch/{ref}"),
)
_GITHUB = "/blob/{ref}"


def browse_address(url: str, ref: str, forge: str = "") -> str:
    """Return the web address of a remote's root folder at ``ref``.

    Without a type of forge the host's name tells it; one that tells no other is taken
    for a GitHub.
    """
    match = _HTTP.fullmatch(url)
    if match:
        scheme, host, port, path = match.groups()
    else:
        match = _SSH.fullmatch(url)
        if match:
            _, host, _, path = match.groups()
        else:
            match = _SCP.fullmatch(url)
            assert match is not None, "the url was parsed before"
            _, host, path = match.groups()
        scheme, port = "https", None
    form = next((form for word, form in _FORGES if word in (forge or host.lower())), _GITHUB)
    root = f"{scheme}://{host}{port or ''}/{path.strip('/').removesuffix('.git')}"
    return root + form.format(ref=ref or "HEAD")
