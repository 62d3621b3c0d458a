"""Of which source: an event is proven, known to be new, and leads to a refresh.

A webhook reads nothing by itself. It asks for the sources whose own repository and
branch were pushed to be read as their settings say, which is what the schedule
does a little later; so an event can make nothing known that the schedule would not.
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

from portal.catalog import requests
from portal.kernel.config import Source
from portal.kernel.errors import AuthenticationError
from portal.kernel.errors import NotFoundError
from portal.webhooks import tables as t
from portal.webhooks.pushes import body_of
from portal.webhooks.pushes import is_ping
from portal.webhooks.pushes import push_of
from portal.webhooks.signatures import SCHEMES
from portal.webhooks.signatures import Headers
from portal.webhooks.signatures import identities
from portal.webhooks.signatures import is_proven

_LOG = logging.getLogger(__name__)
#: How long a delivery is known again; forges themselves repeat for three days at most.
_REMEMBERED_SECONDS = 30 * 24 * 3600
#: The one thing a stranger is told, whatever is wrong.
_REFUSED = "The webhook's signature is missing or wrong"
_REPEATED = "The webhook was delivered before"
_REMEMBER = sa.text(
    "INSERT INTO deliveries (id, received_at) VALUES (:id, :now) ON CONFLICT (id) DO NOTHING"
)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of an event.

    Attributes:
        status: ``accepted``, ``ignored`` or ``pong``.
        sources: The sources that will be read.
    """

    status: str
    sources: tuple[str, ...] = ()


class Webhooks:
    """Takes the events of forges.

    Args:
        database: Where deliveries and requests are kept.
        secrets: Forge to the name of the variable that holds its secret.
        followed: Every source there is.
        on_refresh: Told when the worker should look for requests.
        env: Where secrets are looked up.
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
        """Refuse what needs no body to be refused.

        Raises:
            NotFoundError: When there is no such forge.
            AuthenticationError: When no secret is set, or nothing is proven.
        """
        if forge not in SCHEMES:
            raise NotFoundError(f"there is no forge '{forge[:40]}'")
        variable = self._secrets.get(forge, "")
        if not self._env.get(variable):
            what = f"variable {variable}" if variable else "webhook_secrets"
            _LOG.warning("a webhook of %s is refused: %s is not set", forge, what)
            raise AuthenticationError(_REFUSED)
        if not headers.get(SCHEMES[forge].header):
            raise AuthenticationError(_REFUSED)

    def take(self, forge: str, headers: Headers, body: bytes) -> Receipt:
        """Take an event: ask for what it concerns to be read soon.

        Args:
            forge: Who sends it.
            headers: Of the request; names in lower case.
            body: As it was sent.

        Raises:
            AuthenticationError: When it is not proven, or was there before.
            InputError: When it is proven and yet no event.
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
        self._keep(identities(forge, headers, body), names)
        if is_ping(forge, headers):
            return Receipt("pong")
        if not names:
            return Receipt("ignored")
        _LOG.info("a push at %s: %s will be read", forge, ", ".join(names))
        self._on_refresh()
        return Receipt("accepted", tuple(names))

    def _keep(self, deliveries: Iterable[str], names: Iterable[str]) -> None:
        """Write all of it or nothing: what could not be asked for may be sent again."""
        with self._database.begin() as connection:
            _remember(connection, deliveries)
            requests.ask(connection, names)


def _remember(connection: Connection, deliveries: Iterable[str]) -> None:
    now = int(time.time())
    table = t.deliveries
    old = table.c.received_at < now - _REMEMBERED_SECONDS
    connection.execute(sa.delete(table).where(old))
    for identity in sorted(deliveries):
        values = {"id": identity, "now": now}
        if connection.execute(_REMEMBER, values).rowcount == 0:
            raise AuthenticationError(_REPEATED)
