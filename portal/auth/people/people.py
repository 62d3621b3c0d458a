"""People, by what they or others show: a session, the header of a proxy, a Backstage's token."""

from __future__ import annotations

import json
import logging
import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass

from portal.auth.identity import FindGroups
from portal.auth.people.issuers import ForeignIssuer
from portal.auth.people.proxies import Header
from portal.auth.people.proxies import Proxies
from portal.auth.people.remote_keys import ForeignTokenError
from portal.auth.people.resolvers import FindUsers
from portal.auth.people.resolvers import Profile
from portal.auth.people.resolvers import SignInRefusedError
from portal.auth.people.resolvers import resolve
from portal.auth.people.sessions import Session
from portal.auth.people.sessions import SessionKind
from portal.auth.people.sessions import Sessions
from portal.kernel.errors import AuthenticationError
from portal.kernel.errors import ServiceUnavailableError
from portal.kernel.errors import SourceError

_LOG = logging.getLogger(__name__)
_USER_REF = re.compile(r"user:[a-z0-9._-]{1,63}/[a-z0-9._-]{1,63}")


@dataclass(frozen=True)
class People:
    """Recognises people.

    Args:
        sessions: Who is signed in.
        proxies: The proxies that say who people are.
        issuers: The Backstages whose tokens are accepted, by issuer.
        find_users: Looks users of the catalog up, of trusted sources only.
        find_groups: Returns the groups of such a user.
        unlisted: Whether people may sign in whom the catalog has no user for.
    """

    sessions: Sessions
    proxies: Proxies
    issuers: Mapping[str, ForeignIssuer]
    find_users: FindUsers
    find_groups: FindGroups
    unlisted: bool = False

    def session(self, secret: str) -> Session | None:
        """Return the session of the cookie of pages; ``None`` without one."""
        return self.sessions.find(SessionKind.PAGES, secret)

    def by_proxy(self, address: str, header: Header) -> tuple[str, str, Profile] | None:
        """Return the user a proxy vouches for, its name and the profile; ``None`` without one.

        Args:
            address: The network address the request comes from.
            header: Reads a header of the request.

        Raises:
            AuthenticationError: When the proxy's token is not valid, or the catalog has no
                such user.
            ServiceUnavailableError: When the keys of its token cannot be fetched.
        """
        try:
            found = self.proxies.vouched(address, header)
            if found is None:
                return None
            ref = resolve(
                found.profile, found.proxy.resolvers, self.find_users, unlisted=self.unlisted
            )
        except ForeignTokenError as error:
            _LOG.warning("the token of a proxy is refused: %s", error)
            raise AuthenticationError("Failed proxy token verification") from None
        except SignInRefusedError as error:
            raise AuthenticationError(error.message) from None
        except SourceError as error:
            raise ServiceUnavailableError(f"the proxy's token: {error.message}") from None
        return ref, found.proxy.name, found.profile

    def by_backstage(self, token: str) -> str | None:
        """Return the user of a token of a Backstage; ``None`` when it is of none of these.

        Raises:
            ForeignTokenError: When it is not valid.
            ServiceUnavailableError: When its keys cannot be fetched.
        """
        issuer = self.issuers.get(_unverified_issuer(token)) if self.issuers else None
        if issuer is None:
            return None
        try:
            ref = str(issuer.claims(token)["sub"]).lower()
        except SourceError as error:
            raise ServiceUnavailableError(f"the Backstage's tokens: {error.message}") from None
        if not _USER_REF.fullmatch(ref):
            raise ForeignTokenError("it is no user's")
        return ref


def _unverified_issuer(token: str) -> str:
    """Return what a token says its issuer is, to know with which keys it is to be verified."""
    part = token.split(".")[1] if token.count(".") == 2 else ""
    try:
        claims = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        return ""
    issuer = claims.get("iss") if isinstance(claims, dict) else None
    return issuer if isinstance(issuer, str) else ""
