"""Asking a forge for the repositories of an owner: whole, or not at all.

Each page is asked for under the ETag it had, so asking again costs little. What
comes back is judged entry by entry; a list with anything strange in it is none.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import time
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl
from urllib.parse import quote
from urllib.parse import urlencode
from urllib.parse import urlsplit

from portal.kernel.config import Provider
from portal.kernel.errors import ConfigError
from portal.kernel.errors import InputError
from portal.kernel.errors import SourceError
from portal.kernel.http import Answer
from portal.kernel.http import Credential
from portal.kernel.http import HttpClient
from portal.kernel.http import Origin
from portal.kernel.http import beside
from portal.kernel.http import origin_of
from portal.scm.urls import parse_remote

_MAX_PAGES = 1_000
_NEXT = re.compile(r'<([^<>]*)>\s*(?:;[^,<]*)?;\s*rel="?next"?', re.IGNORECASE)
_PATH = re.compile(r"[\w.-]{1,200}(/[\w.-]{1,200}){0,20}")
#: The sizes forges cap their pages at are multiples of this.
_ROUND = 10
#: How long a forge that does not say is given after it said "too many".
_REST_SECONDS = 60
#: The longest rest a forge can make us take.
_LONGEST_REST = 24 * 3600


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository as a forge lists it.

    Attributes:
        path: Its name below the owner; with slashes where there are subgroups.
        url: Where it is cloned from.
        is_archived: Whether it is there to look at only.
        is_fork: Whether it is a copy of another one.
    """

    path: str
    url: str
    is_archived: bool
    is_fork: bool


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list: what it held when it was under that ETag."""

    url: str
    etag: str
    following: str
    repositories: tuple[Repository, ...]


class RateLimitError(SourceError):
    """The forge wants to be left alone until a point in time."""

    def __init__(self, message: str, until: int = 0) -> None:
        super().__init__(message)
        self.until = until


def rate_limit_error(until: int) -> RateLimitError:
    """Return the error of a forge that is asked again at ``until``, a Unix time."""
    when = dt.datetime.fromtimestamp(until, dt.UTC).isoformat(timespec="seconds")
    return RateLimitError(f"its rate limit is used up; it is asked again after {when}", until)


@dataclass(frozen=True, slots=True)
class _Forge:
    """How one kind of forge is asked.

    Attributes:
        paths: Where the list may be, ``{owner}`` in it, the likeliest first.
        headers: What is sent with each request.
        header: The header that holds the token; ``word`` goes before it.
        token_user: The user name git gives with the token.
        read: Reads one entry of the list.
    """

    paths: tuple[str, ...]
    headers: Mapping[str, str]
    header: str
    word: str
    token_user: str
    read: Callable[[Mapping[str, Any], str], Repository]


def _read_plain(entry: Mapping[str, Any], _owner: str) -> Repository:
    """Read an entry of GitHub or Gitea."""
    return Repository(
        _text(entry, "name"),
        _text(entry, "clone_url"),
        _flag(entry, "archived"),
        _flag(entry, "fork"),
    )


def _read_gitlab(entry: Mapping[str, Any], owner: str) -> Repository:
    path = _text(entry, "path_with_namespace")
    if path.lower().startswith(f"{owner.lower()}/"):
        path = path[len(owner) + 1 :]
    return Repository(
        path,
        _text(entry, "http_url_to_repo"),
        _flag(entry, "archived"),
        entry.get("forked_from_project") is not None,
    )


_GITHUB_HEADERS = {
    "Accept": "application/vnd.github+json",
    "X-GitHub-Api-Version": "2022-11-28",
}
_JSON_HEADERS = {"Accept": "application/json"}
_GITLAB_QUERY = "?per_page=100&order_by=id&sort=asc"
_FORGES: dict[str, _Forge] = {
    "github": _Forge(
        (
            "/orgs/{owner}/repos?per_page=100&sort=created&direction=asc",
            "/users/{owner}/repos?per_page=100&sort=created&direction=asc",
        ),
        _GITHUB_HEADERS,
        "Authorization",
        "Bearer ",
        "x-access-token",
        _read_plain,
    ),
    "gitlab": _Forge(
        (
            f"/groups/{{owner}}/projects{_GITLAB_QUERY}&include_subgroups=true&with_shared=false",
            f"/users/{{owner}}/projects{_GITLAB_QUERY}",
        ),
        _JSON_HEADERS,
        "PRIVATE-TOKEN",
        "",
        "oauth2",
        _read_gitlab,
    ),
    "gitea": _Forge(
        ("/orgs/{owner}/repos?limit=50&page=1", "/users/{owner}/repos?limit=50&page=1"),
        _JSON_HEADERS,
        "Authorization",
        "token ",
        "x-access-token",
        _read_plain,
    ),
}


def _garbage(detail: str) -> SourceError:
    """Return the error for an answer that is no list of repositories."""
    return SourceError(f"its answer is no list of repositories: {detail}")


def _text(entry: Mapping[str, Any], key: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not value:
        raise _garbage(f"an entry has no text in '{key}'")
    return value


def _flag(entry: Mapping[str, Any], key: str) -> bool:
    value = entry.get(key)
    if not isinstance(value, bool):
        raise _garbage(f"an entry has neither true nor false in '{key}'")
    return value


def token_user(provider: Provider) -> str:
    """Return the user name git gives with a provider's token."""
    return _FORGES[provider.type].token_user


class Lister:
    """Asks one forge for one list.

    Args:
        provider: Whose list.
        env: Where its token is looked up.
        known: The pages of the last time.
    """

    def __init__(self, provider: Provider, env: Mapping[str, str], known: Iterable[Page]) -> None:
        self._provider = provider
        self._forge = _FORGES[provider.type]
        self._api = origin_of(provider.api)
        self._git = git_origin(provider)
        self._client = HttpClient((self._api,))
        self._credential = self._credential_of(env)
        self._known = {page.url: page for page in known}
        self._count = 0
        self._total = 0

    def _credential_of(self, env: Mapping[str, str]) -> Credential | None:
        name = self._provider.token_env
        if not name:
            return None
        token = env.get(name, "").strip()
        if not token:
            raise ConfigError(f"the environment variable {name} (token_env) is not set")
        if not token.isascii() or not token.isprintable():
            raise ConfigError(f"the environment variable {name} holds what cannot be a token")
        return Credential(self._api, self._forge.header, f"{self._forge.word}{token}")

    def pages(self) -> Iterator[Page]:
        """Yield the whole list, page by page.

        Raises:
            SourceError: When a part of it cannot be had.
        """
        url = self._start()
        seen: set[str] = set()
        while url:
            if url in seen or len(seen) >= _MAX_PAGES:
                raise SourceError("its list has no end")
            seen.add(url)
            page = self._page(url)
            yield page
            self._count += len(page.repositories)
            url = page.following
        if self._count < self._total:
            raise SourceError(f"its list ends after {self._count} of {self._total}")

    def _start(self) -> str:
        """Return the first page's address; where the list was before, it stays."""
        owner = quote(self._provider.owner, safe="")
        urls = [self._provider.api + path.format(owner=owner) for path in self._forge.paths]
        for url in urls:
            if url in self._known:
                return url
        return next((url for url in urls[:-1] if self._ask(url).status != 404), urls[-1])

    def _page(self, url: str) -> Page:
        known = self._known.get(url)
        answer = self._ask(url, known.etag if known and _tells_all(known) else "")
        if answer.status == 304 and known:
            return known
        if answer.status != 200:
            raise SourceError(_REFUSALS.get(answer.status, f"it answers {answer.status}"))
        repositories = tuple(self._read(entry) for entry in _entries(answer.body))
        self._total = max(self._total, _number(answer, "x-total", "x-total-count"))
        following = self._following(answer)
        if following and _is_used_up(answer):
            raise rate_limit_error(_reset_of(answer))
        return Page(url, answer.headers.get("etag", ""), following, repositories)

    def _ask(self, url: str, etag: str = "") -> Answer:
        headers = {**self._forge.headers, **({"If-None-Match": etag} if etag else {})}
        answer = self._client.get(url, headers, self._credential)
        if _is_limited(answer):
            raise rate_limit_error(_reset_of(answer))
        return answer

    def _following(self, answer: Answer) -> str:
        link = _NEXT.search(answer.headers.get("link", ""))
        page = answer.headers.get("x-next-page", "")
        if link:
            url = beside(answer.url, str(link[1]))
        elif page.isascii() and page.isdigit():
            parts = urlsplit(answer.url)
            query = dict(parse_qsl(parts.query)) | {"page": page}
            url = parts._replace(query=urlencode(query)).geturl()
        else:
            return ""
        if not url:
            raise SourceError("the next page of its list is at another server")
        return url

    def _read(self, entry: Any) -> Repository:
        if not isinstance(entry, dict):
            raise _garbage("an entry is no object")
        found = self._forge.read(entry, self._provider.owner)
        if not _PATH.fullmatch(found.path):
            raise _garbage("an entry's name is none of a repository")
        try:
            parse_remote(found.url)
        except InputError:
            raise _garbage(f"{found.path} has no address git may use") from None
        if _origin_or_none(found.url) != self._git:
            reason = f"{found.path} is not at {self._git.netloc}; set 'git' of the provider"
            raise SourceError(reason)
        return found


_REFUSALS = {
    304: "it says 'not modified' of what was never asked for",
    401: "it refuses the credentials: check token_env",
    403: "it refuses access: check what the token may read",
    404: "there is no such owner, or no right to see it",
}


def git_origin(provider: Provider) -> Origin:
    """Return the only server a provider's repositories are cloned from."""
    if provider.git:
        return origin_of(provider.git)
    origin = origin_of(provider.api)
    is_github = provider.type == "github" and origin.host == "api.github.com"
    return replace(origin, host="github.com") if is_github else origin


def _origin_or_none(url: str) -> Origin | None:
    try:
        return origin_of(url)
    except InputError:
        return None


def _entries(body: bytes) -> list[Any]:
    try:
        content = json.loads(body.decode())
    except (ValueError, RecursionError):
        raise _garbage("it is no JSON") from None
    if not isinstance(content, list):
        raise _garbage("it is no JSON list")
    return content


def _number(answer: Answer, *names: str) -> int:
    """Return the first header that is a number; 0 when none is."""
    texts = (answer.headers.get(name, "").strip() for name in names)
    return next((int(text) for text in texts if re.fullmatch(r"\d{1,12}", text)), 0)


def _tells_all(page: Page) -> bool:
    """Whether a page that has not changed means that nothing follows which did not.

    A last page that is full gets a follower without a change of its own.
    """
    return bool(page.following) or len(page.repositories) % _ROUND != 0


def _is_used_up(answer: Answer) -> bool:
    names = ("x-ratelimit-remaining", "ratelimit-remaining")
    return any(answer.headers.get(name, "").strip() == "0" for name in names)


def _reset_of(answer: Answer) -> int:
    """Return when a forge that is asked too much may be asked again."""
    now = int(time.time())
    if "retry-after" in answer.headers:
        until = now + (_number(answer, "retry-after") or _REST_SECONDS)
    else:
        until = _number(answer, "x-ratelimit-reset", "ratelimit-reset") or now + _REST_SECONDS
    return min(max(until, now + 1), now + _LONGEST_REST)


def _is_limited(answer: Answer) -> bool:
    is_told = "retry-after" in answer.headers or _is_used_up(answer)
    return answer.status == 429 or (answer.status in {403, 503} and is_told)
