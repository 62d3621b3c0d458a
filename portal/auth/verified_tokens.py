"""What was verified of tokens: a frontend sends the same one with each request.

Verifying a signature takes longer than most answers do.
"""

from __future__ import annotations

import hashlib
from typing import Generic
from typing import TypeVar

T = TypeVar("T")
#: So many tokens are known.
_MOST_KNOWN = 10_000


class VerifiedTokens(Generic[T]):
    """What tokens with valid signatures say; the tokens themselves are not kept."""

    def __init__(self) -> None:
        self._found: dict[bytes, T] = {}

    def find(self, token: str) -> T | None:
        """Return what a token says; ``None`` when it was not verified before."""
        return self._found.get(_digest(token))

    def keep(self, token: str, found: T) -> None:
        """Keep what a token says whose signature is valid."""
        if len(self._found) >= _MOST_KNOWN:
            self._found.clear()
        self._found[_digest(token)] = found


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
