"""Sign-ins that have begun: what has to be known again when somebody comes back."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.engine import Engine as Database

from portal.auth import tables as t
from portal.auth.keys import Clock
from portal.auth.people.cookies import SIGN_IN_SECONDS
from portal.auth.people.resolvers import Refusal
from portal.auth.people.resolvers import SignInRefusedError

#: The greatest number of them; beyond it the oldest is forgotten.
_MOST = 10_000
_TOKEN_BYTES = 32


class Flow(StrEnum):
    """How a sign-in ends.

    ``PAGE`` shows a page of the portal, ``POPUP`` tells the window that opened it, and
    ``REDIRECT`` sends the browser to a frontend (Backstage's two).
    """

    PAGE = "page"
    POPUP = "popup"
    REDIRECT = "redirect"


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that has begun.

    Attributes:
        provider: The name of the provider.
        flow: How it ends.
        return_to: A path of the portal, the origin of a frontend, or an address of one.
        nonce: What the ID token has to hold.
        verifier: The secret of PKCE.
    """

    provider: str
    flow: Flow
    return_to: str
    nonce: str
    verifier: str


def new_secret() -> str:
    """Return a random text nobody can guess."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def hash_of(secret: str) -> str:
    """Return what is stored of a random secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


class PendingSignIns:
    """Stores them, each until it is taken once, for ten minutes at most.

    Args:
        database: Where they are.
        clock: Returns the seconds since the epoch.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def add(self, begun: Begun, browser: str) -> str:
        """Store one and return its ``state``.

        Args:
            begun: What has to be known again.
            browser: The secret in a cookie of the browser that began it.
        """
        table, now = t.pending_sign_ins, int(self._clock())
        state = new_secret()
        row = {
            "state_hash": hash_of(state),
            "browser_hash": hash_of(browser),
            "provider": begun.provider,
            "nonce": begun.nonce,
            "verifier": begun.verifier,
            "flow": str(begun.flow),
            "return_to": begun.return_to,
            "expires_at": now + SIGN_IN_SECONDS,
        }
        with self._database.begin() as connection:
            connection.execute(sa.delete(table).where(table.c.expires_at <= now))
            self._make_room(connection)
            connection.execute(sa.insert(table).values(row))
        return state

    def _make_room(self, connection: sa.Connection) -> None:
        table = t.pending_sign_ins
        count = connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
        if count >= _MOST:
            oldest = sa.select(table.c.state_hash).order_by(table.c.expires_at).limit(_MOST // 10)
            connection.execute(sa.delete(table).where(table.c.state_hash.in_(oldest)))

    def take(self, state: str, browser: str) -> Begun:
        """Return the sign-in of a ``state``, and forget it.

        Raises:
            SignInRefusedError: When it is not known, over, or was begun in another browser.
        """
        table = t.pending_sign_ins
        query = sa.delete(table).where(table.c.state_hash == hash_of(state)).returning(table)
        with self._database.begin() as connection:
            row = connection.execute(query).mappings().first()
        if row is None or row["expires_at"] <= self._clock():
            raise SignInRefusedError(
                Refusal.TOO_LATE, "this sign-in is over, or was used already: begin anew"
            )
        if not hmac.compare_digest(row["browser_hash"], hash_of(browser)):
            raise SignInRefusedError(
                Refusal.OTHER_BROWSER, "this sign-in was begun in another browser: begin anew"
            )
        return Begun(
            row["provider"], Flow(row["flow"]), row["return_to"], row["nonce"], row["verifier"]
        )
