"""Guest sign-in, and authentication of tokens and cookies."""

from __future__ import annotations

import hmac
import logging
import time
from typing import Any

from sqlalchemy.engine import Engine as Database

from portal.auth.identity import NOBODY
from portal.auth.identity import SERVICE
from portal.auth.identity import SERVICE_TOKEN_HOLDER
from portal.auth.identity import USER
from portal.auth.identity import Method
from portal.auth.identity import Principal
from portal.auth.keys import Clock
from portal.auth.keys import KeyRing
from portal.auth.people.people import People
from portal.auth.people.proxies import Header
from portal.auth.people.remote_keys import ForeignTokenError
from portal.auth.people.sessions import Session
from portal.auth.people.sessions import SessionKind
from portal.auth.programs.store import ProgramTokens
from portal.auth.tokens import LIMITED_TYPE
from portal.auth.tokens import PLUGIN_TYPE
from portal.auth.tokens import USER_TYPE
from portal.auth.tokens import Claims
from portal.auth.tokens import InvalidTokenError
from portal.auth.tokens import TokenIssuer
from portal.auth.tokens import token_type
from portal.kernel.errors import AuthenticationError
from portal.kernel.errors import NotAllowedError

_LOG = logging.getLogger(__name__)
#: The provider of sessions of guests.
GUEST = "guest"
_ILLEGAL = "Illegal token"
_UNKNOWN_USER = "the catalog has no such user, or not from a source that may define users"
_FAILED_USER = "Failed user token verification"
#: Messages for tokens that are never accepted, by their type.
_REFUSED = {
    # No plugin of this portal signs tokens, so none can be valid.
    PLUGIN_TYPE: "Failed plugin token verification",
    LIMITED_TYPE: "Illegal limited user token",
}


class Auth:
    """Signs people in and recognises them.

    Args:
        database: The database of the signing keys.
        public_url: The address of the portal.
        service_token: The token of programs; empty without one.
        guest_user: The ref of the guest user; empty when guests may not sign in.
        people: Recognises people.
        programs: Recognises programs with named tokens.
        needs_credentials: Whether requests without credentials are refused.
        clock: Returns the seconds since the epoch.
    """

    def __init__(
        self,
        database: Database,
        public_url: str,
        service_token: str,
        guest_user: str,
        people: People,
        programs: ProgramTokens,
        needs_credentials: bool,
        clock: Clock = time.time,
    ) -> None:
        self.issuer = f"{public_url}/api/auth"
        self._service_token = service_token
        self._guest_user = guest_user
        self._people = people
        self._programs = programs
        self.needs_credentials = needs_credentials
        self._keys = KeyRing(database, clock)
        self._tokens = TokenIssuer(self._keys, self.issuer, clock)

    @property
    def lets_guests_in(self) -> bool:
        """Whether guests may sign in."""
        return bool(self._guest_user)

    @property
    def guest_user(self) -> str:
        """The ref of the guest user; empty when guests may not sign in."""
        return self._guest_user

    def public_keys(self) -> dict[str, Any]:
        """Return the keys that verify user tokens, as a JSON Web Key Set."""
        return {"keys": [key.jwk() for key in self._keys.published()]}

    def sign_in_guest(self) -> dict[str, Any]:
        """Return a session of the guest user, in the format of Backstage's frontend.

        Raises:
            NotAllowedError: When guests may not sign in.
        """
        user = self._guest_user
        if not user:
            raise NotAllowedError(
                "Guests cannot sign in here: this portal asks for a service token or can be "
                "reached from other machines; its operator can set guest_access to 'always'"
            )
        return {"profile": {}, "backstageIdentity": self.identity_of(user)}

    def begin_guest_session(self) -> str:
        """Begin a session of the guest user for pages and return its secret.

        Raises:
            NotAllowedError: When guests may not sign in.
        """
        if not self._guest_user:
            raise NotAllowedError("Guests cannot sign in here")
        return self._people.sessions.begin(SessionKind.PAGES, self._guest_user, GUEST)[0]

    def identity_of(self, user_ref: str) -> dict[str, Any]:
        """Return a new user token with its identity, in the format of Backstage's frontend."""
        token, seconds = self._tokens.issue(user_ref)
        identity = {
            "type": "user",
            "userEntityRef": user_ref,
            "ownershipEntityRefs": self.ownership(user_ref),
        }
        return {"token": token, "identity": identity, "expiresInSeconds": seconds}

    def issue_token(self, user_ref: str) -> str:
        """Return a new token of a user, for requests that the portal sends in the user's name."""
        return self._tokens.issue(user_ref)[0]

    def ownership(self, user_ref: str) -> list[str]:
        """Return the refs of a user's ownership: the user's own and those of their groups.

        Raises:
            AuthenticationError: When the catalog has no such user, and needs one.
        """
        groups = self._people.find_groups(user_ref)
        if groups is None and user_ref != self._guest_user and not self._people.unlisted:
            raise AuthenticationError(_UNKNOWN_USER)
        return [user_ref, *(groups or ())]

    def authenticate(self, token: str | None) -> Principal:
        """Return the principal of a bearer token; ``NOBODY`` without one.

        Raises:
            AuthenticationError: When the token is invalid, or there is none and one is
                required.
        """
        if token is None:
            if self.needs_credentials:
                raise AuthenticationError("Missing credentials")
            return NOBODY
        if known := self._tokens.known(token):
            return self.user(known.subject, Method.USER_TOKEN)
        kind = token_type(token)
        if kind in _REFUSED:
            raise AuthenticationError(_REFUSED[kind])
        if kind == USER_TYPE:
            return self._by_user_token(token)
        if self.is_service_token(token):
            return SERVICE_TOKEN_HOLDER
        program = self._programs.find(token)
        if program is None:
            raise AuthenticationError(_ILLEGAL)
        return program

    def authenticate_cookie(self, cookie: str) -> Principal | None:
        """Return the user of a cookie's limited token; ``None`` without one."""
        claims = self.cookie_claims(cookie)
        try:
            return self.user(claims.subject, Method.USER_TOKEN) if claims else None
        except AuthenticationError:
            return None

    def authenticate_session(self, secret: str) -> tuple[Principal, Session] | None:
        """Return the principal of the cookie of a session, and it; ``None`` without one.

        A session of somebody who may not sign in any more is none.
        """
        session = self._people.session(secret)
        if session is None or (session.provider == GUEST and not self._guest_user):
            return None
        try:
            return self.user(session.user_ref, Method.SESSION), session
        except AuthenticationError:
            return None

    def authenticate_proxy(self, address: str, header: Header) -> Principal | None:
        """Return the principal a proxy vouches for; ``None`` when none does.

        Raises:
            AuthenticationError: When what it says is not valid, or the catalog has no such
                user.
        """
        found = self._people.by_proxy(address, header)
        return None if found is None else self.user(found[0], Method.PROXY)

    def sign_in_by_proxy(self, name: str, address: str, header: Header) -> dict[str, Any]:
        """Return a session of the user a proxy vouches for, as Backstage's frontend expects it.

        Raises:
            AuthenticationError: When this proxy vouches for nobody.
        """
        found = self._people.by_proxy(address, header)
        if found is None or found[1] != name:
            raise AuthenticationError(f"Authentication failed, {name} vouches for nobody")
        identity = self.identity_of(found[0])
        return {
            "profile": found[2].to_json(),
            "providerInfo": {},
            "backstageIdentity": identity,
        }

    def _by_user_token(self, token: str) -> Principal:
        try:
            foreign = self._people.by_backstage(token)
        except ForeignTokenError as error:
            _LOG.info("the token of a Backstage is refused: %s", error)
            raise AuthenticationError(_FAILED_USER) from None
        if foreign is not None:
            return self.user(foreign, Method.BACKSTAGE_TOKEN)
        return self.user(self.user_claims(token).subject, Method.USER_TOKEN)

    def creator(self, ref: str, program: str) -> Principal:
        """Return the principal in whose name a task runs, as they are now.

        Somebody who could not sign in any more is nobody, and so is a program whose token is
        not good any more.

        Args:
            ref: The ref of the user who created it; empty for a program.
            program: The subject of the program with a named token; empty for the service token.
        """
        if program:
            return self._programs.named(program) or NOBODY
        if not ref:
            return Principal(SERVICE)
        try:
            return self.user(ref)
        except AuthenticationError:
            return NOBODY

    def user(self, ref: str, method: Method = Method.USER_TOKEN) -> Principal:
        """Return the principal of a user, with what they own.

        Raises:
            AuthenticationError: When the catalog has no such user, and needs one.
        """
        owned = tuple(self.ownership(ref))
        return Principal(USER, ref, owned, method, is_guest=ref == self._guest_user)

    def is_service_token(self, token: str) -> bool:
        """Return whether a text is the portal's service token, in constant time."""
        expected = self._service_token
        return bool(expected) and hmac.compare_digest(token.encode(), expected.encode())

    def user_claims(self, token: str) -> Claims:
        """Return the claims of a user token.

        Raises:
            AuthenticationError: When it is invalid.
        """
        try:
            return self._tokens.verify(token)
        except InvalidTokenError:
            raise AuthenticationError(_FAILED_USER) from None

    def cookie_claims(self, cookie: str) -> Claims | None:
        """Return the claims of a cookie's limited token; ``None`` when it is invalid."""
        try:
            return self._tokens.verify_limited(cookie)
        except InvalidTokenError:
            return None

    def user_info(self, token: str | None) -> dict[str, Any]:
        """Return the claims of a user token with the refs of the user's ownership.

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
