"""The keys that sign user tokens: created on demand, stored in the database, rotated.

All processes of one database sign and verify with the same keys. A key signs for
``SIGNING_SECONDS`` and is published until the last token it signed has expired.
"""

from __future__ import annotations

import base64
import re
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field
from functools import cached_property

import sqlalchemy as sa
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy.engine import Engine as Database

from portal.auth import tables as t
from portal.kernel.database import lock_writers

#: The lifetime of a user token, in seconds.
TOKEN_SECONDS = 3600
#: How long a key signs before the next one is created, in seconds.
SIGNING_SECONDS = 3600
#: The greatest difference between clocks of several machines, in seconds.
LEEWAY_SECONDS = 5
_PUBLISHED_SECONDS = SIGNING_SECONDS + TOKEN_SECONDS + LEEWAY_SECONDS
_KID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_COORDINATE_BYTES = 32
Clock = Callable[[], float]


@dataclass(frozen=True)
class SigningKey:
    """A pair of keys on the curve P-256; ``created_at`` is in seconds since the epoch."""

    kid: str
    pem: str = field(repr=False)
    created_at: int

    @cached_property
    def private(self) -> ec.EllipticCurvePrivateKey:
        """The private key.

        Raises:
            TypeError: When the stored key is not on an elliptic curve.
        """
        key = serialization.load_pem_private_key(self.pem.encode(), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            msg = "a signing key is not on an elliptic curve"
            raise TypeError(msg)
        return key

    @cached_property
    def public(self) -> ec.EllipticCurvePublicKey:
        """The public key."""
        return self.private.public_key()

    def jwk(self) -> dict[str, str]:
        """Return the public key as a JSON Web Key (RFC 7517)."""
        numbers = self.public.public_numbers()
        return {
            "kty": "EC",
            "x": _coordinate(numbers.x),
            "y": _coordinate(numbers.y),
            "crv": "P-256",
            "kid": self.kid,
            "alg": "ES256",
        }


def _coordinate(number: int) -> str:
    data = number.to_bytes(_COORDINATE_BYTES, "big")
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class KeyRing:
    """The keys of one portal.

    Args:
        database: The database of the keys.
        clock: Returns the seconds since the epoch.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._known: dict[str, SigningKey] = {}
        self._signing: SigningKey | None = None
        self._lock = threading.Lock()

    def signing_key(self) -> SigningKey:
        """Return the key to sign with now, creating one when the last is too old."""
        with self._lock:
            if self._signing is None or not self._signs(self._signing):
                self._signing = self._newest_or_new()
            return self._signing

    def published(self) -> list[SigningKey]:
        """Return the keys of tokens that may still be valid, the newest first."""
        table = t.signing_keys
        oldest = int(self._clock()) - _PUBLISHED_SECONDS
        query = sa.select(table).where(table.c.created_at > oldest)
        with self._database.connect() as connection:
            rows = connection.execute(query).all()
        return sorted((SigningKey(*row) for row in rows), key=_age_order, reverse=True)

    def find(self, kid: str) -> SigningKey | None:
        """Return the published key of an id; ``None`` without one, or for a malformed id."""
        if not _KID.fullmatch(kid):
            return None
        key = self._known.get(kid)
        if key is None:
            key = next((key for key in self.published() if key.kid == kid), None)
        if key is None or self._clock() >= key.created_at + _PUBLISHED_SECONDS:
            return None
        self._known[kid] = key
        return key

    def _signs(self, key: SigningKey) -> bool:
        return self._clock() < key.created_at + SIGNING_SECONDS

    def _newest_or_new(self) -> SigningKey:
        with self._database.begin() as connection:
            lock_writers(connection)
            newest = sa.select(t.signing_keys).order_by(t.signing_keys.c.created_at.desc())
            row = connection.execute(newest).first()
            key = SigningKey(*row) if row else None
            if key is None or not self._signs(key):
                key = _new_key(int(self._clock()))
                self._replace_old(connection, key)
        self._known = {key.kid: key}
        return key

    def _replace_old(self, connection: sa.Connection, key: SigningKey) -> None:
        table = t.signing_keys
        oldest = key.created_at - _PUBLISHED_SECONDS
        connection.execute(sa.delete(table).where(table.c.created_at <= oldest))
        row = {"kid": key.kid, "private_key": key.pem, "created_at": key.created_at}
        connection.execute(sa.insert(table).values(row))


def _age_order(key: SigningKey) -> tuple[int, str]:
    return key.created_at, key.kid


def _new_key(now: int) -> SigningKey:
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return SigningKey(str(uuid.uuid4()), pem.decode(), now)
