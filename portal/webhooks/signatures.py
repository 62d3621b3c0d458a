"""Who says so: each forge's proof that it holds the secret.

GitHub, Gitea and Bitbucket sign the body with it (HMAC-SHA256); GitLab sends it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass

#: Headers of a request; names in lower case.
Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Scheme:
    """How one forge proves itself, and how it numbers what it sends.

    Attributes:
        header: Where the proof is.
        prefix: What stands before it.
        prove: Makes the proof of a secret and a body.
        is_signed: Whether the proof covers the body.
        deliveries: Headers that identify a delivery; the first that is there counts.
    """

    header: str
    prefix: str
    prove: Callable[[bytes, bytes], str]
    is_signed: bool
    deliveries: tuple[str, ...]


def _signature(secret: bytes, body: bytes) -> str:
    return hmac.new(secret, body, hashlib.sha256).hexdigest()


def _secret_itself(secret: bytes, _body: bytes) -> str:
    return secret.decode(errors="surrogateescape")


SCHEMES: dict[str, Scheme] = {
    "github": Scheme("x-hub-signature-256", "sha256=", _signature, True, ("x-github-delivery",)),
    "gitlab": Scheme(
        "x-gitlab-token",
        "",
        _secret_itself,
        False,
        ("idempotency-key", "x-gitlab-event-uuid"),
    ),
    "gitea": Scheme(
        "x-gitea-signature",
        "",
        _signature,
        True,
        ("x-gitea-delivery",),
    ),
    "bitbucket": Scheme(
        "x-hub-signature", "sha256=", _signature, True, ("x-request-uuid", "x-request-id")
    ),
}


def is_proven(forge: str, secret: str, headers: Headers, body: bytes) -> bool:
    """Whether a request was made by somebody who holds the secret.

    The comparison takes as long for a nearly right proof as for a wrong one; an
    empty secret proves nothing.
    """
    scheme = SCHEMES[forge]
    given = headers.get(scheme.header, "")
    if not secret or not given:
        return False
    expected = scheme.prefix + scheme.prove(secret.encode(errors="surrogateescape"), body)
    return hmac.compare_digest(_octets(given), _octets(expected))


def _octets(text: str) -> bytes:
    """Return text as bytes; a header holds the bytes that were sent as latin-1."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode(errors="surrogateescape")


def identities(forge: str, headers: Headers, body: bytes) -> list[str]:
    """Return by what a delivery is known again.

    A number in a header is not covered by a signature, so a signed body counts by
    its own digest, too.
    """
    scheme = SCHEMES[forge]
    number = next((headers[name] for name in scheme.deliveries if headers.get(name)), "")
    found = []
    if number:
        found.append(f"{forge} {hashlib.sha256(number.encode(errors='replace')).hexdigest()}")
    if scheme.is_signed or not number:
        found.append(f"{forge} body {hashlib.sha256(body).hexdigest()}")
    return found
