"""A client of forges' JSON APIs; errors contain no secrets."""

from __future__ import annotations

import base64
import json
from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from urllib.parse import quote
from urllib.parse import urlencode

from portal.forges import FORGES
from portal.forges import Forge
from portal.integrations.hosts import Integrations
from portal.integrations.hosts import api_of
from portal.kernel.errors import ConfigError
from portal.kernel.errors import InputError
from portal.kernel.errors import SourceError
from portal.kernel.http import Credential
from portal.kernel.http import HttpClient
from portal.kernel.http import HttpResponse
from portal.kernel.http import Origin
from portal.kernel.http import origin_of
from portal.kernel.json_text import Json
from portal.kernel.json_text import parse_json

#: Sent as JSON's ``null``; ``None`` is not sent at all.
NULL = object()
_CREATED = frozenset({200, 201, 202, 204})
_NOT_FOUND = 404
_LONGEST_REASON = 300
_PER_PAGE = 100
_HINTS = {
    401: "the token is not accepted",
    403: "the token has no right to do this",
    404: "it is not there, or the token may not see it",
    429: "too much was asked of it lately; try again later",
}


class ForgeError(SourceError):
    """A forge refused a request; ``status`` is the HTTP status of its response."""

    def __init__(self, message: str, status: int, reason: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason


@dataclass(frozen=True)
class ForgeApi:
    """The API of one forge, used with one token.

    Args:
        forge: The type of forge.
        host: Its host in addresses, with ``:port`` if it is not the usual one.
        base: The base URL of the API.
        token: The access token.
        timeout: Seconds a response may take.
        user: The user to whom the token belongs; empty when it names none.
    """

    forge: Forge
    host: str
    base: str
    token: str = field(repr=False)
    timeout: float = 20.0
    user: str = ""

    @property
    def git_user(self) -> str:
        """The user name that git sends with the token."""
        return self.forge.git_user_of(self.user)

    def get(self, path: str, **query: str) -> Json:
        """Return the JSON at a path; ``None`` when it does not exist or is not visible.

        Raises:
            ForgeError: When the forge responds with another error.
            SourceError: When it does not respond.
        """
        answer = self._ask("GET", path, None, query)
        if answer.status == _NOT_FOUND:
            return None
        return self._content(answer, f"reading {path}")

    def entries(self, path: str, **query: str) -> list[Mapping[str, Json]]:
        """Return the entries of one page of a list; empty when it does not exist.

        Raises:
            SourceError: As ``get`` does.
        """
        found = self.get(path, **query) or []
        return list(found.get(self.forge.list_member) or ()) if isinstance(found, dict) else found

    def pages(self, path: str, most: int, **query: str) -> Iterator[Mapping[str, Json]]:
        """Yield the entries of a list, of ``most`` pages of 100 entries at most.

        Raises:
            SourceError: As ``get`` does.
        """
        for page in range(1, most + 1):
            paging = {"page": str(page), self.forge.page_size: str(_PER_PAGE)}
            found = self.entries(path, **query, **paging)
            yield from found
            if len(found) < _PER_PAGE:
                return

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Json],
        what: str,
        fine: Collection[int] = _CREATED,
    ) -> Json:
        """Send a change and return the JSON of the response, ``None`` when it is empty.

        Args:
            method: ``POST``, ``PUT``, ``PATCH`` or ``DELETE``.
            path: The path below the API's base URL.
            body: The JSON to send; members that are ``None`` are left out.
            what: The operation, for messages of errors.
            fine: The statuses that are no errors.

        Raises:
            ForgeError: When the forge responds with another status.
            SourceError: When it does not respond.
        """
        sent = {
            name: None if value is NULL else value
            for name, value in body.items()
            if value is not None
        }
        return self._content(self._ask(method, path, sent, {}), what, fine)

    def _ask(
        self, method: str, path: str, body: Json | None, query: Mapping[str, str]
    ) -> HttpResponse:
        query = {**self.forge.api_query, **query}
        url = f"{self.base}{path}" + (f"?{urlencode(query)}" if query else "")
        headers, origin = self.forge.api_headers, origin_of(self.base)
        credential = credential_for(self.forge, origin, self.token, self.user)
        client = HttpClient([origin], self.timeout)
        try:
            if method == "GET":
                return client.get(url, headers, credential)
            data = json.dumps(body).encode()
            headers = {**headers, "Content-Type": "application/json"}
            return client.send(method, url, data, headers, credential)
        except SourceError as error:
            raise SourceError(f"{self.host}: {error.message}") from None

    def _content(self, answer: HttpResponse, what: str, fine: Collection[int] = _CREATED) -> Json:
        content = _json(answer.body.removeprefix(self.forge.json_prefix.encode()))
        if answer.status in fine:
            return content
        reason = self._without_secret(_reason(content))
        hint = _hint(answer)
        details = "; ".join(part for part in (hint, reason) if part)
        message = f"{self.host} answered {answer.status} to {what}"
        raise ForgeError(f"{message}: {details}" if details else message, answer.status, reason)

    def _without_secret(self, text: str) -> str:
        sent = credential_for(self.forge, origin_of(self.base), self.token, self.user).value
        for secret in (self.token, sent.rpartition(" ")[2]):
            text = text.replace(secret, "***") if secret else text
        return text


def _hint(answer: HttpResponse) -> str:
    if answer.status == 403 and answer.headers.get("x-ratelimit-remaining") == "0":
        return _HINTS[429]
    return _HINTS.get(answer.status, "")


def _json(body: bytes) -> Json:
    try:
        return parse_json(body) if body.strip() else None
    except ValueError:
        return None


def _reason(content: Json) -> str:
    """Return the message of a forge's error response, short and on one line."""
    parts = list(_texts(content))
    text = "; ".join(dict.fromkeys(parts))
    return "".join(char for char in text if char.isprintable())[:_LONGEST_REASON]


def _texts(content: Json) -> list[str]:
    if isinstance(content, str):
        return [content]
    if isinstance(content, list):
        return [text for item in content for text in _texts(item)]
    if not isinstance(content, dict):
        return []
    known = [content[name] for name in ("message", "error", "errors") if name in content]
    if known:
        return [text for item in known for text in _texts(item)]
    # GitLab names the members that are wrong, each with a list of reasons.
    return [
        f"{name} {text}"
        for name, value in content.items()
        if isinstance(value, list)
        for text in _texts(value)
    ]


def path(*parts: str | int) -> str:
    """Return the path of an API, each part quoted as a whole.

    Raises:
        InputError: When a part would lead to another path.
    """
    if not {"", ".", ".."}.isdisjoint(map(str, parts)):
        raise InputError("a name that a forge is asked for must not be empty or dots")
    return "".join(f"/{quote(str(part), safe='')}" for part in parts)


def credential_for(forge: Forge, origin: Origin, token: str, user: str = "") -> Credential:
    """Return the authentication header of an API.

    Args:
        forge: Its type of forge.
        origin: Its origin: the header is sent nowhere else.
        token: The access token.
        user: The user to whom the token belongs; empty when it names none.
    """
    if user or forge.auth_word == "Basic":
        pair = base64.b64encode(f"{user}:{token}".encode()).decode()
        return Credential(origin, "Authorization", f"Basic {pair}")
    return Credential(origin, "Authorization", f"{forge.auth_word} {token}")


def open_api(
    integrations: Integrations, host: str, kind: str, token: str, timeout: float, user: str = ""
) -> ForgeApi:
    """Return the API of a forge.

    Args:
        integrations: The known forges.
        host: The forge's host.
        kind: The type it must have.
        token: The access token.
        timeout: Seconds a response may take.
        user: The user to whom the token belongs; empty when it names none.

    Raises:
        InputError: When the host is no forge of that type, or the token is empty.
        ConfigError: When the integration has no address of the API.
    """
    known = integrations.find(host)
    if known is None or known.type != kind:
        raise InputError(
            f"{host} is not known as a {kind} forge; the operator names it in the setting "
            "integrations"
        )
    base = api_of(known)
    if not base:
        raise ConfigError(f"the integration of {host} has no api")
    if not token:
        raise InputError(
            f"there is no token for {host}: give one as the step's input token, or have the "
            "operator set one for it"
        )
    return ForgeApi(FORGES[kind], known.host, base, token, timeout, user)
