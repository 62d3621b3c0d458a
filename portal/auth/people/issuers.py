"""Tokens that others have signed, of which the portal knows issuer, audience and keys."""

from __future__ import annotations

from typing import Any

from joserfc.errors import JoseError
from joserfc.jwt import JWTClaimsRegistry

from portal.auth.keys import LEEWAY_SECONDS
from portal.auth.keys import Clock
from portal.auth.people.remote_keys import ForeignTokenError
from portal.auth.people.remote_keys import RemoteKeys


class ForeignIssuer:
    """Verifies the tokens of one issuer.

    Args:
        keys: Its public keys.
        issuer: The claim ``iss``.
        audience: What the claim ``aud`` has to name.
        clock: Returns the seconds since the epoch.
        token_type: The ``typ`` of its tokens; empty allows any.
    """

    def __init__(
        self, keys: RemoteKeys, issuer: str, audience: str, clock: Clock, token_type: str = ""
    ) -> None:
        self.issuer = issuer
        self._keys = keys
        self._audience = audience
        self._clock = clock
        self._token_type = token_type

    def claims(self, token: str) -> dict[str, Any]:
        """Return the claims of a valid token.

        Raises:
            ForeignTokenError: When signature, type, issuer, audience or times are not valid.
            SourceError: When the keys cannot be fetched.
        """
        header, claims = self._keys.verify(token)
        if self._token_type and header.get("typ") != self._token_type:
            raise ForeignTokenError("its type is another")
        registry = JWTClaimsRegistry(
            now=lambda: int(self._clock()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": self._audience},
            exp={"essential": True},
            sub={"essential": True},
        )
        try:
            registry.validate(claims)
        except (JoseError, ValueError, TypeError) as error:
            msg = f"its claims are not valid: {error}"
            raise ForeignTokenError(msg) from None
        return claims
