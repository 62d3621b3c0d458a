"""Webhooks: authenticates an event, rejects repetitions, and requests refreshes.

A webhook reads nothing by itself. It requests a refresh of the sources whose repository
and branch were pushed, as the schedule does a little later; so an event cannot disclose
anything that the schedule would not read.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine as Database

from portal.catalog import refresh_requests
from portal.config.sources import Source
from portal.kernel.errors import AuthenticationError
from portal.kernel.errors import NotFoundError
from portal.webhooks.pushes import body_of
from portal.webhooks.pushes import is_ping
from portal.webhooks.pushes import push_of
from portal.webhooks.signatures import SCHEMES
from portal.webhooks.signatures import Headers
from portal.webhooks.signatures import identities
from portal.webhooks.signatures import is_proven

_LOG = logging.getLogger(__name__)
#: The only message for unauthenticated events, whatever is wrong.
_REFUSED = "The webhook's signature is missing or wrong"
_REPEATED = "The webhook was delivered before"
_REMEMBER = sa.text(
    "INSERT INTO deliveries (id, received_at) VALUES (:id, :now) ON CONFLICT (id) DO NOTHING"
)


@dataclass(frozen=True, slots=True)
class Receipt:
    """The result of an event.

    Attributes:
        status: ``accepted``, ``ignored`` or ``pong``.
        sources: The sources that will be read.
    """

    status: str
    sources: tuple[str, ...] = ()


class Webhooks:
    """Handles the events of forges.

    Args:
        database: The database of deliveries and refresh requests.
        secrets: Forge to the name of the environment variable with its secret.
        followed: Returns every source.
        on_refresh: Called when there are new refresh requests for the worker.
        env: The environment variables.
    """

    def __init__(
        self,
        database: Database,
        secrets: Mapping[str, str],
        followed: Callable[[], Iterable[Source]],
        on_refresh: Callable[[], None],
        env: Mapping[str, str] = os.environ,
    ) -> None:
        self._database = database
        self._secrets = secrets
        self._followed = followed
        self._on_refresh = on_refresh
        self._env = env

    def check_known(self, forge: str, headers: Headers) -> None:
        """Refuse requests that can be refused without reading the body.

        Raises:
            NotFoundError: When the forge is unknown.
            AuthenticationError: When no secret is set, or the request has no signature.
        """
        if forge not in SCHEMES:
            raise NotFoundError(f"there is no forge '{forge[:40]}'")
        variable = self._secrets.get(forge, "")
        if not self._env.get(variable):
            what = f"variable {variable}" if variable else "webhook_secrets"
            _LOG.warning("a webhook of %s is refused: %s is not set", forge, what)
            raise AuthenticationError(_REFUSED)
        if not headers.get(SCHEMES[forge].proof):
            raise AuthenticationError(_REFUSED)

    def take(self, forge: str, headers: Headers, body: bytes) -> Receipt:
        """Handle an event: request refreshes of the sources it concerns.

        Args:
            forge: The type of forge.
            headers: The headers of the request, with names in lower case.
            body: The body as it was sent.

        Raises:
            AuthenticationError: When the signature is invalid, or the delivery was
                received before.
            InputError: When the body of an authenticated request is no event.
        """
        self.check_known(forge, headers)
        secret = self._env.get(self._secrets[forge], "")
        if not is_proven(forge, secret, headers, body):
            _LOG.warning("a webhook of %s is refused: its signature is wrong", forge)
            raise AuthenticationError(_REFUSED)
        content = body_of(headers, body)
        push = push_of(forge, headers, content)
        names: list[str] = []
        if push is not None and push.refs:
            found = (source.name for source in self._followed() if push.concerns(source))
            names = list(dict.fromkeys(found))
        self._store(identities(forge, headers, body), names)
        if is_ping(forge, headers):
            return Receipt("pong")
        if not names:
            return Receipt("ignored")
        _LOG.info("a push at %s: %s will be read", forge, ", ".join(names))
        self._on_refresh()
        return Receipt("accepted", tuple(names))

    def _store(self, deliveries: Iterable[str], names: Iterable[str]) -> None:
        """Store deliveries and requests in one transaction, so that a failed one can be resent."""
        with self._database.begin() as connection:
            _remember(connection, deliveries)
            refresh_requests.ask(connection, names)


def _remember(connection: Connection, deliveries: Iterable[str]) -> None:
    now = int(time.time())
    for identity in sorted(deliveries):
        values = {"id": identity, "now": now}
        if connection.execute(_REMEMBER, values).rowcount == 0:
            raise AuthenticationError(_REPEATED)
