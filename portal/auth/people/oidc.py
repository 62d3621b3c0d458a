"""A provider of OpenID Connect: where it is, how it is asked, and whether to believe it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from typing import NoReturn
from urllib.parse import urlencode

from authlib.oauth2 import OAuth2Client
from authlib.oauth2 import OAuth2Error
from authlib.oidc.core import CodeIDToken
from joserfc.errors import JoseError

from portal.auth.keys import LEEWAY_SECONDS
from portal.auth.keys import Clock
from portal.auth.people.provider_http import ProviderSession
from portal.auth.people.remote_keys import ForeignTokenError
from portal.auth.people.remote_keys import RemoteKeys
from portal.auth.people.remote_keys import get_json
from portal.auth.people.resolvers import Profile
from portal.auth.people.resolvers import Refusal
from portal.auth.people.resolvers import SignInRefusedError
from portal.auth.people.resolvers import profile_of
from portal.config.signing_in import OidcProvider
from portal.kernel.errors import InputError
from portal.kernel.errors import ServiceUnavailableError
from portal.kernel.errors import SourceError
from portal.kernel.http import Credential
from portal.kernel.http import HttpClient
from portal.kernel.http import origin_of

_LOG = logging.getLogger(__name__)
#: Seconds one request to a provider may take; somebody waits for it.
TIMEOUT_SECONDS = 10.0
#: The greatest size of a provider's answer, in bytes.
_LARGEST = 512 * 1024
#: Seconds for which metadata are kept, and between two attempts after a failure.
_FRESH_SECONDS = 3600.0
_PAUSE_SECONDS = 5.0
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_OPTIONAL = ("userinfo_endpoint", "end_session_endpoint")

#: Called with the provider's name, and what is wrong with it; empty when it is well.
Report = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a provider publishes of itself; ``userinfo`` and ``end_session`` may be empty."""

    authorization: str
    token: str
    keys: str
    userinfo: str = ""
    end_session: str = ""
    names_itself: bool = False


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who came back from a provider.

    Attributes:
        profile: What it says of them.
        id_token: The ID token, which it wants to see again when they sign out.
        scope: The scopes it granted, separated by spaces.
    """

    profile: Profile
    id_token: str
    scope: str


class Oidc:
    """A client of one provider.

    Args:
        provider: Its settings.
        secret: The client's secret; empty for a public client.
        redirect_uri: Where it sends people back to.
        clock: Returns the seconds since the epoch.
        report: Is told when it fails, and when it is well again.
    """

    def __init__(
        self, provider: OidcProvider, secret: str, redirect_uri: str, clock: Clock, report: Report
    ) -> None:
        self.provider = provider
        self._secret = secret
        self._redirect_uri = redirect_uri
        self._clock = clock
        self._report = report
        origin = origin_of(provider.issuer)
        self._http = HttpClient({origin}, TIMEOUT_SECONDS, _LARGEST)
        self._metadata: Metadata | None = None
        self._keys: RemoteKeys | None = None
        self._asked_at = float("-inf")
        self._failure = ""
        self._lock = threading.Lock()

    @property
    def failure(self) -> str:
        """What was wrong at the last attempt; empty when it worked."""
        return self._failure

    def metadata(self) -> Metadata:
        """Return the provider's metadata, fetched when they are old.

        Raises:
            ServiceUnavailableError: When they cannot be fetched.
        """
        with self._lock:
            age = self._clock() - self._asked_at
            is_due = age > _FRESH_SECONDS or (self._metadata is None and age > _PAUSE_SECONDS)
            if is_due:
                self._discover()
            if self._metadata is None:
                raise self._unavailable(self._failure)
            return self._metadata

    def _discover(self) -> None:
        self._asked_at = self._clock()
        issuer = self.provider.issuer
        try:
            found = _read(issuer, get_json(self._http, _discovery_url(issuer)))
        except SourceError as error:
            if self._metadata is None:
                self._fail(error.message)
            return
        if self._metadata is None or self._metadata.keys != found.keys:
            self._keys = RemoteKeys(self._http, found.keys, self._clock)
        self._metadata = found
        self._work()

    def address(self, state: str, nonce: str, verifier: str) -> str:
        """Return where a person goes to sign in.

        Args:
            state: Comes back with them.
            nonce: Stands in the ID token.
            verifier: The secret of PKCE, whose hash is sent (``S256``).

        Raises:
            ServiceUnavailableError: When the provider does not answer.
        """
        place = self.metadata().authorization
        more = {"prompt": self.provider.prompt} if self.provider.prompt else {}
        address, _ = self._client().create_authorization_url(
            place, state=state, code_verifier=verifier, nonce=nonce, **more
        )
        return str(address)

    def redeem(self, code: str, nonce: str, verifier: str) -> SignedIn:
        """Return who a code stands for.

        Raises:
            SignInRefusedError: When the provider refuses the code, or its answer is not valid.
            ServiceUnavailableError: When the provider does not answer.
        """
        places = self.metadata()
        try:
            found = self._client().fetch_token(
                places.token,
                grant_type="authorization_code",
                code=code,
                code_verifier=verifier,
            )
            claims = self._id_claims(found, nonce)
            if places.userinfo and "email" not in claims:
                claims = {**self._userinfo(places.userinfo, found, claims), **claims}
        except OAuth2Error as error:
            self._refuse("it refuses the code", error.error)
        except (ForeignTokenError, JoseError, ValueError, TypeError, KeyError) as error:
            self._refuse("its answer is not valid", str(error))
        except SourceError as error:
            self._fail(error.message)
            raise self._unavailable(error.message) from None
        self._work()
        profile = profile_of(claims, self.provider.assume_email_verified)
        return SignedIn(profile, str(found["id_token"]), str(found.get("scope") or ""))

    def end_address(self, id_token: str, return_to: str, state: str = "") -> str:
        """Return where a person goes to sign out of the provider; empty when it has no such place.

        RP-initiated logout: it may send them back to ``return_to``, if that is registered.
        """
        place = self._metadata.end_session if self._metadata else ""
        if not place:
            return ""
        asked = {
            "id_token_hint": id_token,
            "client_id": self.provider.client_id,
            "post_logout_redirect_uri": return_to,
            "state": state,
        }
        query = urlencode({name: value for name, value in asked.items() if value})
        return f"{place}{'&' if '?' in place else '?'}{query}"

    def _client(self) -> OAuth2Client:
        provider = self.provider
        return OAuth2Client(
            ProviderSession(self._http),
            provider.client_id,
            self._secret or None,
            token_endpoint_auth_method=provider.client_auth,
            scope=" ".join(provider.scopes),
            redirect_uri=self._redirect_uri,
            code_challenge_method="S256",
        )

    def _id_claims(self, found: Mapping[str, Any], nonce: str) -> dict[str, Any]:
        """Return the claims of the ID token.

        Raises:
            ForeignTokenError: When there is none, or its signature is not valid.
            SourceError: When the keys cannot be fetched.
        """
        token = found.get("id_token")
        if not isinstance(token, str) or self._keys is None:
            raise ForeignTokenError("there is no ID token")
        header, claims = self._keys.verify(token)
        expected = {
            "iss": {"essential": True, "value": self.provider.issuer},
            "aud": {"essential": True, "value": self.provider.client_id},
            "nonce": {"essential": True, "value": nonce},
        }
        asked = {
            "nonce": nonce,
            "client_id": self.provider.client_id,
            "access_token": found.get("access_token"),
        }
        judged = CodeIDToken(claims, dict(header), expected, asked)
        judged.validate(now=int(self._clock()), leeway=LEEWAY_SECONDS)
        return claims

    def _userinfo(
        self, place: str, found: Mapping[str, Any], claims: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the claims of the userinfo endpoint.

        Raises:
            ForeignTokenError: When they are another person's (OpenID Connect, 5.3.2).
            SourceError: When it does not answer.
        """
        bearer = Credential(origin_of(place), "Authorization", f"Bearer {found['access_token']}")
        told = get_json(self._http, place, credential=bearer)
        if told.get("sub") != claims["sub"]:
            raise ForeignTokenError("userinfo is about another person")
        return told

    def _refuse(self, reason: str, detail: str) -> NoReturn:
        """Refuse an answer; the log has the details.

        Raises:
            SignInRefusedError: Always.
        """
        name = self.provider.name
        _LOG.warning("signing in with %s: %s (%s)", name, reason, detail)
        raise SignInRefusedError(Refusal.INVALID_TOKEN, f"{name}: {reason}")

    def _fail(self, reason: str) -> None:
        _LOG.warning("the sign-in provider %s: %s", self.provider.name, reason)
        self._failure = reason
        self._report(self.provider.name, reason)

    def _work(self) -> None:
        if self._failure:
            _LOG.info("the sign-in provider %s works again", self.provider.name)
        self._failure = ""
        self._report(self.provider.name, "")

    def _unavailable(self, reason: str) -> ServiceUnavailableError:
        return ServiceUnavailableError(
            f"the sign-in provider {self.provider.name} is not available now: {reason}"
        )


def _discovery_url(issuer: str) -> str:
    return f"{issuer.rstrip('/')}/.well-known/openid-configuration"


def _read(issuer: str, document: Mapping[str, Any]) -> Metadata:
    """Return the metadata of a discovery document (OpenID Connect Discovery, 4.2 and 4.3).

    Raises:
        SourceError: When it is another issuer's, or lacks something.
    """
    if document.get("issuer") != issuer:
        raise SourceError(f"its metadata are not those of the issuer {issuer}")
    methods = document.get("code_challenge_methods_supported", ["S256"])
    if isinstance(methods, list) and "S256" not in methods:
        raise SourceError("it does not support PKCE with S256")
    found = {name: _place(issuer, document, name) for name in (*_ENDPOINTS, *_OPTIONAL)}
    if not all(found[name] for name in _ENDPOINTS):
        raise SourceError(f"its metadata lack one of {', '.join(_ENDPOINTS)}")
    return Metadata(
        found["authorization_endpoint"],
        found["token_endpoint"],
        found["jwks_uri"],
        found["userinfo_endpoint"],
        found["end_session_endpoint"],
        document.get("authorization_response_iss_parameter_supported") is True,
    )


def _place(issuer: str, document: Mapping[str, Any], name: str) -> str:
    """Return an address of the metadata; empty without one.

    Raises:
        SourceError: When it is no address, or unprotected while the issuer's is protected.
    """
    url = document.get(name)
    if url is None:
        return ""
    try:
        origin = origin_of(url if isinstance(url, str) else "")
    except InputError as error:
        raise SourceError(f"its {name}: {error.message}") from None
    if origin.scheme != "https" and origin_of(issuer).scheme == "https":
        raise SourceError(f"its {name} is not https")
    return str(url)
