"""Push events of each forge, parsed into one form.

Only needed members are read, and none is assumed to exist: an event of another form than
its forge documents is no push.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from portal.config.sources import Source
from portal.kernel.errors import InputError
from portal.kernel.json_text import parse_json
from portal.scm.urls import repository_key
from portal.webhooks.signatures import SCHEMES
from portal.webhooks.signatures import Headers

_BRANCH = "refs/heads/"
_TAG = "refs/tags/"
#: The commit id of a deleted ref.
_NOWHERE = "0" * 40


@dataclass(frozen=True, slots=True)
class Push:
    """The refs of a repository that a push changed.

    Attributes:
        repositories: The keys of the repository's addresses; see ``repository_key``.
        refs: The full names of pushed refs, without deleted ones.
        default: The full name of the default branch; empty when the event lacks it.
    """

    repositories: frozenset[str]
    refs: frozenset[str]
    default: str = ""

    def concerns(self, source: Source) -> bool:
        """Return whether the source reads the repository and one of the pushed refs."""
        key = repository_key(source.url)
        if not key or key not in self.repositories:
            return False
        if not source.ref or source.ref == "HEAD":
            return self.default in self.refs if self.default else bool(self.branches())
        names = {_BRANCH + source.ref, _TAG + source.ref, source.ref}
        return bool(names & self.refs)

    def branches(self) -> list[str]:
        """Return the refs that are branches."""
        return [ref for ref in self.refs if ref.startswith(_BRANCH)]


def body_of(headers: Headers, body: bytes) -> Mapping[str, Any]:
    """Return an event's JSON; GitHub may send it as a field of a form.

    Raises:
        InputError: When it is no JSON object.
    """
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        text = body.decode()
        if kind == "application/x-www-form-urlencoded":
            text = parse_qs(text, strict_parsing=True, max_num_fields=16)["payload"][0]
        content = parse_json(text)
    except (ValueError, KeyError):
        raise InputError("the event is no JSON") from None
    if not isinstance(content, dict):
        raise InputError("the event is no JSON object")
    return content


def is_ping(forge: str, headers: Headers) -> bool:
    """Return whether an event is only the forge's test of the webhook."""
    scheme = SCHEMES[forge]
    return bool(scheme.ping) and headers.get(scheme.event, "") == scheme.ping


def push_of(forge: str, headers: Headers, content: Mapping[str, Any]) -> Push | None:
    """Return the push of an event; ``None`` for other events."""
    scheme = SCHEMES[forge]
    return _READERS[forge](content) if headers.get(scheme.event, "") in scheme.pushes else None


def _read_plain(content: Mapping[str, Any]) -> Push | None:
    """Read an event of GitHub or Gitea."""
    repository = _object(content, "repository")
    urls = [repository.get(key) for key in ("clone_url", "ssh_url", "html_url", "git_url")]
    is_deleted = content.get("deleted") is True
    refs = [] if is_deleted else _moved(content)
    return _push(urls, refs, repository.get("default_branch"))


def _read_gitlab(content: Mapping[str, Any]) -> Push | None:
    if content.get("object_kind", content.get("event_name")) not in ("push", "tag_push"):
        return None
    project = _object(content, "project")
    urls = [project.get(key) for key in ("git_http_url", "git_ssh_url", "web_url")]
    return _push(urls, _moved(content), project.get("default_branch"))


def _read_bitbucket(content: Mapping[str, Any]) -> Push | None:
    repository = _object(content, "repository")
    page = _object(_object(repository, "links"), "html").get("href")
    name = repository.get("full_name")
    urls = [page, f"git@bitbucket.org:{name}.git"]
    changes = _object(content, "push").get("changes")
    refs = list(_new_refs(changes if isinstance(changes, list) else ()))
    return _push(urls, refs, _object(repository, "mainbranch").get("name"))


def _new_refs(changes: Iterable[Any]) -> Iterator[str]:
    """Yield the new refs of Bitbucket's changes, without deletions."""
    for change in changes:
        new = _object(change if isinstance(change, dict) else {}, "new")
        for kind, prefix in (("branch", _BRANCH), ("tag", _TAG)):
            if new.get("type") == kind and isinstance(new.get("name"), str):
                yield prefix + new["name"]


def _moved(content: Mapping[str, Any]) -> list[str]:
    """Return the ref of an event, unless the push deleted it."""
    ref = content.get("ref")
    is_there = isinstance(ref, str) and content.get("after") != _NOWHERE
    return [ref] if is_there and isinstance(ref, str) else []


def _object(content: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = content.get(key)
    return value if isinstance(value, dict) else {}


def _push(urls: Iterable[Any], refs: Iterable[str], default: Any) -> Push | None:
    keys = frozenset(repository_key(url) for url in urls if isinstance(url, str)) - {""}
    if not keys:
        return None
    branch = f"{_BRANCH}{default}" if isinstance(default, str) and default else ""
    return Push(keys, frozenset(refs), branch)


_READERS: dict[str, Callable[[Mapping[str, Any]], Push | None]] = {
    "github": _read_plain,
    "gitlab": _read_gitlab,
    "gitea": _read_plain,
    "bitbucket": _read_bitbucket,
}
