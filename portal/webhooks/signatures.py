"""Authentication of events by the secret shared with each forge.

GitHub, Gitea and Bitbucket sign the body with it (HMAC-SHA256); GitLab sends it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from portal.forges import FORGES
from portal.forges import Webhook

#: Headers of a request; names in lower case.
Headers = Mapping[str, str]


#: How each forge with webhooks authenticates and identifies its deliveries.
SCHEMES: Mapping[str, Webhook] = {
    kind: forge.webhook for kind, forge in FORGES.items() if forge.webhook
}


def is_proven(forge: str, secret: str, headers: Headers, body: bytes) -> bool:
    """Return whether a request has a valid proof of the secret.

    Compares in constant time; with an empty secret, no proof is valid.
    """
    scheme = SCHEMES[forge]
    given = headers.get(scheme.proof, "")
    if not secret or not given:
        return False
    key = secret.encode(errors="surrogateescape")
    proof = hmac.new(key, body, hashlib.sha256).hexdigest() if scheme.is_signed else secret
    return hmac.compare_digest(_octets(given), _octets(scheme.prefix + proof))


def _octets(text: str) -> bytes:
    """Return the bytes of a header value, which WSGI decodes as latin-1."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode(errors="surrogateescape")


def identities(forge: str, headers: Headers, body: bytes) -> list[str]:
    """Return the identities of a delivery, to recognise repetitions.

    An id in a header is not covered by the signature, so the digest of a signed body is
    an identity as well.
    """
    scheme = SCHEMES[forge]
    number = next((headers[name] for name in scheme.deliveries if headers.get(name)), "")
    found = []
    if number:
        found.append(f"{forge} {hashlib.sha256(number.encode(errors='replace')).hexdigest()}")
    if scheme.is_signed or not number:
        found.append(f"{forge} body {hashlib.sha256(body).hexdigest()}")
    return found
