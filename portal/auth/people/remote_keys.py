"""Public keys of other servers (JWKS), and the tokens they verify.

The only module that verifies tokens others have signed: the algorithms are a list of
asymmetric ones, so that neither ``none`` nor a public key used as a secret is believed.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from portal.auth.keys import Clock
from portal.auth.verified_tokens import VerifiedTokens
from portal.kernel.blocking import may_block
from portal.kernel.errors import SourceError
from portal.kernel.http import HttpClient

#: The algorithms that are accepted, whatever a token or a provider says.
ALGORITHMS = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
)
#: The only types of keys that are taken from a key set: no secrets.
_KEY_TYPES = frozenset({"RSA", "EC"})
#: The greatest length of a token, in characters.
MAX_TOKEN = 16 * 1024
#: Seconds for which keys are kept.
_FRESH_SECONDS = 3600.0
#: Seconds between two requests for keys when a token names an unknown one, or after a failure.
_PAUSE_SECONDS = 10.0


#: Header and claims of a token.
Verified = tuple[Mapping[str, Any], dict[str, Any]]


class ForeignTokenError(Exception):
    """A token of another server is not valid; the message says why, without its content."""


class RemoteKeys:
    """The keys at one address, fetched when they are needed.

    Args:
        http: The client of outgoing HTTP.
        url: The address of the key set.
        clock: Returns the seconds since the epoch.
    """

    def __init__(self, http: HttpClient, url: str, clock: Clock) -> None:
        self._http = http
        self._url = url
        self._clock = clock
        self._keys: KeySet | None = None
        self._ids: frozenset[str] = frozenset()
        self._asked_at = float("-inf")
        self._failure = ""
        self._lock = threading.Lock()
        #: What was verified with these keys.
        self._verified = VerifiedTokens[Verified]()

    def verify(self, token: str) -> Verified:
        """Return header and claims of a token with a valid signature; claims are not judged.

        Raises:
            ForeignTokenError: When it is malformed, or its signature is not valid.
            SourceError: When the keys cannot be fetched.
        """
        if len(token) > MAX_TOKEN or token.count(".") != 2:
            raise ForeignTokenError("it is no signed token")
        verified = self._verified
        known = verified.find(token)
        if known is not None and self._clock() - self._asked_at <= _FRESH_SECONDS:
            return known
        may_block()  # for the keys, or for another thread that fetches them
        found = self._verify(token)
        # Beside what the keys verified that were there before: should they be withdrawn
        # meanwhile, it is forgotten with them.
        verified.keep(token, found)
        return found

    def _verify(self, token: str) -> Verified:
        try:
            header = jws.extract_compact(token.encode()).headers()
            if header.get("alg") not in ALGORITHMS:
                raise ForeignTokenError("its algorithm is not accepted")
            keys = self._keys_with(header.get("kid"))
            found = jws.deserialize_compact(token, keys, algorithms=list(ALGORITHMS))
            claims = json.loads(found.payload)
        except (JoseError, ValueError, TypeError, KeyError, RecursionError):
            raise ForeignTokenError("its signature is not valid") from None
        if not isinstance(claims, dict):
            raise ForeignTokenError("its claims are no object")
        return header, claims

    def _keys_with(self, kid: object) -> KeySet:
        """Return the keys, fetched again when they are old or lack one.

        Raises:
            SourceError: When they cannot be fetched.
        """
        with self._lock:
            age = self._clock() - self._asked_at
            is_missing = isinstance(kid, str) and kid not in self._ids
            if age > _FRESH_SECONDS or (age > _PAUSE_SECONDS and (is_missing or self._failure)):
                self._fetch()
            if self._keys is None:
                raise SourceError(self._failure)
            return self._keys

    def _fetch(self) -> None:
        self._asked_at = self._clock()
        try:
            document = get_json(self._http, self._url)
            self._keys = _key_set(document)
            self._verified = VerifiedTokens()
        except SourceError as error:
            self._failure = f"its keys cannot be fetched: {error.message}"
            return
        self._ids = frozenset(str(key.kid) for key in self._keys.keys if key.kid)
        self._failure = ""


def get_json(http: HttpClient, url: str, **options: Any) -> dict[str, Any]:
    """Return the JSON object at an address.

    Raises:
        SourceError: When there is none; the message says why.
    """
    answer = http.get(url, {"Accept": "application/json"}, **options)
    if answer.status != 200:
        msg = f"it answers with status {answer.status}"
        raise SourceError(msg)
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise SourceError("its answer is no JSON object")
    return found


def _key_set(document: Mapping[str, Any]) -> KeySet:
    """Return the keys of a key set that may sign.

    Raises:
        SourceError: When there is none.
    """
    listed = document.get("keys")
    usable = [key for key in listed if _is_usable(key)] if isinstance(listed, Sequence) else []
    try:
        found = KeySet.import_key_set({"keys": usable}) if usable else None
    except (JoseError, ValueError, TypeError, KeyError):
        found = None
    if found is None:
        raise SourceError("there is no key to verify signatures with")
    return found


def _is_usable(key: Any) -> bool:
    is_signing = isinstance(key, dict) and key.get("use", "sig") == "sig"
    return is_signing and key.get("kty") in _KEY_TYPES and "d" not in key
