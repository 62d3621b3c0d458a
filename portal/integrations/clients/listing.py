"""Lists the repositories of an owner at a forge: completely, or not at all.

Pages are requested with their last ETags, so that repetitions are cheap. Every entry is
validated; a list with an invalid entry is rejected.
"""

from __future__ import annotations

import datetime as dt
import re
import time
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

from portal.config.sources import Provider
from portal.forges import FORGES
from portal.integrations.clients.api import credential_for
from portal.integrations.clients.listed import ListedRepository
from portal.integrations.clients.listed import no_list
from portal.integrations.clients.table import CLIENTS
from portal.integrations.tokens import read_token
from portal.kernel.errors import InputError
from portal.kernel.errors import SourceError
from portal.kernel.http import HttpClient
from portal.kernel.http import HttpResponse
from portal.kernel.http import Origin
from portal.kernel.http import beside
from portal.kernel.http import origin_of
from portal.kernel.json_text import parse_json
from portal.scm.urls import parse_remote

_MAX_PAGES = 1_000
_NEXT = re.compile(r'<([^<>]*)>\s*(?:;[^,<]*)?;\s*rel="?next"?', re.IGNORECASE)
_PATH = re.compile(r"[\w.-]{1,200}(/[\w.-]{1,200}){0,20}")
#: Forges limit the size of pages to multiples of this.
_ROUND = 10
#: Seconds until the next request to a forge that limited us without saying for how long.
_REST_SECONDS = 60
#: The longest such pause that a forge can impose, in seconds.
_LONGEST_REST = 24 * 3600


@dataclass(frozen=True, slots=True)
class ListedPage:
    """One page of a list, with its ETag and the URL of the next page."""

    url: str
    etag: str
    following: str
    repositories: tuple[ListedRepository, ...]


class RateLimitError(SourceError):
    """The forge's rate limit is reached; ``until`` is in seconds since the epoch."""

    def __init__(self, message: str, until: int = 0) -> None:
        super().__init__(message)
        self.until = until


def rate_limit_error(until: int) -> RateLimitError:
    """Return the error for a rate limit that ends at ``until``, in seconds since the epoch."""
    when = dt.datetime.fromtimestamp(until, dt.UTC).isoformat(timespec="seconds")
    return RateLimitError(f"its rate limit is used up; it is asked again after {when}", until)


class Lister:
    """Requests the list of one provider.

    Args:
        provider: The provider.
        env: The environment variables with its token.
        known: The pages of the last listing.
    """

    def __init__(
        self, provider: Provider, env: Mapping[str, str], known: Iterable[ListedPage]
    ) -> None:
        self._provider = provider
        self._forge = FORGES[provider.type]
        self._api = origin_of(provider.api)
        self._git = git_origin(provider)
        self._client = HttpClient((self._api,))
        token = read_token(provider.token_env, env)
        self._credential = credential_for(self._forge, self._api, token) if token else None
        self._known = {page.url: page for page in known}
        self._count = 0
        self._total = 0

    def pages(self) -> Iterator[ListedPage]:
        """Yield the whole list, page by page.

        Raises:
            SourceError: When a part of it cannot be listed.
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
        """Return the first page's address: the one of the last listing, if there is any.

        The owner may be an organisation or a user, whose lists have different paths.
        """
        owner = quote(self._provider.owner, safe="")
        urls = [self._provider.api + path.format(owner=owner) for path in self._forge.listings]
        for url in urls:
            if url in self._known:
                return url
        return next((url for url in urls[:-1] if self._ask(url).status != 404), urls[-1])

    def _page(self, url: str) -> ListedPage:
        known = self._known.get(url)
        answer = self._ask(url, known.etag if known and _is_conclusive(known) else "")
        if answer.status == 304 and known:
            return known
        if answer.status != 200:
            raise SourceError(_REFUSALS.get(answer.status, f"it answers {answer.status}"))
        repositories = tuple(self._read(entry) for entry in _entries(answer.body))
        self._total = max(self._total, _number(answer, "x-total", "x-total-count"))
        following = self._following(answer)
        if following and _is_used_up(answer):
            raise rate_limit_error(_reset_of(answer))
        return ListedPage(url, answer.headers.get("etag", ""), following, repositories)

    def _ask(self, url: str, etag: str = "") -> HttpResponse:
        headers = {**self._forge.api_headers, **({"If-None-Match": etag} if etag else {})}
        answer = self._client.get(url, headers, self._credential)
        if _is_limited(answer):
            raise rate_limit_error(_reset_of(answer))
        return answer

    def _following(self, answer: HttpResponse) -> str:
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

    def _read(self, entry: Any) -> ListedRepository:
        if not isinstance(entry, dict):
            raise no_list("an entry is no object")
        found = CLIENTS[self._provider.type].read_entry(entry, self._provider.owner)
        if not _PATH.fullmatch(found.path):
            raise no_list("an entry's name is none of a repository")
        try:
            parse_remote(found.url)
        except InputError:
            raise no_list(f"{found.path} has no address git may use") from None
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
    forge, origin = FORGES[provider.type], origin_of(provider.api)
    is_public = bool(forge.public_api) and origin == origin_of(forge.public_api)
    return replace(origin, host=forge.host) if is_public else origin


def _origin_or_none(url: str) -> Origin | None:
    try:
        return origin_of(url)
    except InputError:
        return None


def _entries(body: bytes) -> list[Any]:
    try:
        content = parse_json(body.decode())
    except ValueError:
        raise no_list("it is no JSON") from None
    if not isinstance(content, list):
        raise no_list("it is no JSON list")
    return content


def _number(answer: HttpResponse, *names: str) -> int:
    """Return the first header that is a number; 0 when none is."""
    texts = (answer.headers.get(name, "").strip() for name in names)
    return next((int(text) for text in texts if re.fullmatch(r"\d{1,12}", text)), 0)


def _is_conclusive(page: ListedPage) -> bool:
    """Return whether an unchanged page proves that no further page was added behind it.

    A full last page gets a successor without changing itself.
    """
    return bool(page.following) or len(page.repositories) % _ROUND != 0


def _is_used_up(answer: HttpResponse) -> bool:
    names = ("x-ratelimit-remaining", "ratelimit-remaining")
    return any(answer.headers.get(name, "").strip() == "0" for name in names)


def _reset_of(answer: HttpResponse) -> int:
    """Return the Unix time from which a rate-limited forge accepts requests again."""
    now = int(time.time())
    if "retry-after" in answer.headers:
        until = now + (_number(answer, "retry-after") or _REST_SECONDS)
    else:
        until = _number(answer, "x-ratelimit-reset", "ratelimit-reset") or now + _REST_SECONDS
    return min(max(until, now + 1), now + _LONGEST_REST)


def _is_limited(answer: HttpResponse) -> bool:
    has_limit = "retry-after" in answer.headers or _is_used_up(answer)
    return answer.status == 429 or (answer.status in {403, 503} and has_limit)
