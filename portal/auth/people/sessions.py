"""Sessions: who is signed in, in which browser, until when."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine as Database

from portal.auth import tables as t
from portal.auth.keys import Clock
from portal.auth.people.pending import hash_of
from portal.auth.people.pending import new_secret

#: The greatest length of a cookie that is looked up.
_MOST_CHARACTERS = 200


class SessionKind(StrEnum):
    """What a session is for: the portal's own pages, or a Backstage frontend."""

    PAGES = "pages"
    FRONTEND = "frontend"


@dataclass(frozen=True, slots=True)
class Session:
    """A session; times are in seconds since the epoch.

    Attributes:
        kind: What it is for.
        user_ref: The user.
        provider: The name of the provider that vouched for them; ``guest`` for guests.
        profile: The profile, as Backstage's frontend expects it.
        scope: The scopes the provider granted.
        id_token: The provider's ID token; for signing out there, never a credential here.
        created_at: When they signed in.
        expires_at: When they have to sign in again.
    """

    kind: SessionKind
    user_ref: str
    provider: str
    profile: Mapping[str, Any]
    scope: str
    id_token: str
    created_at: int
    expires_at: int


def form_token(secret: str) -> str:
    """Return the token that forms of a session carry, so that no other site can send them."""
    return hmac.new(secret.encode(), b"form", hashlib.sha256).hexdigest()


def is_form_token(secret: str, token: str) -> bool:
    """Return whether a form was made for the owner of a cookie."""
    return bool(secret) and hmac.compare_digest(form_token(secret).encode(), token.encode())


class Sessions:
    """Stores sessions.

    Args:
        database: Where they are.
        lifetime: Seconds after which people have to sign in again.
        clock: Returns the seconds since the epoch.
    """

    def __init__(self, database: Database, lifetime: float, clock: Clock) -> None:
        self._database = database
        self.lifetime = int(lifetime)
        self._clock = clock

    def begin(
        self,
        kind: SessionKind,
        user_ref: str,
        provider: str,
        profile: Mapping[str, Any] = {},
        scope: str = "",
        id_token: str = "",
    ) -> tuple[str, Session]:
        """Store a new session; return its secret, which only the browser keeps, and it."""
        secret, now = new_secret(), int(self._clock())
        session = Session(
            kind, user_ref, provider, profile, scope, id_token, now, now + self.lifetime
        )
        row = {
            "id_hash": hash_of(secret),
            "kind": str(kind),
            "user_ref": user_ref,
            "provider": provider,
            "profile": json.dumps(dict(profile), ensure_ascii=False),
            "scope": scope,
            "id_token": id_token,
            "created_at": session.created_at,
            "expires_at": session.expires_at,
        }
        with self._database.begin() as connection:
            connection.execute(sa.delete(t.sessions).where(t.sessions.c.expires_at <= now))
            connection.execute(sa.insert(t.sessions).values(row))
        return secret, session

    def find(self, kind: SessionKind, secret: str) -> Session | None:
        """Return the session of a cookie; ``None`` without one, or when it is over."""
        if not secret or len(secret) > _MOST_CHARACTERS:
            return None
        table = t.sessions
        query = sa.select(table).where(
            table.c.id_hash == hash_of(secret),
            table.c.kind == str(kind),
            table.c.expires_at > int(self._clock()),
        )
        with self._database.connect() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else _session(row)

    def of_user(self, user_ref: str) -> list[Session]:
        """Return the sessions of a user that are not over, the newest first."""
        table = t.sessions
        query = (
            sa.select(table)
            .where(table.c.user_ref == user_ref, table.c.expires_at > int(self._clock()))
            .order_by(table.c.created_at.desc(), table.c.id_hash)
        )
        with self._database.connect() as connection:
            return [_session(row) for row in connection.execute(query).mappings()]

    def end_others(self, user_ref: str, secret: str) -> int:
        """End the sessions of a user but that of a cookie; return how many these were."""
        table = t.sessions
        query = sa.delete(table).where(
            table.c.user_ref == user_ref, table.c.id_hash != hash_of(secret)
        )
        with self._database.begin() as connection:
            return connection.execute(query).rowcount

    def end(self, kind: SessionKind, secret: str) -> Session | None:
        """End the session of a cookie and return it; ``None`` without one."""
        session = self.find(kind, secret)
        if session is not None:
            query = sa.delete(t.sessions).where(t.sessions.c.id_hash == hash_of(secret))
            with self._database.begin() as connection:
                connection.execute(query)
        return session


def _session(row: sa.RowMapping) -> Session:
    return Session(
        SessionKind(row["kind"]),
        row["user_ref"],
        row["provider"],
        json.loads(row["profile"]),
        row["scope"],
        row["id_token"],
        row["created_at"],
        row["expires_at"],
    )
