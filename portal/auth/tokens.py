"""User tokens (JWT, ES256): the only module that signs and verifies them.

A user token has in its claim ``uip`` the signature of a second, *limited* token with fewer
claims. The second can be built from the first without a key, but not the reverse, so the
limited one may be sent in a cookie.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from portal.auth.keys import LEEWAY_SECONDS
from portal.auth.keys import TOKEN_SECONDS
from portal.auth.keys import Clock
from portal.auth.keys import KeyRing
from portal.auth.verified_tokens import VerifiedTokens

USER_TYPE = "vnd.backstage.user"
LIMITED_TYPE = "vnd.backstage.limited-user"
PLUGIN_TYPE = "vnd.backstage.plugin"
_ALGORITHM = "ES256"
_AUDIENCE = "backstage"
#: The only members of a valid header; ``jwk``, ``jku``, ``crit`` and others are refused.
_HEADER = frozenset({"typ", "alg", "kid"})
_USER_CLAIMS = ("iss", "sub", "aud", "iat", "exp", "uip")
_LIMITED_CLAIMS = ("sub", "iat", "exp")
#: The greatest length of a token; usual ones have some 500 characters.
MAX_TOKEN = 8 * 1024


@dataclass(frozen=True, slots=True)
class Claims:
    """The claims of a verified token; times in seconds since the epoch."""

    subject: str
    issued_at: int
    expires_at: int
    kid: str
    proof: str = ""


class InvalidTokenError(Exception):
    """A token is not valid; the reason is not disclosed."""


def token_type(token: str) -> str:
    """Return the unverified ``typ`` of a token's header; empty when it is no JWT."""
    if len(token) > MAX_TOKEN or token.count(".") != 2:
        return ""
    try:
        found = jwt.get_unverified_header(token).get("typ", "")
    except (jwt.InvalidTokenError, ValueError, RecursionError):
        return ""
    return found if isinstance(found, str) else ""


class TokenIssuer:
    """Signs and verifies the tokens of one portal.

    Args:
        keys: The signing keys.
        issuer: The claim ``iss``.
        clock: Returns the seconds since the epoch.
    """

    def __init__(self, keys: KeyRing, issuer: str, clock: Clock) -> None:
        self._keys = keys
        self._issuer = issuer
        self._clock = clock
        self._verified_before = VerifiedTokens[Claims]()

    def issue(self, subject: str) -> tuple[str, int]:
        """Return a user token, and its lifetime in seconds."""
        now = int(self._clock())
        times = {"iat": now, "exp": now + TOKEN_SECONDS}
        proof = self._sign(LIMITED_TYPE, {"sub": subject, **times}).rpartition(".")[2]
        claims = {"iss": self._issuer, "sub": subject, "aud": _AUDIENCE, **times, "uip": proof}
        # Backstage reports one second less, for the time the response takes.
        return self._sign(USER_TYPE, claims), TOKEN_SECONDS - 1

    def _sign(self, kind: str, claims: Mapping[str, Any]) -> str:
        key = self._keys.signing_key()
        headers = {"typ": kind, "alg": _ALGORITHM, "kid": key.kid}
        return jwt.api_jws.encode(
            _dump(claims), key.private, _ALGORITHM, headers, sort_headers=False
        )

    def verify(self, token: str) -> Claims:
        """Return the claims of a user token.

        Raises:
            InvalidTokenError: When signature, type, times or claims are invalid.
        """
        found = self.known(token)
        if found is None:
            found = self._verified(
                token, USER_TYPE, _USER_CLAIMS, audience=_AUDIENCE, issuer=self._issuer
            )
            self._verified_before.keep(token, found)
        return found

    def known(self, token: str) -> Claims | None:
        """Return the claims of a user token that was verified before and is valid still."""
        found = self._verified_before.find(token)
        if found is None or self._keys.find(found.kid) is None:
            return None
        is_timely = self._is_timely(found.issued_at, found.expires_at)
        return found if is_timely else None

    def verify_limited(self, token: str) -> Claims:
        """Return the claims of a limited token.

        Raises:
            InvalidTokenError: When signature, type, times or claims are invalid.
        """
        return self._verified(token, LIMITED_TYPE, _LIMITED_CLAIMS)

    def _verified(
        self, token: str, kind: str, required: tuple[str, ...], **expected: str
    ) -> Claims:
        try:
            header = jwt.get_unverified_header(token)
            kid = _checked_kid(header, kind)
            key = self._keys.find(kid)
            if key is None:
                raise InvalidTokenError
            found = jwt.decode(
                token,
                key.public,
                algorithms=[_ALGORITHM],
                options={"require": list(required), "verify_exp": False, "verify_iat": False},
                **expected,  # type: ignore[arg-type]
            )
            return self._claims(found, kid)
        except (jwt.InvalidTokenError, ValueError, TypeError, RecursionError) as error:
            raise InvalidTokenError from error

    def _claims(self, found: Mapping[str, Any], kid: str) -> Claims:
        """Validate types and times of claims; PyJWT would accept ``"exp": "12"``.

        Raises:
            InvalidTokenError: When a claim is missing or invalid, or the token has expired.
        """
        subject, proof = found["sub"], found.get("uip", "")
        issued_at, expires_at = found["iat"], found["exp"]
        is_good = (
            type(issued_at) is int
            and type(expires_at) is int
            and isinstance(proof, str)
            and self._is_timely(issued_at, expires_at)
        )
        if not subject or not is_good:
            raise InvalidTokenError
        return Claims(subject, issued_at, expires_at, kid, proof)

    def _is_timely(self, issued_at: int, expires_at: int) -> bool:
        is_now = issued_at - LEEWAY_SECONDS <= self._clock() < expires_at + LEEWAY_SECONDS
        return is_now and expires_at - issued_at <= TOKEN_SECONDS


def limited_token(claims: Claims) -> str:
    """Return the limited token of a user token's claims, signed by its ``uip``."""
    header = {"typ": LIMITED_TYPE, "alg": _ALGORITHM, "kid": claims.kid}
    payload = {"sub": claims.subject, "iat": claims.issued_at, "exp": claims.expires_at}
    return f"{_base64(_dump(header))}.{_base64(_dump(payload))}.{claims.proof}"


def _checked_kid(header: Mapping[str, Any], kind: str) -> str:
    kid = header.get("kid")
    is_ours = header.keys() == _HEADER and header["typ"] == kind
    if not is_ours or header["alg"] != _ALGORITHM or not isinstance(kid, str):
        raise InvalidTokenError
    return kid


def _dump(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
