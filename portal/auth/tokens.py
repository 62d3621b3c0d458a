"""User tokens: signed and verified here and nowhere else.

A user token carries in ``uip`` the signature of a second, *limited* token with
fewer claims. Whoever has the first can put the second together without a key;
the reverse cannot be done, so the limited one may travel in a cookie.
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

USER_TYPE = "vnd.backstage.user"
LIMITED_TYPE = "vnd.backstage.limited-user"
PLUGIN_TYPE = "vnd.backstage.plugin"
_ALGORITHM = "ES256"
_AUDIENCE = "backstage"
#: The members a header of ours has; ``jwk``, ``jku``, ``crit``… make it another's.
_HEADER = frozenset({"typ", "alg", "kid"})
_USER_CLAIMS = ("iss", "sub", "aud", "iat", "exp", "uip")
_LIMITED_CLAIMS = ("sub", "iat", "exp")
#: Ours have some 500 characters; a subject may be long.
MAX_TOKEN = 8 * 1024


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified token says."""

    subject: str
    issued_at: int
    expires_at: int
    kid: str
    proof: str = ""


class InvalidTokenError(Exception):
    """A token is not one of ours, or no longer; why is nobody's business."""


def token_type(token: str) -> str:
    """Return what a token says it is, unverified; empty when it is no JWT."""
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
        keys: What they are signed with.
        issuer: How the portal calls itself in ``iss``.
        clock: Seconds since the epoch.
    """

    def __init__(self, keys: KeyRing, issuer: str, clock: Clock) -> None:
        self._keys = keys
        self._issuer = issuer
        self._clock = clock

    def issue(self, subject: str) -> tuple[str, int]:
        """Return a user token, and for how many seconds it is good."""
        now = int(self._clock())
        times = {"iat": now, "exp": now + TOKEN_SECONDS}
        proof = self._sign(LIMITED_TYPE, {"sub": subject, **times}).rpartition(".")[2]
        claims = {"iss": self._issuer, "sub": subject, "aud": _AUDIENCE, **times, "uip": proof}
        # One second less, as Backstage says it: the answer has to travel.
        return self._sign(USER_TYPE, claims), TOKEN_SECONDS - 1

    def _sign(self, kind: str, claims: Mapping[str, Any]) -> str:
        key = self._keys.signing_key()
        headers = {"typ": kind, "alg": _ALGORITHM, "kid": key.kid}
        return jwt.api_jws.encode(
            _dump(claims), key.private, _ALGORITHM, headers, sort_headers=False
        )

    def verify(self, token: str) -> Claims:
        """Return what a user token says.

        Raises:
            InvalidTokenError: When it is not ours, is over or lacks a claim.
        """
        return self._verified(
            token, USER_TYPE, _USER_CLAIMS, audience=_AUDIENCE, issuer=self._issuer
        )

    def verify_limited(self, token: str) -> Claims:
        """Return what a limited token says.

        Raises:
            InvalidTokenError: When it is not ours, is over or lacks a claim.
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
        """Judge the claims' types and times; PyJWT would take ``"exp": "12"``."""
        subject, proof = found["sub"], found.get("uip", "")
        issued_at, expires_at = found["iat"], found["exp"]
        now = self._clock()
        is_good = (
            type(issued_at) is int
            and type(expires_at) is int
            and isinstance(proof, str)
            and issued_at - LEEWAY_SECONDS <= now < expires_at + LEEWAY_SECONDS
            and expires_at - issued_at <= TOKEN_SECONDS
        )
        if not subject or not is_good:
            raise InvalidTokenError
        return Claims(subject, issued_at, expires_at, kid, proof)


def limited_token(claims: Claims) -> str:
    """Put the limited token together that a user token carries the proof of."""
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
