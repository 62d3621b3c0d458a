"""Signing in, and telling who shows what credentials."""

from __future__ import annotations

import hmac
import time
from typing import Any

from sqlalchemy.engine import Engine as Database

from portal.auth.identity import NOBODY
from portal.auth.identity import SERVICE_TOKEN_HOLDER
from portal.auth.identity import USER
from portal.auth.identity import FindGroups
from portal.auth.identity import Principal
from portal.auth.identity import ownership_of
from portal.auth.keys import Clock
from portal.auth.keys import KeyRing
from portal.auth.tokens import LIMITED_TYPE
from portal.auth.tokens import PLUGIN_TYPE
from portal.auth.tokens import USER_TYPE
from portal.auth.tokens import Claims
from portal.auth.tokens import InvalidTokenError
from portal.auth.tokens import TokenIssuer
from portal.auth.tokens import token_type
from portal.kernel.config import Config
from portal.kernel.errors import AuthenticationError
from portal.kernel.errors import NotAllowedError

_ILLEGAL = "Illegal token"
_FAILED_USER = "Failed user token verification"
#: What is said of tokens that are never accepted, by their type.
_REFUSED = {
    # No plugin of this portal signs tokens, so none of them can be genuine.
    PLUGIN_TYPE: "Failed plugin token verification",
    LIMITED_TYPE: "Illegal limited user token",
}


class Auth:
    """Signs people in and recognises them.

    Args:
        database: Where the signing keys are.
        config: The settings in force.
        find_groups: Asks the catalog for a user's groups.
        clock: Seconds since the epoch.
    """

    def __init__(
        self,
        database: Database,
        config: Config,
        find_groups: FindGroups,
        clock: Clock = time.time,
    ) -> None:
        self.issuer = f"{config.public_url}/api/auth"
        self._config = config
        self._find_groups = find_groups
        self._keys = KeyRing(database, clock)
        self._tokens = TokenIssuer(self._keys, self.issuer, clock)

    @property
    def needs_credentials(self) -> bool:
        """Whether requests without credentials are refused."""
        return bool(self._config.service_token)

    def public_keys(self) -> dict[str, Any]:
        """Return the keys that verify user tokens, as a JSON Web Key Set."""
        return {"keys": [key.jwk() for key in self._keys.published()]}

    def sign_in_guest(self) -> dict[str, Any]:
        """Return a session of the guest, as Backstage's frontends expect it.

        Raises:
            NotAllowedError: When guests are not let in.
        """
        if not self._config.lets_guests_in:
            raise NotAllowedError(
                "Guests cannot sign in here: this portal asks for a service token or can be "
                "reached from other machines; its operator can set guest_access to 'always'"
            )
        user = self._config.guest_user
        token, seconds = self._tokens.issue(user)
        identity = {
            "type": "user",
            "userEntityRef": user,
            "ownershipEntityRefs": self.ownership(user),
        }
        session = {"token": token, "identity": identity, "expiresInSeconds": seconds}
        return {"profile": {}, "backstageIdentity": session}

    def ownership(self, user_ref: str) -> list[str]:
        """Return the refs a user owns things under."""
        return ownership_of(user_ref, self._find_groups)

    def authenticate(self, token: str | None) -> Principal:
        """Return who shows a bearer token; without one, nobody in particular.

        Raises:
            AuthenticationError: When the token is not good, or there is none and
                one is needed.
        """
        if token is None:
            if self.needs_credentials:
                raise AuthenticationError("Missing credentials")
            return NOBODY
        kind = token_type(token)
        if kind in _REFUSED:
            raise AuthenticationError(_REFUSED[kind])
        if kind == USER_TYPE:
            return Principal(USER, self.user_claims(token).subject)
        if self.is_service_token(token):
            return SERVICE_TOKEN_HOLDER
        raise AuthenticationError(_ILLEGAL)

    def is_service_token(self, token: str) -> bool:
        """Whether a text is the portal's service token; takes as long either way."""
        expected = self._config.service_token
        return bool(expected) and hmac.compare_digest(token.encode(), expected.encode())

    def user_claims(self, token: str) -> Claims:
        """Return what a user token says.

        Raises:
            AuthenticationError: When it is not good.
        """
        try:
            return self._tokens.verify(token)
        except InvalidTokenError:
            raise AuthenticationError(_FAILED_USER) from None

    def cookie_claims(self, cookie: str) -> Claims | None:
        """Return what the limited token of a cookie says, ``None`` when it is not good."""
        try:
            return self._tokens.verify_limited(cookie)
        except InvalidTokenError:
            return None

    def user_info(self, token: str | None) -> dict[str, Any]:
        """Return who a user token was given to, and what they own.

        Raises:
            AuthenticationError: When there is no token, or it is not a user's.
        """
        if token is None:
            raise AuthenticationError("No token provided")
        principal = self.authenticate(token)
        if principal.kind != USER:
            raise AuthenticationError(_ILLEGAL)
        subject = principal.subject
        return {"claims": {"sub": subject, "ent": self.ownership(subject)}}
