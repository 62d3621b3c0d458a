"""What Authlib sends its requests with: the portal's one client of outgoing HTTP."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from typing import Protocol
from urllib.parse import urlencode

from portal.kernel.errors import SourceError
from portal.kernel.http import HttpClient


class RequestSigner(Protocol):
    """Adds credentials to a request; ``authlib.oauth2.auth.ClientAuth``."""

    def prepare(self, method: str, uri: str, headers: Any, body: str) -> tuple[str, Any, str]:
        """Return address, headers and body with credentials."""


@dataclass(frozen=True, slots=True)
class ProviderAnswer:
    """A response, with the members of those of ``requests`` that Authlib uses."""

    status_code: int
    body: bytes

    def json(self) -> Any:
        """Return the body as JSON.

        Raises:
            ValueError: When it is none.
        """
        try:
            return json.loads(self.body)
        except RecursionError:
            msg = "it is nested too deeply"
            raise ValueError(msg) from None

    def raise_for_status(self) -> None:
        """Refuse a response of an error.

        Raises:
            SourceError: When the status is not 2xx.
        """
        if not 200 <= self.status_code < 300:
            msg = f"it answers with status {self.status_code}"
            raise SourceError(msg)


class ProviderSession:
    """Sends forms, in place of a session of ``requests``.

    Args:
        http: The client of outgoing HTTP.
    """

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    def post(
        self,
        url: str,
        data: Mapping[str, str],
        headers: Mapping[str, str],
        auth: RequestSigner,
    ) -> ProviderAnswer:
        """Send a form with credentials.

        Raises:
            SourceError: When there is no response.
        """
        url, sent, body = auth.prepare("POST", url, dict(headers), urlencode(data))
        answer = self._http.send("POST", url, body.encode(), sent)
        return ProviderAnswer(answer.status, answer.body)
