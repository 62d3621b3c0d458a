"""Tokens: only what this portal signed, for this use, and in time, is believed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import ECAlgorithm

from portal.auth.keys import LEEWAY_SECONDS
from portal.auth.keys import SIGNING_SECONDS
from portal.auth.keys import TOKEN_SECONDS
from portal.auth.keys import KeyRing
from portal.auth.tokens import LIMITED_TYPE
from portal.auth.tokens import MAX_TOKEN
from portal.auth.tokens import USER_TYPE
from portal.auth.tokens import InvalidTokenError
from portal.auth.tokens import TokenIssuer
from portal.auth.tokens import limited_token
from portal.auth.tokens import token_type
from portal.kernel.database import open_database

_ISSUER = "http://portal.test/api/auth"
_GUEST = "user:default/guest"
_NOW = 1_800_000_000


class Clock:
    """Seconds since the epoch, as a test wants them."""

    def __init__(self) -> None:
        self.now = float(_NOW)

    def __call__(self) -> float:
        return self.now


class Forger:
    """Has the portal's own key and makes with it what the portal would not."""

    def __init__(self, database: sa.Engine) -> None:
        self.clock = Clock()
        self.ring = KeyRing(database, self.clock)
        self.issuer = TokenIssuer(self.ring, _ISSUER, self.clock)
        self.key = self.ring.signing_key()

    def claims(self, **changes: Any) -> dict[str, Any]:
        claims = {
            "iss": _ISSUER,
            "sub": _GUEST,
            "aud": "backstage",
            "iat": _NOW,
            "exp": _NOW + TOKEN_SECONDS,
            "uip": "proof",
        }
        claims |= changes
        return {name: value for name, value in claims.items() if value is not ...}

    def token(self, header: dict[str, Any] | None = None, **claims: Any) -> str:
        headers = {"typ": USER_TYPE, "alg": "ES256", "kid": self.key.kid} | (header or {})
        return self.signed(headers, json.dumps(self.claims(**claims)).encode())

    def signed(self, header: dict[str, Any], payload: bytes) -> str:
        text = _base64(json.dumps(header).encode()) + b"." + _base64(payload)
        signature = ECAlgorithm(ECAlgorithm.SHA256).sign(text, self.key.private)
        return (text + b"." + _base64(signature)).decode()


def _base64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def _parts(token: str) -> list[bytes]:
    return [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in token.split(".")]


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.Engine]:
    """Return a database that many tests sign with."""
    folder: Path = tmp_path_factory.mktemp("auth")
    engine = open_database(f"sqlite:///{folder / 'test.db'}")
    yield engine
    engine.dispose()


@pytest.fixture
def forger(migrated: sa.Engine) -> Forger:
    """Return somebody with the portal's key."""
    return Forger(migrated)


def test_a_token_of_ours_is_believed(forger: Forger) -> None:
    token, seconds = forger.issuer.issue(_GUEST)
    claims = forger.issuer.verify(token)
    assert (claims.subject, claims.expires_at) == (_GUEST, _NOW + 3600)
    assert seconds == 3599
    assert forger.issuer.verify(forger.token()).subject == _GUEST


def test_a_token_looks_like_those_of_backstage(forger: Forger) -> None:
    header, payload, signature = _parts(forger.issuer.issue(_GUEST)[0])
    assert list(json.loads(header)) == ["typ", "alg", "kid"]
    assert list(json.loads(payload)) == ["iss", "sub", "aud", "iat", "exp", "uip"]
    assert len(signature) == 64


def test_the_limited_token_can_be_put_together_from_the_user_token(forger: Forger) -> None:
    claims = forger.issuer.verify(forger.issuer.issue(_GUEST)[0])
    limited = limited_token(claims)
    header, payload, _ = _parts(limited)
    assert header == b'{"typ":"%s","alg":"ES256","kid":"%s"}' % (
        LIMITED_TYPE.encode(),
        claims.kid.encode(),
    )
    assert payload == b'{"sub":"%s","iat":%d,"exp":%d}' % (_GUEST.encode(), _NOW, _NOW + 3600)
    assert forger.issuer.verify_limited(limited).subject == _GUEST


def test_a_limited_token_is_no_user_token_and_a_user_token_no_limited_one(forger: Forger) -> None:
    token, _ = forger.issuer.issue(_GUEST)
    limited = limited_token(forger.issuer.verify(token))
    with pytest.raises(InvalidTokenError):
        forger.issuer.verify(limited)
    with pytest.raises(InvalidTokenError):
        forger.issuer.verify_limited(token)


def test_a_limited_token_of_somebody_else_cannot_be_put_together(forger: Forger) -> None:
    claims = forger.issuer.verify(forger.issuer.issue(_GUEST)[0])
    for changed in ("user:default/root", "user:default/guest "):
        forged = limited_token(type(claims)(changed, _NOW, _NOW + 3600, claims.kid, claims.proof))
        with pytest.raises(InvalidTokenError):
            forger.issuer.verify_limited(forged)


# --- J1: the header ---------------------------------------------------------

_HEADERS: dict[str, dict[str, Any]] = {
    "alg none": {"alg": "none"},
    "alg None": {"alg": "None"},
    "alg empty": {"alg": ""},
    "alg missing": {"alg": None},
    "alg list": {"alg": ["ES256"]},
    "alg lower case": {"alg": "es256"},
    "alg ES384": {"alg": "ES384"},
    "alg HS256": {"alg": "HS256"},
    "unknown crit": {"crit": ["exp"]},
    "crit b64": {"crit": ["b64"], "b64": False},
    "b64 false": {"b64": False},
    "jku": {"jku": "http://evil.test/jwks.json"},
    "x5u": {"x5u": "http://evil.test/cert"},
    "x5c": {"x5c": ["MIIB"]},
    "kid path": {"kid": "../../../../dev/null"},
    "kid sql": {"kid": "x' UNION SELECT 'k','p',9999999999 --"},
    "kid empty": {"kid": ""},
    "kid number": {"kid": 1},
    "kid null": {"kid": None},
    "kid unknown": {"kid": "00000000-0000-4000-8000-000000000000"},
    "kid long": {"kid": "a" * 5000},
    "typ JWT": {"typ": "JWT"},
    "typ plugin": {"typ": "vnd.backstage.plugin"},
    "typ case": {"typ": USER_TYPE.upper()},
    "typ null": {"typ": None},
}


@pytest.mark.parametrize("header", _HEADERS.values(), ids=_HEADERS)
def test_only_the_headers_of_our_tokens_are_believed(
    forger: Forger, header: dict[str, Any]
) -> None:
    with pytest.raises(InvalidTokenError):
        forger.issuer.verify(forger.token(header))


def test_a_header_may_not_bring_its_own_key(forger: Forger) -> None:
    mine = ec.generate_private_key(ec.SECP256R1())
    jwk = json.loads(ECAlgorithm.to_jwk(mine.public_key()))
    for header in ({"jwk": jwk}, {"jwk": jwk, "kid": forger.key.kid}):
        headers = {"typ": USER_TYPE, "kid": forger.key.kid, **header}
        token = jwt.encode(forger.claims(), mine, "ES256", headers=headers)
        with pytest.raises(InvalidTokenError):
            forger.issuer.verify(token)


def _public_texts(forger: Forger) -> list[bytes]:
    """Return every form of our public key that somebody may take for a shared secret."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    pem = forger.key.public.public_bytes(serialization.Encoding.PEM, form)
    der = forger.key.public.public_bytes(serialization.Encoding.DER, form)
    return [pem, pem.strip(), der, json.dumps(forger.key.jwk()).encode(), b""]


def test_a_public_key_is_no_shared_secret(forger: Forger) -> None:
    for secret in _public_texts(forger):
        for header_type in (USER_TYPE, "JWT"):
            header = {"typ": header_type, "alg": "HS256", "kid": forger.key.kid}
            text = _base64(json.dumps(header).encode()) + b"."
            text += _base64(json.dumps(forger.claims()).encode())
            signature = hmac.new(secret, text, hashlib.sha256).digest()
            with pytest.raises(InvalidTokenError):
                forger.issuer.verify((text + b"." + _base64(signature)).decode())


def test_the_key_of_somebody_else_signs_nothing(forger: Forger) -> None:
    headers = {"typ": USER_TYPE, "kid": forger.key.kid}
    others: list[tuple[Any, str]] = [
        (ec.generate_private_key(ec.SECP256R1()), "ES256"),
        (ec.generate_private_key(ec.SECP384R1()), "ES384"),
        (rsa.generate_private_key(65537, 2048), "RS256"),
    ]
    for key, algorithm in others:
        token = jwt.encode(forger.claims(), key, algorithm, headers=headers)
        with pytest.raises(InvalidTokenError):
            forger.issuer.verify(token)


def test_no_signature_is_no_signature(forger: Forger) -> None:
    head, payload, signature = forger.token().split(".")
    zeros = _base64(bytes(64)).decode()
    for last in ("", "AAAA", zeros, signature[:-4], signature + "AAAA"):
        with pytest.raises(InvalidTokenError):
            forger.issuer.verify(f"{head}.{payload}.{last}")


# --- J2: the claims ---------------------------------------------------------

_CLAIMS: dict[str, dict[str, Any]] = {
    "no exp": {"exp": ...},
    "no aud": {"aud": ...},
    "no iss": {"iss": ...},
    "no sub": {"sub": ...},
    "no iat": {"iat": ...},
    "no uip": {"uip": ...},
    "null exp": {"exp": None},
    "over": {"iat": _NOW - 4000, "exp": _NOW - LEEWAY_SECONDS},
    "exp text": {"exp": str(_NOW + 60)},
    "exp fraction": {"exp": _NOW + 60.5},
    "exp huge": {"exp": 10**30},
    "exp true": {"exp": True},
    "too long": {"exp": _NOW + TOKEN_SECONDS + 1},
    "not yet": {"iat": _NOW + 60, "exp": _NOW + 120},
    "nbf future": {"nbf": 2**40},
    "aud other": {"aud": "catalog"},
    "aud list": {"aud": ["other"]},
    "aud empty": {"aud": ""},
    "aud null": {"aud": None},
    "iss other": {"iss": "http://evil.test/api/auth"},
    "iss longer": {"iss": _ISSUER + "/"},
    "iss list": {"iss": ["http://evil.test"]},
    "sub empty": {"sub": ""},
    "sub number": {"sub": 1},
    "sub list": {"sub": [_GUEST]},
    "uip list": {"uip": []},
}


@pytest.mark.parametrize("claims", _CLAIMS.values(), ids=_CLAIMS)
def test_only_complete_and_timely_claims_are_believed(
    forger: Forger, claims: dict[str, Any]
) -> None:
    with pytest.raises(InvalidTokenError):
        forger.issuer.verify(forger.token(**claims))


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b'"x"', b"null", b"\xff", b"[" * 9000])
def test_a_payload_is_a_json_object(forger: Forger, payload: bytes) -> None:
    header = {"typ": USER_TYPE, "alg": "ES256", "kid": forger.key.kid}
    with pytest.raises(InvalidTokenError):
        forger.issuer.verify(forger.signed(header, payload))


def test_clocks_may_differ_by_seconds(forger: Forger) -> None:
    token, _ = forger.issuer.issue(_GUEST)
    for later in (-LEEWAY_SECONDS, TOKEN_SECONDS + LEEWAY_SECONDS - 1):
        forger.clock.now = _NOW + later
        assert forger.issuer.verify(token).subject == _GUEST
    for later in (-LEEWAY_SECONDS - 1, TOKEN_SECONDS + LEEWAY_SECONDS):
        forger.clock.now = _NOW + later
        with pytest.raises(InvalidTokenError):
            forger.issuer.verify(token)


_TEXTS = {
    "": "",
    "a": "",
    "a.b.c": "",
    "...": "",
    "é.é.é": "",
    "e30.e30.": "",
    "W10.e30.": "",
    "x" * (MAX_TOKEN + 1): "",
    ".".join(["eyJ0eXAiOiJKV1QifQ"] * 3): "JWT",
    ".".join(["eyJ0eXAiOjF9"] * 3): "",
}


@pytest.mark.parametrize(("text", "kind"), _TEXTS.items(), ids=lambda text: text[:30])
def test_what_is_no_token_has_no_type(forger: Forger, text: str, kind: str) -> None:
    assert token_type(text) == kind
    with pytest.raises(InvalidTokenError):
        forger.issuer.verify(text)


# --- keys -------------------------------------------------------------------


def test_keys_are_kept_and_shared_by_processes(database: sa.Engine) -> None:
    clock = Clock()
    one, other = (TokenIssuer(KeyRing(database, clock), _ISSUER, clock) for _ in range(2))
    assert other.verify(one.issue(_GUEST)[0]).subject == _GUEST
    assert other.verify(one.issue(_GUEST)[0]).kid == one.verify(other.issue(_GUEST)[0]).kid


def test_a_key_signs_for_a_while_and_verifies_until_its_last_token_is_over(
    database: sa.Engine,
) -> None:
    clock = Clock()
    ring = KeyRing(database, clock)
    issuer = TokenIssuer(ring, _ISSUER, clock)
    first = ring.signing_key()
    clock.now = _NOW + SIGNING_SECONDS - 1
    last_token, _ = issuer.issue(_GUEST)
    assert issuer.verify(last_token).kid == first.kid

    clock.now = _NOW + SIGNING_SECONDS
    second = ring.signing_key()
    assert second.kid != first.kid
    assert [key.kid for key in ring.published()] == [second.kid, first.kid]
    assert issuer.verify(last_token).kid == first.kid

    clock.now = _NOW + SIGNING_SECONDS + TOKEN_SECONDS + LEEWAY_SECONDS
    third = ring.signing_key()
    assert [key.kid for key in ring.published()] == [third.kid, second.kid]
    assert ring.find(first.kid) is None
    for issuer_again in (issuer, TokenIssuer(KeyRing(database, clock), _ISSUER, clock)):
        with pytest.raises(InvalidTokenError):
            issuer_again.verify(last_token)


def test_only_public_halves_are_published(database: sa.Engine) -> None:
    ring = KeyRing(database, Clock())
    ring.signing_key()
    [key] = ring.published()
    assert key.jwk().keys() == {"kty", "x", "y", "crv", "kid", "alg"}
    assert "PRIVATE" not in repr(key)


def test_a_signature_is_verified_once(forger: Forger, monkeypatch: pytest.MonkeyPatch) -> None:
    """And only that: a token that was valid is refused as soon as it is not any more."""
    token, _ = forger.issuer.issue(_GUEST)
    assert forger.issuer.known(token) is None
    verified = forger.issuer.verify(token)
    monkeypatch.setattr("jwt.decode", None)
    assert forger.issuer.verify(token) == forger.issuer.known(token) == verified
    assert forger.issuer.known(f"{token}A") is None
    assert forger.issuer.known("\ud800") is None
    forger.clock.now = _NOW + TOKEN_SECONDS + LEEWAY_SECONDS
    assert forger.issuer.known(token) is None


def test_a_token_of_a_key_that_is_gone_is_not_known(
    forger: Forger, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, _ = forger.issuer.issue(_GUEST)
    forger.issuer.verify(token)
    monkeypatch.setattr(forger.ring, "find", lambda _kid: None)
    assert forger.issuer.known(token) is None
    with pytest.raises(InvalidTokenError):
        forger.issuer.verify(token)
