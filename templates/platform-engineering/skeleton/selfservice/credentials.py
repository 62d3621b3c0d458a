"""Credentials: made here, checked by the server, handed over once."""

import hashlib
import hmac
import secrets
import threading
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass

ROLES = ("migrator", "app")


@dataclass(frozen=True)
class Credentials:
    """How to connect to one database, by role: a libpq connection string each."""

    database: str
    connections: dict[str, str]


def new_passwords() -> dict[str, str]:
    """Make a password for each role that may log in."""
    return {role: secrets.token_urlsafe(24) for role in ROLES}


def scram_verifier(password: str, iterations: int = 4096) -> str:
    """Turn a password into what PostgreSQL keeps of it (RFC 5803).

    The server, Terraform, its plan, its state and every log see only this, and from this nobody
    can log in.
    """
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    salt64, stored64, server64 = (b64encode(part).decode() for part in (salt, stored, server))
    return f"SCRAM-SHA-256${iterations}:{salt64}${stored64}:{server64}"


class Gone(Exception):  # noqa: N818 - it is an answer, not an accident
    """A link was used, is too old, or never was."""


class Handover:
    """Keeps credentials, in memory only, until the link to them is opened or too old."""

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._seconds = seconds
        self._clock = clock
        self._waiting: dict[bytes, tuple[float, Credentials]] = {}
        self._lock = threading.Lock()

    def offer(self, credentials: Credentials) -> str:
        """Keep credentials and give the token that fetches them."""
        token = secrets.token_urlsafe(24)
        with self._lock:
            now = self._clock()
            self._waiting = {k: kept for k, kept in self._waiting.items() if kept[0] > now}
            self._waiting[_key(token)] = (now + self._seconds, credentials)
        return token

    def take(self, token: str) -> Credentials:
        """Give the credentials of a token, the first time and in time.

        Raises:
            Gone: The token was used, is too old, or never was.
        """
        with self._lock:
            until, credentials = self._waiting.pop(_key(token), (0.0, None))
        if credentials is None or until <= self._clock():
            raise Gone
        return credentials


def _key(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
