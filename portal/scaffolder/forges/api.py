"""Asking a forge's API: JSON in, JSON out, errors in our words without a secret."""

from __future__ import annotations

import json
from collections.abc import Collection
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from typing import Any
from urllib.parse import quote
from urllib.parse import urlencode

from portal.kernel.config import Config
from portal.kernel.config import Integration
from portal.kernel.errors import ConfigError
from portal.kernel.errors import InputError
from portal.kernel.errors import SourceError
from portal.kernel.http import Answer
from portal.kernel.http import Credential
from portal.kernel.http import HttpClient
from portal.kernel.http import origin_of

Json = Any
#: Sent as JSON's ``null``; ``None`` is not sent at all.
NULL = object()
_CREATED = frozenset({200, 201, 202, 204})
_NOT_FOUND = 404
_LONGEST_REASON = 300
#: The words before the token in the header ``Authorization``, and what is sent besides.
_KINDS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "github": (
        "Bearer",
        {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"},
    ),
    "gitlab": ("Bearer", {"Accept": "application/json"}),
    "gitea": ("token", {"Accept": "application/json"}),
}
_HINTS = {
    401: "the token is not accepted",
    403: "the token has no right to do this",
    404: "it is not there, or the token may not see it",
    429: "too much was asked of it lately; try again later",
}


class ForgeError(SourceError):
    """A forge did not do what it was asked to; ``status`` is its HTTP status."""

    def __init__(self, message: str, status: int, reason: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason


@dataclass(frozen=True)
class ForgeApi:
    """One forge's API, asked on behalf of whom the token belongs to.

    Args:
        integration: The forge.
        token: Whom it is asked for.
        timeout: Seconds an answer may take.
    """

    integration: Integration
    token: str = field(repr=False)
    timeout: float = 20.0

    def get(self, path: str, **query: str) -> Json:
        """Return what is at a path; ``None`` when there is nothing, or it may not be seen.

        Raises:
            ForgeError: When the forge answers with another error.
            SourceError: When it does not answer.
        """
        answer = self._ask("GET", path, None, query)
        if answer.status == _NOT_FOUND:
            return None
        return self._content(answer, f"reading {path}")

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Json],
        what: str,
        fine: Collection[int] = _CREATED,
    ) -> Json:
        """Ask for a change and return the answer, ``None`` when it is empty.

        Args:
            method: ``POST``, ``PUT``, ``PATCH`` or ``DELETE``.
            path: Where, below the API's base.
            body: What is sent; members that are ``None`` are left out.
            what: What is asked for, as the message of an error says it.
            fine: The statuses that are no error.

        Raises:
            ForgeError: When the forge answers with another status.
            SourceError: When it does not answer.
        """
        sent = {
            name: None if value is NULL else value
            for name, value in body.items()
            if value is not None
        }
        return self._content(self._ask(method, path, sent, {}), what, fine)

    def _ask(self, method: str, path: str, body: Json | None, query: Mapping[str, str]) -> Answer:
        base = self.integration.api_base
        url = f"{base}{path}" + (f"?{urlencode(query)}" if query else "")
        word, headers = _KINDS[self.integration.type]
        origin = origin_of(base)
        credential = Credential(origin, "Authorization", f"{word} {self.token}")
        client = HttpClient([origin], self.timeout)
        try:
            if method == "GET":
                return client.get(url, headers, credential)
            data = json.dumps(body).encode()
            headers = {**headers, "Content-Type": "application/json"}
            return client.send(method, url, data, headers, credential)
        except SourceError as error:
            raise SourceError(f"{self.integration.host}: {error.message}") from None

    def _content(self, answer: Answer, what: str, fine: Collection[int] = _CREATED) -> Json:
        content = _json(answer.body)
        if answer.status in fine:
            return content
        reason = self._without_secret(_reason(content))
        hint = _hint(answer)
        told = "; ".join(part for part in (hint, reason) if part)
        message = f"{self.integration.host} answered {answer.status} to {what}"
        raise ForgeError(f"{message}: {told}" if told else message, answer.status, reason)

    def _without_secret(self, text: str) -> str:
        return text.replace(self.token, "***") if self.token else text


def _hint(answer: Answer) -> str:
    if answer.status == 403 and answer.headers.get("x-ratelimit-remaining") == "0":
        return _HINTS[429]
    return _HINTS.get(answer.status, "")


def _json(body: bytes) -> Json:
    try:
        return json.loads(body) if body.strip() else None
    except (ValueError, RecursionError):
        return None


def _reason(content: Json) -> str:
    """Return a forge's own words, short and on one line."""
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


def open_api(config: Config, host: str, kind: str, token: str) -> ForgeApi:
    """Return the API of a forge.

    Raises:
        InputError: When the host is no forge of that kind, or there is no token.
        ConfigError: When its API has no address.
    """
    integration = config.integration(host)
    if integration is None or integration.type != kind:
        raise InputError(
            f"{host} is not known as a {kind} forge; the operator names it in the setting "
            "integrations"
        )
    if not integration.api_base:
        raise ConfigError(f"the integration of {host} has no api")
    if not token:
        raise InputError(
            f"there is no token for {host}: give one as the step's input token, or have the "
            "operator set one for it"
        )
    return ForgeApi(integration, token, config.git_timeout)
